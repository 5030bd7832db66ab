//! Scripts and conditions, as far as scenarios have them: text is parsed to a tree, and the tree is walked.
//! A small part of the language, said a second time: what is not in it is refused.

mod dynamic;
mod parse;
mod run;
mod view;

pub use dynamic::{Dynamic, Map, fields};
pub use run::{Emitted, Run};
pub use view::View;

use dynamic::Result;

/// What a node runs.
#[derive(Debug, Clone)]
pub struct Script(Vec<Statement>);

#[derive(Debug, Clone)]
enum Statement {
    /// The operator is that of `+=`, without the `=`.
    Assign {
        place: Expression,
        operator: Option<String>,
        value: Expression,
    },
    If {
        condition: Expression,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    Do(Expression),
}

#[derive(Debug, Clone)]
enum Expression {
    Literal(Dynamic),
    Name(String),
    Property(Box<Expression>, String),
    Index(Box<Expression>, Box<Expression>),
    Method(Box<Expression>, String, Vec<Expression>),
    Call(String, Vec<Expression>),
    Map(Vec<(String, Expression)>),
    List(Vec<Expression>),
    Unary(char, Box<Expression>),
    Binary(String, Box<Expression>, Box<Expression>),
}

impl Script {
    pub fn parse(text: &str) -> Result<Self> {
        parse::script(text).map(Self)
    }

    /// Whether a name such as `map` stands in it.
    pub fn mentions(text: &str, name: &str) -> bool {
        parse::names(text).is_some_and(|names| names.iter().any(|known| known == name))
    }
}

/// What `startWhen` and `endWhen` are.
#[derive(Debug, Clone)]
pub struct Condition(Expression);

impl Condition {
    pub fn parse(text: &str) -> Result<Self> {
        parse::condition(text).map(Self)
    }
}
