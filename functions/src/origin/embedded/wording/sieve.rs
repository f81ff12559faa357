//! Most words of the rules stand in no text, and most words of a text in no rule. A sieve says so without looking a word up.

/// The bits of a sieve; a text or a list of some dozens of words sets few of them.
const BITS: usize = 1 << 10;

/// A set of words that may hold more than was put in.
#[derive(Clone, Debug)]
pub(crate) struct Sieve([u64; BITS / 64]);

/// A word's place in sieves, computed once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Mesh(u16);

impl Default for Sieve {
    fn default() -> Self {
        Self([0; BITS / 64])
    }
}

impl Sieve {
    pub(crate) fn put(&mut self, mesh: Mesh) {
        if let Some(bits) = self.0.get_mut(mesh.block()) {
            *bits |= mesh.bit();
        }
    }

    /// Whether a word may be in it; where this says no, it is not.
    pub(crate) fn may_hold(&self, mesh: Mesh) -> bool {
        self.0.get(mesh.block()).is_some_and(|bits| bits & mesh.bit() != 0)
    }
}

impl Mesh {
    /// FNV-1a, folded to the size of a sieve.
    pub(crate) fn of(word: &str) -> Self {
        let hash = word.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let [high, _, third, low] = hash.to_be_bytes();
        Self(u16::from_be_bytes([high ^ third, low]) % 1_024)
    }

    fn block(self) -> usize {
        usize::from(self.0 / 64)
    }

    fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mesh, Sieve};
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn what_was_put_in_may_be_there_and_of_the_rest_hardly_anything(
            words in prop::collection::hash_set(any::<u32>(), 1..60),
            others in prop::collection::hash_set(any::<u32>(), 200),
        ) {
            let as_words = |numbers: HashSet<u32>| -> HashSet<_> { numbers.iter().map(u32::to_string).collect() };
            let (words, others) = (as_words(words), as_words(others));
            let mut sieve = Sieve::default();
            words.iter().for_each(|word| sieve.put(Mesh::of(word)));
            prop_assert!(words.iter().all(|word| sieve.may_hold(Mesh::of(word))));
            let held = others.difference(&words).filter(|word| sieve.may_hold(Mesh::of(word))).count();
            prop_assert!(held < 50, "{held}");
        }
    }
}
