//! How large the package is for those who download it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// What may be downloaded at most, compressed with gzip: the module and its loader.
const MAX_GZIP_BYTES: u64 = 70_000;

/// Prints the bytes of each file as they are, with gzip and with Brotli; Node has both at their highest levels.
const SCRIPT: &str = "const z = require('zlib'), fs = require('fs'); for (const file of process.argv.slice(1)) { \
    const bytes = fs.readFileSync(file); \
    console.log(bytes.length, z.gzipSync(bytes, { level: 9 }).length, z.brotliCompressSync(bytes).length); }";

/// Prints the sizes and fails if the limit is passed.
pub(crate) fn report(files: &[PathBuf]) -> Result<()> {
    let output = process::capture(Command::new("node").arg("-e").arg(SCRIPT).arg("--").args(files));
    let output = output.context("node did not measure the package")?;
    let mut total = [0; 3];
    for (file, line) in files.iter().zip(output.lines()) {
        let sizes = parse(line)?;
        print(&name(file), sizes);
        total = [0, 1, 2].map(|kind| total[kind] + sizes[kind]);
    }
    print("together", total);
    ensure!(total[1] <= MAX_GZIP_BYTES, "the package has {} bytes with gzip, more than {MAX_GZIP_BYTES}", total[1]);
    Ok(())
}

fn parse(line: &str) -> Result<[u64; 3]> {
    let sizes: Vec<u64> = line.split(' ').filter_map(|size| size.parse().ok()).collect();
    sizes.try_into().ok().context("node printed something else than sizes")
}

fn print(name: &str, [raw, gzip, brotli]: [u64; 3]) {
    println!("{name:>16}: {raw:>7} bytes, {gzip:>6} with gzip, {brotli:>6} with Brotli");
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
