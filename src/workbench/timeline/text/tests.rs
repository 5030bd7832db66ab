//! Holds every text to the width it is given.

use super::super::testing::{self, S};
use super::*;

#[test]
fn no_line_is_wider_than_the_screen() {
    for (name, story) in testing::all() {
        for width in [60, 100, 211] {
            for line in text(&story, &Screen::of_width(width)).lines() {
                assert!(columns(line) <= width, "{name} {width}: {line}");
            }
        }
    }
}

#[test]
fn the_table_has_whole_columns() {
    let story = testing::many(2, &testing::Many { tasks: 99, groups: 1, span: 1, pause: S, lanes: 9 });
    let names = ["shortest", "median", "99 %", "longest"];
    for (width, shown) in [
        (100, vec![0, 1, 2, 3]),
        (80, vec![0, 1, 2, 3]),
        (79, vec![1, 2, 3]),
        (60, vec![1, 3]),
        (41, vec![1]),
    ] {
        let text = text(&story, &Screen::of_width(width));
        let header = text.lines().find(|line| line.contains("median")).unwrap();
        let expected: Vec<_> = shown.iter().map(|at| names[*at]).collect();
        assert_eq!(
            header.split("  ").map(str::trim).filter(|name| !name.is_empty()).collect::<Vec<_>>(),
            expected
        );
        for (name, told) in story.figures.told() {
            let row = text.lines().find(|line| line.starts_with(name)).unwrap();
            let all = [told.shortest, told.median, told.most, told.longest].map(words::duration);
            let values = shown.iter().map(|at| format!("{:>FIGURE$}", all[*at]));
            assert_eq!(row, format!("{name:<NAME$}{}", values.collect::<String>()), "{width}");
        }
    }
    assert!(!text(&story, &Screen::of_width(40)).contains("median"));
}

#[test]
fn the_node_is_whole() {
    let text = text(&testing::five(), &Screen::of_width(60));
    let title: Vec<_> = text.lines().take(2).collect();
    assert_eq!(
        title,
        ["@aggregate() .taskId('user_id') .inactivityTimeout(10s)", ".timeout(1m) .sum('amount', 'total')"]
    );
}

#[test]
fn there_is_a_line_a_lane() {
    for (name, story) in testing::all() {
        let text = text(&story, &Screen::of_width(100));
        let lanes = story.lanes().count();
        let named = story.lanes().filter(|lane| {
            let label = words::label(&lane.label);
            text.lines().any(|line| line.starts_with(&format!("{label} ")))
        });
        assert!(name == "odd" || named.count() == lanes, "{name}");
    }
}

#[test]
fn a_screen_of_one_column_is_no_panic() {
    for (_, story) in testing::all() {
        assert!(!text(&story, &Screen { width: 1, ascii: true }).is_empty());
    }
}

#[test]
fn ascii_is_ascii() {
    for (name, story) in testing::all() {
        assert!(name == "odd" || text(&story, &Screen { width: 100, ascii: true }).is_ascii(), "{name}");
    }
}

/// If it is meant to have changed: `testing::write_all` writes it anew.
#[test]
fn the_picture_of_five() {
    testing::same_lines(&text(&testing::five(), &Screen::of_width(100)), include_str!("../golden/five.txt"));
}
