//! Holds the limits of the configuration file to their ranges. What each limit is for stands in
//! [`crate::limits`].

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;

use super::error::{Located, Problem};
use super::raw::RawLimits;
use super::value::{Count, Size, Time};
use crate::limits::Limits;

/// From the smallest that an Init with a script fits in, to what protobuf can address.
const FRAME: RangeInclusive<Size> = Size(4 << 10)..=Size(2 << 30);
/// Up to the largest frame; that it fits in the configured one is checked apart.
const SNAPSHOT: RangeInclusive<Size> = Size(1 << 10)..=Size(2 << 30);
const HANDLER_TIME: RangeInclusive<Time> = Time(Duration::from_millis(1))..=DAY;
/// Zero closes every connection at once.
const GRACE_PERIOD: RangeInclusive<Time> = Time(Duration::ZERO)..=DAY;
/// The end is above what a system's file descriptors allow.
const CONNECTIONS: RangeInclusive<Count> = Count(1)..=Count(1_000_000);

const DAY: Time = Time(Duration::from_hours(24));

pub(super) fn validate(raw: RawLimits) -> Result<Limits, Located> {
    let default = Limits::default();
    let (max_frame, max_snapshot) = frame_and_snapshot(raw.max_frame, raw.max_snapshot)?;
    let handler_time = within("max_handler_time", raw.max_handler_time, HANDLER_TIME)?;
    let connections = within("max_connections", raw.max_connections, CONNECTIONS)?;
    let grace_period = within("grace_period", raw.grace_period, GRACE_PERIOD)?;
    Ok(Limits {
        max_frame,
        max_snapshot,
        max_handler_time: handler_time.map_or(default.max_handler_time, |time| time.0),
        max_connections: connections
            .and_then(|Count(number)| usize::try_from(number).ok())
            .unwrap_or(default.max_connections),
        grace_period: grace_period.map_or(default.grace_period, |time| time.0),
    })
}

/// Without a `max_snapshot` it is half of `max_frame`, so that one key suffices to use less memory.
fn frame_and_snapshot(
    frame: Option<Spanned<Size>>,
    snapshot: Option<Spanned<Size>>,
) -> Result<(usize, usize), Located> {
    let mark = snapshot.as_ref().map(Spanned::span);
    let frame = within("max_frame", frame, FRAME)?.map_or(Limits::default().max_frame, |size| size.0);
    let snapshot = within("max_snapshot", snapshot, SNAPSHOT)?.map_or(frame / 2, |size| size.0);
    if restored(snapshot) > frame {
        let (snapshot, frame) = (Size(snapshot).to_string(), Size(frame).to_string());
        return Err(Problem::SnapshotOverFrame { snapshot, frame }.at(mark));
    }
    Ok((frame, snapshot))
}

/// The length of the frame in which a handler's snapshot of that length comes back: with the byte that the
/// agent puts before it, in a `RestoreRequest`, in a Request.
fn restored(snapshot: usize) -> usize {
    let wrapped = |length: usize| length.saturating_add(1 + prost::length_delimiter_len(length));
    wrapped(wrapped(snapshot.saturating_add(1)))
}

/// Refuses what is not in the range.
pub(super) fn within<T: PartialOrd + fmt::Display>(
    key: &'static str,
    given: Option<Spanned<T>>,
    accepted: RangeInclusive<T>,
) -> Result<Option<T>, Located> {
    let Some(given) = given else { return Ok(None) };
    if accepted.contains(given.get_ref()) {
        return Ok(Some(given.into_inner()));
    }
    let mark = given.span();
    let (given, least, most) =
        (given.get_ref().to_string(), accepted.start().to_string(), accepted.end().to_string());
    Err(Problem::OutOfRange { key, given, least, most }.at(Some(mark)))
}
