//! Compression of payloads: zstd with a dictionary of what answers have in common.
//!
//! Answers are short and alike: on topics that it has not seen, the dictionary makes them less than half as long as
//! zstd alone does, and in less time. `cargo xtask dictionary` measures it.

use super::Unreadable;
use super::envelope::MAX_PAYLOAD_BYTES;
use std::cell::RefCell;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{get_dict_id_from_frame, get_frame_content_size};

/// The dictionaries: the first one compresses, all of them decompress.
///
/// A dictionary that has been in use is never changed or removed, because entries need the very one that they were made
/// with; frames name it by its id. A new one is added at the end first and moved to the front in the next release, so
/// that the releases that run beside each other read each other's entries.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("../../data/answers-1.zstd-dict")];

/// Level 6 saves 1 % more and takes four times as long; `.cargo/config.toml` leaves its strategy out of the programs.
const LEVEL: i32 = 3;

/// Below, a frame saves 300 bytes at most, and making one takes 10 us, longer than anything else on the way of a hit: what
/// every request stores of its session, the question and a summary, is that short and lives for two hours at most.
const MIN_BYTES: usize = 1_024;

/// The part of a payload that has to be saved is one in this many. Redis's allocator has four sizes to each doubling, so
/// that a smaller saving often ends in the same one.
const MIN_SAVING: usize = 8;

/// Together with the contexts below it takes 0.3 ms and 0.8 MiB, which the first entry pays and not the start.
static ENCODER: LazyLock<Option<EncoderDictionary<'static>>> =
    LazyLock::new(|| EncoderDictionary::try_copy(DICTIONARIES.first()?, LEVEL).ok());

static DECODERS: LazyLock<Vec<DecoderDictionary<'static>>> =
    LazyLock::new(|| DICTIONARIES.iter().filter_map(|bytes| DecoderDictionary::try_copy(bytes).ok()).collect());

// A new context takes 8 us, several times as long as the work on one answer.
thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(ENCODER.as_ref().and_then(|dictionary| Compressor::with_prepared_dictionary(dictionary).ok()));
    static DECOMPRESSOR: RefCell<Decompressor<'static>> = RefCell::default();
}

/// The payload as a frame, or nothing when that does not pay.
pub(super) fn compress(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() < MIN_BYTES {
        return None;
    }
    let frame = COMPRESSOR.with_borrow_mut(|compressor| compressor.as_mut()?.compress(payload).ok())?;
    (frame.len() <= payload.len() - payload.len() / MIN_SAVING).then_some(frame)
}

/// The payload of a frame, in a buffer of exactly its size.
///
/// What a frame claims is checked before anything is allocated, and what exceeds the claim is refused by zstd.
pub(super) fn decompress(frame: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let id = get_dict_id_from_frame(frame).ok_or(Unreadable::Malformed)?;
    let dictionary = DECODERS.iter().find(|dictionary| dictionary.as_ddict().get_dict_id() == Some(id));
    let dictionary = dictionary.ok_or(Unreadable::UnknownDictionary)?;
    let mut payload = Vec::with_capacity(claimed_bytes(frame)?);
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        decompressor.set_prepared_dictionary(dictionary).map_err(|_| Unreadable::Malformed)?;
        decompressor.decompress_to_buffer(frame, &mut payload).map_err(|_| Unreadable::Malformed)
    })?;
    Ok(payload)
}

