//! The environments of a region: taken for a request, made when none is free, taken away when idle for long.
//!
//! Of the free ones the one that was used last is taken. Nothing documents which one Lambda takes; this keeps as few of
//! them alive as there can be.

use std::collections::{HashMap, VecDeque};

use super::assumptions::Lambda;

/// How many copies an environment keeps at most: what matters is what is asked again within seconds.
const MAX_COPIES: usize = 1_024;

/// The window in which the number of new environments is limited.
const SCALING_SECONDS: f64 = 10.0;

/// All environments of a region.
#[derive(Debug)]
pub(super) struct Environments {
    concurrency: usize,
    idle_seconds: f64,
    near_seconds: f64,
    all: Vec<Environment>,
    /// Since when they are free, the one that was used last at the end.
    idle: VecDeque<(usize, f64)>,
    /// Numbers of those that were taken away.
    gone: Vec<usize>,
    /// How many may be made now, how many at most, and since when that is known.
    allowance: f64,
    most: f64,
    counted_at: f64,
}

#[derive(Clone, Debug, Default)]
struct Environment {
    is_connected: bool,
    /// When each question was read.
    near: HashMap<usize, f64>,
    /// When it last brought what it brings once a second.
    told_at: Option<f64>,
}

/// What a request gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Taken {
    Free(usize),
    New(usize),
    Refused,
}

impl Environments {
    pub(super) fn new(lambda: &Lambda, concurrency: usize) -> Self {
        Self {
            concurrency,
            idle_seconds: lambda.idle_minutes * 60.0,
            near_seconds: lambda.near_seconds,
            all: Vec::new(),
            idle: VecDeque::new(),
            gone: Vec::new(),
            allowance: lambda.new_in_ten_seconds,
            most: lambda.new_in_ten_seconds,
            counted_at: 0.0,
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len() - self.gone.len()
    }

    /// An environment for a request that comes now.
    pub(super) fn take(&mut self, now: f64) -> Taken {
        match self.idle.pop_back() {
            Some((free, _)) => Taken::Free(free),
            None if self.count() < self.concurrency && self.may_make_one(now) => Taken::New(self.make()),
            None => Taken::Refused,
        }
    }

    /// A request is over.
    pub(super) fn release(&mut self, environment: usize, now: f64) {
        self.idle.push_back((environment, now));
    }

    /// Takes away who was idle for too long; returns how many of them had connections.
    pub(super) fn expire(&mut self, now: f64) -> usize {
        let mut connected = 0;
        while let Some((environment, since)) = self.idle.front().copied() {
            if now - since < self.idle_seconds {
                break;
            }
            self.idle.pop_front();
            connected += usize::from(std::mem::take(&mut self.all[environment]).is_connected);
            self.gone.push(environment);
        }
        connected
    }

    pub(super) fn is_connected(&self, environment: usize) -> bool {
        self.all[environment].is_connected
    }

    pub(super) fn connect(&mut self, environment: usize) {
        self.all[environment].is_connected = true;
    }

    /// Whether it has read this question a moment ago.
    pub(super) fn has_near(&self, environment: usize, question: usize, now: f64) -> bool {
        self.all[environment].near.get(&question).is_some_and(|read| now - read < self.near_seconds)
    }

    /// It has read this question.
    pub(super) fn keep_near(&mut self, environment: usize, question: usize, now: f64) {
        let (near, lifetime) = (&mut self.all[environment].near, self.near_seconds);
        if lifetime <= 0.0 {
            return;
        }
        if near.len() >= MAX_COPIES {
            near.retain(|_, read| now - *read < lifetime);
        }
        if near.len() < MAX_COPIES {
            near.insert(question, now);
        }
    }

    /// Whether what is brought once a second is due; then it is brought now.
    pub(super) fn tells(&mut self, environment: usize, now: f64) -> bool {
        let told_at = &mut self.all[environment].told_at;
        let is_due = told_at.is_none_or(|told_at| now - told_at >= 1.0);
        if is_due {
            *told_at = Some(now);
        }
        is_due
    }

    fn may_make_one(&mut self, now: f64) -> bool {
        self.allowance = (self.allowance + (now - self.counted_at) * self.most / SCALING_SECONDS).min(self.most);
        self.counted_at = now;
        let may = self.allowance >= 1.0;
        if may {
            self.allowance -= 1.0;
        }
        may
    }

    fn make(&mut self) -> usize {
        self.gone.pop().unwrap_or_else(|| {
            self.all.push(Environment::default());
            self.all.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Environments, Taken};
    use crate::capacity::assumptions::Lambda;

    fn of(concurrency: usize, new_in_ten_seconds: f64) -> Environments {
        Environments::new(&Lambda { new_in_ten_seconds, idle_minutes: 1.0, ..Lambda::default() }, concurrency)
    }

    #[test]
    fn a_request_gets_the_one_that_was_used_last_or_a_new_one_or_none() {
        let mut environments = of(2, 1_000.0);
        assert_eq!([0.0, 0.0, 0.0].map(|now| environments.take(now)), [Taken::New(0), Taken::New(1), Taken::Refused]);
        environments.release(1, 1.0);
        environments.release(0, 2.0);
        assert_eq!([environments.take(3.0), environments.take(3.0)], [Taken::Free(0), Taken::Free(1)]);
    }

    #[test]
    fn new_ones_are_made_only_as_fast_as_allowed() {
        let mut environments = of(100, 2.0);
        assert_eq!([0.0; 3].map(|now| environments.take(now)), [Taken::New(0), Taken::New(1), Taken::Refused]);
        // Two in ten seconds are one in five.
        assert_eq!([4.9, 5.1, 5.2].map(|now| environments.take(now)), [Taken::Refused, Taken::New(2), Taken::Refused]);
    }

    #[test]
    fn what_is_told_once_a_second_is_told_once_a_second() {
        let mut environments = of(1, 1.0);
        let _ = environments.take(0.0);
        assert_eq!([0.1, 0.5, 1.1, 2.0].map(|now| environments.tells(0, now)), [true, false, true, false]);
    }

    #[test]
    fn who_is_idle_for_long_goes_with_its_connection_and_its_copies() {
        let mut environments = of(10, 1_000.0);
        let _ = (environments.take(0.0), environments.take(0.0));
        environments.connect(0);
        environments.keep_near(0, 7, 0.0);
        assert!(environments.has_near(0, 7, 4.0) && !environments.has_near(0, 7, 5.0));
        environments.release(0, 1.0);
        environments.release(1, 30.0);
        assert_eq!((environments.expire(61.0), environments.count()), (1, 1));
        assert_eq!(environments.take(61.0), Taken::Free(1));
        assert_eq!(environments.take(61.0), Taken::New(0));
        assert!(!environments.is_connected(0) && !environments.has_near(0, 7, 1.0));
    }
}
