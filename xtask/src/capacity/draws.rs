//! What is drawn by lot. The generator is fastrand's, started from a seed: each run draws the same.

/// A source of lots.
#[derive(Clone, Debug)]
pub(super) struct Draws(fastrand::Rng);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Evenly from 0 up to 1, which it never is.
    pub(super) fn share(&mut self) -> f64 {
        self.0.f64()
    }

    /// How long it takes until something happens that happens every `mean` seconds, whenever it happened last.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }
}
