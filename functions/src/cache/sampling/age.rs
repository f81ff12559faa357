//! Ages in logarithmic classes, so that one byte has them from a second to years within a tenth.

use std::time::Duration;

/// How many classes an octave has.
const CLASSES_AN_OCTAVE: f64 = 8.0;

/// The age of an entry, rounded; none when no entry answered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct AgeClass(pub(super) u8);

impl AgeClass {
    /// The class of an age.
    #[must_use]
    pub fn of(age: Option<Duration>) -> Self {
        let Some(age) = age else { return Self(0) };
        let octaves = (1.0 + age.as_secs_f64()).log2();
        // A float becomes the nearest number that fits.
        Self(1 + ((octaves * CLASSES_AN_OCTAVE).round() as u8).min(u8::MAX - 1))
    }

    /// The age in the middle of the class, in seconds; `None` when no entry answered.
    #[must_use]
    pub fn secs(self) -> Option<f64> {
        let class = self.0.checked_sub(1)?;
        Some((f64::from(class) / CLASSES_AN_OCTAVE).exp2() - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::AgeClass;
    use proptest::prelude::*;
    use std::time::Duration;

    proptest! {
        #[test]
        fn an_age_is_kept_within_a_tenth(secs in 10_u32..31_536_000) {
            let kept = AgeClass::of(Some(Duration::from_secs(secs.into()))).secs().expect("an age");
            prop_assert!((kept / f64::from(secs) - 1.0).abs() < 0.06, "{kept}");
        }
    }

    #[test]
    fn no_age_and_the_youngest_and_the_oldest_have_classes() {
        assert_eq!(AgeClass::of(None).secs(), None);
        assert_eq!(AgeClass::of(Some(Duration::ZERO)).secs(), Some(0.0));
        assert!(AgeClass::of(Some(Duration::MAX)).secs() > Some(3e9));
    }
}
