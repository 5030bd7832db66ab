//! Why a configuration is refused, in words, with the lines of the file that it stands in. Judges
//! nothing itself.

use std::iter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use thiserror::Error;

use super::functions::SUN_PATH;
use super::handler::{Edges, HandlerKind};
use super::raw;
use super::value::Word;
use crate::edge::Edge;

/// The configuration cannot be used; the daemon does not start.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file could not be read as text.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file as it was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in the file or on the command line is not accepted.
    #[error("{rendered}")]
    Refused {
        /// What it is.
        problem: Problem,
        /// The problem in words, and if it stands in the file, the place: file, line and caret.
        rendered: String,
    },
}

/// What is not accepted in a configuration.
#[derive(Debug, Error)]
pub enum Problem {
    /// Bad syntax, an unknown key, a value of a wrong type or one that is never accepted.
    #[error("{0}")]
    Toml(String),
    /// `socket_dir` would depend on the directory the daemon was started in.
    #[error("socket_dir `{}` is relative; give an absolute path, since Kapacitor is told the same one",
            dir.display())]
    RelativeSocketDir {
        /// What was given.
        dir: PathBuf,
    },
    /// A socket's path would depend on it.
    #[error(
        "function `{function}`: socket path `{}` is relative; give an absolute path, since Kapacitor is told the same one",
        path.display()
    )]
    RelativePath {
        /// The function's name.
        function: String,
        /// What was given.
        path: PathBuf,
    },
    /// A limit that would make no sense.
    #[error("{key} {given} is out of range; accepted is {least} to {most}")]
    OutOfRange {
        /// The key of the limit.
        key: &'static str,
        /// What was given.
        given: String,
        /// The smallest accepted value.
        least: String,
        /// The largest accepted value.
        most: String,
    },
    /// A snapshot of the allowed size could not be restored.
    #[error(
        "max_snapshot {snapshot} does not fit in max_frame {frame}, and a snapshot comes back as one frame; \
         lower max_snapshot or raise max_frame"
    )]
    SnapshotOverFrame {
        /// The largest snapshot.
        snapshot: String,
        /// The largest frame.
        frame: String,
    },
    /// A function that is not one of the defaults says nothing about its handler.
    #[error("function `{function}` has no handler; add `handler = \"mirror\"` or another kind of handler")]
    NoHandler {
        /// Its name.
        function: String,
    },
    /// The handler cannot stand between these edges.
    #[error(
        "function `{function}`: handler {handler} cannot serve {}; accepted is {}",
        Asked(*wants, *provides), Listed(handler.accepted())
    )]
    Edges {
        /// The function's name.
        function: String,
        /// Its handler.
        handler: HandlerKind,
        /// What it should want, if that was said.
        wants: Option<Edge>,
        /// What it should provide, if that was said.
        provides: Option<Edge>,
    },
    /// The handler has no use for a bound of scripts.
    #[error(
        "function `{function}`: {key} means nothing for handler {handler}, which runs no scripts; it is accepted for {}",
        scripted()
    )]
    NoScripts {
        /// The function's name.
        function: String,
        /// Its handler.
        handler: HandlerKind,
        /// The key.
        key: &'static str,
    },
    /// Nobody could connect.
    #[error(
        "function `{function}`: allowed_uids is empty and would let nobody in; name a uid or leave the key out"
    )]
    NoUids {
        /// Its name.
        function: String,
    },
    /// The system takes no socket with this path.
    #[error(
        "function `{function}`: socket path {path:?} has {} bytes, the system's limit is {SUN_PATH}; choose a shorter one",
        path.as_os_str().len()
    )]
    LongPath {
        /// The function's name.
        function: String,
        /// The path.
        path: PathBuf,
    },
    /// The path cannot be written in a configuration of Kapacitor.
    #[error("function `{function}`: socket path {path:?} is not plain text; choose one in UTF-8 without NUL")]
    OddPath {
        /// The function's name.
        function: String,
        /// The path.
        path: PathBuf,
    },
    /// Kapacitor asks for the edges once a socket, so each function needs its own.
    #[error("functions `{first}` and `{second}` have the same socket {}; give one of them another", path.display())]
    SharedSocket {
        /// The path of both.
        path: PathBuf,
        /// The function named first.
        first: String,
        /// The function named second.
        second: String,
    },
    /// No function is left.
    #[error("every function is disabled, so there is nothing to serve; enable at least one")]
    NothingEnabled,
    /// The command line names a function that is not served.
    #[error("--socket names `{name}`, which is no enabled function; known are {}", known.join(", "))]
    UnknownFunction {
        /// The name given.
        name: String,
        /// The functions that are served.
        known: Vec<String>,
    },
}

/// A problem with the byte ranges of the file where it stands, the most telling one first. None if it
/// does not stand in the file.
#[derive(Debug)]
pub(super) struct Located {
    problem: Problem,
    marks: Vec<Range<usize>>,
}

impl Problem {
    pub(super) fn at(self, marks: impl IntoIterator<Item = Range<usize>>) -> Located {
        Located { problem: self, marks: marks.into_iter().collect() }
    }
}

impl From<toml::de::Error> for Located {
    fn from(error: toml::de::Error) -> Self {
        Problem::Toml(error.message().to_owned()).at(error.span())
    }
}

impl Located {
    /// For `text` that is no TOML. The parser knows no keys: what one accepts is said here, since the
    /// likeliest mistakes, `mode = 0660` and a string without quotes, are of this kind.
    pub(super) fn syntax(error: &toml::de::Error, text: &str) -> Self {
        let (message, span) = (error.message(), error.span());
        let key = span.as_ref().and_then(|span| key_before(text.get(..span.start)?));
        let accepted = key.and_then(|key| Some((key, raw::accepted(key)?)));
        let words = match accepted {
            Some((key, accepted)) => format!("{message}; accepted for {key} is {accepted}"),
            None => message.to_owned(),
        };
        Problem::Toml(words).at(span)
    }

    /// Puts the problem in words, over the lines of `file` that it stands in.
    pub(super) fn in_file(self, file: &Path, text: &str) -> ConfigError {
        let Self { problem, marks } = self;
        let words = problem.to_string();
        let rendered = if marks.is_empty() { words } else { excerpt(&words, file, text, marks) };
        ConfigError::Refused { problem, rendered }
    }
}

/// The key of the value in whose midst `text` ends, if it began in the same line.
fn key_before(text: &str) -> Option<&str> {
    let (before, value) = text.rsplit_once('=')?;
    let key = before.trim_end().rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
    key.filter(|_| !value.contains('\n'))
}

fn excerpt(words: &str, file: &Path, text: &str, marks: Vec<Range<usize>>) -> String {
    let kinds = iter::once(AnnotationKind::Primary).chain(iter::repeat(AnnotationKind::Context));
    let snippet = Snippet::source(text)
        .path(file.display().to_string())
        .annotations(kinds.zip(marks).map(|(kind, mark)| kind.span(mark)));
    let title = Level::ERROR.no_name().primary_title(words);
    Renderer::plain().render(&[title.element(snippet)])
}

/// The edges asked for, `any` where nothing was said.
struct Asked(Option<Edge>, Option<Edge>);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |edge: Option<Edge>| edge.map_or_else(|| "any".to_owned(), |edge| edge.to_string());
        write!(f, "{} -> {}", word(self.0), word(self.1))
    }
}

/// The handlers that run scripts, in words.
fn scripted() -> String {
    let kinds = HandlerKind::ALL.iter().filter(|kind| kind.runs_scripts());
    kinds.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Pairs of edges, as alternatives.
struct Listed(&'static [Edges]);

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(" or "))
    }
}
