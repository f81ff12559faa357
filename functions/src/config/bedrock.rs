//! The settings of the origin `bedrock`.

use super::InvalidSetting;
use super::origin::{ApiKey, BaseUrl, absent, rate};
use super::settings::Settings;
use crate::budget::{Rate, Volume};
use crate::origin::Source;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A model of Amazon Bedrock.
#[derive(Clone, Debug)]
pub struct BedrockConfig {
    /// `BEDROCK_MODEL_ID`: the id or the ARN of a model or of an inference profile.
    pub model_id: String,
    /// `BEDROCK_REGION`, or else `AWS_REGION`: where it is.
    pub region: String,
    /// `BEDROCK_ENDPOINT_URL`: where it is reached; the public address of the region.
    pub endpoint: Option<BaseUrl>,
    /// `BEDROCK_MAX_TOKENS`: the most tokens that an answer may have, 256 to 16,384; 2,000.
    pub max_tokens: u16,
    /// `BEDROCK_REQUESTS_PER_MINUTE`: how many requests all processes together may send it; 60. 0 for no limit.
    pub requests: Option<Rate>,
    /// `BEDROCK_TOKENS_PER_MINUTE`: how many tokens, of questions and answers, all processes together may use; 100,000. 0
    /// for no limit.
    #[cfg_attr(not(feature = "bedrock"), expect(dead_code, reason = "checked without the origin, used by it only"))]
    pub(crate) tokens: Option<Volume>,
    /// `AWS_ACCESS_KEY_ID` and what belongs to it, which Lambda sets. Without it the SDK looks for the role of the
    /// container or of the machine.
    pub keys: Option<AwsKeys>,
}

/// What requests to AWS are signed with.
#[derive(Clone, Debug)]
pub struct AwsKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub id: ApiKey,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret: ApiKey,
    /// `AWS_SESSION_TOKEN`, which belongs to keys of a role.
    pub session_token: Option<ApiKey>,
}

impl BedrockConfig {
    pub(super) fn of(settings: &Settings<'_>, order: &[Source]) -> Result<Option<Self>, InvalidSetting> {
        if !order.contains(&Source::Bedrock) {
            let names = ["BEDROCK_MODEL_ID", "BEDROCK_ENDPOINT_URL"];
            return absent(settings, &names, "absent unless MEDINSIGHT_ORIGIN names bedrock").map(|()| None);
        }
        let endpoint = settings.text("BEDROCK_ENDPOINT_URL").map(|url| BaseUrl::of("BEDROCK_ENDPOINT_URL", url));
        let max_tokens = settings.number("BEDROCK_MAX_TOKENS", 256, 16_384, 2_000)?;
        Ok(Some(Self {
            model_id: model_id(settings)?,
            region: region(settings)?,
            endpoint: endpoint.transpose()?,
            max_tokens: u16::try_from(max_tokens).unwrap_or(u16::MAX),
            requests: rate(settings.number("BEDROCK_REQUESTS_PER_MINUTE", 0, 1_000_000, 60)?, MINUTE),
            tokens: volume(settings.number("BEDROCK_TOKENS_PER_MINUTE", 0, 1_000_000_000, 100_000)?),
            keys: AwsKeys::of(settings)?,
        }))
    }
}

