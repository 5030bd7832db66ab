//! What is kept of what happens.

use super::super::testing::{self, Many, Random, S, T, Teller};
use super::*;

fn told(story: &Story) -> Vec<String> {
    let tasks = |tasks: &[super::super::story::Task]| {
        tasks.iter().map(|task| task.events.to_string()).collect::<Vec<_>>()
    };
    let lanes = story.groups.iter().flat_map(|group| group.lanes.iter().map(move |lane| (group, lane)));
    lanes
        .map(|(group, lane)| format!("{}/{}: {}", group.name, lane.label, tasks(&lane.tasks).join(" ")))
        .collect()
}

#[test]
fn tasks_of_an_id_share_a_lane_unless_they_overlap() {
    let mut teller = Teller::new(500);
    teller.task("g", "a", &[0, 5], Some((10, Reason::Inactivity)));
    teller.task("g", "b", &[1], None);
    teller.task("h", "a", &[2], None);
    teller.task("g", "a", &[9], Some((20, Reason::End)));
    teller.task("g", "a", &[10, 11, 12], Some((30, Reason::End)));
    assert_eq!(told(&teller.finish()), ["g/a: 2 3", "g/a: 1", "g/b: 1", "h/a: 1"]);
}

#[test]
fn a_number_is_used_again_once_its_task_is_over() {
    let mut collector = Collector::new(String::new(), 500);
    collector.event(7, b"", b"a", 1);
    collector.ended(7, Reason::Flush, 1);
    collector.event(7, b"", b"a", 2);
    collector.ended(7, Reason::Stop, 3);
    collector.ended(7, Reason::Stop, 4);
    collector.event(7, b"host=x", b"host=x", 5);
    collector.event(9, b"", b"b", 9);
    let story = collector.finish();
    assert_eq!(told(&story), ["/a: 2", "/host=x: 1", "/b: 1"]);
    assert_eq!((story.from, story.until, story.figures.still_open), (1, 9, 2));
    assert_eq!(story.figures.reasons().collect::<Vec<_>>(), [(Reason::Stop, 1)]);
}

#[test]
fn the_figures_know_those_left_out_too() {
    let mut teller = Teller::new(2);
    for number in 0..100 {
        teller.task("", &number.to_string(), &[number, number + 3], Some((number + 10, Reason::Inactivity)));
    }
    let story = teller.finish();
    assert_eq!(told(&story), ["/0: 2", "/1: 2"]);
    assert_eq!((story.left_out, story.figures.tasks, story.figures.events), (98, 100, 200));
    // Nothing is drawn behind the last task's end, and the head speaks of all.
    assert_eq!((story.from, story.until, story.whole), (0, 11, (0, 109)));
    let told: Vec<_> =
        story.figures.told().map(|(_, told)| (told.shortest, told.median, told.longest)).collect();
    assert_eq!(told, [(3, 3, 3), (3, 3, 3), (7, 7, 7)]);
}

#[test]
fn the_figures_do_not_depend_on_the_lanes() {
    let told = |lanes| {
        let many = Many { tasks: 2000, groups: 3, span: 3600 * S, pause: 60 * S, lanes };
        let story = testing::many(12, &many);
        (story.figures.told().collect::<Vec<_>>(), story.whole)
    };
    let (all, few) = (told(5000), told(10));
    assert_eq!(all, few);
    assert_eq!(all.0.len(), 4, "{all:?}");
}

#[test]
fn only_inactivity_says_how_long_an_id_was_away() {
    let mut teller = Teller::new(500);
    teller.task("", "a", &[0, 5], Some((5, Reason::MaxEvents)));
    teller.task("", "a", &[6, 8], Some((16, Reason::Timeout)));
    teller.task("", "a", &[20], Some((30, Reason::Inactivity)));
    teller.task("", "a", &[50], Some((50, Reason::End)));
    let told: Vec<_> = teller
        .finish()
        .figures
        .told()
        .skip(2)
        .map(|(name, told)| (name, told.shortest, told.longest))
        .collect();
    assert_eq!(told, [("from last event to timeout", 8, 10), ("id back after inactivity", 30, 30)]);
}

#[test]
fn more_ids_than_are_followed_are_told_of() {
    let story = testing::crowd();
    let last = story.figures.told().last().unwrap();
    let away = (5 * S - 99_999).unsigned_abs();
    assert_eq!((last.0, last.1.shortest, last.1.longest), ("id back after inactivity", away, away));
    assert_eq!(story.figures.note().as_deref(), Some("id back: of the first 100,000 ids only"));
    assert_eq!(testing::five().figures.note(), None);
}

#[test]
fn a_lane_has_a_bound_for_tasks_and_one_for_events() {
    let mut random = Random(1);
    let mut teller = Teller::new(500);
    let events: Vec<_> = (0..300_000).map(|number| T + number * S / 10 + random.below(S)).collect();
    teller.task("", "busy", &events, None);
    for number in 0..1000 {
        teller.task("", "often", &[T + number * S], Some((T + number * S, Reason::Batch)));
    }
    let story = teller.finish();
    let lanes: Vec<_> = story.lanes().collect();
    assert!(lanes[0].marks() <= 2_000, "{}", lanes[0].marks());
    assert_eq!(lanes[0].tasks[0].marks.iter().map(|mark| mark.events).sum::<u32>(), 300_000);
    assert_eq!((lanes[1].tasks.len(), lanes[1].left_out, story.left_out), (200, 800, 800));
}
