//! What other times to live would have saved.

use crate::cache::Point;
use schemars::JsonSchema;
use serde::Serialize;

/// Longer times to live than the knee lower the share of misses by this at most.
const HARDLY_ANY: f64 = 0.01;

/// A time to live other than the present one, and what it would have done.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Serialize)]
pub struct Suggestion {
    /// Why this one is looked at.
    pub basis: Basis,
    /// The time to live, in seconds.
    pub ttl_secs: u32,
    /// The share of requests that would have needed the origin, from 0 to 1.
    pub miss_ratio: f64,
    /// Computations a day that it would have saved; negative when there would have been more.
    pub origin_calls_saved_per_day: f64,
    /// The origin's time that they take, in seconds a day; null when no hit has told yet how long one takes.
    pub origin_secs_saved_per_day: Option<f64>,
}

/// Why a time to live is looked at.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Half of the present one.
    Half,
    /// Twice the present one.
    Double,
    /// The shortest one beyond which more time saves hardly anything.
    Knee,
}

/// What is asked of the category.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Requests a day.
    pub(super) requests_per_day: f64,
    /// Seconds that a computation takes the origin, if that is known.
    pub(super) origin_secs: Option<f64>,
}

/// What the half, the double and the knee would have saved, as far as the curve can judge them and the present time.
#[must_use]
pub(super) fn suggestions(curve: &[Point], present_secs: u32, load: Load) -> Vec<Suggestion> {
    let at = |ttl_secs: u32| curve.iter().find(|point| point.ttl_secs == ttl_secs);
    let Some(present) = at(present_secs) else { return Vec::new() };
    let candidates = [
        (Basis::Half, at(present_secs / 2)),
        (Basis::Double, present_secs.checked_mul(2).and_then(at)),
        (Basis::Knee, knee(curve)),
    ];
    let judged = candidates.into_iter().filter_map(|(basis, point)| Some((basis, point?)));
    let others = judged.filter(|(_, point)| point.ttl_secs != present_secs);
    others.map(|(basis, point)| Suggestion::of(basis, *point, *present, load)).collect()
}

/// The shortest time beyond which more saves hardly anything, as far as the curve goes.
fn knee(curve: &[Point]) -> Option<&Point> {
    let least = curve.last()?.miss_ratio;
    curve.iter().find(|point| point.miss_ratio <= least + HARDLY_ANY)
}

impl Suggestion {
    fn of(basis: Basis, point: Point, present: Point, load: Load) -> Self {
        let calls = load.requests_per_day * (present.miss_ratio - point.miss_ratio);
        let tenths = |number: f64| (number * 10.0).round() / 10.0;
        Self {
            basis,
            ttl_secs: point.ttl_secs,
            miss_ratio: point.miss_ratio,
            origin_calls_saved_per_day: tenths(calls),
            origin_secs_saved_per_day: load.origin_secs.map(|secs| tenths(calls * secs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Basis, Load, Point, suggestions};

    const LOAD: Load = Load { requests_per_day: 1_000.0, origin_secs: Some(3.0) };

    fn curve(points: &[(u32, f64)]) -> Vec<Point> {
        points
            .iter()
            .map(|(ttl_secs, miss_ratio)| Point { ttl_secs: *ttl_secs, miss_ratio: *miss_ratio, margin: 0.0 })
            .collect()
    }

    #[test]
    fn the_half_the_double_and_the_knee_are_compared_with_the_present_one() {
        let curve = curve(&[(1_800, 0.5), (3_600, 0.4), (7_200, 0.3), (14_400, 0.205), (28_800, 0.2)]);
        let shown: Vec<_> = suggestions(&curve, 3_600, LOAD)
            .iter()
            .map(|one| (one.basis, one.ttl_secs, one.origin_calls_saved_per_day, one.origin_secs_saved_per_day))
            .collect();
        assert_eq!(
            shown,
            [
                (Basis::Half, 1_800, -100.0, Some(-300.0)),
                (Basis::Double, 7_200, 100.0, Some(300.0)),
                (Basis::Knee, 14_400, 195.0, Some(585.0)),
            ]
        );
    }

    #[test]
    fn what_cannot_be_judged_is_not_suggested_and_a_knee_at_the_present_one_is_no_advice() {
        assert_eq!(suggestions(&curve(&[(1_800, 0.5)]), 3_600, LOAD), []);
        let flat = suggestions(&curve(&[(1_800, 0.5), (3_600, 0.2)]), 3_600, Load { origin_secs: None, ..LOAD });
        assert_eq!(flat.iter().map(|one| one.basis).collect::<Vec<_>>(), [Basis::Half]);
        assert_eq!(flat[0].origin_secs_saved_per_day, None);
    }
}
