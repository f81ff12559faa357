//! How a Redis server is set up.

use std::fmt::Write as _;

/// A user of a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AclUser {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
    /// What the user may do, in Redis's words: `~medinsight:* +@all -@dangerous`.
    pub rules: String,
}

/// What differs from a server without persistence, limits or passwords.
#[derive(Clone, Debug, Default)]
pub struct RedisOptions {
    password: Option<String>,
    lines: Vec<String>,
}

impl RedisOptions {
    /// The default user needs a password.
    #[must_use]
    pub fn requirepass(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.setting(&format!("requirepass {password}"))
    }

    /// There is another user.
    #[must_use]
    pub fn acl_user(self, user: &AclUser) -> Self {
        self.setting(&format!("user {} on >{} {}", user.name, user.password, user.rules))
    }

    /// The server holds at most this many bytes, and refuses writes when it is full.
    #[must_use]
    pub fn maxmemory(self, bytes: u64) -> Self {
        self.setting(&format!("maxmemory {bytes}")).setting("maxmemory-policy noeviction")
    }

    /// The server takes at most this many connections; the harness uses one of them.
    #[must_use]
    pub fn maxclients(self, clients: u32) -> Self {
        self.setting(&format!("maxclients {clients}"))
    }

    /// Any other line of a configuration file. Paths in it are relative to the server's directory.
    #[must_use]
    pub fn setting(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The configuration file. Passwords belong there and not into the arguments, which everybody can list.
    pub(crate) fn file(&self, port: u16) -> String {
        let mut file = format!(
            "bind 127.0.0.1\nport {port}\nsave \"\"\nappendonly no\ndaemonize no\nlogfile redis.log\n\
             always-show-logo no\nenable-debug-command local\n"
        );
        for line in &self.lines {
            let _ = writeln!(file, "{line}");
        }
        file
    }
}
