//! From a condition's words to a plain comparison. Whatever is not understood here is the engine's.

use super::{Operand, Operator, Plain};
use crate::script::lexer::{self, Kind, Token};
use crate::script::names::Names;
use crate::script::state::{Keys, Step};

/// Brackets and nots nest so deep.
const DEPTH: usize = 16;

pub(super) fn plain(source: &str, names: &Names, keys: &Keys) -> Option<Plain> {
    let tokens = lexer::tokens(source);
    let mut parser = Parser { rest: &tokens, names, keys, depth: 0 };
    let plain = parser.or()?;
    parser.rest.is_empty().then_some(plain)
}

struct Parser<'t> {
    rest: &'t [Token<'t>],
    names: &'t Names,
    keys: &'t Keys,
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Option<Plain> {
        let mut left = self.and()?;
        while self.takes("||") {
            left = Plain::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Plain> {
        let mut left = self.comparison()?;
        while self.takes("&&") {
            left = Plain::And(Box::new(left), Box::new(self.comparison()?));
        }
        Some(left)
    }

    /// Neither chains nor comparisons of what is no operand: how these bind is the engine's to know.
    fn comparison(&mut self) -> Option<Plain> {
        if self.takes("!") {
            let plain = self.nested(Self::negated)?;
            return Some(Plain::Not(Box::new(plain)));
        }
        if self.takes("(") {
            let plain = self.nested(Self::or)?;
            return self.takes(")").then_some(plain);
        }
        let left = self.operand()?;
        let Some(operator) = self.operator() else { return Some(Plain::Is(left)) };
        Some(Plain::Compare(left, operator, self.operand()?))
    }

    /// What may follow a not.
    fn negated(&mut self) -> Option<Plain> {
        if self.takes("!") {
            let plain = self.nested(Self::negated)?;
            return Some(Plain::Not(Box::new(plain)));
        }
        if self.takes("(") {
            let plain = self.nested(Self::or)?;
            return self.takes(")").then_some(plain);
        }
        self.operand().map(Plain::Is)
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Option<Plain>) -> Option<Plain> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let plain = parse(self);
        self.depth -= 1;
        plain
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.rest.first()?.kind {
            Kind::Symbol("==") => Operator::Equal,
            Kind::Symbol("!=") => Operator::NotEqual,
            Kind::Symbol("<") => Operator::Less,
            Kind::Symbol("<=") => Operator::LessOrEqual,
            Kind::Symbol(">") => Operator::Greater,
            Kind::Symbol(">=") => Operator::GreaterOrEqual,
            _ => return None,
        };
        self.skip(1);
        Some(operator)
    }

    fn operand(&mut self) -> Option<Operand> {
        use Kind::{Name, Number, Symbol, Text};
        let mut kinds = [Symbol(""); 6];
        for (kind, token) in kinds.iter_mut().zip(self.rest) {
            *kind = token.kind;
        }
        let slot = |name: &str| self.names.slot(name);
        let (operand, length) = match kinds {
            [Symbol("("), Symbol(")"), ..] => (Operand::Unit, 2),
            [Symbol("-"), Number(number), ..] => (literal(&format!("-{number}"))?, 2),
            [Number(number), ..] => (literal(number)?, 1),
            [Text(text), ..] => (Operand::Text(text.as_bytes().into()), 1),
            [Name("true"), ..] => (Operand::Bool(true), 1),
            [Name("false"), ..] => (Operand::Bool(false), 1),
            [Name("event"), Symbol("."), Name("tags"), Symbol("."), Name(name), ..] => {
                (Operand::Tag(slot(name)?), 5)
            }
            [Name("event"), Symbol("."), Name("fields"), Symbol("."), Name(name), ..] => {
                (Operand::Field(slot(name)?), 5)
            }
            [Name("event"), Symbol("."), Name("name" | "time" | "tags" | "fields"), ..]
            | [Name("map"), Symbol("."), Name("len" | "is_empty"), ..] => return None,
            [Name("event"), Symbol("."), Name(name), ..] => (Operand::Event(slot(name)?), 3),
            [Name("event"), Symbol("["), Text(name), Symbol("]"), ..] => (Operand::Event(slot(name)?), 4),
            [Name("task"), Symbol("."), Name("count"), ..] => (Operand::Count, 3),
            [Name("map"), Symbol("."), Name(name), ..] => (Operand::Map(Step::named(self.keys, name)), 3),
            [Name("map"), Symbol("["), Text(name), Symbol("]"), ..] => {
                (Operand::Map(Step::named(self.keys, name)), 4)
            }
            _ => return None,
        };
        self.skip(length);
        Some(operand)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        // `()` is an operand.
        let is_unit = symbol == "(" && matches!(self.rest, [_, Token { kind: Kind::Symbol(")"), .. }, ..]);
        let takes =
            matches!(self.rest.first(), Some(Token { kind: Kind::Symbol(next), .. }) if *next == symbol);
        if takes && !is_unit {
            self.skip(1);
        }
        takes && !is_unit
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

/// Only what nobody could read in another way.
fn literal(number: &str) -> Option<Operand> {
    let is_plain = number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-');
    if !is_plain {
        return None;
    }
    if number.contains('.') {
        number.parse().ok().map(Operand::Double)
    } else {
        number.parse().ok().map(Operand::Int)
    }
}
