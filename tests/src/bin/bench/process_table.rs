//! What the kernel says of a process, in `/proc`.

use std::fs;
use std::time::Duration;

/// The length of a tick: `/proc` counts in hundredths of a second on every architecture that we build for.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has used so far, user and system together.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process that runs");
    TICK * ticks(&stat).expect("the fields of every process")
}

/// The memory that a process holds, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process that runs");
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.map_or(0.0, |kib: u32| f64::from(kib) / 1_024.0)
}

/// The sum of the 14th and 15th field, counted after the program's name, which may itself hold blanks and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u32, u32) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn processor_time_is_found_behind_a_name_with_blanks_and_brackets() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 17 5 0 0 20 0 1 0 100 200 300";
        assert_eq!(ticks(stat), Some(22));
    }
}
