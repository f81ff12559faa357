//! A server that is sent requests: started on a free loopback port, and ended whatever happens.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take until it accepts a connection.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often it is asked until then.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running server, which is ended by its own process id when this value goes away, also after an error.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    /// Where it listens on the loopback interface.
    pub(crate) port: u16,
    process: Child,
}

impl Server {
    /// Starts a server on a port that was free a moment ago, and waits until it accepts a connection. Where its log
    /// goes is the command's matter.
    pub(crate) fn start(name: &'static str, command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let port = free_port()?;
        let process = command(port)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut server = Self { name, port, process };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Tries to connect until that works, the server ends, or the time is up.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.process.try_wait().context("lost the server")? {
                bail!("{} ended before it was ready: {status}", self.name);
            }
            if Instant::now() > deadline {
                bail!("{} accepted no connection within {} s", self.name, START_LIMIT.as_secs());
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A loopback port that nobody listens on.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}
