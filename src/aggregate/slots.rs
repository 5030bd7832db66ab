//! Where tasks lie: in blocks that never move, so that a table that grows copies nothing and keeps nobody
//! waiting. Knows nothing of tasks.

/// How many places a block has.
const BLOCK: usize = 1 << 12;

/// Values by number. A number that has become free is given again.
#[derive(Debug)]
pub(super) struct Slots<T> {
    blocks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    taken: usize,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { blocks: Vec::new(), free: Vec::new(), taken: 0 }
    }
}

impl<T> Slots<T> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.taken
    }

    /// Whether there are places for many more than the values there are.
    pub(super) fn is_roomy(&self) -> bool {
        self.blocks.len() > 1
    }

    /// The number that the value has from now on.
    #[expect(clippy::cast_possible_truncation, reason = "there are fewer than u32::MAX: maxTasks sees to it")]
    pub(super) fn insert(&mut self, value: T) -> u32 {
        self.taken += 1;
        if let Some(number) = self.free.pop() {
            if let Some(place) = self.place(number) {
                *place = Some(value);
            }
            return number;
        }
        // Nothing is free: every place of every block is taken.
        let number = self.taken - 1;
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(Some(value));
        }
        number as u32
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let value = self.place(number)?.take()?;
        self.taken -= 1;
        self.free.push(number);
        Some(value)
    }

    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.blocks.get(number / BLOCK)?.get(number % BLOCK)?.as_ref()
    }

    #[inline]
    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.place(number)?.as_mut()
    }

    #[inline]
    fn place(&mut self, number: u32) -> Option<&mut Option<T>> {
        let number = number as usize;
        self.blocks.get_mut(number / BLOCK)?.get_mut(number % BLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_given_again_and_values_stay_where_they_are() {
        let mut slots = Slots::default();
        let numbers: Vec<_> = (0..10_000).map(|value| slots.insert(value)).collect();
        assert_eq!(numbers, (0..10_000).collect::<Vec<_>>());
        for number in (0..10_000).step_by(3) {
            assert_eq!(slots.remove(number), Some(number));
            assert_eq!((slots.remove(number), slots.get(number)), (None, None));
        }
        assert_eq!(slots.len(), 6_666);
        let again: std::collections::BTreeSet<_> = (0..3_334).map(|_| slots.insert(77)).collect();
        assert_eq!(again, (0..10_000).step_by(3).collect());
        assert_eq!(slots.insert(1), 10_000);
        assert!(
            (0..10_000).all(|number| slots.get(number) == Some(&if number % 3 == 0 { 77 } else { number }))
        );
        *slots.get_mut(10_000).unwrap() = 2;
        assert_eq!((slots.get(10_000), slots.get(10_001), slots.len()), (Some(&2), None, 10_001));
    }
}
