//! The rights that a user of an ACL needs: the one list that the check-up, the tests and the documents use.

/// What every user needs: the keys, and nothing else that is not named.
pub const SCOPE: &str = "resetchannels ~medinsight:* -@all";

/// The commands that requests need.
pub const OF_REQUESTS: [&str; 12] =
    ["get", "set", "incrby", "hincrby", "expire", "unlink", "del", "pttl", "ping", "evalsha", "eval", "xadd"];

/// The commands that the routes of operators need as well.
pub const OF_OPERATORS: [&str; 7] = ["scan", "getrange", "strlen", "hgetall", "info", "dbsize", "xrange"];

/// What a cluster needs as well.
pub const OF_CLUSTERS: &str = "cluster|slots";

/// What another database than 0 needs as well.
pub const OF_OTHER_DATABASES: &str = "select";

/// Commands as rules of an ACL: `+get +set`.
#[must_use]
pub fn rules<'a>(commands: impl IntoIterator<Item = &'a str>) -> String {
    commands.into_iter().map(|command| format!("+{command}")).collect::<Vec<_>>().join(" ")
}
