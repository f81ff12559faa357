//! What happens when: events by their times, and among those of one time in the order in which they were planned.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Events to come.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    planned: BinaryHeap<Planned<E>>,
    count: u64,
}

#[derive(Debug)]
struct Planned<E> {
    at: f64,
    number: u64,
    event: E,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Self {
        Self { planned: BinaryHeap::new(), count: 0 }
    }

    /// Plans an event at a time, in seconds.
    pub(super) fn plan(&mut self, at: f64, event: E) {
        self.planned.push(Planned { at, number: self.count, event });
        self.count += 1;
    }

    /// The next event and its time.
    pub(super) fn next(&mut self) -> Option<(f64, E)> {
        self.planned.pop().map(|planned| (planned.at, planned.event))
    }
}

impl<E> Ord for Planned<E> {
    /// The heap gives the greatest first, which has to be the earliest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.total_cmp(&self.at).then(other.number.cmp(&self.number))
    }
}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Planned<E> {}

#[cfg(test)]
mod tests {
    use super::Agenda;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_come_by_time_and_then_as_they_were_planned(times in prop::collection::vec(0_u8..9, 0..60)) {
            let mut agenda = Agenda::new();
            times.iter().enumerate().for_each(|(number, time)| agenda.plan(f64::from(*time), number));
            let order: Vec<_> = std::iter::from_fn(|| agenda.next()).map(|(_, number)| number).collect();
            let mut expected: Vec<_> = (0..times.len()).collect();
            expected.sort_by_key(|number| times[*number]);
            prop_assert_eq!(order, expected);
        }
    }
}
