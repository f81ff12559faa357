//! `medinsight key`: the digest and the key of a request.

mod question;

use crate::input;
use crate::output::Output;
use crate::verdict::{Failure, Verdict};
use clap::{Args, ValueEnum};
use medinsight_core::{AnalyzerRevision, KeySecret};
use medinsight_functions::config::{Config, Limits};
use medinsight_functions::environment;
use medinsight_functions::origin::{EmbeddedOrigin, Origin};
use question::Question;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
#[command(after_long_help = "\
The input is the JSON body of the route, or text:
  health-analysis  the first line is the concern, the rest are the symptoms
  drug-analysis    a drug's name, for the overview
  drug-info        a drug's name
  medications      a medicine a line

Examples:
  echo '{\"concern\": \"Headache\", \"symptoms\": \"Throbbing pain\"}' | medinsight key
  echo aspirin | medinsight key --kind drug-info

With CACHE_KEY_SECRET the keys of personal answers are the private ones.")]
pub(crate) struct KeyArgs {
    /// The file with the request; - is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// What is asked
    #[arg(long, value_enum, default_value_t = Kind::HealthAnalysis)]
    kind: Kind,
    /// The revision of the analyzer, as GET /api/v1/cache/policy tells it [default: that of the embedded answers]
    #[arg(long)]
    analyzer: Option<String>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Kind {
    /// The body of POST /api/v1/analyze-health
    HealthAnalysis,
    /// The body of POST /api/v1/drug/analyze
    DrugAnalysis,
    /// A drug's name
    DrugInfo,
    /// {"medications": [...]}, whose interactions are asked for
    Medications,
}

/// The digest and the key of a request. What has no digest is public and stands in its key as it is.
#[derive(Debug, Eq, PartialEq, Serialize)]
struct Keyed {
    category: &'static str,
    canonical: String,
    digest: Option<String>,
    key: String,
}

/// Prints the digest and the key of a request.
pub(crate) fn run(args: &KeyArgs, output: &Output) -> Result<Verdict, Failure> {
    let config = Config::from_variables(&environment::variables());
    let secret = config.map_err(|error| Failure::Usage(error.to_string()))?.key_secret;
    let bytes = input::read(&args.file, Limits::DEFAULT_BODY_BYTES as u64)?;
    let question = Question::read(args.kind, &bytes)?;
    let keyed = keyed(&question, &analyzer(args.analyzer.as_deref())?, secret.as_ref())?;
    output.show(&keyed, || text(&keyed))?;
    Ok(Verdict::Done)
}

fn analyzer(given: Option<&str>) -> Result<AnalyzerRevision, Failure> {
    match given {
        Some(text) => AnalyzerRevision::new(text).map_err(|error| Failure::Usage(format!("--analyzer: {error}"))),
        None => {
            let origin = EmbeddedOrigin::new(Duration::ZERO).map_err(|error| Failure::Failed(error.to_string()))?;
            Ok(origin.revision().clone())
        }
    }
}

fn keyed(question: &Question, analyzer: &AnalyzerRevision, secret: Option<&KeySecret>) -> Result<Keyed, Failure> {
    let key = question.key(analyzer, secret)?;
    Ok(Keyed {
        category: key.kind().category().as_str(),
        canonical: question.canonical(analyzer),
        digest: question.digest(analyzer).map(|digest| digest.to_hex()),
        key: key.as_str().to_owned(),
    })
}

fn text(keyed: &Keyed) -> String {
    let digest = keyed.digest.as_ref().map(|digest| format!("digest  {digest}\n")).unwrap_or_default();
    format!("{digest}key     {}\n", keyed.key)
}
