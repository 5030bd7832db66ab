//! Holds every picture to what makes one readable.

use std::collections::BTreeSet;

use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::super::testing::{self, Many, S, T, Teller};
use super::super::words::columns;
use super::*;

/// A box: left, top, right, bottom.
type Box = (f64, f64, f64, f64);

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn texts<'a, 'input>(document: &'a Document<'input>) -> Vec<Node<'a, 'input>> {
    document.descendants().filter(|node| node.has_tag_name("text")).collect()
}

/// What is written, without what is said when it is pointed at.
fn written(text: Node<'_, '_>) -> String {
    text.children().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

fn box_of(text: Node<'_, '_>) -> Box {
    let (x, y, font) = (number(text, "x"), number(text, "y"), number(text, "font-size"));
    let words = written(text);
    let ems = if has_class(text, "node") { columns(&words) * 620 } else { page::measure(&words) };
    let width = f64::from(u32::try_from(ems).unwrap()) * font / 1000.0;
    let left = match text.attribute("text-anchor") {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    (left, y - font * 0.8, left + width, y + font * 0.2)
}

/// Where a path has been, `A` taken for its end point.
fn points(d: &str) -> Vec<(f64, f64)> {
    let (mut at, mut all) = ((0.0, 0.0), Vec::new());
    let spaced: String =
        d.chars().map(|c| if c.is_alphabetic() { format!(" {c} ") } else { c.to_string() }).collect();
    let mut words = spaced.split_whitespace().peekable();
    while let Some(command) = words.next() {
        let mut next = || words.next().unwrap().parse::<f64>().unwrap();
        at = match command {
            "M" | "L" => (next(), next()),
            "m" | "l" => (at.0 + next(), at.1 + next()),
            "H" => (next(), at.1),
            "h" => (at.0 + next(), at.1),
            "V" => (at.0, next()),
            "v" => (at.0, at.1 + next()),
            "a" => {
                let radius = next();
                for _ in 0..4 {
                    next();
                }
                all.extend([(at.0, at.1 - radius), (at.0, at.1 + radius)]);
                (at.0 + next(), at.1 + next())
            }
            "z" => continue,
            other => panic!("{other} in {d}"),
        };
        all.push(at);
    }
    all
}

fn check(name: &str, story: &Story) {
    let svg = svg(story);
    let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{name}: {error}"));
    let root = document.root_element();
    let page = (number(root, "width"), number(root, "height"));
    assert_eq!(root.attribute("viewBox").unwrap(), format!("0 0 {} {}", px(page.0), px(page.1)));
    nothing_foreign(name, &document);
    texts_stand_apart(name, &document, page);
    ticks_are_few_and_not_too_few(name, story, &document);
    marks_lie_in_their_lane(name, story, &document);
    the_legend_has_what_occurs(name, story, &document);
}

fn nothing_foreign(name: &str, document: &Document<'_>) {
    for node in document.descendants().filter(Node::is_element) {
        assert!(
            ["svg", "style", "rect", "path", "text", "g", "title"].contains(&node.tag_name().name()),
            "{name}"
        );
        for attribute in node.attributes() {
            assert!(!attribute.name().contains("href") && !attribute.value().contains("url("), "{name}");
        }
    }
}

fn texts_stand_apart(name: &str, document: &Document<'_>, page: (f64, f64)) {
    let mut boxes: Vec<_> = texts(document).into_iter().map(|text| (box_of(text), written(text))).collect();
    for ((left, top, right, bottom), words) in &boxes {
        let is_inside = *left >= 0.0 && *top >= 0.0 && *right <= page.0 && *bottom <= page.1;
        assert!(is_inside, "{name}: {words} from {left} {top} to {right} {bottom} of {page:?}");
    }
    boxes.sort_by(|(a, _), (b, _)| a.1.total_cmp(&b.1));
    for (place, (one, words)) in boxes.iter().enumerate() {
        for (other, others) in boxes[place + 1..].iter().take_while(|(other, _)| other.1 < one.3) {
            let is_apart = one.2 <= other.0 || other.2 <= one.0;
            assert!(is_apart, "{name}: '{words}' {one:?} lies over '{others}' {other:?}");
        }
    }
}

fn ticks_are_few_and_not_too_few(name: &str, story: &Story, document: &Document<'_>) {
    let ticks = texts(document).into_iter().filter(|text| has_class(*text, "tick"));
    let ys: Vec<_> = ticks.map(|tick| tick.attribute("y").unwrap()).collect();
    let first = ys.iter().filter(|y| **y == ys[0]).count();
    assert!(story.groups.is_empty() || (4..=12).contains(&first), "{name}: {first} ticks");
    assert_eq!(ys.len() % first.max(1), 0, "{name}: one axis is not as the other");
}

fn marks_lie_in_their_lane(name: &str, story: &Story, document: &Document<'_>) {
    let size = Size::of(story.lanes().count());
    let mut lane = None;
    let mut tasks = 0;
    for node in document.root_element().children().filter(Node::is_element) {
        if has_class(node, "label") {
            let middle = number(node, "y") - size.font * 0.35;
            lane = Some((middle, number(node, "x") + GUTTER));
        } else if let Some((middle, left)) = lane.filter(|_| node.has_tag_name("g")) {
            tasks += 1;
            let rects = node.children().filter(|child| child.has_tag_name("rect"));
            let corners = rects.flat_map(|rect| {
                let (x, y) = (number(rect, "x"), number(rect, "y"));
                [(x, y), (x + number(rect, "width"), y + number(rect, "height"))]
            });
            let paths = node.children().filter_map(|child| child.attribute("d")).flat_map(points);
            for (x, y) in corners.chain(paths) {
                assert!((y - middle).abs() <= size.lane / 2.0, "{name}: {y} in the lane at {middle}");
                assert!((left - 8.0..=WIDTH - RIGHT + 8.0).contains(&x), "{name}: {x}");
            }
        }
    }
    assert_eq!(tasks, story.lanes().map(|lane| lane.tasks.len()).sum::<usize>(), "{name}");
}

fn the_legend_has_what_occurs(name: &str, story: &Story, document: &Document<'_>) {
    let keys = texts(document).into_iter().filter(|text| has_class(*text, "key"));
    let said: BTreeSet<_> = keys.map(|text| written(text).rsplit_once(' ').unwrap().0.to_owned()).collect();
    let ends = story.lanes().flat_map(|lane| &lane.tasks).map(|task| match task.end {
        Some((_, reason)) => reason.word().to_owned(),
        None => "still open".to_owned(),
    });
    let mut expected: BTreeSet<_> = ends.collect();
    if !expected.is_empty() {
        expected.extend(["an", "first to last", "waits for the"].map(str::to_owned));
    }
    if strokes(document) > 0 {
        expected.insert("an end without".to_owned());
    }
    assert_eq!(said, expected, "{name}");
}

/// Ends of lanes that are no shapes.
fn strokes(document: &Document<'_>) -> usize {
    let lanes = document.root_element().children().skip_while(|node| !has_class(*node, "label"));
    let ended = lanes.filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("by-")));
    ended.flat_map(|task| task.children()).filter(|part| has_class(*part, "line")).count()
}

