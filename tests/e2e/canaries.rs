//! Canaries as what persons write: none of them, in no usual disguise, turns up where somebody else looks.

mod bad_input;
mod written;

use base64ct::{Base64, Base64Url, Encoding};
use medinsight_tests::Service;
use medinsight_tests::operator::TOKEN;
use medinsight_tests::redis_server::RedisServer;
use sha2::Digest;

const SESSION: &str = "9f86d081-884c-7d65-9a2f-eaa0c55ad015";

fn on_redis(redis: &RedisServer) -> Service {
    Service::with_settings(&[("REDIS_URL", &redis.url()), ("MEDINSIGHT_ADMIN_TOKEN", TOKEN)])
}

/// A text in the disguises in which it may leak, in lower case. Base64 shifts with its place, so a part of it is looked
/// for.
fn disguises(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let base64 = |encode: fn(&[u8]) -> String| {
        (0..3).map(move |skip| encode(&bytes[skip..bytes.len() - (bytes.len() - skip) % 3]))
    };
    let digests = [
        hex::encode(md5::Md5::digest(bytes)),
        hex::encode(sha1::Sha1::digest(bytes)),
        hex::encode(sha2::Sha256::digest(bytes)),
        Base64::encode_string(&md5::Md5::digest(bytes)),
        Base64::encode_string(&sha2::Sha256::digest(bytes)),
    ];
    let mut disguises = vec![text.to_owned(), hex::encode(bytes)];
    disguises.extend(base64(Base64::encode_string).chain(base64(Base64Url::encode_string)));
    disguises.extend(digests);
    disguises.iter().map(|disguise| disguise.to_lowercase()).collect()
}

/// The disguise in which a canary is in a text, if it is.
fn found(canary: &str, text: &str) -> Option<String> {
    let text = text.to_lowercase();
    disguises(canary).into_iter().find(|disguise| text.contains(disguise))
}
