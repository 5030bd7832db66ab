//! What is known of an open task.

use smallvec::SmallVec;

use super::events::Events;
use super::identity::Id;
use super::kept::Kept;
use super::reduce::Reducer;
use crate::handler::UnixNanos;
use crate::heap;
use crate::script::State;

/// An open task. What an event touches lies together, on cache lines of the task's own: with a million tasks
/// each line is a miss.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) reducers: SmallVec<[Reducer; 3]>,
    pub(super) group: u32,
    pub(super) origin: u32,
    /// When it began and when its last event came: by the clock, or by the earliest and the latest of its events.
    pub(super) created: UnixNanos,
    pub(super) active: UnixNanos,
    /// The smallest and the largest time of its events.
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
    pub(super) events: Count,
    pub(super) flags: Flags,
    pub(super) gathered: Option<Box<Gathered>>,
    pub(super) scripted: Option<Box<Scripted>>,
    /// The tasks created before and after it, of all and of its group.
    pub(super) neighbours: Neighbours,
    pub(super) group_neighbours: Neighbours,
}

/// What a task holds of its events as they came.
#[derive(Debug)]
pub(super) enum Gathered {
    /// Some of their values.
    Kept(Kept),
    /// All of them: it is a session.
    Events(Events),
}

impl Gathered {
    /// What it takes in a box, in bytes.
    pub(super) fn boxed_bytes(&self) -> usize {
        let held = match self {
            Self::Kept(kept) => kept.heap_bytes(),
            Self::Events(events) => events.heap_bytes(),
        };
        heap::boxed::<Self>() + held
    }
}

/// What scripts keep of a task.
#[derive(Debug, Default)]
pub(super) struct Scripted {
    /// The map.
    pub(super) state: State,
    /// Set by a script, for this task alone.
    pub(super) lifetime: Option<Box<Lifetime>>,
}

/// How long a task is open, in nanoseconds, as far as a script has set it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) timeout: Option<i64>,
    pub(super) inactivity_timeout: Option<i64>,
}

impl Scripted {
    /// What it takes in a box, in bytes.
    pub(super) fn boxed_bytes(&self) -> usize {
        let lifetime = if self.lifetime.is_some() { heap::boxed::<Lifetime>() } else { 0 };
        heap::boxed::<Self>() + self.state.heap_bytes() + lifetime
    }
}

/// How many events a task has had: six bytes, which leave room on its cache lines for what scripts keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count([u16; 3]);

impl Count {
    const MAX: u64 = (1 << 48) - 1;

    /// As near as it can be.
    #[expect(clippy::cast_possible_truncation, reason = "16 bits of it each")]
    pub(super) fn new(count: u64) -> Self {
        let count = count.min(Self::MAX);
        Self([count as u16, (count >> 16) as u16, (count >> 32) as u16])
    }

    pub(super) fn get(self) -> u64 {
        let Self([low, middle, high]) = self;
        u64::from(low) | u64::from(middle) << 16 | u64::from(high) << 32
    }

    pub(super) fn add_one(&mut self) {
        *self = Self::new(self.get() + 1);
    }
}

/// What is so of a task, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// It has had an event since its result last came out.
    pub(super) const DIRTY: Self = Self(1);
    /// A script failed on one of its events.
    pub(super) const FAILED: Self = Self(2);
    /// It came back from a snapshot.
    pub(super) const RESTORED: Self = Self(4);
    /// A script has set how long it is open.
    pub(super) const LIFETIME: Self = Self(8);

    #[inline]
    pub(super) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline]
    pub(super) fn set(&mut self, flag: Self, is_so: bool) {
        self.0 = if is_so { self.0 | flag.0 } else { self.0 & !flag.0 };
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Neighbours {
    /// `NOBODY` at the ends.
    pub(super) older: u32,
    pub(super) newer: u32,
}

pub(super) const NOBODY: u32 = u32::MAX;

impl Task {
    /// A task that begins at `created` with an event of this time, before it takes the event.
    pub(super) fn new(id: Id, group: u32, origin: u32, created: UnixNanos, time: UnixNanos) -> Self {
        Self {
            id,
            reducers: SmallVec::new(),
            group,
            origin,
            created,
            active: created,
            first: time,
            last: time,
            events: Count::default(),
            flags: Flags::default(),
            gathered: None,
            scripted: None,
            neighbours: Neighbours { older: NOBODY, newer: NOBODY },
            group_neighbours: Neighbours { older: NOBODY, newer: NOBODY },
        }
    }

    /// An event of this time has come at this moment of the time that deadlines follow. Whether the task may be over
    /// earlier for it.
    #[inline]
    pub(super) fn count(&mut self, moment: i64, time: UnixNanos) -> bool {
        self.events.add_one();
        let is_earlier = moment < self.created;
        self.created = self.created.min(moment);
        self.active = self.active.max(moment);
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.flags.set(Flags::DIRTY, true);
        is_earlier
    }

    /// What it holds outside the table, in bytes.
    pub(super) fn heap_bytes(&self) -> usize {
        let reducers: usize = self.reducers.iter().map(Reducer::heap_bytes).sum();
        let spilled = if self.reducers.spilled() {
            heap::block(self.reducers.capacity() * size_of::<Reducer>())
        } else {
            0
        };
        let gathered = self.gathered.as_deref().map_or(0, Gathered::boxed_bytes);
        let scripted = self.scripted.as_deref().map_or(0, Scripted::boxed_bytes);
        self.id.heap_bytes() + reducers + spilled + gathered + scripted
    }

    /// What it keeps of its events' values.
    pub(super) fn kept(&self) -> Option<&Kept> {
        match self.gathered.as_deref() {
            Some(Gathered::Kept(kept)) => Some(kept),
            _ => None,
        }
    }

    /// Its map, if it has entries.
    pub(super) fn state(&self) -> Option<&State> {
        self.scripted.as_deref().map(|scripted| &scripted.state)
    }

    /// Forgets the map, but not how long the task is open. How many bytes less it holds.
    pub(super) fn reset_map(&mut self) -> usize {
        let before = self.scripted.as_deref().map_or(0, Scripted::boxed_bytes);
        match &mut self.scripted {
            Some(scripted) if scripted.lifetime.is_some() => scripted.state = State::default(),
            scripted => *scripted = None,
        }
        before - self.scripted.as_deref().map_or(0, Scripted::boxed_bytes)
    }

    /// How long it is open where a script has set that.
    #[inline]
    pub(super) fn lifetime(&self) -> Option<&Lifetime> {
        if !self.flags.has(Flags::LIFETIME) {
            // Else a look elsewhere is saved.
            return None;
        }
        self.scripted.as_deref().and_then(|scripted| scripted.lifetime.as_deref())
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.flags.has(Flags::DIRTY)
    }

    /// Its events, if it is a session's.
    pub(super) fn events(&self) -> Option<&Events> {
        match self.gathered.as_deref() {
            Some(Gathered::Events(events)) => Some(events),
            _ => None,
        }
    }
}

impl Neighbours {
    pub(super) fn both(self) -> (Option<u32>, Option<u32>) {
        let somebody = |number| (number != NOBODY).then_some(number);
        (somebody(self.older), somebody(self.newer))
    }
}

const _: () =
    assert!(size_of::<Option<Task>>() == 192, "three cache lines, also for a place that may be empty");
