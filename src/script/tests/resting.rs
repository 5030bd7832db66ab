//! Scripts that use up their budget are not run for a while, and the log is not drowned.

use super::super::log::Limiter;
use super::*;

const SECOND: UnixNanos = 1_000_000_000;

#[test]
fn a_script_that_always_uses_up_its_budget_rests() {
    let budget = Budget { operations: 500, time: Duration::from_secs(10) };
    let mut node = Node::with_budget(Part::Code, "if event.cached { loop {} }", budget);
    let uses_up = |node: &mut Node| {
        for call in 0..100 {
            match node.run(Part::Code) {
                Err(Failed::BackedOff) => return call,
                Err(Failed::Script(_)) => {}
                Ok(()) => panic!("it ended"),
            }
        }
        panic!("it goes on");
    };
    assert_eq!(uses_up(&mut node), 20);
    assert_eq!(node.scripts.counts(), Counts { failed: 20, backed_off: 1 });
    node.now += 10 * SECOND - 1;
    assert_eq!(uses_up(&mut node), 0);
    // Then once, and twice as long, up to five minutes.
    for rest in [20, 40, 80, 160, 300, 300] {
        node.now += 300 * SECOND;
        assert_eq!(uses_up(&mut node), 1);
        node.now += rest * SECOND - 1;
        assert_eq!(uses_up(&mut node), 0, "{rest}");
    }
    node.now += 1;
    node.point.fields_bool.insert("cached".to_owned(), false);
    for _ in 0..20 {
        assert_eq!(node.run(Part::Code), Ok(()));
    }
    node.point.fields_bool.insert("cached".to_owned(), true);
    assert_eq!(uses_up(&mut node), 20);
    node.now += 10 * SECOND;
    assert_eq!(uses_up(&mut node), 1);
}

#[test]
fn a_script_that_takes_most_of_the_time_rests() {
    let mut rests = super::super::back_off::BackOff::default();
    let took = Duration::from_millis(50);
    // A tenth of the time is well, and so is anything that comes through in between.
    let mut now = 1_600_000_000 * SECOND;
    for _ in 0..1_000 {
        now += SECOND / 2;
        assert_eq!(rests.used_up(now, took), None);
        rests.came_through();
    }
    // Nearly all of it is not.
    let calls = (0..1_000).find(|_| {
        now += SECOND / 20;
        let rest = rests.used_up(now, took);
        if rest.is_none() {
            rests.came_through();
        }
        rest.is_some()
    });
    assert_eq!(calls, Some(37));
    assert!(!rests.admits(now + 10 * SECOND - 1) && rests.admits(now + 10 * SECOND));
}

#[test]
fn conditions_rest_too_and_are_false() {
    struct Nothing;
    impl Look for Nothing {
        fn tag(&self, _: usize) -> Option<&[u8]> {
            None
        }
        fn field(&self, _: usize) -> Option<Value<'_>> {
            None
        }
        fn count(&self) -> u64 {
            0
        }
    }
    let budget = Budget { operations: 5, time: Duration::from_secs(10) };
    let mut node = Node::with_budget(Part::EndWhen, "event.nothing + 1 + 1 + 1 + 1 > 10", budget);
    let mut filled = 0;
    for _ in 0..30 {
        assert!(!node.scripts.holds(Part::EndWhen, 0, &Nothing, |_| filled += 1));
    }
    assert_eq!(filled, 20);
    assert_eq!(node.scripts.counts(), Counts { failed: 20, backed_off: 10 });
}

#[test]
fn ten_lines_are_logged_at_once_and_then_one_a_second() {
    let mut limiter = Limiter::default();
    let mut now = 1_700_000_000 * SECOND;
    let admitted =
        |limiter: &mut Limiter, now| (0..100).filter_map(|_| limiter.admit(now)).collect::<Vec<_>>();
    assert_eq!(admitted(&mut limiter, now), [0; 10]);
    assert_eq!(admitted(&mut limiter, now + SECOND - 1), [0; 0]);
    assert_eq!(admitted(&mut limiter, now + SECOND), [190]);
    now += 3 * SECOND;
    assert_eq!(admitted(&mut limiter, now), [99, 0]);
    now += 60 * SECOND;
    assert_eq!(admitted(&mut limiter, now), [98, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn one_good_call_does_not_make_up_for_many() {
    let mut rests = super::super::back_off::BackOff::default();
    let took = Duration::from_millis(50);
    let mut now = 1_600_000_000 * SECOND;
    let mut rest = |good: u32| {
        (0..good).for_each(|_| rests.came_through());
        let rest = (0..20).find_map(|_| rests.used_up(now, took)).unwrap();
        now += 400 * SECOND;
        rest.as_secs()
    };
    assert_eq!([rest(0), rest(0), rest(0), rest(0)], [10, 20, 40, 80]);
    assert_eq!([rest(1), rest(0), rest(2), rest(20)], [80, 160, 80, 10]);
}

#[test]
fn a_clock_that_is_set_back_ends_a_rest() {
    let mut rests = super::super::back_off::BackOff::default();
    let now = 1_600_000_000 * SECOND;
    assert!((0..20).any(|_| rests.used_up(now, Duration::ZERO).is_some()));
    assert!(!rests.admits(now + SECOND));
    assert!(rests.admits(now - 1_000 * SECOND));
    let mut limiter = Limiter::new(1, 10 * SECOND);
    assert_eq!([limiter.admit(now), limiter.admit(now)], [Some(0), None]);
    assert_eq!(limiter.admit(now - 1_000 * SECOND), Some(1));
}

#[test]
fn what_takes_too_long_and_fails_otherwise_rests_too() {
    let budget = Budget { operations: 1_000_000, time: Duration::from_millis(1) };
    for end in ["throw 1", "event.x = task", "panic_now()", "let t = \"a\"; t.pad(70000, \"a\")"] {
        let code = format!("let i = 0; while i < 6 {{ i += 1 }} wait(); {end}");
        let mut node = Node::with_budget(Part::Code, &code, budget);
        let failed = (0..21).filter(|_| matches!(node.run(Part::Code), Err(Failed::Script(_)))).count();
        assert_eq!(failed, 20, "{end}");
    }
}

#[test]
fn only_what_is_logged_is_drawn_if_nobody_else_wants_it() {
    let mut node = Node::new(Part::Code, "throw 1");
    node.scripts.be_terse();
    assert!(matches!(node.run(Part::Code), Err(Failed::Script(message)) if message.contains("throw 1")));
    assert_eq!(node.run(Part::Code), Err(Failed::Script(String::new())));
    node.now += 10 * SECOND;
    assert!(matches!(node.run(Part::Code), Err(Failed::Script(message)) if message.contains("throw 1")));
}
