//! Errors of the Redis client as reasons. Their texts go nowhere: a server may repeat arguments in them.

use crate::store::FailureReason;
use redis::{ErrorKind, RedisError, ServerError};

/// Why a command or a connection failed.
pub(super) fn reason_of_error(error: &RedisError) -> FailureReason {
    match error.kind() {
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => FailureReason::Garbled,
        ErrorKind::AuthenticationFailed => FailureReason::Unauthenticated,
        ErrorKind::ClusterConnectionNotFound => FailureReason::Unreachable,
        ErrorKind::Io if error.is_timeout() => FailureReason::TimedOut,
        ErrorKind::Io if error.is_connection_refusal() => FailureReason::Unreachable,
        ErrorKind::Io => FailureReason::Disconnected,
        _ => reason_of_code(error.code().unwrap_or_default(), error.detail().unwrap_or_default()),
    }
}

/// Why a command was refused.
pub(super) fn reason_of_server_error(error: &ServerError) -> FailureReason {
    reason_of_code(error.code(), error.details().unwrap_or_default())
}

fn reason_of_code(code: &str, detail: &str) -> FailureReason {
    match code {
        "OOM" => FailureReason::OutOfMemory,
        "READONLY" => FailureReason::ReadOnly,
        "LOADING" | "MASTERDOWN" => FailureReason::Loading,
        "NOAUTH" | "WRONGPASS" => FailureReason::Unauthenticated,
        "NOPERM" => FailureReason::NotPermitted,
        "BUSY" => FailureReason::Busy,
        "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "CROSSSLOT" => FailureReason::Redirected,
        "ERR" if detail.starts_with("max number of clients") => FailureReason::TooManyClients,
        // The client library gives a refused `SELECT` the code `ERR`, whatever the server's was.
        "ERR" if detail.contains("no permissions to run") => FailureReason::NotPermitted,
        _ => FailureReason::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{reason_of_error, reason_of_server_error};
    use crate::store::FailureReason;
    use redis::Value;

    #[test]
    fn every_answer_of_a_server_in_trouble_has_its_reason() {
        let cases = [
            ("-OOM command not allowed when used memory > 'maxmemory'.", FailureReason::OutOfMemory),
            ("-READONLY You can't write against a read only replica.", FailureReason::ReadOnly),
            ("-LOADING Redis is loading the dataset in memory", FailureReason::Loading),
            ("-MASTERDOWN Link with MASTER is down", FailureReason::Loading),
            ("-NOAUTH Authentication required.", FailureReason::Unauthenticated),
            ("-WRONGPASS invalid username-password pair or user is disabled.", FailureReason::Unauthenticated),
            ("-NOPERM this user has no permissions to run the 'get' command", FailureReason::NotPermitted),
            ("-ERR User app has no permissions to run the 'select' command", FailureReason::NotPermitted),
            ("-BUSY Redis is busy running a script.", FailureReason::Busy),
            ("-MOVED 3999 127.0.0.1:6381", FailureReason::Redirected),
            ("-ASK 3999 127.0.0.1:6381", FailureReason::Redirected),
            ("-TRYAGAIN Multiple keys request during rehashing of slot", FailureReason::Redirected),
            ("-CLUSTERDOWN The cluster is down", FailureReason::Redirected),
            ("-ERR max number of clients reached", FailureReason::TooManyClients),
            ("-ERR unknown command", FailureReason::Refused),
            ("-WRONGTYPE Operation against a key", FailureReason::Refused),
        ];
        for (reply, expected) in cases {
            let value = redis::parse_redis_value(format!("{reply}\r\n").as_bytes());
            let reason = match &value {
                Ok(Value::ServerError(error)) => reason_of_server_error(error),
                Ok(_) => panic!("{reply} is an error"),
                Err(error) => reason_of_error(error),
            };
            assert_eq!(reason, expected, "{reply}");
        }
    }
}
