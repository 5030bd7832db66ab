//! Line protocol: from text to what a point is made of, and from points to text. Knows no sockets and no functions.
//!
//! Lines are read as Kapacitor reads them, which decides about what `InfluxData`'s crate for Rust decides otherwise
//! (2.0.0, found by tests): it makes one backslash of two in a tag's value (`\\server\disk` loses one), takes `a,b=1`
//! for a field called `a,b` and `a=b=c` for a tag's value, 1e400 for a number and the same field twice, and refuses
//! `.5`, `1.` and tabs in names. It also needs 1.1 µs for a line, and says nothing of where an error is. So it is
//! the second opinion in the tests, and the reader is ours.

mod bad;

mod fault;

mod parts;

mod pieces;

mod read;

mod source;

mod value;

mod row;

mod print;

mod table;

mod terminal;

pub(crate) use self::{
    bad::BadLine,
    parts::{Field, Fields, Line, Tags},
    print::{write_begin, write_end, write_line},
    row::Batch,
    source::Source,
    table::Table,
};

#[cfg(test)]
mod tests {
    mod printing;

    mod reading;

    mod tables;
}
