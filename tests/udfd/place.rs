//! A directory of its own for each test, and the ways to start a daemon there.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::daemon::{Daemon, run, stderr};

/// A directory for sockets, and the arguments that say so.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) args: Vec<String>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let args = vec!["--socket-dir".to_owned(), dir.path().to_str().unwrap().to_owned()];
        Self { dir, args }
    }

    /// With a configuration file too.
    pub(crate) fn configured(config: &str) -> Self {
        let mut place = Self::new();
        let file = place.dir.path().join("udfd.toml");
        fs::write(&file, config).unwrap();
        place.args.extend(["--config".to_owned(), file.to_str().unwrap().to_owned()]);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn start(&self) -> Daemon {
        Daemon::start(&self.args)
    }

    /// For a daemon that does not get as far as to serve.
    pub(crate) fn run(&self, more: &[&str]) -> Output {
        run(self.args.iter().map(String::as_str).chain(more.iter().copied()))
    }

    /// The daemon cannot be started, and says so with this code and these words.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, words: &[&str]) {
        ended(&self.run(&[]), code, words);
    }
}

#[track_caller]
pub(crate) fn ended(output: &Output, code: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for words in words {
        assert!(said.contains(words), "no {words:?} in: {said}");
    }
}

/// The daemon under a shell's `settings`, such as its umask.
pub(crate) fn under_shell(settings: &str, args: &[String]) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("{settings}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_kapacitor-udfd")]).args(args);
    shell
}
