//! Finds what has to be escaped in JSON texts, eight bytes at a time.

const ONES: u64 = u64::MAX / 255;
const HIGH_BITS: u64 = ONES << 7;

/// The position of the first control character, quotation mark or backslash.
pub(crate) fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let plain = words.iter().take_while(|word| !has_special(u64::from_le_bytes(**word))).count() * 8;
    let (_, rest) = bytes.split_at_checked(plain)?;
    rest.iter().position(|byte| is_special(*byte)).map(|position| plain + position)
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether any of the bytes is special, by the arithmetic of "Bit Twiddling Hacks", section "Determine if a word has a
/// byte less than n". Its false positives lie above true ones, so that the answer for the whole word is right.
fn has_special(word: u64) -> bool {
    let has_less = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGH_BITS;
    let quotes = word ^ (ONES * u64::from(b'"'));
    let backslashes = word ^ (ONES * u64::from(b'\\'));
    has_less(word, 0x20) | has_less(quotes, 1) | has_less(backslashes, 1) != 0
}

#[cfg(test)]
mod tests {
    use super::{first_special, is_special};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_search_agrees_with_the_slow_one(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(first_special(&bytes), bytes.iter().position(|byte| is_special(*byte)));
        }

        #[test]
        fn one_special_byte_among_plain_ones_is_found(length in 1..40_usize, at in 0..40_usize, byte in 0..=0xFF_u8, plain in 0x20..=0xFF_u8) {
            let mut bytes = vec![plain; length];
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            prop_assert_eq!(first_special(&bytes), bytes.iter().position(|byte| is_special(*byte)));
        }
    }
}
