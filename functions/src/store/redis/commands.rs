//! Trips as Redis commands, and replies as what they mean.

use super::failure::{reason_of_error, reason_of_server_error};
use super::samples;
use super::topology::Primary;
use crate::store::{Bucket, FailureReason, LeaseRequest, Reply, Trip, Write};
use bytes::Bytes;
use medinsight_core::{CacheKey, Category, Generation};
use redis::{Cmd, RedisError, Value};

/// How many parts the longest of the commands has that every request sends: `SET key entry PX life`.
const MOST_PARTS: usize = 5;

/// Room for the longest number and the two letters before it.
const NUMBER_BYTES: usize = 24;

/// One command of a trip.
#[derive(Debug)]
pub(super) enum Command<'a> {
    Lease(&'a CacheKey, LeaseRequest),
    Read(&'a CacheKey),
    /// Makes a generation up, unless the category has one.
    NewGeneration(Category, Generation),
    Generation(Category),
    Count(&'a CacheKey, u64),
    /// Raises a number in a bucket.
    Fill(&'a Bucket, &'a str, u64),
    /// Lets a bucket be gone after its time.
    Expire(&'a Bucket),
    Write(&'a Write),
    /// Keeps a sample of a category's requests.
    Sample(Category, &'a Bytes),
    /// A command that is no part of a trip.
    Other(&'a Cmd),
    /// One for a certain server.
    To(&'a Primary, &'a Cmd),
}

/// What one command brought back.
pub(super) type Outcome = Result<Value, RedisError>;

/// The commands of a trip. A lease is asked for before the entry is read: whoever gets it has then seen everything that
/// an earlier holder stored.
pub(super) fn commands(trip: &Trip) -> Vec<Command<'_>> {
    let mut commands = Vec::with_capacity(2 + trip.generations.len() + trip.counts.len() + trip.writes.len());
    if let Some(key) = &trip.read {
        commands.extend(trip.lease.map(|lease| Command::Lease(key, lease)));
        commands.push(Command::Read(key));
    }
    commands.extend(trip.generations.iter().map(|category| Command::Generation(*category)));
    commands.extend(trip.counts.iter().map(|(key, by)| Command::Count(key, *by)));
    for bucket in &trip.buckets {
        commands.extend(bucket.counts.iter().map(|(name, by)| Command::Fill(bucket, name, *by)));
        commands.push(Command::Expire(bucket));
    }
    commands.extend(trip.writes.iter().map(Command::Write));
    commands.extend(trip.samples.iter().map(|(category, batch)| Command::Sample(*category, batch)));
    commands
}

impl Command<'_> {
    pub(super) fn encode(&self) -> Cmd {
        match self {
            Self::Lease(key, lease) => {
                let life = millis_at_least_one(lease.life);
                let mut cmd = redis::cmd("SET");
                cmd.arg(key.lease_key()).arg(lease.token.to_hex()).arg("NX").arg("PX").arg(life);
                cmd
            }
            Self::Read(key) => sized("GET", key.as_str().len()).arg(key.as_str()).take(),
            Self::NewGeneration(category, generation) => {
                let mut cmd = redis::cmd("SET");
                cmd.arg(category.generation_key()).arg(show_generation(*generation)).arg("NX");
                cmd
            }
            Self::Generation(category) => redis::cmd("GET").arg(category.generation_key()).take(),
            Self::Count(key, by) => sized("INCRBY", key.as_str().len()).arg(key.as_str()).arg(*by).take(),
            Self::Fill(bucket, name, by) => sized("HINCRBY", bucket.key.as_str().len() + name.len())
                .arg(bucket.key.as_str())
                .arg(*name)
                .arg(*by)
                .take(),
            Self::Expire(bucket) => {
                redis::cmd("EXPIRE").arg(bucket.key.as_str()).arg(bucket.keep_for.as_secs().max(1)).take()
            }
            Self::Write(write) => set(write),
            Self::Sample(category, batch) => samples::keep(*category, batch),
            Self::Other(cmd) | Self::To(_, cmd) => (*cmd).clone(),
        }
    }

    /// Whether the command has to follow the one before it on the same connection; both are of the same slot.
    pub(super) fn follows(&self, earlier: &Self) -> bool {
        match (earlier, self) {
            (Self::Lease(..), Self::Read(_)) | (Self::NewGeneration(..), Self::Generation(_)) => true,
            (Self::Fill(filled, ..), Self::Fill(bucket, ..) | Self::Expire(bucket)) => std::ptr::eq(*filled, *bucket),
            _ => false,
        }
    }
}

/// A command with room for what every request sends: growing step by step would take longer than all the rest.
fn sized(name: &str, bytes: usize) -> Cmd {
    let mut cmd = Cmd::with_capacity(MOST_PARTS, name.len() + bytes + NUMBER_BYTES);
    cmd.arg(name);
    cmd
}

fn set(write: &Write) -> Cmd {
    let mut cmd = sized("SET", write.key.as_str().len() + write.entry.len());
    cmd.arg(write.key.as_str()).arg(write.entry.as_ref());
    if let Some(keep_for) = write.keep_for {
        cmd.arg("PX").arg(millis_at_least_one(keep_for));
    }
    cmd
}

/// Redis refuses a life of nothing.
pub(super) fn millis_at_least_one(duration: std::time::Duration) -> u64 {
    crate::clock::millis(duration).max(1)
}

/// Puts the outcomes together. What could not be read fails the trip; what could not be written is a refusal.
pub(super) fn understand(commands: &[Command<'_>], outcomes: Vec<Outcome>) -> Result<Reply, FailureReason> {
    if commands.len() != outcomes.len() {
        return Err(FailureReason::Garbled);
    }
    let mut reply = Reply::default();
    for (command, outcome) in commands.iter().zip(outcomes) {
        let value = checked(outcome);
        match command {
            Command::Lease(..) => reply.is_leased = is_granted(&value?)?,
            Command::Read(_) => reply.entry = bulk(value?)?,
            Command::Generation(category) => {
                let generation = bulk(value?)?.and_then(|text| parse_generation(&text));
                reply.generations.extend(generation.map(|generation| (*category, generation)));
            }
            // A sample that is lost is missed by nobody.
            Command::Sample(..) => {}
            Command::NewGeneration(..)
            | Command::Count(..)
            | Command::Fill(..)
            | Command::Expire(_)
            | Command::Write(_)
            | Command::Other(_)
            | Command::To(..) => {
                reply.refusal = reply.refusal.or(value.err());
            }
        }
    }
    Ok(reply)
}

/// The value of an outcome that is not an error, in whichever of its places the error stands.
pub(super) fn checked(outcome: Outcome) -> Result<Value, FailureReason> {
    match outcome {
        Ok(Value::ServerError(error)) => Err(reason_of_server_error(&error)),
        Ok(value) => Ok(value),
        Err(error) => Err(reason_of_error(&error)),
    }
}

/// A bulk string without copying it; nothing when there is none.
pub(super) fn bulk(value: Value) -> Result<Option<Bytes>, FailureReason> {
    match value {
        Value::BulkString(bytes) => Ok(Some(bytes.into())),
        Value::Nil => Ok(None),
        _ => Err(FailureReason::Garbled),
    }
}

pub(super) fn integer(value: &Value) -> Result<i64, FailureReason> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(FailureReason::Garbled),
    }
}

fn is_granted(value: &Value) -> Result<bool, FailureReason> {
    match value {
        Value::Okay => Ok(true),
        Value::Nil => Ok(false),
        _ => Err(FailureReason::Garbled),
    }
}

/// A generation as Redis has it: 16 hexadecimal characters, so that an operator can read it.
pub(super) fn show_generation(generation: Generation) -> String {
    format!("{:016x}", generation.0)
}

pub(super) fn parse_generation(text: &[u8]) -> Option<Generation> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 16)?;
    u64::from_str_radix(text, 16).ok().map(Generation)
}

#[cfg(test)]
mod tests {
    use super::{commands, understand};
    use crate::store::{Bucket, FailureReason, LeaseRequest, LeaseToken, Trip, Write};
    use bytes::Bytes;
    use medinsight_core::{CacheKey, Category, Generation};
    use proptest::prelude::*;
    use redis::Value;
    use std::time::Duration;

    fn key(drug: &str) -> CacheKey {
        CacheKey::build("drug_info", drug, None).expect("a key")
    }

    fn trip() -> Trip {
        Trip {
            read: Some(key("aspirin")),
            lease: Some(LeaseRequest { token: LeaseToken(7), life: Duration::from_millis(250) }),
            generations: vec![Category::DrugInfo],
            counts: vec![(CacheKey::build("usage", "drug_info", Some("requests")).expect("a key"), 2)],
            buckets: vec![Bucket {
                key: CacheKey::build("usage", "minute", Some("7")).expect("a key"),
                counts: vec![("usage:drug_info:requests".to_owned(), 2)],
                keep_for: Duration::from_secs(60),
            }],
            writes: vec![Write { key: key("ibuprofen"), entry: Bytes::from_static(b"MI"), keep_for: None }],
            samples: vec![(Category::DrugInfo, Bytes::from_static(b"sample"))],
        }
    }

    #[test]
    fn a_trip_is_one_command_for_each_thing_and_the_lease_comes_first() {
        let trip = trip();
        let packed: Vec<String> = commands(&trip)
            .iter()
            .map(|command| String::from_utf8_lossy(&command.encode().get_packed_command()).replace("\r\n", " "))
            .collect();
        assert_eq!(
            packed,
            [
                "*6 $3 SET $47 medinsight:lease:{medinsight:drug_info:aspirin} $16 0000000000000007 $2 NX $2 PX $3 250 ",
                "*2 $3 GET $28 medinsight:drug_info:aspirin ",
                "*2 $3 GET $24 medinsight:gen:drug_info ",
                "*3 $6 INCRBY $35 medinsight:usage:drug_info:requests $1 2 ",
                "*4 $7 HINCRBY $25 medinsight:usage:minute:7 $24 usage:drug_info:requests $1 2 ",
                "*3 $6 EXPIRE $25 medinsight:usage:minute:7 $2 60 ",
                "*3 $3 SET $30 medinsight:drug_info:ibuprofen $2 MI ",
                "*8 $4 XADD $28 medinsight:samples:drug_info $6 MAXLEN $1 ~ $4 1024 $1 * $1 b $6 sample ",
            ]
        );
    }

    #[test]
    fn an_entry_that_was_read_is_good_although_a_write_was_refused() {
        let trip = trip();
        let refused = redis::parse_redis_value(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n");
        let outcomes = vec![
            Ok(Value::Okay),
            Ok(Value::BulkString(b"entry".to_vec())),
            Ok(Value::BulkString(b"00000000000000ff".to_vec())),
            refused,
            Ok(Value::Int(2)),
            Ok(Value::Int(1)),
            Ok(Value::Okay),
            redis::parse_redis_value(b"-NOPERM no permissions to run the 'xadd' command\r\n"),
        ];
        let reply = understand(&commands(&trip), outcomes).expect("what was read is good");
        assert_eq!(reply.entry.as_deref(), Some(b"entry".as_slice()));
        assert_eq!(reply.generation(Category::DrugInfo), Some(Generation(255)));
        assert!(reply.is_leased);
        assert_eq!(reply.refusal, Some(FailureReason::OutOfMemory));
    }

    proptest! {
        #[test]
        fn no_reply_panics(replies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let outcomes = replies.iter().map(|reply| redis::parse_redis_value(reply)).collect();
            let _ = understand(&commands(&trip()), outcomes);
        }
    }
}
