//! The scripts that examples/README.md tries: what they say goes in and comes out does so through `run` too.

use std::fs;

use tempfile::TempDir;

use super::{normal, printed, sorted};

/// Each with what `run` is told of the groups that it makes.
const SCRIPTS: [(&str, &[&str]); 4] = [
    ("aggregate_late_trips", &["--group-by", "line"]),
    ("aggregate_lost_jobs", &["--group-by", "job"]),
    ("aggregate_silence", &["--group-by", "device"]),
    ("aggregate_spending", &[]),
];

#[test]
fn the_points_that_the_scripts_show_come_out() {
    let directory = TempDir::new().unwrap();
    let input = directory.path().join("shown.lp");
    for (name, groups) in SCRIPTS {
        let script = format!("{}/examples/{name}.tick", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(&script).unwrap();
        let comment = text.lines().filter_map(|line| line.strip_prefix("//     "));
        let shown: Vec<_> = comment.filter(|line| line.contains('=')).collect();
        let measurement = text.split_once(".measurement('").unwrap().1.split_once('\'').unwrap().0;
        let (goes_in, comes_out): (Vec<_>, Vec<_>) =
            shown.into_iter().partition(|line| line.starts_with(&format!("{measurement},")));
        assert!(goes_in.len() >= 2 && comes_out.len() == 1, "{name}");
        fs::write(&input, goes_in.join("\n")).unwrap();
        let arguments =
            [groups, &["--tick", &script, "--node", "aggregate2", input.to_str().unwrap()]].concat();
        let seen = printed(&arguments);
        assert!(seen.contains(&normal(comes_out[0])), "{name}: {seen:?}");
        let passed = sorted(goes_in.into_iter().map(normal));
        assert!(name != "aggregate_silence" || passed.iter().all(|line| seen.contains(line)), "{seen:?}");
    }
}