fn claimed_bytes(frame: &[u8]) -> Result<usize, Unreadable> {
    let claimed = get_frame_content_size(frame).ok().flatten().ok_or(Unreadable::Malformed)?;
    match usize::try_from(claimed) {
        Ok(bytes) if bytes <= MAX_PAYLOAD_BYTES => Ok(bytes),
        _ => Err(Unreadable::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::{DICTIONARIES, ENCODER, LEVEL, MIN_BYTES, Unreadable, compress, decompress};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};
    use zstd::bulk::Compressor;
    use zstd::zstd_safe::{CParameter, get_dict_id_from_dict};

    /// A frame as a writer makes it who has the dictionary and no scruples.
    fn frame(payload: &[u8]) -> Vec<u8> {
        let dictionary = ENCODER.as_ref().expect("a dictionary");
        let mut compressor = Compressor::with_prepared_dictionary(dictionary).expect("a compressor");
        compressor.compress(payload).expect("a frame")
    }

    #[test]
    fn the_dictionaries_in_use_are_the_pinned_ones() {
        let pinned = [("330281184", "d04692e602e10efffa743e8ea174295ed5f0a298331b521e175131a744e27248")];
        let found = DICTIONARIES.map(|dictionary| {
            let id = get_dict_id_from_dict(dictionary).expect("an id").to_string();
            (id, hex::encode(Sha256::digest(dictionary)))
        });
        assert_eq!(found.each_ref().map(|(id, digest)| (id.as_str(), digest.as_str())), pinned);
    }

    #[test]
    fn what_does_not_pay_is_left_alone() {
        assert_eq!(compress(&[b'a'; MIN_BYTES - 1]), None);
        let noise: Vec<u8> = (0..100_u8).flat_map(|byte| Sha256::digest([byte]).to_vec()).collect();
        assert_eq!(compress(&noise), None);
        assert!(compress(&[b'a'; MIN_BYTES]).is_some_and(|frame| frame.len() < 32));
    }

    #[test]
    fn a_frame_of_more_than_1_mib_is_refused_however_small_it_is() {
        let bomb = frame(&vec![0; (1 << 20) + 1]);
        assert!(bomb.len() < 200);
        assert_eq!(decompress(&bomb), Err(Unreadable::TooLarge));
        assert_eq!(decompress(&frame(&vec![0; 1 << 20])).map(|payload| payload.len()), Ok(1 << 20));
    }

    #[test]
    fn a_frame_that_claims_an_exbibyte_is_refused_before_anything_is_allocated() {
        let mut bomb = frame(&[0; 100_000]);
        // Descriptor: a dictionary id of 4 bytes, and from here on a size of 8 bytes instead of 4.
        assert_eq!(bomb[4] & 0b1100_0011, 0b1000_0011);
        bomb[4] |= 0b1100_0000;
        bomb.splice(9..13, (1_u64 << 60).to_le_bytes());
        assert_eq!(decompress(&bomb), Err(Unreadable::TooLarge));
    }

    #[test]
    fn a_frame_that_holds_more_than_it_claims_is_refused() {
        let mut bomb = frame(&[0; 100_000]);
        bomb.splice(9..13, 70_000_u32.to_le_bytes());
        assert_eq!(decompress(&bomb), Err(Unreadable::Malformed));
        let mut twice = frame(&[0; 100_000]);
        twice.extend(frame(&[0; 100_000]));
        assert_eq!(decompress(&twice), Err(Unreadable::Malformed));
    }

    #[test]
    fn a_frame_that_claims_no_size_or_no_dictionary_is_refused() {
        let dictionary = ENCODER.as_ref().expect("a dictionary");
        for flag in [CParameter::ContentSizeFlag(false), CParameter::DictIdFlag(false)] {
            let mut compressor = Compressor::with_prepared_dictionary(dictionary).expect("a compressor");
            compressor.set_parameter(flag).expect("a parameter");
            let frame = compressor.compress(&[b'a'; 1_000]).expect("a frame");
            assert_eq!(decompress(&frame), Err(Unreadable::Malformed), "{flag:?}");
        }
    }

    #[test]
    fn a_frame_of_another_dictionary_is_refused_by_its_id() {
        let mut other = DICTIONARIES[0].to_vec();
        other[4] ^= 1;
        let mut compressor = Compressor::with_dictionary(LEVEL, &other).expect("a compressor");
        let frame = compressor.compress(&[b'a'; 1_000]).expect("a frame");
        assert_eq!(decompress(&frame), Err(Unreadable::UnknownDictionary));
    }

    proptest! {
        #[test]
        fn compression_loses_nothing(word in prop::collection::vec(any::<u8>(), 1..40), times in 1..200_usize) {
            let payload = word.repeat(times);
            if let Some(frame) = compress(&payload) {
                prop_assert_eq!(decompress(&frame), Ok(payload));
            }
        }

        #[test]
        fn damaged_frames_never_panic(position in 0..1_000_usize, bit in 0..8_u32, cut in 0..1_000_usize) {
            let mut damaged = frame("\"severity\":\"mild\",\"recommendation\":".repeat(50).as_bytes());
            damaged.truncate(cut.max(1));
            let position = position % damaged.len();
            damaged[position] ^= 1 << bit;
            let _ = decompress(&damaged);
        }
    }
}
