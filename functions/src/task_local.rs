//! What travels with a task instead of as an argument.

use futures_util::future::Either;
use std::future::Future;
use tokio::task::LocalKey;

/// The work with what the current task has, if it has anything, for a task of its own.
pub(crate) fn carried<C, T>(key: &'static LocalKey<C>, work: impl Future<Output = T>) -> impl Future<Output = T>
where
    C: Clone + 'static,
{
    match key.try_with(C::clone) {
        Ok(value) => Either::Left(key.scope(value, work)),
        Err(_) => Either::Right(work),
    }
}
