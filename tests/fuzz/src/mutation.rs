//! Inputs that are almost right: files of a corpus with a few changes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// A change of an input.
#[derive(Clone, Debug)]
enum Change {
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    Replace(Index, u8),
    /// What follows is that of another file.
    Cross(Index, Index, Index),
}

/// One of the files with up to five changes; with none it is the file itself.
pub(crate) fn mutated(corpus: Vec<Vec<u8>>, tokens: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let change = change(tokens);
    (any::<Index>(), vec(change, 0..6)).prop_map(move |(file, changes)| {
        changes.iter().fold(file.get(&corpus).clone(), |input, change| change.apply(input, &corpus))
    })
}

fn change(tokens: Vec<String>) -> impl Strategy<Value = Change> {
    let token = prop::sample::select(tokens).prop_map(String::into_bytes);
    prop_oneof![
        (any::<Index>(), 1..16_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<Index>(), token).prop_map(|(at, token)| Change::Insert(at, token)),
        (any::<Index>(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), 1..64_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        any::<(Index, Index, Index)>().prop_map(|(at, other, from)| Change::Cross(at, other, from)),
    ]
}

impl Change {
    fn apply(&self, mut input: Vec<u8>, corpus: &[Vec<u8>]) -> Vec<u8> {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Remove(at, length) => {
                let start = place(at, &input);
                input.drain(start..(start + length).min(input.len()));
            }
            Self::Insert(at, bytes) => {
                let start = place(at, &input);
                input.splice(start..start, bytes.iter().copied());
            }
            Self::Repeat(at, length) => {
                let start = place(at, &input);
                let part = input[start..(start + length).min(input.len())].to_vec();
                input.splice(start..start, part);
            }
            Self::Replace(at, byte) => {
                let start = place(at, &input);
                input.splice(start..(start + 1).min(input.len()), [*byte]);
            }
            Self::Cross(at, other, from) => {
                let other = other.get(corpus);
                input.truncate(place(at, &input));
                input.extend_from_slice(&other[place(from, other)..]);
            }
        }
        input
    }
}
