//! How long ids stay away: from the last event of a task that inactivity has ended to the first of the id's next
//! task, drawn or not. Knows no lanes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Ids that are followed: 4 MB, whatever their names.
pub(super) const MOST_IDS: usize = 100_000;

/// What is known of the ids.
#[derive(Debug, Default)]
pub(super) struct Returns {
    ids: HashMap<Id, Known>,
    hasher: RandomState,
    most: usize,
    /// More ids came than are followed.
    pub(super) has_more: bool,
}

/// A group's id. Of all that are followed, two share a number once in three thousand million times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

/// What is known of an id.
#[derive(Debug, Clone, Copy)]
struct Known {
    open: u32,
    /// The last event of those of its tasks that are over.
    last: i64,
    /// Inactivity has ended the task that had it.
    is_inactive: bool,
}

impl Returns {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// A task begins. Returns its id, if that is followed, and how long it was away, if inactivity ended its last
    /// task and no other is open.
    pub(super) fn begin(&mut self, group: &[u8], id: &[u8], at: i64) -> (Option<Id>, Option<u64>) {
        let id = Id(self.hasher.hash_one((group, id)));
        let has_room = self.ids.len() < self.most;
        let Some(known) = self.ids.get_mut(&id) else {
            if !has_room {
                self.has_more = true;
                return (None, None);
            }
            self.ids.insert(id, Known { open: 1, last: i64::MIN, is_inactive: false });
            return (Some(id), None);
        };
        let is_back = known.open == 0 && known.is_inactive;
        known.open += 1;
        let away = || u64::try_from(at.saturating_sub(known.last)).unwrap_or_default();
        (Some(id), is_back.then(away))
    }

    /// A task of that id has ended, by inactivity or otherwise, after an event at `last`.
    pub(super) fn end(&mut self, id: Id, last: i64, is_inactive: bool) {
        let Some(known) = self.ids.get_mut(&id) else { return };
        known.open = known.open.saturating_sub(1);
        if last >= known.last {
            (known.last, known.is_inactive) = (last, is_inactive);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_back_when_none_of_its_tasks_is_open() {
        let mut returns = Returns::new(MOST_IDS);
        let (id, away) = returns.begin(b"g", b"a", 0);
        let id = id.unwrap();
        assert_eq!(away, None);
        assert_eq!(returns.begin(b"g", b"a", 2), (Some(id), None));
        // The one that began first goes on for longer.
        returns.end(id, 3, true);
        assert_eq!(returns.begin(b"g", b"a", 4), (Some(id), None));
        returns.end(id, 9, true);
        returns.end(id, 5, false);
        assert_eq!(returns.begin(b"g", b"a", 20), (Some(id), Some(11)));
        returns.end(id, 20, false);
        assert_eq!(returns.begin(b"g", b"a", 20), (Some(id), None));
        assert_eq!(returns.begin(b"ga", b"", 20).1, None);
    }

    #[test]
    fn ids_beyond_the_bound_are_not_followed() {
        let mut returns = Returns::new(2);
        let ids = [b"a", b"b", b"c", b"a", b"c"].map(|id| returns.begin(b"", id, 1).0);
        assert_eq!(ids.map(|id| id.is_some()), [true, true, false, true, false]);
        assert!(returns.has_more && ids[0] == ids[3]);
    }
}
