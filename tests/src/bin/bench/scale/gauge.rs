//! What Redis says of itself: bytes, commands, memory and connections.

use medinsight_tests::redis_server::RedisServer;

/// What it has counted since it was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gauge {
    bytes: f64,
    commands: f64,
    pub(super) memory: f64,
    /// Those of the service: the harness has one, too.
    pub(super) connections: f64,
}

/// What a request took of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    /// Over the network, both ways.
    pub(super) bytes: f64,
    pub(super) commands: f64,
    pub(super) memory: f64,
}

impl Gauge {
    pub(super) async fn read(redis: &RedisServer) -> Self {
        let info = redis.command(&["INFO", "everything"]).await.text();
        let number = |name| field(&info, name).unwrap_or(f64::NAN);
        Self {
            bytes: number("total_net_input_bytes") + number("total_net_output_bytes"),
            commands: number("total_commands_processed"),
            memory: number("used_memory"),
            connections: number("connected_clients") - 1.0,
        }
    }

    pub(super) fn since(&self, before: &Self, requests: f64) -> Spent {
        Spent {
            bytes: (self.bytes - before.bytes) / requests,
            commands: (self.commands - before.commands) / requests,
            memory: (self.memory - before.memory) / requests,
        }
    }
}

fn field(info: &str, name: &str) -> Option<f64> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let info = "# Memory\r\nused_memory_peak:7\r\nused_memory:42\r\n";
        assert_eq!((field(info, "used_memory"), field(info, "used")), (Some(42.0), None));
    }
}
