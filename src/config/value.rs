//! Values of the configuration file that have a meaning. Each is judged while TOML is read, so that an
//! error points at it; none knows of any other value.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::{Deserialize, Deserializer, SeqAccess};
use thiserror::Error;

use super::reader::{self, Readable};
use crate::edge::Edge;

/// Why a single value was refused.
#[derive(Debug, Error)]
pub(super) enum ValueError {
    #[error("{0:?} is not known here; accepted is {1}")]
    Word(String, String),
    #[error(
        "`{0}` cannot be called from a TICKscript; a function's name is an ASCII letter, \
         then ASCII letters, digits and underscores"
    )]
    Name(String),
    #[error("`{0}` cannot be called from a TICKscript: the word is a keyword there; choose another name")]
    Keyword(String),
    #[error(
        "mode {0:?} is not octal; accepted are three or four octal digits up to \"0777\", such as \"0660\""
    )]
    Mode(String),
    #[error(
        "{0:?} is not a size; accepted is a number of bytes with a unit, such as \"64KiB\" or \"256MiB\""
    )]
    Size(String),
    #[error(
        "{0:?} is not a duration; accepted is a number with a unit, such as \"500ms\", \"30s\" or \"2m\""
    )]
    Time(String),
    #[error(
        "the path is empty; accepted is one such as \"/run/mirror.sock\"; leave the key out for the default"
    )]
    Path,
}

/// Values that are read by their [`Readable`].
macro_rules! read_as_readable {
    ($($value:ident),*) => {
        $(impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                reader::read(deserializer)
            }
        })*
    };
}

read_as_readable!(Switch, Count, Size, Time, Directory, SocketPath, Mode, Group, Uids, Uid);

/// A value that is one of a few words.
pub(super) trait Word: fmt::Display + Copy + 'static {
    /// Every one of them, in the order in which a user is told.
    const ALL: &'static [Self];
}

impl Word for Edge {
    const ALL: &'static [Self] = &[Self::Stream, Self::Batch];
}

/// Reads a [`Word`].
#[derive(Debug, Clone, Copy)]
pub(super) struct OneOf<T>(pub(super) T);

impl<T: Word> OneOf<T> {
    fn words() -> Vec<String> {
        T::ALL.iter().map(ToString::to_string).collect()
    }
}

impl<'de, T: Word> Deserialize<'de> for OneOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        reader::read(deserializer)
    }
}

impl<T: Word> Readable for OneOf<T> {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Self::words().iter().map(|word| format!("{word:?}")).collect();
        write!(f, "{} (in quotes)", words.join(" or "))
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        let words = Self::words();
        let known = T::ALL.iter().zip(&words).find(|(_, word)| *word == given);
        let refused = || ValueError::Word(given.to_owned(), words.join(", "));
        Some(known.map(|(value, _)| Self(*value)).ok_or_else(refused))
    }
}

/// The name of a function, as a TICKscript can write it after `@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FunctionName(pub(super) String);

/// Identifiers that Kapacitor's lexer takes for something else (`tick/ast/lex.go`). `lambda` is not
/// here: it is a keyword only before a colon.
const KEYWORDS: [&str; 5] = ["var", "AND", "OR", "TRUE", "FALSE"];

impl TryFrom<String> for FunctionName {
    type Error = ValueError;

    fn try_from(name: String) -> Result<Self, ValueError> {
        let mut characters = name.chars();
        // Kapacitor's lexer takes an underscore anywhere but first.
        let identifier = characters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !identifier {
            return Err(ValueError::Name(name));
        }
        if KEYWORDS.contains(&name.as_str()) {
            return Err(ValueError::Keyword(name));
        }
        Ok(Self(name))
    }
}

/// Whether something is on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switch(pub(super) bool);

impl Readable for Switch {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false (without quotes)")
    }

    fn from_flag(given: bool) -> Option<Self> {
        Some(Self(given))
    }
}

/// How many there may be of something.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Count(pub(super) i64);

impl Readable for Count {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number such as 1024 (without quotes)")
    }

    fn from_number(given: i64) -> Option<Self> {
        Some(Self(given))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The directory of sockets; that it is absolute is checked with the command line's.
#[derive(Debug, Clone)]
pub(super) struct Directory(pub(super) String);

impl Readable for Directory {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an absolute path in quotes, such as \"/run/kapacitor-udfd\"")
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        Some(Ok(Self(given.to_owned())))
    }
}

/// Where a socket is, perhaps under the directory of sockets.
#[derive(Debug, Clone)]
pub(super) struct SocketPath(pub(super) String);

