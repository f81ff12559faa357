//! Percentages of counts.

/// What percentage of `whole` a part of it is, to two decimals: from 0 to 100, whatever the numbers are. Nothing is no
/// percentage of nothing.
pub(super) fn percentage(part: u64, whole: u64) -> Option<f64> {
    let hundredths = (u128::from(part.min(whole)) * 10_000).checked_div(u128::from(whole))?;
    Some(f64::from(u16::try_from(hundredths).unwrap_or(10_000)) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::percentage;
    use proptest::prelude::*;

    #[test]
    fn a_part_is_a_percentage_of_something_and_never_of_nothing() {
        assert_eq!(percentage(1, 3), Some(33.33));
        assert_eq!(percentage(3, 3), Some(100.0));
        assert_eq!(percentage(1, 0), None);
    }

    proptest! {
        #[test]
        fn it_is_from_0_to_100_even_when_the_part_is_more_than_the_whole(part in any::<u64>(), whole in 1..=u64::MAX) {
            prop_assert!(percentage(part, whole).is_some_and(|percentage| (0.0..=100.0).contains(&percentage)));
        }
    }
}
