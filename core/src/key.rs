//! Cache keys: `medinsight:category:identifier[:sub_key]`.

use crate::digest::{KeySecret, RequestDigest};
use crate::drug::{AnalysisVariant, DrugName};
use crate::escape;
use crate::kind::{Category, EntryKind};
use std::fmt;
use std::str::FromStr;

/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 512;

const PREFIX: &str = "medinsight:";

/// The key of an entry: its kind and the text that Redis sees.
///
/// # Syntax
///
/// `medinsight:category:identifier` or `medinsight:category:identifier:sub_key`. In the last two parts the bytes
/// `A-Z a-z 0-9 - _ . ~` stand for themselves and every other byte is `%XX`. Each entry has exactly one key, and
/// [`CacheKey::from_str`] reads exactly the keys that [`CacheKey::build`] makes.
///
/// ```
/// use medinsight_core::CacheKey;
///
/// let key = CacheKey::build("symptom", "session_456", Some("inputs"))?;
/// assert_eq!(key.as_str(), "medinsight:symptom:session_456:inputs");
/// assert_eq!("medinsight:symptom:session_456:inputs".parse(), Ok(key));
/// assert_eq!(CacheKey::build("drug_info", "Caf\u{E9} *", None)?.as_str(), "medinsight:drug_info:caf%C3%A9_%2A");
/// # Ok::<(), medinsight_core::KeyError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CacheKey {
    text: String,
    kind: EntryKind,
}

impl CacheKey {
    /// Builds a key from the texts of its parts. Drug names are normalised, everything else stands as it is.
    ///
    /// # Errors
    ///
    /// In this order: an unknown category, a wrong sub-key, a wrong identifier, a key of more than [`MAX_KEY_BYTES`].
    pub fn build(category: &str, identifier: &str, sub_key: Option<&str>) -> Result<Self, KeyError> {
        let kind = kind_of(category.parse()?, sub_key)?;
        match kind {
            EntryKind::DrugAnalysis | EntryKind::DrugInfo => {
                Self::compose(kind, DrugName::new(identifier)?.as_str(), sub_key)
            }
            _ => {
                check_identifier(kind, identifier)?;
                Self::compose(kind, identifier, sub_key)
            }
        }
    }

    /// The key of the answer to a health question; with a secret, the private one.
    #[must_use]
    pub fn health_analysis(digest: &RequestDigest, secret: Option<&KeySecret>) -> Self {
        Self::of_digest(EntryKind::HealthAnalysis, digest, secret)
    }

    /// The key of the interactions of a set of medicines; with a secret, the private one.
    #[must_use]
    pub fn medication_interactions(digest: &RequestDigest, secret: Option<&KeySecret>) -> Self {
        Self::of_digest(EntryKind::MedicationInteractions, digest, secret)
    }

    /// The key of a variant of a drug's analysis.
    ///
    /// # Errors
    ///
    /// [`KeyError::KeyTooLong`].
    pub fn drug_analysis(drug: &DrugName, variant: &AnalysisVariant) -> Result<Self, KeyError> {
        Self::compose(EntryKind::DrugAnalysis, drug.as_str(), variant.sub_key().as_deref())
    }

    /// The key of the facts about a drug.
    ///
    /// # Errors
    ///
    /// [`KeyError::KeyTooLong`].
    pub fn drug_info(drug: &DrugName) -> Result<Self, KeyError> {
        Self::compose(EntryKind::DrugInfo, drug.as_str(), None)
    }

    /// The whole key, as Redis sees it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the key is the key of.
    #[must_use]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    /// The identifier, decoded.
    #[must_use]
    pub fn identifier(&self) -> String {
        self.part(2).unwrap_or_default()
    }

    /// The sub-key, decoded.
    #[must_use]
    pub fn sub_key(&self) -> Option<String> {
        self.part(3)
    }

    /// The key of the entry's lease. Its hash tag puts it into the entry's own cluster slot.
    ///
    /// ```
    /// use medinsight_core::CacheKey;
    ///
    /// let key = CacheKey::build("drug_info", "aspirin", None)?;
    /// assert_eq!(key.lease_key(), "medinsight:lease:{medinsight:drug_info:aspirin}");
    /// # Ok::<(), medinsight_core::KeyError>(())
    /// ```
    #[must_use]
    pub fn lease_key(&self) -> String {
        format!("medinsight:lease:{{{}}}", self.text)
    }

    fn part(&self, position: usize) -> Option<String> {
        self.text.split(':').nth(position).and_then(escape::decode)
    }

    fn of_digest(kind: EntryKind, digest: &RequestDigest, secret: Option<&KeySecret>) -> Self {
        let stored = secret.map_or(*digest, |secret| digest.keyed(secret));
        let text = [PREFIX, kind.category().as_str(), ":", &stored.to_hex()].concat();
        Self { text, kind }
    }

    fn compose(kind: EntryKind, identifier: &str, sub_key: Option<&str>) -> Result<Self, KeyError> {
        let mut text = [PREFIX, kind.category().as_str(), ":"].concat();
        escape::encode_into(&mut text, identifier);
        if let Some(sub_key) = sub_key {
            text.push(':');
            escape::encode_into(&mut text, sub_key);
        }
        if text.len() > MAX_KEY_BYTES { Err(KeyError::KeyTooLong) } else { Ok(Self { text, kind }) }
    }
}

