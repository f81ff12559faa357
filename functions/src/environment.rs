//! The only place that reads the process environment.

/// The environment variables that are UTF-8; no setting of ours is anything else.
#[must_use]
pub fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
