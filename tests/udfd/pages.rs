//! What the command line says of itself: help, manual pages, completions.

use std::io::Write;
use std::process::{Command, Stdio};

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
    ended(&run(["man", "tapp"]), 64, &["no command `tapp`; accepted are serve, check,"]);
}

#[test]
fn completions_know_commands_and_options_and_bash_takes_them() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(["completions", shell]);
        ended(&script, 0, &[]);
        let script = stdout(&script);
        assert!(
            ["kapacitor-conf", "upstream", "socket-dir"].iter().all(|word| script.contains(word)),
            "{shell}"
        );
        if shell == "bash" {
            let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
            bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            assert!(bash.wait().unwrap().success());
        }
    }
    ended(&run(["completions", "csh"]), 64, &["bash, elvish, fish, powershell, zsh"]);
    ended(&run(["--log-level", "info", "man"]), 64, &["man takes its options behind its name"]);
}
