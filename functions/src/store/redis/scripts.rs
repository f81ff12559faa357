//! What has to happen in one step on the server. Each script touches keys of one slot only, and is O(1) but for the one
//! that removes several entries.

use crate::budget::Charge;
use crate::store::{LeaseToken, Write};
use medinsight_core::{CacheKey, Generation};
use redis::{Cmd, Script};
use std::sync::LazyLock;

/// Stores an entry and gives the lease back, if the lease is still the writer's.
static STORE_IF_LEASED: LazyLock<Text> = LazyLock::new(|| {
    Text::new(
        "if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end \
         if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) \
         else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end \
         redis.call('DEL', KEYS[2]) return 1",
    )
});

/// Gives a lease back, if it is still the holder's.
static RELEASE: LazyLock<Text> = LazyLock::new(|| {
    Text::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// Removes the entries that are not of the given generation, whose 8 bytes end their headers, and says how many. An entry
/// that was written after its category had been cleared stays. Several at once take half the time of one by one.
static REMOVE_OF_OTHER_GENERATION: LazyLock<Text> = LazyLock::new(|| {
    Text::new(
        "local removed = 0 for _, key in ipairs(KEYS) do \
         if redis.call('GETRANGE', key, 24, 31) ~= ARGV[1] then removed = removed + redis.call('UNLINK', key) end \
         end return removed",
    )
});

/// Decides by the generic cell rate algorithm, as [`Charge::decide`] does. The debt is the key's remaining life, so neither
/// the clocks of the callers nor that of the server matter. Returns the new debt, or what is too much of it as a
/// negative number.
static SPEND: LazyLock<Text> = LazyLock::new(|| {
    Text::new(
        "local raised = math.max(redis.call('PTTL', KEYS[1]), 0) + tonumber(ARGV[1]) \
         local limit = tonumber(ARGV[2]) if raised > limit then return limit - raised end \
         redis.call('SET', KEYS[1], '', 'PX', raised) return raised",
    )
});

/// Raises or lowers a debt, which is never less than nothing.
static CHANGE_DEBT: LazyLock<Text> = LazyLock::new(|| {
    Text::new(
        "local debt = math.max(redis.call('PTTL', KEYS[1]), 0) + tonumber(ARGV[1]) \
         if debt <= 0 then return redis.call('DEL', KEYS[1]) end \
         redis.call('SET', KEYS[1], '', 'PX', debt) return debt",
    )
});

/// The text of a script and the digest by which a server knows it.
struct Text {
    text: &'static str,
    digest: String,
}

impl Text {
    fn new(text: &'static str) -> Self {
        Self { text, digest: Script::new(text).get_hash().to_owned() }
    }
}

/// A script with its keys and arguments.
pub(super) struct Call {
    script: &'static Text,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(super) fn store_if_leased(write: &Write, token: LeaseToken) -> Self {
        let life = write.keep_for.map(|life| super::commands::millis_at_least_one(life).to_string());
        Self {
            script: &STORE_IF_LEASED,
            keys: vec![write.key.as_str().to_owned(), write.key.lease_key()],
            arguments: vec![token.to_hex().into_bytes(), write.entry.to_vec(), life.unwrap_or_default().into_bytes()],
        }
    }

    pub(super) fn release(key: &CacheKey, token: LeaseToken) -> Self {
        Self { script: &RELEASE, keys: vec![key.lease_key()], arguments: vec![token.to_hex().into_bytes()] }
    }

    pub(super) fn change_debt(key: &str, by_ms: i64) -> Self {
        Self { script: &CHANGE_DEBT, keys: vec![key.to_owned()], arguments: vec![by_ms.to_string().into_bytes()] }
    }

    pub(super) fn spend(key: &str, charge: Charge) -> Self {
        let arguments = [charge.cost_ms, charge.limit_ms].map(|millis| millis.to_string().into_bytes());
        Self { script: &SPEND, keys: vec![key.to_owned()], arguments: arguments.into() }
    }

    /// In a cluster all keys have to be of one slot.
    pub(super) fn remove_of_other_generation(keys: Vec<String>, generation: Generation) -> Self {
        let arguments = vec![generation.0.to_be_bytes().to_vec()];
        Self { script: &REMOVE_OF_OTHER_GENERATION, keys, arguments }
    }

    /// The call by the script's digest, which servers know once they have seen the script.
    pub(super) fn by_digest(&self) -> Cmd {
        self.command("EVALSHA", &self.script.digest)
    }

    /// The call by the script's text, after which the server knows it.
    pub(super) fn by_text(&self) -> Cmd {
        self.command("EVAL", self.script.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}
