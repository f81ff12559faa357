//! When somebody should have a look: a pure decision from readings and thresholds.

use medinsight_core::UnixMillis;

/// Something to look at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alert {
    /// A server is nearly out of memory.
    Memory,
    /// A server is nearly out of connections.
    Connections,
    /// Too few requests are answered from the cache.
    HitRate,
    /// Too many requests end in an error.
    ErrorRate,
}

/// From where on there is something to look at, in percent. `None` turns an alert off.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// `ALERT_MEMORY_PERCENT`: how much of its `maxmemory` a server may use, 0 to 100; 90.
    pub memory_percent: Option<f64>,
    /// `ALERT_CONNECTIONS_PERCENT`: how many of its `maxclients` a server may have, 0 to 100; 80.
    pub connections_percent: Option<f64>,
    /// `ALERT_MIN_HIT_RATE`: how many requests have to be hits, 0 to 100; 10.
    pub min_hit_rate: Option<f64>,
    /// `ALERT_MAX_ERROR_RATE`: how many requests may fail, 0 to 100; 5.
    pub max_error_rate: Option<f64>,
    /// `ALERT_MIN_REQUESTS`: how many requests there have to be before a rate says anything, at least 1; 100.
    pub min_requests: u64,
}

/// What was read, in percent. What could not be read, or says nothing yet, is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings {
    /// The fullest server's memory.
    pub memory_percent: Option<f64>,
    /// The connections of the server with the most.
    pub connections_percent: Option<f64>,
    /// Hits among requests.
    pub hit_rate: Option<f64>,
    /// Errors among requests.
    pub error_rate: Option<f64>,
}

/// An alert that is raised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raised {
    /// What it is about.
    pub alert: Alert,
    /// The last reading.
    pub value: f64,
    /// The threshold that it went beyond.
    pub threshold: f64,
    /// Since when.
    pub since: UnixMillis,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// An alert was raised.
    Raised(Raised),
    /// An alert is over.
    Cleared(Alert),
}

/// On which side of a threshold a reading should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Not above it.
    AtMost(f64),
    /// Not below it.
    AtLeast(f64),
}

/// Decides which alerts are raised now, given those that were, and what has changed. A reading that is missing changes
/// nothing.
#[must_use]
pub fn decide(
    before: &[Raised],
    readings: &Readings,
    thresholds: &Thresholds,
    now: UnixMillis,
) -> (Vec<Raised>, Vec<Change>) {
    let (mut raised, mut changes) = (Vec::new(), Vec::new());
    for alert in Alert::ALL {
        let earlier = before.iter().find(|raised| raised.alert == alert).copied();
        let current =
            alert.bound(thresholds).and_then(|bound| judge(alert, earlier, alert.value(readings), bound, now));
        match (earlier, current) {
            (None, Some(current)) => changes.push(Change::Raised(current)),
            (Some(_), None) => changes.push(Change::Cleared(alert)),
            _ => {}
        }
        raised.extend(current);
    }
    (raised, changes)
}

fn judge(alert: Alert, earlier: Option<Raised>, value: Option<f64>, bound: Bound, now: UnixMillis) -> Option<Raised> {
    let Some(value) = value else { return earlier };
    let is_raised = if earlier.is_some() { !bound.is_well_kept(value) } else { bound.is_broken(value) };
    let since = earlier.map_or(now, |raised| raised.since);
    is_raised.then_some(Raised { alert, value, threshold: bound.threshold(), since })
}

impl Alert {
    /// Every alert.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Connections, Self::HitRate, Self::ErrorRate];

    /// The name for reports and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory_percent",
            Self::Connections => "connections_percent",
            Self::HitRate => "hit_rate",
            Self::ErrorRate => "error_rate",
        }
    }

    fn bound(self, thresholds: &Thresholds) -> Option<Bound> {
        match self {
            Self::Memory => thresholds.memory_percent.map(Bound::AtMost),
            Self::Connections => thresholds.connections_percent.map(Bound::AtMost),
            Self::HitRate => thresholds.min_hit_rate.map(Bound::AtLeast),
            Self::ErrorRate => thresholds.max_error_rate.map(Bound::AtMost),
        }
    }

    const fn value(self, readings: &Readings) -> Option<f64> {
        match self {
            Self::Memory => readings.memory_percent,
            Self::Connections => readings.connections_percent,
            Self::HitRate => readings.hit_rate,
            Self::ErrorRate => readings.error_rate,
        }
    }
}

impl Bound {
    /// Whether a reading is beyond the threshold; at it, it is not.
    #[must_use]
    pub fn is_broken(self, value: f64) -> bool {
        match self {
            Self::AtMost(threshold) => value > threshold,
            Self::AtLeast(threshold) => value < threshold,
        }
    }

