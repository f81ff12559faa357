//! What was done so far, in a file beside the one with the items, so that an interrupted run can go on.
//!
//! It has how many items are done and what became of them, and the digest of the file that this is about. What the items
//! are is not in it.

use crate::verdict::Failure;
use medinsight_functions::warming::Fate;
use serde::de::IntoDeserializer;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How many items had which fate.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Fates(BTreeMap<String, u64>);

/// How far a file is done.
#[derive(Debug)]
pub(crate) struct State {
    /// None for standard input, of which nothing is kept.
    path: Option<PathBuf>,
    kept: Kept,
}

#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    file_sha256: String,
    done: usize,
    fates: Fates,
}

impl State {
    /// What was kept about a file with this content; nothing when it has changed since.
    pub(crate) fn of(file: &Path, content: &[u8], items: usize) -> Result<Self, Failure> {
        let digest = hex::encode(Sha256::digest(content));
        let path = (file.as_os_str() != "-").then(|| beside(file));
        let kept = path.as_deref().map(read).transpose()?.flatten();
        let kept = kept.filter(|kept| kept.file_sha256 == digest && kept.done <= items);
        let new = Kept { file_sha256: digest, done: 0, fates: Fates::default() };
        Ok(Self { path, kept: kept.unwrap_or(new) })
    }

    pub(crate) const fn done(&self) -> usize {
        self.kept.done
    }

    pub(crate) const fn fates(&self) -> &Fates {
        &self.kept.fates
    }

    /// Notes that some more items are done, and keeps that.
    pub(crate) fn advance(&mut self, items: usize, fates: &Fates) -> Result<(), Failure> {
        self.kept.done += items;
        for (fate, count) in fates.counts() {
            *self.kept.fates.0.entry(fate.to_owned()).or_default() += count;
        }
        match &self.path {
            Some(path) => write(path, &self.kept),
            None => Ok(()),
        }
    }

    /// Everything is done.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match self.path.as_deref().map(fs::remove_file) {
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(failed(&error)),
            _ => Ok(()),
        }
    }
}

impl Fates {
    pub(crate) fn add(&mut self, fate: &str) {
        *self.0.entry(fate.to_owned()).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(fate, count)| (fate.as_str(), *count))
    }

    pub(crate) fn are_all_warm(&self) -> bool {
        self.0.keys().all(|fate| known(fate).is_some_and(Fate::is_warm))
    }
}

/// The fate of this name; none for one that only a later service knows.
pub(crate) fn known(fate: &str) -> Option<Fate> {
    let name: StrDeserializer<'_, serde::de::value::Error> = fate.into_deserializer();
    Fate::deserialize(name).ok()
}

fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".warm-state");
    name.into()
}

/// A file that cannot be understood is none of ours, and is not overwritten.
fn read(path: &Path) -> Result<Option<Kept>, Failure> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| failed(&error))?,
    };
    let rule = || Failure::Usage("FILE.warm-state: must be what an earlier run wrote; remove it to begin anew".into());
    serde_json::from_slice(&bytes).map(Some).map_err(|_| rule())
}

/// Written beside it and renamed: a run that is interrupted here leaves what was kept before.
fn write(path: &Path, kept: &Kept) -> Result<(), Failure> {
    let text = serde_json::to_string(kept).map_err(|error| Failure::Failed(error.to_string()))?;
    let mut new = OsString::from(path);
    new.push(".new");
    fs::write(&new, text).and_then(|()| fs::rename(&new, path)).map_err(|error| failed(&error))
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::Failed(format!("FILE.warm-state: {}", error.kind()))
}
