//! Keepalives: when the next one is due, and how long those sent took to come back.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hdrhistogram::Histogram;
use kapacitor_udfd::proto::KeepaliveRequest;
use kapacitor_udfd::proto::request::Message;

use super::session;

#[derive(Debug)]
pub(super) struct Keepalives {
    interval: Option<Duration>,
    due: Instant,
    start: Instant,
    unix_start: i64,
    outstanding: VecDeque<(i64, Instant)>,
    latest_answered: Option<Instant>,
    watched: Option<Instant>,
    pub(super) sent: u64,
    pub(super) answered: u64,
    /// Nobody asked for these: a busy function shows that it lives.
    pub(super) unrequested: u64,
    /// Nanoseconds there and back, of those answered with the time they carried.
    pub(super) round_trips: Histogram<u64>,
    /// Those of them that were sent from a moment on: see `watch`.
    pub(super) watched_round_trips: Histogram<u64>,
}

impl Keepalives {
    pub(super) fn new(interval: Option<Duration>, now: Instant) -> anyhow::Result<Self> {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Self {
            interval,
            due: now + interval.unwrap_or_default(),
            start: now,
            unix_start: i64::try_from(unix.as_nanos())?,
            outstanding: VecDeque::new(),
            latest_answered: None,
            watched: None,
            sent: 0,
            answered: 0,
            unrequested: 0,
            round_trips: Histogram::new(3)?,
            watched_round_trips: Histogram::new(3)?,
        })
    }

    /// Counts those that are sent from this moment on apart.
    pub(super) fn watch(&mut self, from: Option<Instant>) {
        self.watched = from;
    }

    /// When the next one is to be sent.
    pub(super) fn due(&self) -> Option<Instant> {
        self.interval.map(|_| self.due)
    }

    /// The frame to send now.
    pub(super) fn frame(&mut self, now: Instant) -> Vec<u8> {
        // Like a ticker, and without catching up on what a blocked write has missed.
        self.due = now + self.interval.unwrap_or_default();
        let elapsed = i64::try_from(now.duration_since(self.start).as_nanos()).unwrap_or(i64::MAX);
        let time = self.unix_start.saturating_add(elapsed);
        self.outstanding.push_back((time, now));
        self.sent += 1;
        session::encode(Message::Keepalive(KeepaliveRequest { time }))
    }

    /// An answer with this time has come. An agent that doesn't repeat the time (0) answers the oldest.
    pub(super) fn answer(&mut self, time: i64, at: Instant) {
        let found = self.outstanding.iter().position(|&(sent, _)| sent == time || time == 0);
        let Some((_, sent)) = found.and_then(|place| self.outstanding.remove(place)) else {
            self.unrequested += 1;
            return;
        };
        self.answered += 1;
        self.latest_answered = self.latest_answered.max(Some(sent));
        if time != 0 {
            let nanos = u64::try_from(at.saturating_duration_since(sent).as_nanos()).unwrap_or(u64::MAX);
            // Fails only for want of memory: it grows with what it is given.
            let _ = self.round_trips.record(nanos);
            if self.watched.is_some_and(|from| from <= sent) {
                let _ = self.watched_round_trips.record(nanos);
            }
        }
    }

    /// Whether one sent at this time or later has been answered.
    pub(super) fn answered_since(&self, sent: Instant) -> bool {
        self.latest_answered.is_some_and(|latest| latest >= sent)
    }
}
