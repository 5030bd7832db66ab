//! Stories for tests, from a generator with a seed.

use kapacitor_udfd::aggregate::Reason;

use super::collector::Collector;
use super::story::Story;

pub(super) const S: i64 = 1_000_000_000;
/// 2023-11-14T22:13:20Z
pub(super) const T: i64 = 1_700_000_000 * S;
pub(super) const NODE: &str = "@aggregate()\n    .taskId('user_id')\n    .inactivityTimeout(10s)\n    .timeout(1m)\n    .sum('amount', 'total')";

/// Pseudo-random numbers (splitmix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % bound.unsigned_abs()).unwrap()
    }
}

/// Calls a collector as a node would, one task after the other.
pub(super) struct Teller {
    collector: Collector,
    place: u32,
}

impl Teller {
    pub(super) fn new(lanes: usize) -> Self {
        Self { collector: Collector::new(NODE.to_owned(), lanes), place: 0 }
    }

    /// A task with events at these moments, and how it ended.
    pub(super) fn task(&mut self, group: &str, id: &str, events: &[i64], end: Option<(i64, Reason)>) {
        self.place += 1;
        for at in events {
            self.collector.event(self.place, group.as_bytes(), id.as_bytes(), *at);
        }
        if let Some((at, reason)) = end {
            self.collector.ended(self.place, reason, at);
        }
    }

    pub(super) fn finish(mut self) -> Story {
        self.collector.finish()
    }
}

pub(super) fn empty() -> Story {
    Teller::new(500).finish()
}

/// Five lanes, six tasks, each thing that a picture has once.
pub(super) fn five() -> Story {
    let mut teller = Teller::new(500);
    let at = |seconds: &[i64]| seconds.iter().map(|s| T + s * S).collect::<Vec<_>>();
    let end = |s: i64, reason| Some((T + s * S, reason));
    teller.task("", "alice", &at(&[0, 2, 3, 9, 14]), end(24, Reason::Inactivity));
    teller.task("", "alice", &at(&[38, 41, 42]), end(52, Reason::Inactivity));
    teller.task("", "bob", &at(&[4, 11, 19, 27, 35, 44, 52, 61]), end(64, Reason::Timeout));
    teller.task("", "carol", &at(&[12]), end(22, Reason::Inactivity));
    teller.task("", "dave", &at(&[20, 21, 22, 23, 24, 30]), end(30, Reason::End));
    teller.task("", "erin", &at(&[50, 58, 66]), None);
    teller.finish()
}

/// What `many` is to make.
pub(super) struct Many {
    pub(super) tasks: usize,
    pub(super) groups: usize,
    /// From the first task's beginning to the last one's, and from event to event at most.
    pub(super) span: i64,
    pub(super) pause: i64,
    pub(super) lanes: usize,
}

/// Tasks with up to thirty events, some of an id that was there before.
pub(super) fn many(seed: u64, many: &Many) -> Story {
    let mut random = Random(seed);
    let mut teller = Teller::new(many.lanes);
    let ids = i64::try_from(many.tasks).unwrap();
    let mut begins: Vec<i64> = (0..many.tasks).map(|_| random.below(many.span)).collect();
    begins.sort_unstable();
    for (number, begin) in begins.into_iter().enumerate() {
        let group = format!("host=web{}", random.below(i64::try_from(many.groups).unwrap()) + 1);
        let group = if many.groups == 1 { "" } else { &group };
        let again = number > 10 && random.below(10) == 0;
        let id = if again { random.below(10) } else { i64::try_from(number).unwrap() };
        let id = format!("session-{:06x}", (id * 7919 + ids) % 0x00ff_ffff);
        let mut events = vec![T + begin];
        for _ in 0..random.below(30) {
            let pause = random.below(many.pause);
            events.push(events.last().unwrap() + if random.below(4) == 0 { pause } else { pause / 12 });
        }
        let last = *events.last().unwrap();
        let end = match random.below(20) {
            0 => None,
            1..4 => Some((last, Reason::End)),
            4 => Some((last + many.pause / 3, Reason::Timeout)),
            5 => Some((last + many.pause / 9, Reason::Evicted)),
            6 => Some((last, Reason::MaxEvents)),
            _ => Some((last + many.pause, Reason::Inactivity)),
        };
        teller.task(group, &id, &events, end);
    }
    teller.finish()
}

