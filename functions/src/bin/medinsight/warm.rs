//! `medinsight warm`: has answers computed before somebody asks for them.

mod items;
mod pace;
mod progress;
mod state;

use crate::input;
use crate::output::{Column, Output, Table};
use crate::service::{Ask, Service, ServiceArgs};
use crate::verdict::{Failure, Verdict};
use clap::Args;
use items::Item;
use medinsight_functions::warming::Fate;
use pace::Pace;
use progress::Progress;
use serde_json::{Value, json};
use state::{Fates, State, known};
use std::path::PathBuf;

/// The longest file.
const MAX_BYTES: u64 = 64 << 20;

/// How often in a row nothing of a batch is done before the command gives up; it can be run again.
const MAX_IN_VAIN: usize = 3;

#[derive(Args)]
#[command(after_long_help = "\
FILE has one item a line; empty lines and lines that begin with # are left out:
  aspirin                                                a drug: its facts and its overview
  {\"drug_name\": \"aspirin\"}                               the same
  {\"concern\": \"Headache\", \"symptoms\": \"Throbbing pain\"}  a health question

What is fresh costs one look. What was done is kept in FILE.warm-state, so that a run that is interrupted goes on where
it was when it is started again; it is removed in the end. With - for standard input nothing is kept.")]
pub(crate) struct WarmArgs {
    /// The drugs and questions; - is standard input
    file: PathBuf,
    /// How many answers may be computed a minute [default: as many as the service computes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    per_minute: Option<u32>,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

/// Warms every item, batch by batch.
pub(crate) async fn run(args: &WarmArgs, service: &Service, output: &Output) -> Result<Verdict, Failure> {
    let bytes = input::read(&args.file, MAX_BYTES)?;
    let items = items::read(&bytes)?;
    let mut state = State::of(&args.file, &bytes, items.len())?;
    let resumed_at = state.done();
    let mut pace = Pace::of(args.per_minute);
    let progress = Progress::start(output, resumed_at, items.len());
    while let Some(batch) = items::batch(&items, state.done()) {
        let fates = warm(batch, service, &mut pace).await?;
        state.advance(batch.len(), &fates)?;
        progress.at(state.done());
    }
    progress.finish();
    state.remove()?;
    report(&state, resumed_at, output)
}

/// Warms a batch. What the service had no time for is sent again, and so is all of it when it was asked to come later.
async fn warm(batch: &[Item], service: &Service, pace: &mut Pace) -> Result<Fates, Failure> {
    let (mut fates, mut pending) = (Fates::default(), batch.to_vec());
    let mut in_vain = 0;
    while in_vain < MAX_IN_VAIN {
        pace.wait().await;
        let answer = service.send(Ask::post("/api/v1/cache/warm-cache", &items::body(&pending))).await?;
        if let Some(pause) = pace::retry_after(&answer) {
            tokio::time::sleep(pause).await;
            in_vain += 1;
            continue;
        }
        let outcomes = items::outcomes(&pending, &answer.json()?["data"])?;
        let (again, done): (Vec<_>, Vec<_>) = pending
            .into_iter()
            .zip(outcomes)
            .partition(|(_, fate)| matches!(known(fate), Some(Fate::Skipped | Fate::Failed)));
        pace.computed(done.iter().filter(|(_, fate)| known(fate) == Some(Fate::Computed)).count());
        done.iter().for_each(|(_, fate)| fates.add(fate));
        if again.is_empty() {
            return Ok(fates);
        }
        in_vain = if done.is_empty() { in_vain + 1 } else { 0 };
        pending = again.into_iter().map(|(item, _)| item).collect();
    }
    if pending.len() == batch.len() {
        // An origin that fails at everything is not asked any further.
        return Err(Failure::Failed(
            "the service computes nothing at the moment; run the command again to go on".into(),
        ));
    }
    pending.iter().for_each(|_| fates.add("failed"));
    Ok(fates)
}

fn report(state: &State, resumed_at: usize, output: &Output) -> Result<Verdict, Failure> {
    let fates = state.fates();
    let document = json!({ "items": state.done(), "resumed_at": resumed_at, "fates": fates });
    output.show(&document, || table(fates))?;
    Ok(if fates.are_all_warm() { Verdict::Done } else { Verdict::No })
}

fn table(fates: &Fates) -> String {
    let mut table = Table::of(&[Column::Left("what became of it"), Column::Right("items")]);
    for (fate, count) in fates.counts() {
        table.row([fate.replace('_', " "), count.to_string()]);
    }
    table.to_text()
}

/// The members of an answer's list.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
