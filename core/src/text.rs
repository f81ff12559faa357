//! When two texts mean the same: the normal form that keys and digests are computed from.
//!
//! In this order: Unicode NFC; full case folding (CaseFolding.txt, statuses C and F); NFC again; every run of
//! characters with the `White_Space` property becomes one space; trim. Doing it twice changes nothing.
//!
//! It is NFC and not NFKC because NFKC turns `10³` into `103`, which in a lab value is another patient's answer. The
//! tables come from the pinned ICU4X crates and never from `std`: the native and the WebAssembly build may be made by
//! different compilers, whose tables may differ.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointSetData, props::WhiteSpace};

/// The version of Unicode that the tables are of.
///
/// `tests/vectors/unicode.json` pins it together with the normal forms of all characters.
pub const UNICODE_VERSION: &str = "18.0";

/// Brings a text into the normal form.
///
/// # Order, case and white space
///
/// ```
/// use medinsight_core::text::normalise;
///
/// assert_eq!(normalise("  Stra\u{DF}e \t\u{A0}NORD\n"), "strasse nord");
/// assert_eq!(normalise("Cafe\u{301}"), normalise("CAF\u{C9}"));
/// ```
///
/// # What stays distinct
///
/// ```
/// use medinsight_core::text::normalise;
///
/// assert_ne!(normalise("10\u{B3}"), normalise("103"));
/// assert_ne!(normalise("a\u{200B}b"), normalise("ab"));
/// ```
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.is_ascii() { normalise_ascii(text) } else { normalise_unicode(text) }
}

/// The same as [`normalise_unicode`] for ASCII, where NFC changes nothing and folding is lower-casing.
///
/// Most texts need nothing but lower case. To see that and copy them whole is far faster than word by word, above all in
/// WebAssembly, where each copy is a call.
fn normalise_ascii(text: &str) -> String {
    if is_collapsed(text.as_bytes()) {
        return text.to_ascii_lowercase();
    }
    let mut out = collapse(text, |c| matches!(c, '\t'..='\r' | ' '));
    out.make_ascii_lowercase();
    out
}

/// Whether all white space of an ASCII text is single spaces between words.
///
/// It looks at all bytes whatever the first ones are, which the compiler turns into vector instructions.
fn is_collapsed(text: &[u8]) -> bool {
    let has_control = text.iter().fold(false, |found, byte| found | matches!(byte, b'\t'..=b'\r'));
    let followers = text.get(1..).unwrap_or_default();
    let has_run =
        text.iter().zip(followers).fold(false, |found, (one, next)| found | ((*one == b' ') & (*next == b' ')));
    let is_space_at = |end: Option<&u8>| end == Some(&b' ');
    !(has_control | has_run) && !is_space_at(text.first()) && !is_space_at(text.last())
}

fn normalise_unicode(text: &str) -> String {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let composed = nfc.normalize(text);
    let folded = CaseMapper::new().fold_string(&composed);
    let recomposed = nfc.normalize(&folded);
    let white_space = CodePointSetData::new::<WhiteSpace>();
    collapse(&recomposed, |c| white_space.contains(c))
}

/// Writes each run of spaces as one, and none at either end.
fn collapse(text: &str, is_space: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{normalise, normalise_ascii, normalise_unicode};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    /// The JavaScript tests do the same in every runtime.
    #[test]
    fn the_normal_forms_of_all_characters_are_pinned() {
        let pinned: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/unicode.json")).unwrap_or_default();
        let mut hasher = Sha256::new();
        for c in '\0'..=char::MAX {
            hasher.update(normalise(&format!("{c}A{c}\u{301}")));
            hasher.update("\n");
        }
        let pinned = |name| pinned.get(name).and_then(serde_json::Value::as_str);
        assert_eq!(pinned("unicode_version"), Some(super::UNICODE_VERSION));
        assert_eq!(pinned("normal_forms_sha256"), Some(hex::encode(hasher.finalize()).as_str()));
    }

    #[test]
    fn normalising_twice_changes_nothing_for_every_code_point_in_context() {
        for c in ('\0'..=char::MAX).filter(|c| *c != '\0') {
            for context in [format!("{c}"), format!("a{c}\u{301}\u{345}b"), format!("\u{3B9}{c}\u{323} ")] {
                let once = normalise(&context);
                assert_eq!(normalise(&once), once, "U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn the_ascii_path_agrees_with_the_unicode_path_on_every_ascii_character() {
        for byte in 0..=0x7F_u8 {
            let text = format!("A{0}b{0}{0}C", char::from(byte));
            assert_eq!(normalise_ascii(&text), normalise_unicode(&text), "{byte:#04x}");
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC*") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn case_and_spacing_do_not_matter(words in prop::collection::vec("[a-z\u{E4}\u{3C3}\u{44F}]{1,8}", 1..6)) {
            let plain = words.join(" ");
            let shouted = format!("\u{3000}{}\t", words.join(" \n ").to_uppercase());
            prop_assert_eq!(normalise(&plain), normalise(&shouted));
        }
    }
}
