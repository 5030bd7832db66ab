//! TICKscript, as much of it as says what a node is given. Knows no functions, but for what they say they take.
//!
//! A script is read as Kapacitor reads it: what its lexer takes for a number, a string or a duration, and in which
//! order its nodes come to be. What is not about a node of a function is passed over without being understood.

mod lexer;

mod literal;

mod value;

mod parser;

mod graph;

mod node;

mod notes;

mod check;

mod error;

#[cfg(test)]
mod tests;

pub(crate) use error::TickError;
pub(crate) use literal::duration_word;
pub(crate) use node::{Node, lone_call, node, node_of_script};
pub(crate) use notes::Note;
