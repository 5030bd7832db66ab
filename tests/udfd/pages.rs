//! What the command line says of itself: help, manual pages, completions.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::daemon::{run, stdout};
use crate::place::ended;

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = stdout(&run(["--help"]));
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let names = list.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(["serve", "tap", "man"].iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

/// The long options that a command's help lists.
fn options(help: &str) -> Vec<&str> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split([' ', ',']));
    words
        .take_while(|word| *word != "Examples:")
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect()
}

#[test]
fn every_command_shows_examples() {
    for name in commands() {
        for flag in ["-h", "--help"] {
            let help = stdout(&run([name.as_str(), flag]));
            let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{name}: {help}"));
            assert!(
                examples.contains("  # ") && examples.contains("\n  kapacitor-udfd"),
                "{name}: {examples}"
            );
            assert!(examples.lines().all(|line| line.starts_with("  ")), "{name}: wrapped: {examples}");
        }
    }
    assert!(stdout(&run(["--help"])).contains("\nExamples:\n"));
}

#[test]
fn a_manual_page_names_every_option() {
    for name in commands() {
        let page = run(["man", name.as_str()]);
        ended(&page, 0, &[]);
        let page = stdout(&page);
        assert!(page.starts_with(".ie ") || page.starts_with(".TH "), "{page}");
        assert!(page.contains(&format!(".TH kapacitor-udfd-{name} 1")), "{page}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"] {
            assert!(page.contains(&format!("\n.SH {section}\n")), "{name}: {section}");
        }
        let help = stdout(&run([name.as_str(), "--help"]));
        for option in options(&help) {
            assert!(page.contains(&option.replace('-', "\\-")), "{name}: {option} is not in {page}");
        }
    }
    let whole = stdout(&run(["man"]));
    assert!(whole.contains(".TH kapacitor-udfd 1") && whole.contains("\n.SH SUBCOMMANDS\n"), "{whole}");
    assert!(
        commands()
            .iter()
            .all(|name| whole.contains(&format!("kapacitor\\-udfd\\-{}", name.replace('-', "\\-"))))
    );
    assert!(!whole.contains("udfd\\-help"), "{whole}");
    ended(&run(["man", "tapp"]), 64, &["[possible values: run, timeline,", "a similar value exists: 'tap'"]);
}

#[test]
fn a_manual_page_says_of_which_version_it_is() {
    let source = format!("\"kapacitor-udfd {}\"", env!("CARGO_PKG_VERSION"));
    for page in [run(["man"]), run(["man", "kapacitor-conf"])] {
        let page = stdout(&page);
        let title = page.lines().find(|line| line.starts_with(".TH ")).unwrap();
        assert!(title.contains(&source), "{title}");
    }
}

/// The examples of a command as a shell takes them, each with all its lines.
fn examples(name: &str) -> Vec<String> {
    let help = stdout(&run([name, "--help"]));
    let (_, examples) = help.split_once("\nExamples:\n").unwrap();
    let lines = examples.replace("\\\n", "");
    lines.lines().filter(|line| !line.starts_with("  #")).map(str::to_owned).collect()
}

/// Where the examples can be tried.
fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"), place.path().join("examples")).unwrap();
    place
}

fn bash(place: &TempDir, script: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_kapacitor-udfd")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["-c", script]).current_dir(place.path()).env("PATH", path).output().unwrap()
}

#[test]
fn examples_on_bundled_files_work() {
    let place = place();
    let bundled: Vec<_> = ["run", "timeline"].into_iter().flat_map(examples).collect();
    let bundled: Vec<_> = bundled.iter().filter(|line| line.contains("examples/data/")).collect();
    assert_eq!(bundled.len(), 5);
    for line in bundled {
        let output = bash(&place, line);
        ended(&output, 0, &[]);
        assert_eq!(output.stdout.is_empty(), line.contains(" -o "), "{line}");
    }
    let picture = fs::read_to_string(place.path().join("web.svg")).unwrap();
    assert!(picture.contains("<svg "));
}

#[test]
fn all_pages_are_installed_as_the_example_says() {
    let place = place();
    for line in examples("man").iter().filter(|line| line.contains("/usr/local/share/man/man1/")) {
        ended(&bash(&place, &line.replace("/usr/local/share/man/man1/", "")), 0, &[]);
    }
    for page in commands().iter().map(|name| format!("kapacitor-udfd-{name}.1")) {
        assert!(fs::read_to_string(place.path().join(&page)).unwrap().contains("\n.SH NAME\n"), "{page}");
    }
    assert!(place.path().join("kapacitor-udfd.1").exists());
}

#[test]
fn completions_know_commands_and_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]);
        ended(&script, 0, &[]);
        let script = stdout(&script);
        assert!(
            ["kapacitor-conf", "upstream", "socket-dir"].iter().all(|word| script.contains(word)),
            "{shell}"
        );
    }
    ended(&run(["completions", "csh"]), 64, &["bash, elvish, fish, powershell, zsh"]);
    ended(&run(["--log-level", "info", "man"]), 64, &["man takes its options behind its name"]);
}

/// What bash offers for the last of these words.
fn completed(place: &TempDir, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source <(kapacitor-udfd completions bash); COMP_WORDS=({}); COMP_CWORD={}; \
         _kapacitor__udfd kapacitor-udfd '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let output = bash(place, &script);
    ended(&output, 0, &[]);
    stdout(&output).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes() {
    let place = place();
    for (words, offered) in [
        (&["ti"][..], &["timeline"][..]),
        (&["--socket-"], &["--socket-dir"]),
        (&["run", "--cl"], &["--clock"]),
        (&["run", "--end", ""], &["wait", "stop"]),
        (&["tap", "--only", "po"], &["point"]),
        (&["kapacitor-conf", "--log-l"], &["--log-level"]),
        (&["man", "ti"], &["timeline"]),
        (&["completions", "fi"], &["fish"]),
        (&["run", "--tick", "exa"], &["examples"]),
    ] {
        let words = [&["kapacitor-udfd"], words].concat();
        assert_eq!(completed(&place, &words), offered, "{words:?}");
    }
}
