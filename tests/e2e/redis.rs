//! What is special about a store in Redis. Everything else holds for every store: the other tests run on Redis and on a
//! cluster as well.

mod clearing;
mod connections;
mod faults;
mod leases;
mod rights;
mod sharing;
