//! The settings of the worker's queue.

use super::InvalidSetting;
use super::bedrock::AwsKeys;
use super::origin::BaseUrl;
use super::settings::Settings;

/// The queue that takes over what a Lambda function has no time to finish.
#[derive(Clone, Debug)]
pub struct RefreshQueueConfig {
    /// `REFRESH_QUEUE_URL`: the queue, as SQS names it.
    pub url: BaseUrl,
    /// `AWS_REGION`: where it is. Lambda sets it.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID` and what belongs to it. Lambda sets them.
    pub keys: AwsKeys,
}

impl RefreshQueueConfig {
    pub(super) fn of(settings: &Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        let name = "REFRESH_QUEUE_URL";
        let Some(url) = settings.text(name) else { return Ok(None) };
        let missing = |name| InvalidSetting::rule(name, "given when REFRESH_QUEUE_URL is");
        let region = settings.text("AWS_REGION").ok_or_else(|| missing("AWS_REGION"))?;
        let keys = AwsKeys::of(settings)?.ok_or_else(|| missing("AWS_ACCESS_KEY_ID"))?;
        Ok(Some(Self { url: BaseUrl::of(name, url)?, region: region.to_owned(), keys }))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const QUEUE: (&str, &str) = ("REFRESH_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/000000000000/work");
    const REGION: (&str, &str) = ("AWS_REGION", "eu-central-1");

    fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn a_queue_needs_what_its_requests_are_signed_with() {
        assert!(config(&[REGION]).expect("valid").refresh_queue.is_none());
        let keys = [("AWS_ACCESS_KEY_ID", "hunter1"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
        let whole = config(&[QUEUE, REGION, keys[0], keys[1]]).expect("valid");
        assert!(whole.refresh_queue.is_some() && !format!("{whole:?}").contains("hunter"));
        let error = config(&[QUEUE, keys[0], keys[1]]).expect_err("refused");
        assert_eq!(error, "AWS_REGION: must be given when REFRESH_QUEUE_URL is");
        let error = config(&[QUEUE, REGION]).expect_err("refused");
        assert_eq!(error, "AWS_ACCESS_KEY_ID: must be given when REFRESH_QUEUE_URL is");
    }
}
