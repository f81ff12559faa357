//! What a Redis server answers when it cannot or will not, word for word, and what no server answers.

/// The server is full and may not evict.
pub const OOM: &[u8] = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n";
/// The server has become a replica.
pub const READONLY: &[u8] = b"-READONLY You can't write against a read only replica.\r\n";
/// The server is starting.
pub const LOADING: &[u8] = b"-LOADING Redis is loading the dataset in memory\r\n";
/// The connection has not said who it is.
pub const NOAUTH: &[u8] = b"-NOAUTH Authentication required.\r\n";
/// The password is wrong.
pub const WRONGPASS: &[u8] = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n";
/// The user may not do that.
pub const NOPERM: &[u8] = b"-NOPERM this user has no permissions to run the 'get' command\r\n";
/// The slot is on another node: one that does not exist.
pub const MOVED: &[u8] = b"-MOVED 1 127.0.0.1:1\r\n";
/// The slot is on its way to another node: one that does not exist.
pub const ASK: &[u8] = b"-ASK 1 127.0.0.1:1\r\n";
/// A script takes too long.
pub const BUSY: &[u8] = b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";
/// The script is not known.
pub const NOSCRIPT: &[u8] = b"-NOSCRIPT No matching script. Please use EVAL.\r\n";
/// There are too many connections.
pub const MAX_CLIENTS: &[u8] = b"-ERR max number of clients reached\r\n";
/// The cluster has lost slots.
pub const CLUSTERDOWN: &[u8] = b"-CLUSTERDOWN The cluster is down\r\n";
/// The keys are on several nodes while a slot moves.
pub const TRYAGAIN: &[u8] = b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
/// A replica has lost its primary.
pub const MASTERDOWN: &[u8] = b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
/// Persistence fails.
pub const MISCONF: &[u8] =
    b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.\r\n";
/// The key holds another type.
pub const WRONGTYPE: &[u8] = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
/// An error that no version of Redis knows.
pub const UNKNOWN_ERROR: &[u8] = b"-XYZZY nothing happens\r\n";
/// A reply of a type that the command does not have.
pub const WRONG_KIND: &[u8] = b"*2\r\n:1\r\n:2\r\n";
/// Bytes that are no reply.
pub const GARBAGE: &[u8] = b"\x00\xffHTTP/1.1 400 Bad Request\r\n\r\n";
/// A length that no reply has.
pub const ABSURD_LENGTH: &[u8] = b"$9223372036854775807\r\n";

/// Every error of Redis in this file, with a name for messages.
pub const ERRORS: [(&str, &[u8]); 17] = [
    ("OOM", OOM),
    ("READONLY", READONLY),
    ("LOADING", LOADING),
    ("NOAUTH", NOAUTH),
    ("WRONGPASS", WRONGPASS),
    ("NOPERM", NOPERM),
    ("MOVED", MOVED),
    ("ASK", ASK),
    ("BUSY", BUSY),
    ("NOSCRIPT", NOSCRIPT),
    ("max clients", MAX_CLIENTS),
    ("CLUSTERDOWN", CLUSTERDOWN),
    ("TRYAGAIN", TRYAGAIN),
    ("MASTERDOWN", MASTERDOWN),
    ("MISCONF", MISCONF),
    ("WRONGTYPE", WRONGTYPE),
    ("an unknown error", UNKNOWN_ERROR),
];
