//! Numbers that look random and are the same everywhere and always: the generator known as `SplitMix64`. Not for secrets.

pub(crate) struct Random(u64);

impl Random {
    /// Each `seed` has a sequence of its own.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers from `from` to `to`, both included.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        let numbers = to.abs_diff(from) + 1;
        from.saturating_add_unsigned(self.next() % numbers)
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: i64) -> bool {
        self.between(1, times) == 1
    }

    /// One of these, of which there must be some.
    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let last = i64::try_from(all.len()).map_or(0, |length| length - 1);
        let at = usize::try_from(self.between(0, last)).unwrap_or(0);
        all[at]
    }
}
