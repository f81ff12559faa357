//! Random numbers that are the same in every run (`SplitMix64`).

/// A generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.draw() % u64::from(bound.max(1))).unwrap_or(0)
    }

    /// The same for lengths and positions.
    pub(crate) fn up_to(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(u32::try_from(bound).unwrap_or(u32::MAX).saturating_add(1))).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of some values; the default one if there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, values: &[T]) -> T {
        let position = self.up_to(values.len().saturating_sub(1));
        values.get(position).copied().unwrap_or_default()
    }
}