    /// Whether a reading is so far on the right side that an alert is over: a tenth of the threshold away from it, or
    /// half of the way to 100 where there is no room for a tenth. So a reading that moves around the threshold does not
    /// raise and clear the alert all the time.
    #[must_use]
    pub fn is_well_kept(self, value: f64) -> bool {
        match self {
            Self::AtMost(threshold) => value <= threshold * 0.9,
            Self::AtLeast(threshold) => value >= (threshold * 1.1).min(f64::midpoint(threshold, 100.0)),
        }
    }

    const fn threshold(self) -> f64 {
        match self {
            Self::AtMost(threshold) | Self::AtLeast(threshold) => threshold,
        }
    }
}

impl Thresholds {
    /// Whether no alert can ever be raised.
    #[must_use]
    pub fn are_off(&self) -> bool {
        Alert::ALL.iter().all(|alert| alert.bound(self).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::{Alert, Bound, Change, Raised, Readings, Thresholds, decide};
    use medinsight_core::UnixMillis;
    use proptest::prelude::*;

    const THRESHOLDS: Thresholds = Thresholds {
        memory_percent: Some(90.0),
        connections_percent: None,
        min_hit_rate: Some(50.0),
        max_error_rate: Some(5.0),
        min_requests: 100,
    };

    fn memory(percent: f64) -> Readings {
        Readings { memory_percent: Some(percent), ..Readings::default() }
    }

    fn at(before: &[Raised], readings: Readings, now: u64) -> (Vec<Raised>, Vec<Change>) {
        decide(before, &readings, &THRESHOLDS, UnixMillis(now))
    }

    #[test]
    fn an_alert_is_raised_beyond_its_threshold_and_cleared_well_before_it_and_keeps_its_beginning() {
        assert_eq!(at(&[], memory(90.0), 1), (vec![], vec![]));
        let (raised, changes) = at(&[], memory(90.1), 2);
        let expected = Raised { alert: Alert::Memory, value: 90.1, threshold: 90.0, since: UnixMillis(2) };
        assert_eq!((&raised, changes), (&vec![expected], vec![Change::Raised(expected)]));
        let (raised, changes) = at(&raised, memory(89.0), 3);
        assert_eq!((&raised, changes), (&vec![Raised { value: 89.0, ..expected }], vec![]));
        assert_eq!(at(&raised, Readings::default(), 4), (raised.clone(), vec![]));
        assert_eq!(at(&raised, memory(81.0), 5), (vec![], vec![Change::Cleared(Alert::Memory)]));
    }

    #[test]
    fn a_rate_that_is_too_low_is_an_alert_and_one_that_is_turned_off_is_none() {
        let readings = Readings { hit_rate: Some(49.9), connections_percent: Some(100.0), ..Readings::default() };
        let (raised, _) = at(&[], readings, 1);
        assert_eq!(raised.iter().map(|raised| raised.alert).collect::<Vec<_>>(), [Alert::HitRate]);
    }

    #[test]
    fn an_alert_that_is_turned_off_while_it_is_raised_is_cleared() {
        let (raised, _) = at(&[], memory(95.0), 1);
        let off = Thresholds { memory_percent: None, ..THRESHOLDS };
        let changed = decide(&raised, &memory(95.0), &off, UnixMillis(2));
        assert_eq!(changed, (vec![], vec![Change::Cleared(Alert::Memory)]));
    }

    fn percent() -> impl Strategy<Value = f64> {
        (0..=10_000_u16).prop_map(|hundredths| f64::from(hundredths) / 100.0)
    }

    proptest! {
        #[test]
        fn no_reading_both_raises_and_clears_and_every_alert_can_be_cleared(threshold in percent(), value in percent()) {
            for bound in [Bound::AtMost(threshold), Bound::AtLeast(threshold)] {
                prop_assert!(!(bound.is_broken(value) && bound.is_well_kept(value)));
            }
            prop_assert!(Bound::AtMost(threshold).is_well_kept(0.0) && Bound::AtLeast(threshold).is_well_kept(100.0));
        }

        #[test]
        fn changes_are_exactly_the_differences_and_raised_alerts_are_never_doubled(
            steps in prop::collection::vec(prop::array::uniform4(prop::option::of(percent())), 1..20),
        ) {
            let mut raised = Vec::new();
            for (now, [memory_percent, connections_percent, hit_rate, error_rate]) in (0..).zip(steps) {
                let readings = Readings { memory_percent, connections_percent, hit_rate, error_rate };
                let (after, changes) = decide(&raised, &readings, &THRESHOLDS, UnixMillis(now));
                for alert in Alert::ALL {
                    let count = |all: &[Raised]| all.iter().filter(|raised| raised.alert == alert).count();
                    let changed = changes.iter().filter(|change| match change {
                        Change::Raised(raised) => raised.alert == alert,
                        Change::Cleared(cleared) => *cleared == alert,
                    });
                    prop_assert!(count(&after) <= 1);
                    prop_assert_eq!(changed.count(), usize::from(count(&after) != count(&raised)));
                }
                raised = after;
            }
        }
    }
}
