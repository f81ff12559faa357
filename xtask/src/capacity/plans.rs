//! The plans of Redis Cloud, as their documentation describes them.
//!
//! Essentials: `operate/rc/subscriptions/view-essentials-subscription/essentials-plan-details`, "updated December 2025";
//! its throughput "assumes request size of 1 KiB", and bytes a second are capped at the same number of KiB. Pro: the billing
//! units of `embeds/rc-pro-billing-units`, whose throughput is of each shard; that a shard's bytes are capped like those of
//! Essentials is our assumption, and so is the second's worth that may come at once. Replication halves the memory of a plan of Essentials, and production needs it.

use super::assumptions::Plan;

/// Essentials by size, and two examples of Pro.
pub(super) const PLANS: [Offer; 8] = [
    Offer { name: "250mb", connections: Some(256), month_gb: Some(100.0), kops: 1.0, shards: 1, memory_mb: 125.0 },
    Offer { name: "1gb", connections: Some(1_024), month_gb: Some(200.0), kops: 2.0, shards: 1, memory_mb: 500.0 },
    Offer { name: "2.5gb", connections: Some(2_500), month_gb: Some(400.0), kops: 4.0, shards: 1, memory_mb: 1_250.0 },
    Offer { name: "5gb", connections: Some(5_000), month_gb: Some(800.0), kops: 8.0, shards: 1, memory_mb: 2_500.0 },
    Offer {
        name: "12gb",
        connections: Some(10_000),
        month_gb: Some(2_000.0),
        kops: 16.0,
        shards: 1,
        memory_mb: 6_000.0,
    },
    Offer { name: "pro-small", connections: None, month_gb: None, kops: 12.5, shards: 1, memory_mb: 12_500.0 },
    Offer { name: "pro-high", connections: None, month_gb: None, kops: 25.0, shards: 1, memory_mb: 2_500.0 },
    Offer { name: "pro-high-4", connections: None, month_gb: None, kops: 25.0, shards: 4, memory_mb: 10_000.0 },
];

/// A plan as it is offered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    pub(super) name: &'static str,
    connections: Option<u32>,
    month_gb: Option<f64>,
    /// Thousand commands a second of a shard.
    kops: f64,
    shards: usize,
    /// What is left for data when there is a replica.
    memory_mb: f64,
}

impl Offer {
    /// What the simulation needs to know of it.
    pub(super) fn plan(&self) -> Plan {
        Plan {
            name: self.name.to_owned(),
            connections: self.connections,
            reserved_connections: 16,
            month_gb: self.month_gb,
            memory_mb: Some(self.memory_mb),
            shards: self.shards,
            commands_per_second: self.kops * 1_000.0,
            bytes_per_second: self.kops * 1_000.0 * 1_024.0,
            burst_seconds: 1.0,
        }
    }

    /// The plan with a name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        PLANS.iter().find(|offer| offer.name == name)
    }
}
