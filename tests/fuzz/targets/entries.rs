//! The fuzz target `entries`; without an engine it reads the files that it is given, such as one that a run has found.
#![cfg_attr(fuzzing, no_main)]
#![cfg_attr(fuzzing, allow(unsafe_code, reason = "the engine calls a function by its name"))]

use medinsight_fuzz::entries::check;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|input: &[u8]| check(input));

#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    medinsight_fuzz::check_files(check)
}