impl Readable for SocketPath {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a path in quotes, such as \"/run/mirror.sock\", or \"mirror.sock\" for one under socket_dir",
        )
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        Some(if given.is_empty() { Err(ValueError::Path) } else { Ok(Self(given.to_owned())) })
    }
}

/// The permission bits of a file. A string, since TOML would read a bare `0660` as no number at all and
/// `660` as a decimal one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode(pub(super) u32);

impl Readable for Mode {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("octal digits in quotes, as in mode = \"0660\"")
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        let digits = matches!(given.len(), 3 | 4) && given.bytes().all(|b| b.is_ascii_digit());
        Some(match u32::from_str_radix(given, 8) {
            Ok(bits) if digits && bits <= 0o777 => Ok(Self(bits)),
            _ => Err(ValueError::Mode(given.to_owned())),
        })
    }
}

/// A number of bytes, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Size(pub(super) usize);

impl Readable for Size {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size with a unit, in quotes, such as \"1MiB\" or \"256MiB\"")
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        // More than this machine can address is out of any range it will be held to.
        let size = |ByteSize(bytes)| Self(usize::try_from(bytes).unwrap_or(usize::MAX));
        Some(given.parse().map(size).map_err(|_| ValueError::Size(given.to_owned())))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ByteSize(self.0 as u64).display().iec().fmt(f)
    }
}

/// A length of time, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Time(pub(super) Duration);

impl Readable for Time {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with a unit, in quotes, such as \"500ms\", \"30s\" or \"2m\"")
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        Some(humantime::parse_duration(given).map(Self).map_err(|_| ValueError::Time(given.to_owned())))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A group of the system, not yet looked up.
#[derive(Debug, Clone)]
pub(super) enum Group {
    Gid(u32),
    Name(String),
}

impl Readable for Group {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a group's name in quotes, such as \"kapacitor\", or its gid, such as 998")
    }

    fn from_text(given: &str) -> Option<Result<Self, ValueError>> {
        Some(Ok(Self::Name(given.to_owned())))
    }

    fn from_number(given: i64) -> Option<Self> {
        given.try_into().ok().map(Self::Gid)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gid(gid) => gid.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Users of the system, by number: the kernel tells who connects by that.
#[derive(Debug, Clone)]
pub(super) struct Uids(pub(super) Vec<Uid>);

#[derive(Debug, Clone, Copy)]
pub(super) struct Uid(pub(super) u32);

impl Readable for Uids {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of uids, which are numbers, such as [0, 998]; `id -u kapacitor` prints one")
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        reader::elements(list).map(Self)
    }
}

impl Readable for Uid {
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a uid, which is a number, such as 998; `id -u kapacitor` prints one")
    }

    fn from_number(given: i64) -> Option<Self> {
        given.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_tickscript_can_call() {
        for (name, accepted) in [
            ("mirror", true),
            ("mirrorBatch", true),
            ("a", true),
            ("a_1", true),
            ("lambda", true),
            ("", false),
            ("_a", false),
            ("1a", false),
            ("a-b", false),
            ("a.b", false),
            ("a b", false),
            ("é", false),
            ("var", false),
            ("TRUE", false),
        ] {
            assert_eq!(FunctionName::try_from(name.to_owned()).is_ok(), accepted, "{name:?}");
        }
    }

    #[test]
    fn modes_are_octal_strings() {
        let mode = |given: &str| Mode::from_text(given)?.ok().map(|mode| mode.0);
        for (given, bits) in [("0660", Some(0o660)), ("660", Some(0o660)), ("0777", Some(0o777))] {
            assert_eq!(mode(given), bits, "{given:?}");
        }
        for given in ["", "0", "60", "abc", "0o660", "+660", "0680", "1777", "00660", "066\u{660}"] {
            assert_eq!(mode(given), None, "{given:?}");
        }
    }

    #[test]
    fn sizes_and_times_have_units() {
        let size = |given: &str| Size::from_text(given)?.ok().map(|size| size.0);
        assert_eq!(size("256MiB"), Some(256 << 20));
        assert_eq!(size("1.5 KiB"), Some(1536));
        assert_eq!(size("4096"), Some(4096));
        assert_eq!(size("-1KiB"), None);
        assert_eq!(size("many"), None);
        let time = |given: &str| Time::from_text(given)?.ok().map(|time| time.0);
        assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(time("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(time("30"), None);
        assert_eq!(time("-1s"), None);
    }
}
