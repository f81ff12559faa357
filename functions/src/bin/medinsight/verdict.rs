//! How a command ends, and the exit codes for that.

use std::process::ExitCode;

/// The exit codes, for the help text. `docs/command-line.md` has them, too.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed: the service, the store or a file did not do its part
  2  the command line, a setting or the input is not as it should be
  3  done, and the answer is no: there is no such entry, something is to be mended, something was not warmed
  4  refused: the admin token is missing or wrong";

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It did what was asked.
    Done,
    /// It did, and the answer is no.
    No,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::SUCCESS,
            Verdict::No => Self::from(3),
        }
    }
}

/// Why a command did not do its work. The texts name fields, settings and rules, and never content.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Failure {
    /// Something did not do its part.
    #[error("{0}")]
    Failed(String),
    /// What was given is not as it should be.
    #[error("{0}")]
    Usage(String),
    /// The right is missing.
    #[error("{0}")]
    Refused(String),
    /// Nobody reads the output any more, as after `| head`. That is no failure.
    #[error("nobody reads the output")]
    OutputClosed,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    pub(crate) const fn number(&self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 4,
        }
    }
}
