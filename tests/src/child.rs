//! Programs that never outlive the tests that started them.

use crate::{programs, waiting};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Sender, channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

/// How long the kernel may take to act on a signal.
const MOMENT: Duration = Duration::from_secs(2);

/// A program and where to report how its start went.
type Start = (Command, Sender<io::Result<Child>>);

/// The thread that starts every program. The kernel sends the death signal of [`command`] when the *thread* that
/// started a program ends, and a test's thread ends long before the program that it may have started for others.
static STARTER: LazyLock<Mutex<Sender<Start>>> = LazyLock::new(|| {
    let (sender, starts) = channel::<Start>();
    thread::spawn(move || {
        for (mut command, answer) in starts {
            // Nobody waits for the answer any more when the test that asked has panicked.
            let _ = answer.send(command.spawn());
        }
    });
    Mutex::new(sender)
});

/// A running program. It is ended when this is dropped.
#[derive(Debug)]
pub struct RunningChild {
    child: Mutex<Child>,
    pid: Pid,
}

/// A command for a program that the kernel ends together with this process, even if this process is killed.
///
/// That is done by `setpriv` of util-linux, because a process can only ask for its own death signal; where it is
/// missing, [`RunningChild`] ends the program on drop all the same.
#[must_use]
pub fn command(program: &Path) -> Command {
    let Some(setpriv) = programs::find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

impl RunningChild {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(command: Command) -> io::Result<Self> {
        let (answer, started) = channel();
        let starter = STARTER.lock().unwrap_or_else(PoisonError::into_inner).clone();
        starter.send((command, answer)).map_err(io::Error::other)?;
        let child = started.recv().map_err(io::Error::other)??;
        let pid = Pid::from_child(&child);
        Ok(Self { child: Mutex::new(child), pid })
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// How the program ended, if it did.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.lock().try_wait().ok().flatten()
    }

    /// Waits for the program to end by itself.
    ///
    /// # Panics
    ///
    /// When it does not within `limit`.
    pub async fn ended(&self, limit: Duration) -> ExitStatus {
        waiting::until("a program ends", limit, || async { self.exit_status().is_some() }).await;
        self.exit_status().expect("it has ended")
    }

    /// Asks the program to end, with SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the program with SIGKILL and waits until it is gone.
    pub fn kill(&self) {
        let mut child = self.lock();
        // Both fail only when it is gone already.
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Stops the program with SIGSTOP, and returns once it has stopped.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        waiting::block_until("a program is frozen", MOMENT, || self.state() == Some('T'));
    }

    /// Lets the program go on with SIGCONT.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// A process that has been waited for may have given its number to another one; such are never signalled.
    fn signal(&self, signal: Signal) {
        let mut child = self.lock();
        if matches!(child.try_wait(), Ok(None)) {
            kill_process(self.pid, signal).expect("a child of this process takes signals");
        }
    }

    /// The kernel's letter for what the process is doing; it stands behind the name, which is in parentheses.
    fn state(&self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    fn lock(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningChild {
    fn drop(&mut self) {
        self.kill();
    }
}
