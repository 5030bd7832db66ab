//! From text to a tree.

use super::super::value::Value;
use super::dynamic::{Dynamic, Result};
use super::{Expression, Statement};

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Int(i64),
    Double(f64),
    Symbol(&'static str),
}

/// The longer first.
const SYMBOLS: &[&str] = &[
    "==", "!=", "<=", ">=", "&&", "||", "??", "+=", "-=", "*=", "/=", "#{", "<", ">", "=", "+", "-", "*",
    "/", "%", "!", "(", ")", "[", "]", "{", "}", ".", ",", ";", ":",
];

/// The loosest first.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["==", "!="],
    &["in"],
    &["<", "<=", ">", ">="],
    &["??"],
    &["+", "-"],
    &["*", "/", "%"],
];

pub fn script(text: &str) -> Result<Vec<Statement>> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let script = parser.statements()?;
    if script.is_empty() {
        return Err("an empty script".to_owned());
    }
    parser.end(script)
}

pub fn condition(text: &str) -> Result<Expression> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let condition = parser.expression(0)?;
    parser.end(condition)
}

/// Names that stand on their own, not behind a dot.
pub fn names(text: &str) -> Option<Vec<String>> {
    let tokens = tokens(text).ok()?;
    let is_own = |at: usize| at == 0 || tokens[at - 1] != Token::Symbol(".");
    let names = tokens.iter().enumerate().filter_map(|(at, token)| match token {
        Token::Name(name) if is_own(at) => Some(name.clone()),
        _ => None,
    });
    Some(names.collect())
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let (mut tokens, mut rest) = (vec![], text.trim_start());
    while let Some(first) = rest.chars().next() {
        let length;
        if first.is_ascii_alphabetic() || first == '_' {
            length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
        } else if first.is_ascii_digit() {
            length = number(rest);
            let number = &rest[..length];
            let int = number.parse().map(Token::Int);
            tokens.push(int.or_else(|_| number.parse().map(Token::Double)).map_err(|_| number.to_owned())?);
        } else if first == '"' {
            let (text, behind) = quoted(&rest[1..])?;
            length = rest.len() - behind.len();
            tokens.push(Token::Text(text));
        } else if rest.starts_with("//") {
            length = rest.find('\n').unwrap_or(rest.len());
        } else {
            let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            let symbol = symbol.ok_or(format!("no such symbol: {rest}"))?;
            length = symbol.len();
            tokens.push(Token::Symbol(symbol));
        }
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// How long the number is that begins here; `1.max` is none with a fraction.
fn number(text: &str) -> usize {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(text);
    match text[whole..].strip_prefix('.') {
        Some(fraction) if digits(fraction) > 0 => whole + 1 + digits(fraction),
        _ => whole,
    }
}

/// What stands up to the closing quote, and what is behind it.
fn quoted(text: &str) -> Result<(String, &str)> {
    let (mut quoted, mut chars) = (String::new(), text.chars());
    loop {
        match chars.next() {
            Some('"') => return Ok((quoted, chars.as_str())),
            Some('\\') => match chars.next() {
                Some('n') => quoted.push('\n'),
                Some(escaped @ ('"' | '\\')) => quoted.push(escaped),
                other => return Err(format!("escaped: {other:?}")),
            },
            Some(char) => quoted.push(char),
            None => return Err("an open string".to_owned()),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn end<T>(&self, parsed: T) -> Result<T> {
        if self.at == self.tokens.len() { Ok(parsed) } else { Err(format!("behind it: {:?}", self.peek())) }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token> {
        let token = self.peek().cloned().ok_or("the end of the script")?;
        self.at += 1;
        Ok(token)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is_there = match self.peek() {
            Some(Token::Symbol(there)) => *there == symbol,
            Some(Token::Name(there)) => there == symbol,
            _ => false,
        };
        self.at += usize::from(is_there);
        is_there
    }

    fn wants(&mut self, symbol: &str) -> Result<()> {
        if self.takes(symbol) { Ok(()) } else { Err(format!("{symbol} is missing before {:?}", self.peek())) }
    }

    fn name(&mut self) -> Result<String> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            other => Err(format!("no name: {other:?}")),
        }
    }

    fn statements(&mut self) -> Result<Vec<Statement>> {
        let mut statements = vec![];
        while self.peek().is_some_and(|token| *token != Token::Symbol("}")) {
            let is_block = self.takes("if");
            statements.push(if is_block { self.branches()? } else { self.statement()? });
            let is_last = self.peek().is_none_or(|token| *token == Token::Symbol("}"));
            if !self.takes(";") && !is_block && !is_last {
                return Err(format!("; is missing before {:?}", self.peek()));
            }
        }
        Ok(statements)
    }

    fn block(&mut self) -> Result<Vec<Statement>> {
        self.wants("{")?;
        let block = self.statements()?;
        self.wants("}")?;
        Ok(block)
    }

    fn branches(&mut self) -> Result<Statement> {
        let condition = self.expression(0)?;
        let then = self.block()?;
        let otherwise = match self.takes("else") {
            true if self.takes("if") => vec![self.branches()?],
            true => self.block()?,
            false => vec![],
        };
        Ok(Statement::If { condition, then, otherwise })
    }

    fn statement(&mut self) -> Result<Statement> {
        let place = self.expression(0)?;
        for operator in ["=", "+=", "-=", "*=", "/="] {
            if self.takes(operator) {
                let operator = operator.strip_suffix('=').filter(|operator| !operator.is_empty());
                let (operator, value) = (operator.map(str::to_owned), self.expression(0)?);
                return Ok(Statement::Assign { place, operator, value });
            }
        }
        Ok(Statement::Do(place))
    }

    fn expression(&mut self, level: usize) -> Result<Expression> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.expression(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.takes(operator)) {
            let right = self.expression(level + 1)?;
            left = Expression::Binary((*operator).to_owned(), left.into(), right.into());
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression> {
        if self.takes("-") {
            return Ok(match self.unary()? {
                Expression::Literal(Dynamic::Scalar(Value::Int(int))) => {
                    Expression::Literal(Dynamic::int(-int))
                }
                other => Expression::Unary('-', other.into()),
            });
        }
        if self.takes("!") {
            return Ok(Expression::Unary('!', self.unary()?.into()));
        }
        let mut on = self.primary()?;
        loop {
            if self.takes(".") {
                let name = self.name()?;
                on = if self.takes("(") {
                    Expression::Method(on.into(), name, self.list(")")?)
                } else {
                    Expression::Property(on.into(), name)
                };
            } else if self.takes("[") {
                let index = self.expression(0)?;
                self.wants("]")?;
                on = Expression::Index(on.into(), index.into());
            } else {
                return Ok(on);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression> {
        Ok(match self.next()? {
            Token::Int(int) => Expression::Literal(Dynamic::int(int)),
            Token::Double(double) => Expression::Literal(Dynamic::Scalar(Value::Double(double))),
            Token::Text(text) => Expression::Literal(Dynamic::text(&text)),
            Token::Name(name) if name == "true" || name == "false" => {
                Expression::Literal(Dynamic::bool(name == "true"))
            }
            Token::Name(name) if self.takes("(") => Expression::Call(name, self.list(")")?),
            Token::Name(name) => Expression::Name(name),
            Token::Symbol("(") if self.takes(")") => Expression::Literal(Dynamic::Unit),
            Token::Symbol("(") => {
                let inner = self.expression(0)?;
                self.wants(")")?;
                inner
            }
            Token::Symbol("[") => Expression::List(self.list("]")?),
            Token::Symbol("#{") => Expression::Map(self.entries()?),
            other @ Token::Symbol(_) => return Err(format!("not here: {other:?}")),
        })
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expression>> {
        let mut list = vec![];
        while !self.takes(end) {
            if !list.is_empty() {
                self.wants(",")?;
            }
            list.push(self.expression(0)?);
        }
        Ok(list)
    }

    fn entries(&mut self) -> Result<Vec<(String, Expression)>> {
        let mut entries = vec![];
        while !self.takes("}") {
            if !entries.is_empty() {
                self.wants(",")?;
            }
            let name = match self.next()? {
                Token::Name(name) | Token::Text(name) => name,
                other => return Err(format!("no name of an entry: {other:?}")),
            };
            self.wants(":")?;
            entries.push((name, self.expression(0)?));
        }
        Ok(entries)
    }
}
