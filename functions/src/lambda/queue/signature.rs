//! The signature of a request to SQS: Signature Version 4 of AWS.
//!
//! It is our own, because the requests have one shape, and the crate of the SDK brings the SDK's types into each function.

use crate::config::RefreshQueueConfig;
use crate::timestamp::iso8601;
use hmac::{Hmac, KeyInit, Mac};
use medinsight_core::UnixMillis;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "sqs";

/// The value of `Authorization` of a POST to `/` with this body and these headers, `x-amz-date` among them. Their names are in
/// small letters and in the order of the alphabet.
pub(super) fn authorization(config: &RefreshQueueConfig, date: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("POST\n/\n\n{lines}\n{names}\n{}", digest(body));
    let (day, region) = (date.get(..8).unwrap_or_default(), config.region.as_str());
    let scope = format!("{day}/{region}/{SERVICE}/aws4_request");
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", digest(request.as_bytes()));
    let secret = format!("AWS4{}", config.keys.secret.expose());
    let key = [day, region, SERVICE, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()));
    let signature = hex::encode(hmac(&key, text.as_bytes()));
    let id = config.keys.id.expose();
    format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

/// The value of `X-Amz-Date`, as `20261130T004500Z`.
pub(super) fn date(now: UnixMillis) -> String {
    iso8601(UnixMillis(now.0 / 1_000 * 1_000)).replace(['-', ':'], "")
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A key of any length is one.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::{authorization, date};
    use crate::config::Config;
    use medinsight_core::UnixMillis;

    const URL: &str = "https://sqs.eu-central-1.amazonaws.com/000000000000/work";
    const BODY: &str = r#"{"QueueUrl":"https://sqs.eu-central-1.amazonaws.com/000000000000/work","MessageBody":"{}"}"#;

    fn signed(token: Option<&str>) -> String {
        let keys = [("AWS_ACCESS_KEY_ID", "INVENTEDID"), ("AWS_SECRET_ACCESS_KEY", "invented/secret")];
        let named = [("REFRESH_QUEUE_URL", URL), ("AWS_REGION", "eu-central-1")];
        let settings = keys.into_iter().chain(named).chain(token.map(|token| ("AWS_SESSION_TOKEN", token)));
        let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let queue = Config::from_variables(&settings).expect("valid settings").refresh_queue.expect("a queue");
        let date = date(UnixMillis(1_795_999_500_250));
        assert_eq!(date, "20261130T004500Z");
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.0"),
            ("host", "sqs.eu-central-1.amazonaws.com"),
            ("x-amz-date", &date),
        ];
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", "AmazonSQS.SendMessage"));
        authorization(&queue, &date, &headers, BODY.as_bytes())
    }

    /// The signatures are those that botocore 1.44 makes of the same request at the same second.
    #[test]
    fn a_request_is_signed_as_the_sdk_of_aws_signs_it() {
        assert_eq!(
            signed(None),
            "AWS4-HMAC-SHA256 Credential=INVENTEDID/20261130/eu-central-1/sqs/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
             Signature=feb4e285a70b2c6fa7eac1ce42d06ffece17f15309762db820e0be477177d390"
        );
        assert_eq!(
            signed(Some("an-invented-token")),
            "AWS4-HMAC-SHA256 Credential=INVENTEDID/20261130/eu-central-1/sqs/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
             Signature=d19dbc1af3aa9a6d46b7dab9aff44c8a597e7db2636189546ba57cd9fd2c138e"
        );
    }
}
