//! Whether the entries that are there are sealed with keys that are there, too.

use super::{Check, Finding};
use crate::cache::{Encryption, EncryptionSetting, StoreScope};
use crate::store::{PageToken, Store};
use medinsight_core::{Category, EntryHeader, KeyId, Pattern, Sealing};
use std::collections::BTreeMap;

/// How many entries of each category are looked at.
const SAMPLE: usize = 100;

/// What a sample of the entries is like.
#[derive(Debug, Default)]
struct Sample {
    looked_at: usize,
    open: usize,
    by_key: BTreeMap<u32, usize>,
}

/// Looks at the headers of some entries of each category.
pub(super) async fn judge(setting: &EncryptionSetting, store: &Store) -> Finding {
    let mut sample = Sample::default();
    for category in Category::of_entries() {
        match store.page(&Pattern::Category(category), PageToken::default(), SAMPLE).await {
            Ok(page) => page.records.iter().filter_map(|record| record.header).for_each(|header| sample.add(header)),
            Err(error) => {
                return Finding::unknown(Check::Encryption, format!("entries could not be looked at: {error}"));
            }
        }
    }
    verdict(setting, &sample)
}

impl Sample {
    fn add(&mut self, header: EntryHeader) {
        self.looked_at += 1;
        match header.sealing {
            Sealing::Plain => self.open += 1,
            Sealing::Sealed(KeyId(id)) => *self.by_key.entry(id.get()).or_default() += 1,
        }
    }

    /// The ids of keys that seal entries of the sample and that nobody here has, and how many entries that are.
    fn locked(&self, encryption: &Encryption) -> (Vec<String>, usize) {
        let has = |id: u32| match encryption {
            Encryption::Sealed(keyring) => keyring.ids().any(|known| known.0.get() == id),
            Encryption::Off => false,
        };
        let locked = self.by_key.iter().filter(|(id, _)| !has(**id));
        let (ids, counts): (Vec<String>, Vec<usize>) = locked.map(|(id, count)| (id.to_string(), *count)).unzip();
        (ids, counts.into_iter().sum())
    }
}

fn verdict(setting: &EncryptionSetting, sample: &Sample) -> Finding {
    let Ok(encryption) = setting.decide(StoreScope::Shared) else {
        return Finding::unknown(Check::Encryption, "without keys nobody can tell whether entries can be opened");
    };
    let (ids, locked) = sample.locked(&encryption);
    if locked > 0 {
        let ids = ids.join(", ");
        return Finding::warning(
            Check::Encryption,
            format!(
                "{locked} of {} entries are sealed with keys that are not here: {ids}; each is computed anew",
                sample.looked_at
            ),
            format!("add the keys {ids} at the end of CACHE_ENCRYPTION_KEYS, until their entries have expired"),
        );
    }
    match encryption {
        Encryption::Sealed(_) if sample.open > 0 => Finding::warning(
            Check::Encryption,
            format!(
                "{} of {} entries lie open in the store, from a time when CACHE_ENCRYPTION was off",
                sample.open, sample.looked_at
            ),
            "clear them by category: `medinsight clear CATEGORY --yes`",
        ),
        _ => Finding::good(
            Check::Encryption,
            format!("{} entries were looked at, and can all be opened", sample.looked_at),
        ),
    }
}
