//! Real Redis servers: on a port and in a directory of their own, ended on drop.
//!
//! A server holds one connection for [`RedisServer::command`] open; it counts in `CLIENT LIST` and `maxclients`.

mod observe;
mod options;

pub use observe::SlowCommand;
pub use options::{AclUser, RedisOptions};

use crate::child::{self, RunningChild};
use crate::ports::ReservedPort;
use crate::resp::{RespClient, Value};
use crate::{programs, waiting};
use std::fs;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a command may take before the test fails.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A Redis server of its own.
#[derive(Debug)]
pub struct RedisServer {
    options: RedisOptions,
    port: ReservedPort,
    directory: TempDir,
    child: Mutex<RunningChild>,
    control: tokio::sync::Mutex<Option<RespClient>>,
}

impl RedisServer {
    /// Starts a server without persistence, limits or passwords, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When the program is missing (the message names its package) or does not start.
    pub async fn start() -> Self {
        Self::with(RedisOptions::default()).await
    }

    /// Starts a server with some options, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When the program is missing (the message names its package) or does not start.
    pub async fn with(options: RedisOptions) -> Self {
        Self::on(ReservedPort::any(), options).await
    }

    /// Starts a server without persistence, limits or passwords on a port that was reserved before.
    ///
    /// # Panics
    ///
    /// When the program is missing (the message names its package) or does not start.
    pub async fn start_on(port: ReservedPort) -> Self {
        Self::on(port, RedisOptions::default()).await
    }

    async fn on(port: ReservedPort, options: RedisOptions) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("redis.conf"), options.file(port.number())).expect("a writable directory");
        let child = Mutex::new(start_program(&directory));
        let server = Self { options, port, directory, child, control: tokio::sync::Mutex::default() };
        server.ready().await;
        server
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its URL, with the password of the default user if it has one.
    #[must_use]
    pub fn url(&self) -> String {
        match self.options.password() {
            Some(password) => format!("redis://:{password}@{}", self.address()),
            None => format!("redis://{}", self.address()),
        }
    }

    /// Its URL for a user.
    #[must_use]
    pub fn url_for(&self, user: &AclUser) -> String {
        format!("redis://{}:{}@{}", user.name, user.password, self.address())
    }

    /// The directory that holds its configuration, its log and what tests put there.
    #[must_use]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The process's number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.lock_child().pid()
    }

    /// Whether the process is there; a frozen one is.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.lock_child().exit_status().is_none()
    }

    /// Sends a command; the reply may be an error of Redis.
    ///
    /// # Panics
    ///
    /// When the server does not answer within half a minute.
    pub async fn command(&self, words: &[&str]) -> Value {
        let mut control = self.control.lock().await;
        let mut client = match control.take() {
            Some(client) => client,
            None => self.connect().await.expect("a server that accepts connections"),
        };
        let reply = tokio::time::timeout(COMMAND_LIMIT, client.command(words)).await;
        let reply = reply.expect("a server that answers in time").expect("a server that answers");
        *control = Some(client);
        reply
    }

    /// A connection of the test's own, as the default user.
    ///
    /// # Errors
    ///
    /// When the server does not take it.
    pub async fn connect(&self) -> std::io::Result<RespClient> {
        let mut client = RespClient::connect(self.address()).await?;
        if let Some(password) = self.options.password() {
            client.command(&["AUTH", password]).await?;
        }
        Ok(client)
    }

    /// Ends the server with SIGKILL. Its port stays its own.
    pub fn kill(&self) {
        self.lock_child().kill();
    }

    /// Starts the server again on the same port, empty, after ending it if it runs, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn restart(&self) {
        self.kill();
        *self.control.lock().await = None;
        *self.lock_child() = start_program(&self.directory);
        self.ready().await;
    }

    /// Stops the server with SIGSTOP: connections stay open and nobody answers. Returns once it has stopped.
    pub fn freeze(&self) {
        self.lock_child().freeze();
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.lock_child().thaw();
    }

    async fn ready(&self) {
        waiting::until("redis-server answers", START_LIMIT, || async {
            assert!(self.lock_child().exit_status().is_none(), "redis-server did not start: {}", self.log());
            self.answers().await
        })
        .await;
    }

    async fn answers(&self) -> bool {
        let Ok(mut client) = self.connect().await else { return false };
        let is_pong = client.command(&["PING"]).await.is_ok_and(|reply| reply.text() == "PONG");
        if is_pong {
            *self.control.lock().await = Some(client);
        }
        is_pong
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("redis.log")).unwrap_or_default()
    }

    fn lock_child(&self) -> MutexGuard<'_, RunningChild> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start_program(directory: &TempDir) -> RunningChild {
    let program = programs::require("redis-server", "redis-server");
    let mut command = child::command(&program);
    command.arg("redis.conf").current_dir(directory.path());
    let command_output = fs::File::create(directory.path().join("redis.out")).expect("a writable directory");
    command.stdin(Stdio::null()).stderr(command_output.try_clone().expect("a file")).stdout(command_output);
    RunningChild::start(command).expect("redis-server can be started")
}
