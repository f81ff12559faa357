//! A model of the single flight between processes, checked exhaustively. It is a package of its own because it visits
//! millions of states and has to be optimised, which would make the other tests slow to build.

#[cfg(test)]
mod lease_protocol;
