//! How an end looks, for each reason: its letter, its colour, its shape. Colours are those of Okabe and Ito, which
//! the colour-blind tell apart; the shape says it once more.

use kapacitor_udfd::aggregate::Reason;

/// What stands for a reason.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) reason: Reason,
    /// In text.
    pub(super) letter: char,
    /// On a light page, and on a dark one.
    pub(super) light: &'static str,
    pub(super) dark: &'static str,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Square,
    Circle,
    Diamond,
    Up,
    Down,
    Left,
    Right,
    Bar,
    Cross,
    Hexagon,
}

/// Of all reasons that end a task.
pub(super) const LOOKS: [Look; 10] = [
    look(Reason::Timeout, 'T', "#d55e00", "#f0813a", Shape::Square),
    look(Reason::Inactivity, 'I', "#0072b2", "#4aa8e0", Shape::Circle),
    look(Reason::End, 'E', "#009e73", "#2cc49a", Shape::Diamond),
    look(Reason::Previous, 'P', "#b5679a", "#d98cbf", Shape::Left),
    look(Reason::Restart, 'R', "#3a9bd0", "#7cc8f0", Shape::Right),
    look(Reason::MaxEvents, 'M', "#c98600", "#e69f00", Shape::Up),
    look(Reason::MaxList, 'L', "#9a8c00", "#f0e442", Shape::Down),
    look(Reason::Evicted, 'X', "#111111", "#f4f4f4", Shape::Cross),
    look(Reason::Stop, 'S', "#6b7280", "#a3abb8", Shape::Hexagon),
    look(Reason::Batch, 'B', "#7a5230", "#c2966d", Shape::Bar),
];

const fn look(reason: Reason, letter: char, light: &'static str, dark: &'static str, shape: Shape) -> Look {
    Look { reason, letter, light, dark, shape }
}

/// A reason without a look ends no task; should it come, it is not drawn as another.
pub(super) fn of(reason: Reason) -> Option<&'static Look> {
    LOOKS.iter().find(|look| look.reason == reason)
}

/// The option that sets it off, or what it means, in few words.
pub(super) fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Timeout => "timeout has passed since it began",
        Reason::Inactivity => "inactivityTimeout has passed since its last event",
        Reason::Previous => "the next task of its group began",
        Reason::Evicted => "it had to make room",
        Reason::MaxEvents => "it had maxEvents events",
        Reason::MaxList => "a list was full",
        Reason::Stop => "the stream ended",
        Reason::End => "its end event came",
        Reason::Restart => "an event came that begins a task",
        Reason::Batch => "its batch ended",
        Reason::Flush => "a result so far",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_that_ends_a_task_looks_like_no_other() {
        for reason in Reason::ALL {
            assert_eq!(of(reason).is_some(), reason != Reason::Flush, "{reason:?}");
        }
        assert_eq!(LOOKS.iter().map(|look| look.letter).collect::<HashSet<_>>().len(), LOOKS.len());
        assert_eq!(LOOKS.iter().map(|look| look.light).collect::<HashSet<_>>().len(), LOOKS.len());
        for (place, look) in LOOKS.iter().enumerate() {
            assert!(LOOKS[..place].iter().all(|other| other.shape != look.shape), "{look:?}");
        }
    }
}
