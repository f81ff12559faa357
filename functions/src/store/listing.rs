//! Listing entries page by page, without reading what is in them.

use medinsight_core::{EntryHeader, Generation};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Some of the entries that match a pattern.
///
/// As with `SCAN` of Redis, an entry that is there from the first page to the last is on one of them; one that comes or
/// goes meanwhile may be, and a page may be empty although there are more.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What is known of each entry.
    pub records: Vec<Record>,
    /// Where the next page begins; none after the last one.
    pub next: Option<PageToken>,
    /// The category's current generation, if it has one.
    pub generation: Option<Generation>,
}

/// What is known of an entry without opening it.
#[derive(Clone, Debug)]
pub struct Record {
    /// The key as it is stored.
    pub key: String,
    /// The entry's header; none for a value of the earlier service.
    pub header: Option<EntryHeader>,
    /// How many bytes the entry has.
    pub size_bytes: u64,
    /// After which time the store removes it; none when it never does.
    pub expires_in: Option<Duration>,
}

/// Where a page begins: a server, its cursor, and how many keys of that cursor's batch were on the page before. It is
/// opaque to clients, and one that they make up leads nowhere worse than to an odd page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PageToken {
    pub(super) server: usize,
    pub(super) cursor: u64,
    pub(super) skip: usize,
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}.{:x}", self.server, self.cursor, self.skip)
    }
}

impl FromStr for PageToken {
    type Err = InvalidPageToken;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(|part| u64::from_str_radix(part, 16).map_err(|_| InvalidPageToken));
        let mut next = || parts.next().unwrap_or(Err(InvalidPageToken));
        let (server, cursor, skip) = (next()?, next()?, next()?);
        let small = |number| usize::try_from(number).map_err(|_| InvalidPageToken);
        let token = Self { server: small(server)?, cursor, skip: small(skip)? };
        // One spelling only, so that nothing else gets through.
        if token.to_string() == text { Ok(token) } else { Err(InvalidPageToken) }
    }
}

/// A text that is no page token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the cursor of an earlier page")]
pub struct InvalidPageToken;

/// Collects the keys of a page from the batches of one or more servers.
#[derive(Debug)]
pub(super) struct Collector {
    room: usize,
    seen: HashSet<String>,
    keys: Vec<String>,
    at: PageToken,
}

impl Collector {
    pub(super) fn new(at: PageToken, room: usize) -> Self {
        Self { room, seen: HashSet::new(), keys: Vec::new(), at }
    }

    /// Where the next batch begins.
    pub(super) const fn at(&self) -> PageToken {
        self.at
    }

    pub(super) fn is_full(&self) -> bool {
        self.keys.len() >= self.room
    }

    /// Takes what fits of the batch at the current place. A batch that does not fit is read again for the next page.
    pub(super) fn take(&mut self, batch: Vec<String>, next_cursor: u64) {
        let skip = self.at.skip;
        for (position, key) in batch.into_iter().enumerate().skip(skip) {
            if self.is_full() {
                self.at.skip = position;
                return;
            }
            if self.seen.insert(key.clone()) {
                self.keys.push(key);
            }
        }
        self.at = match next_cursor {
            0 => PageToken { server: self.at.server + 1, ..PageToken::default() },
            cursor => PageToken { cursor, skip: 0, ..self.at },
        };
    }

    pub(super) fn into_keys(self) -> Vec<String> {
        self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::{Collector, PageToken};
    use proptest::prelude::*;

    fn keys(numbers: &[u8]) -> Vec<String> {
        numbers.iter().map(u8::to_string).collect()
    }

    #[test]
    fn a_batch_that_does_not_fit_goes_on_on_the_next_page() {
        let mut first = Collector::new(PageToken::default(), 3);
        first.take(keys(&[1, 2]), 8);
        first.take(keys(&[3, 4, 5]), 16);
        assert!(first.is_full());
        let at = first.at();
        assert_eq!((at, first.into_keys()), (PageToken { server: 0, cursor: 8, skip: 1 }, keys(&[1, 2, 3])));
        let mut second = Collector::new(at, 3);
        second.take(keys(&[3, 4, 5]), 0);
        assert_eq!(second.at(), PageToken { server: 1, cursor: 0, skip: 0 });
        assert_eq!(second.into_keys(), keys(&[4, 5]));
    }

    #[test]
    fn only_what_was_given_out_is_read_as_a_token() {
        for text in ["", "0", "0.0", "0.0.0.0", "00.0.0", "+1.0.0", "A.0.0", "0.0.10000000000000000", "0.0.-1", "x"] {
            assert!(text.parse::<PageToken>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_given_out(server: u16, cursor: u64, skip: u16) {
            let token = PageToken { server: server.into(), cursor, skip: skip.into() };
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }
    }
}
