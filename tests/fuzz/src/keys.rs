//! Keys as texts, and keys made of their parts.

use medinsight_core::{CacheKey, DrugName, EntryKind, MAX_KEY_BYTES, RequestDigest, text};

/// The input is a key, a digest and a name, and in lines the category, the identifier and the sub-key of one.
pub fn check(input: &[u8]) {
    let input = String::from_utf8_lossy(input);
    if let Ok(key) = input.parse::<CacheKey>() {
        assert_eq!(key.as_str(), input);
        check_key(&key);
    }
    if let Ok(digest) = input.parse::<RequestDigest>() {
        assert_eq!(digest.to_hex(), input);
    }
    check_normal_forms(&input);
    check_parts(&input);
}

/// A key is made of few characters, and of its parts it can be made again.
fn check_key(key: &CacheKey) {
    let text = key.as_str();
    assert!(text.len() <= MAX_KEY_BYTES);
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%:".contains(&byte)), "{text}");
    assert_eq!(text.parse().as_ref(), Ok(key));
    let again = CacheKey::build(key.kind().category().as_str(), &key.identifier(), key.sub_key().as_deref());
    assert_eq!(again.as_ref(), Ok(key));
    assert_eq!(key.lease_key(), format!("medinsight:lease:{{{text}}}"));
    assert!(key.lease_key().parse::<CacheKey>().is_err(), "a lease is no entry");
}

fn check_parts(lines: &str) {
    let mut parts = lines.splitn(3, '\n');
    let (category, identifier, sub_key) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let identifier = identifier.unwrap_or_default();
    let Ok(key) = CacheKey::build(category, identifier, sub_key) else { return };
    check_key(&key);
    assert_eq!((key.kind().category().as_str(), key.sub_key().as_deref()), (category, sub_key));
    match key.kind() {
        EntryKind::DrugInfo | EntryKind::DrugAnalysis => {
            assert_eq!(Ok(key.identifier().as_str()), DrugName::new(identifier).as_ref().map(DrugName::as_str));
        }
        _ => assert_eq!(key.identifier(), identifier),
    }
}

fn check_normal_forms(input: &str) {
    let normal = text::normalise(input);
    assert_eq!(text::normalise(&normal), normal);
    assert_eq!(text::normalise(&format!(" \u{3000}{input}\t")), normal, "space around a text means nothing");
    if let Ok(drug) = DrugName::new(input) {
        assert_eq!(DrugName::new(drug.as_str()).as_ref(), Ok(&drug));
    }
}
