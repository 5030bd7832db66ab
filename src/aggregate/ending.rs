//! How tasks come out: the reasons, and which of them lets a task come out at all.

use super::settings::Settings;

/// Why a task's point comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// `timeout` has passed since its creation.
    Timeout,
    /// `inactivityTimeout` has passed since its last event.
    Inactivity,
    /// The next task of its group has begun (`pushPreviousMapAsEvent`).
    Previous,
    /// It had to make room for another (`onOverflow`).
    Evicted,
    /// It has had `maxEvents` events.
    MaxEvents,
    /// A list has reached `maxListSize`, or a string what `InfluxDB` takes.
    MaxList,
    /// The stream has ended (`flushOnStop`).
    Stop,
    /// Its end event has come.
    End,
    /// An event has come that begins a task (`startWhen`).
    Restart,
    /// The batch has ended that its events came in.
    Batch,
    /// It goes on; this is its result so far (`flushInterval`).
    Flush,
}

impl Reason {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Timeout,
        Self::Inactivity,
        Self::Previous,
        Self::Evicted,
        Self::MaxEvents,
        Self::MaxList,
        Self::Stop,
        Self::End,
        Self::Restart,
        Self::Batch,
        Self::Flush,
    ];

    /// The word for it in `reasonTag` and in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Inactivity => "inactivity",
            Self::Previous => "previous",
            Self::Evicted => "evicted",
            Self::MaxEvents => "max_events",
            Self::MaxList => "max_list",
            Self::Stop => "stop",
            Self::End => "end",
            Self::Restart => "restart",
            Self::Batch => "batch",
            Self::Flush => "flush",
        }
    }

    /// Whether the task was cut short: its point says so with the timeout tags.
    pub(super) fn is_timeout(self) -> bool {
        !matches!(self, Self::End | Self::Restart | Self::Batch | Self::Flush)
    }

    /// Whether a task that ends for this reason comes out. Others vanish, counted.
    pub(super) fn comes_out(self, settings: &Settings) -> bool {
        match self {
            Self::Timeout | Self::Inactivity => settings.push_on_timeout || settings.push_previous,
            Self::End | Self::Restart | Self::Batch => settings.emit_on_end,
            _ => true,
        }
    }
}
