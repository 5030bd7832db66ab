//! Holds every text to the width it is given.

use super::super::testing;
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
