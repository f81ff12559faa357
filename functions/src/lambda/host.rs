//! The environment that Lambda runs a function in.

use super::runtime_api::RuntimeApi;
use crate::config::Config;
use lambda_http::Error;

/// What Lambda says of the environment.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) runtime_api: RuntimeApi,
    /// `AWS_LAMBDA_FUNCTION_NAME`: the name of the function, a dimension of its metrics.
    pub(super) function: String,
    pub(super) concurrency: Concurrency,
}

/// How many invocations the environment takes at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Concurrency {
    /// One; the environment is frozen in between.
    One,
    /// Several, in an environment of managed instances, which is never frozen.
    Several,
}

impl Host {
    pub(super) fn of(variables: &[(String, String)]) -> Result<Self, Error> {
        let value =
            |name: &str| variables.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
        let runtime_api = value("AWS_LAMBDA_RUNTIME_API").ok_or("AWS_LAMBDA_RUNTIME_API: must be set, by Lambda")?;
        let at_once: u32 = value("AWS_LAMBDA_MAX_CONCURRENCY").and_then(|number| number.parse().ok()).unwrap_or(1);
        Ok(Self {
            runtime_api: RuntimeApi::at(runtime_api).map_err(|_| "AWS_LAMBDA_RUNTIME_API: must be a host and port")?,
            function: value("AWS_LAMBDA_FUNCTION_NAME").unwrap_or("unknown").to_owned(),
            concurrency: if at_once > 1 { Concurrency::Several } else { Concurrency::One },
        })
    }

    /// An environment with one invocation at a time has one connection to each database, because the plan of a database
    /// limits them and there may be a thousand environments.
    /// The gateway takes whole answers, so nobody can follow what happens.
    pub(super) fn adapt(&self, config: &mut Config) {
        config.live_streams = 0;
        if let (Concurrency::One, Some(redis)) = (self.concurrency, config.redis.as_mut()) {
            redis.max_connections = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Concurrency, Host};
    use crate::config::Config;

    fn connections(at_once: Option<&str>) -> (Concurrency, usize) {
        let given = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("REDIS_URL", "redis://127.0.0.1:1")];
        let given = given.into_iter().chain(at_once.map(|number| ("AWS_LAMBDA_MAX_CONCURRENCY", number)));
        let variables: Vec<_> = given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let host = Host::of(&variables).expect("an environment of Lambda");
        let mut config = Config::from_variables(&variables).expect("valid settings");
        host.adapt(&mut config);
        (host.concurrency, config.redis.expect("a store").max_connections)
    }

    #[test]
    fn an_environment_has_one_connection_unless_it_takes_several_invocations_at_once() {
        assert_eq!(connections(None), (Concurrency::One, 1));
        assert_eq!(connections(Some("1")), (Concurrency::One, 1));
        assert_eq!(connections(Some("8")), (Concurrency::Several, 20));
    }

    #[test]
    fn outside_of_lambda_there_is_no_environment() {
        assert!(Host::of(&[]).is_err());
    }
}
