//! Whether the machine had nothing else to do while something was measured.

use std::fs;
use std::time::{Duration, Instant};

/// Which part of all processors others may take before a window is measured again.
const DISTURBED: f64 = 0.1;

/// How often a window is measured at most.
const ATTEMPTS: u32 = 3;

/// A measurement, and which part of all processors others had meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured<T> {
    pub(crate) value: T,
    pub(crate) others: f64,
}

/// Measures until the machine was quiet, a few times at most, and returns what was disturbed least. `own` is the processor
/// time of all that takes part, as far as it is no child that this process has waited for.
pub(crate) fn measure<T>(own: impl Fn() -> Duration, mut window: impl FnMut() -> T) -> Measured<T> {
    let mut best: Option<Measured<T>> = None;
    for _ in 0..ATTEMPTS {
        let (begin, ours, all) = (Instant::now(), own() + this_process(), busy());
        let value = window();
        let spent = (busy() - all).saturating_sub(own() + this_process() - ours);
        let others = spent.as_secs_f64() / begin.elapsed().as_secs_f64() / processors();
        if best.as_ref().is_none_or(|best| others < best.others) {
            best = Some(Measured { value, others });
        }
        if others < DISTURBED {
            break;
        }
    }
    best.expect("there is an attempt")
}

fn processors() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64)
}

/// What all processors have worked, and what the host has taken from them.
fn busy() -> Duration {
    let stat = fs::read_to_string("/proc/stat").expect("the kernel's times");
    ticks(stat.lines().next().unwrap_or_default(), &[1, 2, 3, 6, 7, 8])
}

/// What this process has worked, and its children that have ended.
fn this_process() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("this process");
    // Counted from the state, which is the first field after the name.
    ticks(stat.rsplit_once(')').map_or("", |(_, fields)| fields), &[11, 12, 13, 14])
}

/// The sum of some fields, which are hundredths of a second.
fn ticks(line: &str, fields: &[usize]) -> Duration {
    let times: Vec<_> = line.split_whitespace().collect();
    let time = |field: &usize| times.get(*field).and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * fields.iter().map(time).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::ticks;
    use std::time::Duration;

    #[test]
    fn idle_time_is_no_work_and_stolen_time_is() {
        let line = "cpu  100 10 20 9999 9999 1 2 3 0 0";
        assert_eq!(ticks(line, &[1, 2, 3, 6, 7, 8]), Duration::from_millis(1_360));
        assert_eq!(ticks("", &[1]), Duration::ZERO);
    }
}