impl From<CacheKey> for String {
    fn from(key: CacheKey) -> Self {
        key.text
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for CacheKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_KEY_BYTES {
            return Err(KeyError::KeyTooLong);
        }
        let mut parts = text.strip_prefix(PREFIX).ok_or(KeyError::NotAKey)?.split(':');
        let (Some(category), Some(identifier), sub_key, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyError::NotAKey);
        };
        let category: Category = category.parse()?;
        let identifier = escape::decode(identifier).ok_or(KeyError::BadEscape)?;
        let sub_key = sub_key.map(|part| escape::decode(part).ok_or(KeyError::BadEscape)).transpose()?;
        let kind = kind_of(category, sub_key.as_deref())?;
        check_identifier(kind, &identifier)?;
        Ok(Self { text: text.to_owned(), kind })
    }
}

/// The kind that a category and a sub-key name.
fn kind_of(category: Category, sub_key: Option<&str>) -> Result<EntryKind, KeyError> {
    if sub_key == Some("") {
        return Err(KeyError::EmptySubKey);
    }
    match category {
        Category::User => match sub_key.ok_or(KeyError::MissingSubKey)? {
            "session" => Ok(EntryKind::UserSession),
            "preferences" => Ok(EntryKind::UserPreferences),
            _ => Err(KeyError::UnknownSubKey),
        },
        Category::Symptom => match sub_key.ok_or(KeyError::MissingSubKey)? {
            "inputs" => Ok(EntryKind::SymptomInput),
            _ => Err(KeyError::UnknownSubKey),
        },
        Category::DrugAnalysis => match sub_key.map(AnalysisVariant::from_str).transpose()? {
            Some(variant) if variant == AnalysisVariant::default() => Err(KeyError::UnknownSubKey),
            _ => Ok(EntryKind::DrugAnalysis),
        },
        Category::Usage => sub_key.map(|_| EntryKind::Usage).ok_or(KeyError::MissingSubKey),
        Category::Errors => sub_key.map(|_| EntryKind::Errors).ok_or(KeyError::MissingSubKey),
        Category::AiSummary => without(sub_key, EntryKind::AiSummary),
        Category::HealthAnalysis => without(sub_key, EntryKind::HealthAnalysis),
        Category::MedicationInteractions => without(sub_key, EntryKind::MedicationInteractions),
        Category::DrugInfo => without(sub_key, EntryKind::DrugInfo),
        Category::SessionState => without(sub_key, EntryKind::SessionState),
        Category::AnalysisProgress => without(sub_key, EntryKind::AnalysisProgress),
    }
}

fn without(sub_key: Option<&str>, kind: EntryKind) -> Result<EntryKind, KeyError> {
    if sub_key.is_some() { Err(KeyError::UnexpectedSubKey) } else { Ok(kind) }
}

fn check_identifier(kind: EntryKind, identifier: &str) -> Result<(), KeyError> {
    if identifier.is_empty() {
        return Err(KeyError::EmptyIdentifier);
    }
    match kind {
        EntryKind::HealthAnalysis | EntryKind::MedicationInteractions => {
            identifier.parse::<RequestDigest>().map(|_| ()).map_err(|_| KeyError::NotADigest)
        }
        EntryKind::DrugAnalysis | EntryKind::DrugInfo => match DrugName::new(identifier) {
            Ok(name) if name.as_str() == identifier => Ok(()),
            _ => Err(KeyError::NotNormalised),
        },
        _ => Ok(()),
    }
}

/// Why some texts make no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text has not the shape of a key.
    NotAKey,
    /// The category is not in the closed list.
    UnknownCategory,
    /// The identifier is empty, for a drug name after normalisation.
    EmptyIdentifier,
    /// The sub-key is empty.
    EmptySubKey,
    /// The category needs a sub-key.
    MissingSubKey,
    /// The category has no sub-keys.
    UnexpectedSubKey,
    /// The sub-key is not one of the category's.
    UnknownSubKey,
    /// A percent escape is malformed or not the one canonical spelling.
    BadEscape,
    /// The identifier has to be a digest.
    NotADigest,
    /// The drug name in a key is not in its normal form.
    NotNormalised,
    /// The key is longer than [`MAX_KEY_BYTES`].
    KeyTooLong,
}

impl KeyError {
    /// A stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAKey => "not_a_key",
            Self::UnknownCategory => "unknown_category",
            Self::EmptyIdentifier => "empty_identifier",
            Self::EmptySubKey => "empty_sub_key",
            Self::MissingSubKey => "missing_sub_key",
            Self::UnexpectedSubKey => "unexpected_sub_key",
            Self::UnknownSubKey => "unknown_sub_key",
            Self::BadEscape => "bad_escape",
            Self::NotADigest => "not_a_digest",
            Self::NotNormalised => "not_normalised",
            Self::KeyTooLong => "key_too_long",
        }
    }

    /// The text for people: the rule.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotAKey => "a key is medinsight:category:identifier, optionally followed by :sub_key",
            Self::UnknownCategory => "the category is unknown",
            Self::EmptyIdentifier => "the identifier must not be empty",
            Self::EmptySubKey => "the sub-key must not be empty",
            Self::MissingSubKey => "the category needs a sub-key",
            Self::UnexpectedSubKey => "the category has no sub-keys",
            Self::UnknownSubKey => "the sub-key is not one of the category's",
            Self::BadEscape => "a part is not in its canonical percent-encoding",
            Self::NotADigest => "the identifier must be 64 lower-case hexadecimal characters",
            Self::NotNormalised => "the drug name is not in its normal form",
            Self::KeyTooLong => "a key has at most 512 bytes",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for KeyError {}
