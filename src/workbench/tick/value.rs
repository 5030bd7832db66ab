//! What an expression of a TICKscript comes to, as far as it is followed.

use std::ops::Range;

use kapacitor_udfd::proto::option_value::Value as Literal;

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    pub(super) value: Value,
    pub(super) span: Range<usize>,
    /// There is the name of a var.
    pub(super) is_var: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Literal(Literal),
    List(Vec<Argument>),
    /// By its index in the graph.
    Node(usize),
    Unfit(Unfit),
}

/// What no function can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    Reference,
    Lambda,
    Regex,
    Star,
    Expression,
    /// Of a function, or of a property that was read.
    Result,
    /// A list in a list.
    Nested,
    /// A var that has a type only.
    NoValue,
    /// A name nobody has declared.
    Unknown,
}

impl Value {
    /// Behind a `-`.
    pub(super) fn negated(self) -> Self {
        let negated = match self {
            Self::Literal(Literal::IntValue(int)) => int.checked_neg().map(Literal::IntValue),
            Self::Literal(Literal::DoubleValue(double)) => Some(Literal::DoubleValue(-double)),
            Self::Literal(Literal::DurationValue(nanos)) => nanos.checked_neg().map(Literal::DurationValue),
            _ => None,
        };
        negated.map_or(Self::Unfit(Unfit::Expression), Self::Literal)
    }

    /// Behind a `!`.
    pub(super) fn inverted(self) -> Self {
        match self {
            Self::Literal(Literal::BoolValue(bool)) => Self::Literal(Literal::BoolValue(!bool)),
            _ => Self::Unfit(Unfit::Expression),
        }
    }
}

/// The arguments of a call as Kapacitor hands them over: a list that is the only one stands for what is in it.
pub(super) fn spread(arguments: &[Argument]) -> Vec<Argument> {
    let [Argument { value: Value::List(items), span, is_var }] = arguments else { return arguments.to_vec() };
    let mut items = items.clone();
    if *is_var {
        // The items stand elsewhere; the user looks at the call.
        for item in &mut items {
            item.span = span.clone();
        }
    }
    items
}