/// More ids than are followed, one of them coming again.
pub(super) fn crowd() -> Story {
    let mut teller = Teller::new(10);
    for number in 0..=100_000 {
        teller.task("", &number.to_string(), &[T + number], Some((T + number + S, Reason::Inactivity)));
    }
    teller.task("", "99999", &[T + 5 * S], Some((T + 6 * S, Reason::Inactivity)));
    teller.task("", "100000", &[T + 5 * S], Some((T + 6 * S, Reason::Inactivity)));
    teller.finish()
}

/// Ids that try everything, and every reason.
pub(super) fn odd() -> Story {
    let mut teller = Teller::new(500);
    let long = "0123456789".repeat(8);
    let ids = [
        long.as_str(),
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
        "مستخدم رقم ١٢٣ من القاهرة",
        "שלום עולם, abc",
        "👩‍👩‍👧‍👦 family 🎉🎉",
        "東京都千代田区丸の内一丁目九番",
        "",
        "<b>&\"quoted\"</b> 'x'",
        "a\nb\tc\0d\u{1b}[31mred",
        "\u{202e}txt.exe \u{fffe}\u{ffff}",
    ];
    let ends = Reason::ALL.into_iter().filter(|reason| *reason != Reason::Flush);
    for ((number, id), reason) in (0..).zip(ids).zip(ends) {
        let from = T + number * 40 * S;
        teller.task(
            "",
            id,
            &[from, from + 100 * S, from + 130 * S],
            Some((from + (200 + number) * S, reason)),
        );
    }
    teller.finish()
}

/// One task with very many events in bursts.
pub(super) fn busy(events: usize) -> Story {
    let mut random = Random(3);
    let mut teller = Teller::new(500);
    let mut at = T;
    let mut all = Vec::new();
    for number in 0..events {
        at += if number % 9_000 == 0 { 50 * S } else { random.below(20_000_000) };
        all.push(at);
    }
    teller.task("", "device-7", &all, Some((at + 60 * S, Reason::Inactivity)));
    teller.finish()
}

/// Everything happens at one moment.
pub(super) fn at_once() -> Story {
    let mut teller = Teller::new(500);
    for number in 0..12 {
        teller.task("", &format!("id{number}"), &[T, T, T], Some((T, Reason::Batch)));
    }
    teller.finish()
}

/// All stories with their names.
pub(super) fn all() -> Vec<(&'static str, Story)> {
    let day = 86_400 * S;
    let of = |tasks, groups, span, pause| Many { tasks, groups, span, pause, lanes: 500 };
    vec![
        ("empty", empty()),
        ("five", five()),
        ("forty", many(1, &of(40, 1, 300 * S, 20 * S))),
        ("groups", many(2, &of(560, 3, 3600 * S, 60 * S))),
        ("left-out", many(4, &Many { lanes: 100, ..of(3000, 2, 3 * day, 3600 * S) })),
        ("busy", busy(100_000)),
        ("short", many(5, &of(20, 1, 3_000_000, 300_000))),
        ("nanos", many(6, &of(20, 1, 900, 50))),
        ("years", many(7, &of(60, 1, 3 * 365 * day, 20 * day))),
        ("months", many(8, &of(30, 1, 100 * day, 5 * day))),
        ("one", many(9, &of(1, 1, 1, 10 * S))),
        ("at-once", at_once()),
        ("odd", odd()),
        ("crowd", crowd()),
        ("ages", {
            let mut teller = Teller::new(500);
            teller.task("", "all there is", &[i64::MIN, 0, i64::MAX], Some((i64::MAX, Reason::End)));
            teller.finish()
        }),
    ]
}

/// The texts are the same; if not, the first line that differs is shown.
pub(super) fn same_lines(made: &str, kept: &str) {
    for (made, kept) in made.lines().zip(kept.lines()) {
        assert_eq!(made, kept);
    }
    assert_eq!(made.len(), kept.len());
}

/// Writes all pictures into the directory `TIMELINES`, to be looked at; `five` is kept in `golden`:
/// `TIMELINES=DIR cargo test --bin kapacitor-udfd timeline::testing -- --ignored`.
#[test]
#[ignore = "for looking at"]
fn write_all() {
    use super::svg::svg;
    use super::text::{Screen, text};
    let Ok(directory) = std::env::var("TIMELINES") else { return };
    for (name, story) in all() {
        std::fs::write(format!("{directory}/{name}.svg"), svg(&story)).unwrap();
        std::fs::write(format!("{directory}/{name}.txt"), text(&story, &Screen::of_width(100))).unwrap();
    }
}
