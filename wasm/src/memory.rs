//! Whether there is memory for a call. Running out of it in the middle would end the instance.

use crate::failure::Failure;

/// What a call needs at most, in bytes for each byte of its argument: a character that takes three becomes up to eight
/// when its case is folded, and there are several copies of a text while it is normalised, each in a block of up to twice
/// its size, beside those that it outgrew.
const BYTES_PER_BYTE: usize = 64;

/// What a call needs apart from that.
const OTHER_BYTES: usize = 1 << 14;

/// Makes sure that there is memory for a call with an argument of so many UTF-16 code units or bytes.
pub(crate) fn require(length: u32, argument: &str) -> Result<(), Failure> {
    let bytes =
        usize::try_from(length).unwrap_or(usize::MAX).saturating_mul(BYTES_PER_BYTE).saturating_add(OTHER_BYTES);
    if can_hold(bytes) { Ok(()) } else { Err(Failure::out_of_memory(argument)) }
}

#[cfg(target_family = "wasm")]
fn can_hold(bytes: usize) -> bool {
    crate::ALLOCATOR.reserve(bytes)
}

/// Elsewhere the bindings are only compiled, never called.
#[cfg(not(target_family = "wasm"))]
const fn can_hold(_bytes: usize) -> bool {
    true
}
