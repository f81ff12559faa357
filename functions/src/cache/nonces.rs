//! The nonces of entries that are sealed one after the other.

use super::NotWrapped;
use super::keyring::NONCE_BYTES;

/// Fills a buffer with random bytes.
pub(super) type Entropy = fn(&mut [u8]) -> Result<(), getrandom::Error>;

/// Nonces for the entries of one trip, drawn at once when the first one is needed: a call of the system takes longer
/// than sealing a short entry. None is drawn for later trips. A copy of this process's memory that ran on beside it
/// would use it, too.
#[derive(Debug)]
pub(super) struct Nonces {
    entropy: Entropy,
    at_once: usize,
    drawn: Vec<[u8; NONCE_BYTES]>,
}

impl Nonces {
    /// Nonces for so many entries, or for more of them.
    pub(super) const fn new(entropy: Entropy, entries: usize) -> Self {
        Self { entropy, at_once: entries, drawn: Vec::new() }
    }

    /// The next one.
    ///
    /// # Errors
    ///
    /// [`NotWrapped::NoRandomness`].
    pub(super) fn draw(&mut self) -> Result<[u8; NONCE_BYTES], NotWrapped> {
        if self.drawn.is_empty() {
            let mut fresh = vec![[0; NONCE_BYTES]; self.at_once.max(1)];
            (self.entropy)(fresh.as_flattened_mut()).map_err(|_| NotWrapped::NoRandomness)?;
            self.drawn = fresh;
        }
        self.drawn.pop().ok_or(NotWrapped::NoRandomness)
    }
}

#[cfg(test)]
mod tests {
    use super::{NONCE_BYTES, Nonces};
    use std::cell::Cell;
    use std::collections::HashSet;

    thread_local! {
        static CALLS: Cell<u8> = const { Cell::new(0) };
    }

    /// Bytes that say how often somebody asked for some.
    fn counting(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        CALLS.set(CALLS.get() + 1);
        bytes.fill(CALLS.get());
        Ok(())
    }

    #[test]
    fn those_of_one_trip_are_drawn_at_once_and_more_when_there_are_more() {
        let mut nonces = Nonces::new(counting, 2);
        assert_eq!(CALLS.get(), 0);
        let drawn = [(); 3].map(|()| nonces.draw().expect("random bytes"));
        assert_eq!(drawn, [[1; NONCE_BYTES], [1; NONCE_BYTES], [2; NONCE_BYTES]]);
    }

    #[test]
    fn none_is_given_twice() {
        for at_once in [0, 1, 7] {
            let mut nonces = Nonces::new(getrandom::fill, at_once);
            let drawn: HashSet<_> = (0..1_000).map(|_| nonces.draw().expect("random bytes")).collect();
            assert_eq!(drawn.len(), 1_000);
        }
    }
}