impl AwsKeys {
    pub(super) fn of(settings: &Settings<'_>) -> Result<Option<Self>, InvalidSetting> {
        let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
        match (ApiKey::of(settings, id)?, ApiKey::of(settings, secret)?) {
            (Some(id), Some(secret)) => {
                Ok(Some(Self { id, secret, session_token: ApiKey::of(settings, "AWS_SESSION_TOKEN")? }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err(InvalidSetting::rule(secret, "given when AWS_ACCESS_KEY_ID is")),
            (None, Some(_)) => Err(InvalidSetting::rule(id, "given when AWS_SECRET_ACCESS_KEY is")),
        }
    }
}

/// 0 is no limit.
fn volume(per_minute: u64) -> Option<Volume> {
    let count = u32::try_from(per_minute).unwrap_or(u32::MAX);
    (count > 0).then(|| Volume::within(count, MINUTE))
}

fn model_id(settings: &Settings<'_>) -> Result<String, InvalidSetting> {
    let name = "BEDROCK_MODEL_ID";
    let id =
        settings.text(name).ok_or_else(|| InvalidSetting::rule(name, "given when MEDINSIGHT_ORIGIN names bedrock"))?;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
    if id.len() <= 2_048 && id.bytes().all(is_allowed) {
        Ok(id.to_owned())
    } else {
        Err(InvalidSetting::rule(name, "the id or the ARN of a model or of an inference profile"))
    }
}

fn region(settings: &Settings<'_>) -> Result<String, InvalidSetting> {
    let name = "BEDROCK_REGION";
    let region = settings.text(name).or_else(|| settings.text("AWS_REGION"));
    let region = region.ok_or_else(|| InvalidSetting::rule(name, "given where AWS_REGION is not"))?;
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=32).contains(&region.len()) && region.bytes().all(is_allowed) {
        Ok(region.to_owned())
    } else {
        Err(InvalidSetting::rule(name, "a region such as eu-central-1"))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn refusal(pairs: &[(&str, &str)]) -> String {
        let variables: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Config::from_variables(&variables).map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    #[cfg(not(feature = "bedrock"))]
    fn without_the_feature_the_origin_is_refused_by_the_name_of_the_feature() {
        let error = refusal(&[("MEDINSIGHT_ORIGIN", "bedrock"), ("BEDROCK_MODEL_ID", "invented.model-v1:0")]);
        assert!(error.contains("the feature `bedrock` of medinsight-functions"), "{error}");
    }

    #[test]
    fn its_settings_without_it_are_a_mistake() {
        let error = refusal(&[("BEDROCK_MODEL_ID", "invented.model-v1:0")]);
        assert_eq!(error, "BEDROCK_MODEL_ID: must be absent unless MEDINSIGHT_ORIGIN names bedrock");
    }

    #[cfg(feature = "bedrock")]
    mod with_the_feature {
        use super::refusal;
        use crate::config::{BedrockConfig, Config};

        const ORIGIN: (&str, &str) = ("MEDINSIGHT_ORIGIN", "bedrock,embedded");
        const MODEL: (&str, &str) = ("BEDROCK_MODEL_ID", "invented.model-v1:0");

        fn bedrock(pairs: &[(&str, &str)]) -> BedrockConfig {
            let variables: Vec<_> = [&[ORIGIN, MODEL], pairs]
                .concat()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect();
            Config::from_variables(&variables).expect("valid").origin.bedrock.expect("Bedrock")
        }

        #[test]
        fn the_region_is_its_own_or_that_of_the_function() {
            let lambda = ("AWS_REGION", "eu-west-1");
            assert_eq!(bedrock(&[lambda]).region, "eu-west-1");
            assert_eq!(bedrock(&[lambda, ("BEDROCK_REGION", "us-east-1")]).region, "us-east-1");
        }

        #[test]
        fn keys_come_in_pairs_and_are_never_shown() {
            let region = ("AWS_REGION", "eu-west-1");
            let keys = [
                ("AWS_ACCESS_KEY_ID", "hunter1"),
                ("AWS_SECRET_ACCESS_KEY", "hunter2"),
                ("AWS_SESSION_TOKEN", "hunter3"),
            ];
            assert!(bedrock(&[region]).keys.is_none());
            let config = bedrock(&[&[region], keys.as_slice()].concat());
            assert!(config.keys.is_some() && !format!("{config:?}").contains("hunter"));
            let error = refusal(&[ORIGIN, MODEL, region, keys[0]]);
            assert_eq!(error, "AWS_SECRET_ACCESS_KEY: must be given when AWS_ACCESS_KEY_ID is");
        }

        #[test]
        fn a_bad_setting_is_refused_by_name_and_never_repeated() {
            let region = ("AWS_REGION", "eu-west-1");
            let cases: [(&[(&str, &str)], &str); 6] = [
                (&[ORIGIN, region], "BEDROCK_MODEL_ID: must be given"),
                (&[ORIGIN, region, ("BEDROCK_MODEL_ID", "hunter 2")], "BEDROCK_MODEL_ID: must be the id"),
                (&[ORIGIN, MODEL], "BEDROCK_REGION: must be given where AWS_REGION is not"),
                (&[ORIGIN, MODEL, ("BEDROCK_REGION", "hunter.example/")], "BEDROCK_REGION: must be a region"),
                (
                    &[ORIGIN, MODEL, region, ("BEDROCK_ENDPOINT_URL", "hunter2")],
                    "BEDROCK_ENDPOINT_URL: must be an address",
                ),
                (
                    &[ORIGIN, MODEL, region, ("BEDROCK_MAX_TOKENS", "7")],
                    "BEDROCK_MAX_TOKENS: must be from 256 to 16384",
                ),
            ];
            for (pairs, expected) in cases {
                let error = refusal(pairs);
                assert!(error.starts_with(expected) && !error.contains("hunter"), "{error}");
            }
        }
    }
}
