//! Digests of requests, and the keyed form that hides them from whoever can list keys.

use crate::Category;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The digest of a canonical request: `SHA-256(label || 0x0A || JCS(object))`, with the label
/// `medinsight/v1/<category>`. It is shown as 64 lower-case hexadecimal characters.
///
/// SHA-256 gives the same digest on every machine and is fast in hardware; a shorter or weaker hash would one day serve
/// one person's answer to another.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// The digest of a request's canonical text in a category.
    #[must_use]
    pub fn of(category: Category, canonical: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update("medinsight/v1/");
        hasher.update(category.as_str());
        hasher.update("\n");
        hasher.update(canonical);
        Self(hasher.finalize().into())
    }

    /// The 64 lower-case hexadecimal characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        // Written out because `hex::encode` took a tenth of the time that a key takes in WebAssembly.
        let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 0xF)];
        }
        String::from_utf8(text.to_vec()).unwrap_or_default()
    }

    /// The digest under which the entry is stored when keys are private:
    /// `HMAC-SHA256(secret, the digest's 64 characters)`.
    #[must_use]
    pub fn keyed(&self, secret: &KeySecret) -> Self {
        let mut mac = secret.0.clone();
        mac.update(self.to_hex().as_bytes());
        Self(mac.finalize().into_bytes().into())
    }
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for RequestDigest {
    /// Shows nothing of the digest: the digest of a short question can be guessed, so it has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequestDigest(..)")
    }
}

impl FromStr for RequestDigest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidDigest);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidDigest)?;
        Ok(Self(bytes))
    }
}

/// A text that is not the digest of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal characters")]
pub struct InvalidDigest;

/// The secret that makes the keys of personal, content-derived entries private.
///
/// Servers and trusted edge workers hold it; browsers never do, they send the inner digest.
#[derive(Clone)]
pub struct KeySecret(Hmac<Sha256>);

impl KeySecret {
    /// The shortest secret, in bytes: 128 bits.
    pub const MIN_BYTES: usize = 16;

    /// Takes the UTF-8 bytes of a secret.
    ///
    /// # Errors
    ///
    /// [`InvalidKeySecret`] when it has fewer than [`KeySecret::MIN_BYTES`] bytes.
    pub fn new(secret: &str) -> Result<Self, InvalidKeySecret> {
        if secret.len() < Self::MIN_BYTES {
            return Err(InvalidKeySecret);
        }
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(|_| InvalidKeySecret)
    }

    /// A name that stands for a text where the text itself must not be seen, such as an audit record: the first 32
    /// hexadecimal characters of `HMAC-SHA256(secret, "medinsight/v1/" || purpose || 0x0A || text)`. Names for two
    /// purposes cannot be compared with each other, and none is the digest of a private key.
    #[must_use]
    pub fn pseudonym(&self, purpose: &str, text: &str) -> String {
        let mut mac = self.0.clone();
        for part in ["medinsight/v1/", purpose, "\n", text] {
            mac.update(part.as_bytes());
        }
        let mut name = hex::encode(mac.finalize().into_bytes());
        name.truncate(32);
        name
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(..)")
    }
}

/// A key secret that is too short.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub struct InvalidKeySecret;

impl InvalidKeySecret {
    /// The text for people: the rule.
    #[must_use]
    pub const fn message(self) -> &'static str {
        "a key secret has at least 16 bytes"
    }

    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "invalid_secret"
    }
}

#[cfg(test)]
mod tests {
    use super::{KeySecret, RequestDigest};
    use crate::Category;

    #[test]
    fn the_digest_of_a_known_text_is_pinned() {
        let digest = RequestDigest::of(Category::HealthAnalysis, "{}");
        assert_eq!(digest.to_hex(), "28350e606a9638ff9a72e2516fa89f687beadfbcd186e74c1949bc8df90dca70");
    }

    #[test]
    fn only_the_one_spelling_of_a_digest_is_read() {
        let digest = RequestDigest::of(Category::HealthAnalysis, "{}").to_hex();
        assert_eq!(digest.parse::<RequestDigest>().map(|digest| digest.to_hex()), Ok(digest.clone()));
        assert!(digest.to_uppercase().parse::<RequestDigest>().is_err());
        assert!(digest.replace('2', "").parse::<RequestDigest>().is_err());
        assert!(format!("{digest}00").parse::<RequestDigest>().is_err());
    }

    #[test]
    fn a_pseudonym_depends_on_the_secret_the_purpose_and_the_text() {
        let name = |secret: &str, purpose, text| KeySecret::new(secret).map(|secret| secret.pseudonym(purpose, text));
        let one = name("an invented secret of enough length", "audit", "text");
        assert_eq!(one.as_ref().map(String::len), Ok(32));
        assert_eq!(one, name("an invented secret of enough length", "audit", "text"));
        assert_ne!(one, name("an invented secret of enough length", "client", "text"));
        assert_ne!(one, name("an invented secret of enough length", "audit", "texts"));
        assert_ne!(one, name("another invented secret of that length", "audit", "text"));
    }

    #[test]
    fn secrets_and_digests_do_not_show_themselves() {
        let secret = KeySecret::new("an invented secret of enough length");
        assert_eq!(format!("{secret:?}"), "Ok(KeySecret(..))");
        assert_eq!(format!("{:?}", RequestDigest::of(Category::DrugInfo, "")), "RequestDigest(..)");
        assert!(KeySecret::new("too short").is_err());
    }
}
