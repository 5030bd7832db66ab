//! Line protocol: from text to what a point is made of, and from points to text. Knows no sockets and no functions.
//!
//! `InfluxData`'s crate reads a line. It is not Kapacitor's reader, and it says nothing of where an error is. So
//! around it there is (found by tests with its version 2.0.0, which keep watch over it):
//! - where lines end (`source`, `pieces`): in pieces of bounded size, and so that a forgotten quote costs one line
//! - what the crate takes and Kapacitor doesn't (`read`): 1e400, unsigned integers that are too large, a tag twice, `a,b=1`
//!   as a field called `a,b`, `a=b=c` as a tag's value, `f=1,` with no field behind it; and the same field twice, of which
//!   one would be lost
//! - what it takes otherwise or refuses and Kapacitor takes (`scan`): it makes one backslash of two in a tag
//!   (`\\server\disk` loses one), keeps the one before a quote in a name, and refuses `.5`, `1.` and spaces behind the
//!   last field. Such a line is put into words that it reads right. Only tabs and zero bytes in names can't be
//! - the place of an error (`scan`, `value`, `fault`, `bad`), looked for when a line is refused, and not before
//!
//! Printing is ours: the crate's drops the quotes of strings.

mod bad;
mod fault;
mod pieces;
mod print;
mod read;
mod row;
mod scan;
mod source;
mod table;
mod terminal;
mod value;

pub(crate) use self::{
    bad::BadLine,
    print::{write_begin, write_end, write_line},
    read::Line,
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
