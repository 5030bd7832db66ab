//! What can be wrong with a line, and in which words that is said. Knows places as bytes of the line; files, lines
//! and columns are `bad`'s.

/// What is wrong, and at which byte of the line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: What,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum What {
    #[error("this is not UTF-8")]
    NotUtf8,
    #[error("a line of more than {max} bytes is not read")]
    LineTooLong { max: usize },
    #[error("a measurement is missing; a line is `measurement,tag=value field=value time`")]
    NoMeasurement,
    #[error("measurement and tags have {len} bytes; Kapacitor takes at most {max}")]
    KeyTooLong { len: usize, max: usize },
    #[error("a tag's name is missing")]
    NoTagName,
    #[error("the tag {name:?} has no value; to leave a tag empty, leave it out")]
    NoTagValue { name: String },
    #[error("a `=` in a tag's value is written `\\=`")]
    EqualInTag,
    #[error("the tag {name:?} stands here twice")]
    TagTwice { name: String },
    #[error("fields are missing; a line is `measurement,tag=value field=value time`")]
    NoFields,
    #[error("a field's name is missing")]
    NoFieldName,
    #[error(
        "the field {name:?} has no value; a field is `name=value`, and a comma, a space or a `=` in a name \
         or a tag's value is written with a `\\` before it"
    )]
    NoFieldValue { name: String },
    #[error("the field {name:?} stands here twice")]
    FieldTwice { name: String },
    #[error("{text} is no number Kapacitor takes; leave the field out")]
    NotFinite { text: String },
    #[error("{text} is too large for a double")]
    TooLarge { text: String },
    #[error("{text} is too large for an integer; accepted are {min}i to {max}i", min = i64::MIN, max = i64::MAX)]
    IntTooLarge { text: String },
    #[error("{text} is no number; accepted are 1, -1.5, 1e9 and, for integers, 1i")]
    BadNumber { text: String },
    #[error(
        "{text} is no value; accepted are numbers (1, 1.5, 1i), true, false and \"text\" in double quotes"
    )]
    BadValue { text: String },
    #[error("the text that begins here is not closed by a `\"`; inside of it, a quote is written `\\\"`")]
    OpenString,
    #[error(
        "after a text's closing `\"` there must be a comma or a space; inside of it, a quote is written `\\\"`"
    )]
    BehindString,
    #[error("{text} is no time; accepted are whole numbers since 1970, like 1700000000000000000")]
    BadTime { text: String },
    #[error("{text} is too large for a time; it has 64 bits, in nanoseconds")]
    TimeTooLarge { text: String },
    #[error("nothing may follow the time; after the fields there is one space")]
    BehindTime,
    #[error(
        "a tab or a zero byte in a name or a tag's value is not read; a space in it is written `\\ `, and parts are \
         separated by spaces"
    )]
    ControlInName,
    #[error("this is no line protocol; a line is `measurement,tag=value field=value time`")]
    Refused,
}

impl What {
    pub(super) fn at(self, at: usize) -> Fault {
        Fault { at, what: self }
    }
}

/// A piece of the input as an error quotes it: its beginning, if it is long.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 40;
    let mut chars = text.chars();
    let begin: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() { format!("`{begin}…`") } else { format!("`{begin}`") }
}
