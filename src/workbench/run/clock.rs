//! What time it is for the node. Knows neither lines nor sockets: who feeds the node asks, and waits.

use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How the node's time goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// With the points' times, as fast as they are worked off.
    Event,
    /// With this machine's clock.
    Real,
    /// With the points' times, so many times as fast as they came.
    Times(f64),
}

/// Faster than that is as fast as it gets; and the time by itself would soon be over.
const FASTEST: f64 = 1e6;

const ACCEPTED: &str =
    "accepted are event, real, and a number over 0 and up to 1000000 with an x, such as 10x or 0.5x";

impl FromStr for Pace {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        match given {
            "event" => return Ok(Self::Event),
            "real" => return Ok(Self::Real),
            _ => {}
        }
        let times = given.strip_suffix('x').and_then(|times| times.parse::<f64>().ok());
        let times = times.filter(|times| *times > 0.0 && *times <= FASTEST);
        times.map(Self::Times).ok_or_else(|| ACCEPTED.to_owned())
    }
}

/// The node's time.
#[derive(Debug)]
pub(super) struct Clock {
    pace: Pace,
    /// The last time that was told.
    now: Option<i64>,
    /// When the first point came, by its own time and by the machine's.
    start: Option<(i64, Instant)>,
}

impl Clock {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, now: None, start: None }
    }

    /// From now on points come as fast as they are worked off.
    pub(super) fn hurry(&mut self) {
        self.pace = Pace::Event;
    }

    /// Whether time goes on while nothing comes.
    pub(super) fn goes_by_itself(&self) -> bool {
        self.pace != Pace::Event
    }

    /// How long to wait before a point of this time, at its pace.
    pub(super) fn wait(&mut self, time: i64) -> Duration {
        let Pace::Times(times) = self.pace else { return Duration::ZERO };
        let (first, since) = *self.start.get_or_insert_with(|| (time, Instant::now()));
        let ahead = Duration::from_nanos(u64::try_from(time.saturating_sub(first)).unwrap_or(0));
        let due = Duration::try_from_secs_f64(ahead.as_secs_f64() / times).unwrap_or(Duration::MAX);
        due.saturating_sub(since.elapsed())
    }

    /// The time at which a point of this time comes, if it is another than was told before. It never goes back.
    #[inline]
    pub(super) fn at(&mut self, time: i64) -> Option<i64> {
        let now = if self.pace == Pace::Real { unix_now() } else { time };
        self.tell(now)
    }

    /// The time by itself, with nothing coming, likewise.
    pub(super) fn now(&mut self) -> Option<i64> {
        match (self.pace, self.start) {
            (Pace::Real, _) => self.tell(unix_now()),
            (Pace::Times(times), Some((first, since))) => {
                let gone = since.elapsed().as_secs_f64() * times;
                let gone = Duration::try_from_secs_f64(gone).unwrap_or(Duration::MAX);
                self.tell(first.saturating_add(i64::try_from(gone.as_nanos()).unwrap_or(i64::MAX)))
            }
            _ => None,
        }
    }

    #[inline]
    fn tell(&mut self, now: i64) -> Option<i64> {
        if self.now.is_some_and(|told| told >= now) {
            return None;
        }
        self.now = Some(now);
        Some(now)
    }
}

/// Nanoseconds since 1970.
pub(super) fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_are_read() {
        for (given, expected) in [
            ("event", Pace::Event),
            ("real", Pace::Real),
            ("1x", Pace::Times(1.0)),
            ("10x", Pace::Times(10.0)),
            ("0.5x", Pace::Times(0.5)),
        ] {
            assert_eq!(given.parse(), Ok(expected), "{given}");
        }
        for given in ["", "x", "10", "0x", "-1x", "nanx", "infx", "1000001x", "Event", "1 x"] {
            assert_eq!(given.parse::<Pace>(), Err(ACCEPTED.to_owned()), "{given}");
        }
    }

    #[test]
    fn event_time_is_told_when_it_moves_and_never_goes_back() {
        let mut clock = Clock::new(Pace::Event);
        let told: Vec<_> = [5, 5, 7, 6, 7, 8].into_iter().map(|time| clock.at(time)).collect();
        assert_eq!(told, [Some(5), None, Some(7), None, None, Some(8)]);
        assert_eq!((clock.now(), clock.wait(1 << 60)), (None, Duration::ZERO));
    }

    #[test]
    fn points_come_at_their_pace() {
        let mut clock = Clock::new(Pace::Times(10.0));
        assert_eq!(clock.wait(0), Duration::ZERO);
        let wait = clock.wait(100_000_000_000);
        assert!(wait > Duration::from_secs(9) && wait <= Duration::from_secs(10), "{wait:?}");
    }
}
