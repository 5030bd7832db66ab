//! Values of the configuration file that are strings with a meaning. Each is judged while TOML is read,
//! so that an error points at it; none knows of any other value.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use serde::Deserialize;
use thiserror::Error;

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
}

/// A value that is one of a few words.
pub(super) trait Word: fmt::Display + Copy + 'static {
    /// Every one of them, in the order in which a user is told.
    const ALL: &'static [Self];
}

impl Word for Edge {
    const ALL: &'static [Self] = &[Self::Stream, Self::Batch];
}

/// Reads a [`Word`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String", bound(deserialize = "T: Word"))]
pub(super) struct OneOf<T>(pub(super) T);

impl<T: Word> TryFrom<String> for OneOf<T> {
    type Error = ValueError;

    fn try_from(given: String) -> Result<Self, ValueError> {
        let words: Vec<_> = T::ALL.iter().map(ToString::to_string).collect();
        let known = T::ALL.iter().zip(&words).find(|(_, word)| **word == given);
        known.map(|(value, _)| Self(*value)).ok_or_else(|| ValueError::Word(given, words.join(", ")))
    }
}

/// The name of a function, as a TICKscript can write it after `@`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
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

/// The permission bits of a file. A string, since TOML would read a bare `0660` as no number at all and
/// `660` as a decimal one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Mode(pub(super) u32);

impl TryFrom<String> for Mode {
    type Error = ValueError;

    fn try_from(given: String) -> Result<Self, ValueError> {
        let digits = matches!(given.len(), 3 | 4) && given.bytes().all(|b| b.is_ascii_digit());
        match u32::from_str_radix(&given, 8) {
            Ok(bits) if digits && bits <= 0o777 => Ok(Self(bits)),
            _ => Err(ValueError::Mode(given)),
        }
    }
}

/// A number of bytes, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Size(pub(super) usize);

impl TryFrom<String> for Size {
    type Error = ValueError;

    fn try_from(given: String) -> Result<Self, ValueError> {
        let ByteSize(bytes) = given.parse().map_err(|_| ValueError::Size(given))?;
        // More than this machine can address is out of any range it will be held to.
        Ok(Self(usize::try_from(bytes).unwrap_or(usize::MAX)))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ByteSize(self.0 as u64).display().iec().fmt(f)
    }
}

/// A length of time, written with a unit.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Time(pub(super) Duration);

impl TryFrom<String> for Time {
    type Error = ValueError;

    fn try_from(given: String) -> Result<Self, ValueError> {
        humantime::parse_duration(&given).map(Self).map_err(|_| ValueError::Time(given))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A group of the system, not yet looked up.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a group is its name, such as \"kapacitor\", or its gid, such as 998")]
pub(super) enum Group {
    Gid(u32),
    Name(String),
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gid(gid) => gid.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
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
        for (given, bits) in [("0660", Some(0o660)), ("660", Some(0o660)), ("0777", Some(0o777))] {
            assert_eq!(Mode::try_from(given.to_owned()).ok().map(|mode| mode.0), bits, "{given:?}");
        }
        for given in ["", "0", "60", "abc", "0o660", "+660", "0680", "1777", "00660", "066\u{660}"] {
            assert!(Mode::try_from(given.to_owned()).is_err(), "{given:?}");
        }
    }

    #[test]
    fn sizes_and_times_have_units() {
        let size = |given: &str| Size::try_from(given.to_owned()).ok().map(|size| size.0);
        assert_eq!(size("256MiB"), Some(256 << 20));
        assert_eq!(size("1.5 KiB"), Some(1536));
        assert_eq!(size("4096"), Some(4096));
        assert_eq!(size("-1KiB"), None);
        assert_eq!(size("many"), None);
        let time = |given: &str| Time::try_from(given.to_owned()).ok().map(|time| time.0);
        assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(time("1m 30s"), Some(Duration::from_secs(90)));
        assert_eq!(time("30"), None);
        assert_eq!(time("-1s"), None);
    }
}
