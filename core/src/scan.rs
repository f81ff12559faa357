//! Finds what has to be escaped in JSON texts, sixteen bytes at a time.

/// The position of the first control character, quotation mark or backslash.
pub(crate) fn first_special(bytes: &[u8]) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<16>();
    let plain = chunks.iter().take_while(|chunk| !has_special(chunk)).count() * 16;
    let (_, rest) = bytes.split_at_checked(plain)?;
    rest.iter().position(|byte| is_special(*byte)).map(|position| plain + position)
}

/// Looks at all bytes whatever the first ones are, which the compiler turns into a few vector instructions.
fn has_special(chunk: &[u8; 16]) -> bool {
    chunk.iter().fold(false, |found, byte| found | is_special(*byte))
}

fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
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
