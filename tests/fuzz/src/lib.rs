//! Fuzz targets: what reads bytes of strangers is given any bytes, and what must be true of the outcome is asserted.
//!
//! Each module is a target: `check` panics when something is not as promised. `cargo xtask fuzz-targets` gives it inputs that
//! libFuzzer makes, guided by which code they reach; the tests of this package give it the files of `corpus`, and
//! those changed at random. The first is for hours, the second for each run of the tests.

#![allow(clippy::missing_panics_doc, reason = "what a target finds is a panic")]

pub mod entries;
mod glob;
pub mod http;
pub mod keys;
#[cfg(test)]
mod mutation;
pub mod patterns;
pub mod requests;
#[cfg(test)]
mod tests;

use std::path::Path;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, that of its folder in `corpus` too.
    pub name: &'static str,
    /// Panics when something is not as promised.
    pub check: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 5] = [
    Target { name: "keys", check: keys::check },
    Target { name: "patterns", check: patterns::check },
    Target { name: "entries", check: entries::check },
    Target { name: "requests", check: requests::check },
    Target { name: "http", check: http::check },
];

/// The program of a target: with an engine its function, without one a program that reads the files that it is given.
#[macro_export]
macro_rules! target {
    ($check:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|input: &[u8]| $check(input));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            $crate::check_files($check)
        }
    };
}

/// Gives a target the files that this program was called with.
///
/// # Errors
///
/// When one cannot be read.
pub fn check_files(check: fn(&[u8])) -> std::io::Result<()> {
    std::env::args_os().skip(1).try_for_each(|file| std::fs::read(Path::new(&file)).map(|input| check(&input)))
}
