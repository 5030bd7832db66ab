//! What happened on the way, for counters and limits.

/// What the reducers have to say of an event, or of several.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Values of a type that the reducer can't take.
    pub(crate) skipped_type: u64,
    /// Values that were NaN or infinite.
    pub(crate) not_finite: u64,
    /// Steps at which an int sum didn't fit.
    pub(crate) saturated: u64,
    /// By how much the bytes on the heap changed.
    pub(crate) grown: isize,
    /// The most elements of a list, a set or a concatenation that took a value.
    pub(crate) longest_list: usize,
    /// The most bytes of an output that is text and took a value.
    pub(crate) longest_text: usize,
}

impl Tally {
    #[inline]
    pub(super) fn grew(&mut self, before: usize, after: usize) {
        self.grown += after.cast_signed() - before.cast_signed();
    }

    #[inline]
    pub(super) fn saw(&mut self, elements: usize, text: usize) {
        self.longest_list = self.longest_list.max(elements);
        self.longest_text = self.longest_text.max(text);
    }
}