#[test]
fn a_scale_of_whatever_length_is_labelled() {
    for exponent in 0..60 {
        for factor in [2, 5, 11] {
            let shortest = 3_i64 << exponent;
            let mut teller = Teller::new(1);
            let Some(until) = shortest.checked_mul(factor + 1) else { continue };
            teller.task("", "a", &[0, shortest, until], None);
            let scale = spreads::Scale::of(&teller.finish().figures, (660.0, 1176.0)).unwrap();
            assert!(scale.labels().len() >= 2, "{shortest} {factor}: {:?}", scale.labels());
        }
    }
}

#[test]
fn every_picture_is_readable() {
    for (name, story) in testing::all() {
        check(name, &story);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn so_is_any_other(seed in any::<u64>(), tasks in 1..90_usize, groups in 1..4_usize, span in 0..60_u32, pause in 4..58_u32) {
        let many = Many { tasks, groups, span: 1 << span, pause: 1 << pause, lanes: 60 };
        let story = testing::many(seed, &many);
        // What is only among those left out is in the legend too.
        if story.left_out == 0 {
            check("random", &story);
        }
    }

    #[test]
    fn any_id_makes_a_picture(ids in proptest::collection::vec(any::<String>(), 1..20), group in any::<String>()) {
        let mut teller = Teller::new(500);
        for (number, id) in (0..).zip(&ids) {
            teller.task(&group, id, &[T + number * S, T + (number + 3) * S], None);
        }
        check("ids", &teller.finish());
    }
}

#[test]
fn what_is_written_small_can_be_had_whole() {
    let id = "an id of more than forty characters, with its end here";
    let mut teller = Teller::new(500);
    teller.task("", id, &[T], None);
    let svg = svg(&teller.finish());
    let document = Document::parse(&svg).unwrap();
    let label = texts(&document).into_iter().find(|text| has_class(*text, "label")).unwrap();
    assert!(written(label).contains('…') && written(label).ends_with("here"));
    assert_eq!(
        label.children().find(|child| child.has_tag_name("title")).and_then(|title| title.text()),
        Some(id)
    );
}

#[test]
fn the_size_has_a_bound() {
    assert!(svg(&testing::busy(100_000)).len() < 16_000);
    let mut teller = Teller::new(500);
    let events: Vec<_> = (0..2_000).map(|number| T + number * S + number % 3).collect();
    for number in 0..500 {
        teller.task("", &number.to_string(), &events, None);
    }
    let length = svg(&teller.finish()).len();
    assert!(length < 500 * 4_500, "{length}");
    let mut teller = Teller::new(5_000);
    for number in 0..100_000 {
        teller.task(
            "",
            &(number % 5_000).to_string(),
            &[T + number * S],
            Some((T + (number + 60) * S, kapacitor_udfd::aggregate::Reason::Inactivity)),
        );
    }
    let length = svg(&teller.finish()).len();
    assert!(length < 20_000 * 650 + 5_000 * 200, "{length}");
}

/// If it is meant to have changed: `testing::write_all` writes it anew.
#[test]
fn the_picture_of_five() {
    testing::same_lines(&svg(&testing::five()), include_str!("../golden/five.svg"));
}
