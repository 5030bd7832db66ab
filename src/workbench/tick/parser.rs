//! Reads a TICKscript in one pass and follows it as Kapacitor's evaluation does: vars, nodes, and what is called on
//! them. What nobody can be given is passed over. Knows no functions and none of Kapacitor's properties.

use std::collections::HashMap;
use std::ops::Range;

use super::error::Problem;
use super::graph::{Graph, Property};
use super::lexer::{Kind, Lexer, Token};
use super::literal::literal;
use super::value::{Argument, Unfit, Value};

/// How deep brackets may nest. Attack: each level takes some of the stack.
const MAX_DEPTH: usize = 100;

pub(super) struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    peeked: Option<Token>,
    /// Where the last token ended.
    end: usize,
    depth: usize,
    vars: HashMap<String, Value>,
    pub(super) graph: Graph,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let vars = ["stream", "batch"].map(|source| (source.to_owned(), Value::Node(0)));
        Self {
            text,
            lexer: Lexer::new(text),
            peeked: None,
            end: 0,
            depth: 0,
            vars: HashMap::from(vars),
            graph: Graph::new(),
        }
    }

    /// All of a script.
    pub(super) fn script(&mut self) -> Result<(), Problem> {
        loop {
            match self.peek()?.kind {
                Kind::End => return Ok(()),
                Kind::Var => self.declaration()?,
                Kind::Dbrp => self.dbrp()?,
                _ => {
                    self.expression()?;
                }
            }
        }
    }

    fn dbrp(&mut self) -> Result<(), Problem> {
        const FORM: &str = "dbrp is followed by \"database\".\"retention policy\"";
        self.take()?;
        self.expect(Kind::Reference, FORM)?;
        self.expect(Kind::Dot, FORM)?;
        self.expect(Kind::Reference, FORM).map(drop)
    }

    fn declaration(&mut self) -> Result<(), Problem> {
        self.take()?;
        let name = self.expect(Kind::Ident, "var is followed by a name")?;
        let word = self.word(&name).to_owned();
        if self.vars.contains_key(&word) {
            return Err(Problem::new(name.span, format!("{word} is declared already"))
                .help("a var is declared once, and stream and batch are names of Kapacitor's"));
        }
        let value = if self.take_if(Kind::Assign)? {
            self.expression()?.value
        } else {
            self.expect(Kind::Ident, "the name of a var is followed by = and its value, or by its type")?;
            Value::Unfit(Unfit::NoValue)
        };
        self.vars.insert(word, value);
        Ok(())
    }

    pub(super) fn expression(&mut self) -> Result<Argument, Problem> {
        let first = self.peek()?;
        self.deeper(&first.span)?;
        let (value, is_var) = match first.kind {
            Kind::Ident => self.named()?,
            Kind::Lambda => {
                self.take()?;
                self.operation()?;
                (Value::Unfit(Unfit::Lambda), false)
            }
            Kind::LeftBracket => (self.list()?, false),
            _ => (self.operation()?, false),
        };
        self.depth -= 1;
        Ok(Argument { value, span: first.span.start..self.end, is_var })
    }

    /// What begins with a name: a chain, or an operation. Whether it is a var and no more.
    fn named(&mut self) -> Result<(Value, bool), Problem> {
        let first = self.take()?;
        let is_call = self.peek()?.kind == Kind::LeftParen;
        let mut left = self.of_name(&first)?;
        if !matches!(self.peek()?.kind, Kind::Dot | Kind::Pipe | Kind::At) {
            let end = self.end;
            let value = self.operators(left)?;
            return Ok((value, !is_call && self.end == end));
        }
        let mut span = first.span;
        while matches!(self.peek()?.kind, Kind::Dot | Kind::Pipe | Kind::At) {
            left = self.link(left, &span)?;
            span = span.start..self.end;
        }
        Ok((left, false))
    }

    /// One link of a chain: `|method()`, `@function()` or `.property()`. `before` is where it hangs on `left`.
    pub(super) fn link(&mut self, left: Value, before: &Range<usize>) -> Result<Value, Problem> {
        let sign = self.take()?;
        let name = self.expect(Kind::Ident, "a name is needed here")?;
        let word = self.word(&name).to_owned();
        let span = sign.span.start..name.span.end;
        if self.peek()?.kind != Kind::LeftParen {
            return self.without_parentheses(sign.kind, &left, &word, span);
        }
        let arguments = self.arguments()?;
        match (sign.kind, left) {
            (Kind::Dot, Value::Node(node)) => {
                self.graph.property(node, Property { name: word, name_span: name.span, arguments });
                Ok(Value::Node(node))
            }
            (Kind::Dot, _) => Ok(Value::Unfit(Unfit::Result)),
            (Kind::Pipe, Value::Node(node)) => {
                Ok(Value::Node(self.graph.method(node, &word, span, arguments)))
            }
            (_, Value::Node(node)) => Ok(Value::Node(self.graph.function(node, &word, span, arguments))),
            (_, other) => Err(Problem::new(before.clone(), not_a_node(&self.shown(before), &other))),
        }
    }

    /// A property that is read. A function's options can't be.
    fn without_parentheses(
        &self,
        sign: Kind,
        left: &Value,
        word: &str,
        span: Range<usize>,
    ) -> Result<Value, Problem> {
        let of_function = match left {
            Value::Node(node) => self.graph.get(*node).is_some_and(|made| made.is_function),
            _ => false,
        };
        match sign {
            Kind::Dot if !of_function => Ok(Value::Unfit(Unfit::Result)),
            Kind::Dot => Err(Problem::new(span, format!("{word} has no parentheses"))
                .help(format!("an option without arguments is called too: .{word}()"))),
            Kind::Pipe => Err(Problem::new(span, format!("|{word} has no parentheses"))),
            _ => Err(Problem::new(span, format!("@{word} has no parentheses"))
                .help(format!("a function has them: @{word}()"))),
        }
    }

    /// From the opening parenthesis to the closing one.
    pub(super) fn arguments(&mut self) -> Result<Vec<Argument>, Problem> {
        self.items(Kind::LeftParen, Kind::RightParen, Self::expression)
    }

    fn list(&mut self) -> Result<Value, Problem> {
        self.items(Kind::LeftBracket, Kind::RightBracket, Self::item).map(Value::List)
    }

    fn item(&mut self) -> Result<Argument, Problem> {
        let token = self.peek()?;
        if !matches!(token.kind, Kind::Ident | Kind::String | Kind::Star) {
            return Err(self.unexpected(&token, "a list has strings, vars and *"));
        }
        let value = match self.primary()? {
            Value::List(_) => Value::Unfit(Unfit::Nested),
            value => value,
        };
        Ok(Argument { value, span: token.span, is_var: token.kind == Kind::Ident })
    }

    /// With commas between them, and perhaps one at the end.
    fn items(
        &mut self,
        open: Kind,
        close: Kind,
        item: fn(&mut Self) -> Result<Argument, Problem>,
    ) -> Result<Vec<Argument>, Problem> {
        self.expect(open, "( is needed here")?;
        let mut items = Vec::new();
        while !self.take_if(close)? {
            items.push(item(self)?);
            if !self.take_if(Kind::Comma)? {
                let needed = if close == Kind::RightParen { ", or ) is needed" } else { ", or ] is needed" };
                self.expect(close, needed)?;
                break;
            }
        }
        Ok(items)
    }

    /// One operand, or several with operators between them, which nobody calculates.
    fn operation(&mut self) -> Result<Value, Problem> {
        let first = self.primary()?;
        self.operators(first)
    }

    fn operators(&mut self, first: Value) -> Result<Value, Problem> {
        let mut value = first;
        while matches!(self.peek()?.kind, Kind::Operator | Kind::Minus) {
            self.take()?;
            self.primary()?;
            value = Value::Unfit(Unfit::Expression);
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Value, Problem> {
        let token = self.take()?;
        self.deeper(&token.span)?;
        let value = match token.kind {
            Kind::LeftParen => {
                let inner = self.operation()?;
                self.expect(Kind::RightParen, ") is needed")?;
                inner
            }
            Kind::Minus => self.primary()?.negated(),
            Kind::Not => self.primary()?.inverted(),
            Kind::Ident => self.of_name(&token)?,
            Kind::Reference => Value::Unfit(Unfit::Reference),
            Kind::Regex => Value::Unfit(Unfit::Regex),
            Kind::Star => Value::Unfit(Unfit::Star),
            _ => match literal(self.text, &token)? {
                Some(value) => Value::Literal(value),
                None => return Err(self.unexpected(&token, "a value is needed")),
            },
        };
        self.depth -= 1;
        Ok(value)
    }

    /// A var's value, or what a function gives. The name is taken.
    fn of_name(&mut self, name: &Token) -> Result<Value, Problem> {
        if self.peek()?.kind == Kind::LeftParen {
            self.arguments()?;
            return Ok(Value::Unfit(Unfit::Result));
        }
        Ok(self.vars.get(self.word(name)).cloned().unwrap_or(Value::Unfit(Unfit::Unknown)))
    }

    fn deeper(&mut self, span: &Range<usize>) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let words = format!("this nests deeper than {MAX_DEPTH} levels");
            return Err(Problem::new(span.clone(), words));
        }
        Ok(())
    }

    pub(super) fn peek(&mut self) -> Result<Token, Problem> {
        if self.peeked.is_none() {
            self.peeked = Some(self.lexer.next()?);
        }
        // There is one now.
        Ok(self.peeked.clone().unwrap_or(Token { kind: Kind::End, span: self.end..self.end }))
    }

    pub(super) fn take(&mut self) -> Result<Token, Problem> {
        let token = self.peek()?;
        self.peeked = None;
        self.end = token.span.end;
        Ok(token)
    }

    pub(super) fn take_if(&mut self, kind: Kind) -> Result<bool, Problem> {
        let is_it = self.peek()?.kind == kind;
        if is_it {
            self.take()?;
        }
        Ok(is_it)
    }

    pub(super) fn expect(&mut self, kind: Kind, needed: &str) -> Result<Token, Problem> {
        let token = self.peek()?;
        if token.kind != kind {
            return Err(self.unexpected(&token, needed));
        }
        self.take()
    }

    /// Something else than what is needed.
    pub(super) fn unexpected(&self, token: &Token, needed: &str) -> Problem {
        let came = match token.kind {
            Kind::End => "the text ends here".to_owned(),
            _ => format!("{} is not expected here", self.shown(&token.span)),
        };
        Problem::new(token.span.clone(), format!("{came}; {needed}"))
    }

    pub(super) fn word(&self, token: &Token) -> &'a str {
        self.text.get(token.span.clone()).unwrap_or_default()
    }

    /// What stands there, on one line and not too long.
    pub(super) fn shown(&self, span: &Range<usize>) -> String {
        super::error::shown(self.text.get(span.clone()).unwrap_or_default())
    }
}

fn not_a_node(shown: &str, value: &Value) -> String {
    match value {
        Value::Unfit(Unfit::Unknown) => format!("there is no var {shown}"),
        _ => format!("{shown} is no node, and only a node has others behind it"),
    }
}
