//! A node of a function as Kapacitor would tell it to the function: out of a text of its own, or out of a script. Knows
//! no functions.

use std::ops::Range;

use kapacitor_udfd::handler::ValueType;
use kapacitor_udfd::proto;
use kapacitor_udfd::proto::OptionValue;
use kapacitor_udfd::proto::option_value::Value as Literal;

use super::error::{Problem, TickError, shown};
use super::graph::{Made, Property};
use super::lexer::Kind;
use super::literal::unquoted;
use super::notes::{self, Note};
use super::parser::Parser;
use super::value::{Argument, Unfit, Value, spread};

const ACCEPTED: &str = "accepted are 'text', '''text''', 42, 1.5, 10m, TRUE and FALSE";

/// A node of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) function: String,
    /// As Kapacitor calls it, such as `aggregate2`.
    pub(crate) id: String,
    pub(crate) calls: Vec<Call>,
    /// Where its name stands.
    pub(super) name: Range<usize>,
    /// What it was read from, with its name.
    pub(super) text: String,
    pub(super) origin: String,
    notes: Vec<Note>,
}

/// An option that is called on a node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) option: proto::Option,
    /// Where its name stands.
    pub(crate) name: Range<usize>,
    /// Where its arguments stand.
    pub(crate) arguments: Vec<Range<usize>>,
}

impl Node {
    /// What the script does before the node that its user has to know.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The node by itself, on one line.
    pub(crate) fn shown(&self) -> String {
        let of = |span: &Range<usize>| self.text.get(span.clone()).unwrap_or_default();
        let calls = self.calls.iter().map(|call| {
            let arguments = call.arguments.iter().map(of).collect::<Vec<_>>().join(", ");
            format!(".{}({arguments})", of(&call.name))
        });
        format!("@{}(){}", self.function, calls.collect::<String>())
    }

    fn new(made: &Made, text: &str, origin: &str, notes: Vec<Note>) -> Result<Self, Problem> {
        let calls = made.properties.iter().filter(|property| !is_quiet(property));
        let calls = calls.map(|property| call(property, text, Quotes::Single)).collect::<Result<_, _>>()?;
        Ok(Self {
            function: made.name.clone(),
            id: made.id(),
            calls,
            name: made.span.clone(),
            text: text.to_owned(),
            origin: origin.to_owned(),
            notes,
        })
    }
}

/// Reads `@function().option('x')`.
pub(crate) fn node(text: &str, origin: &str) -> Result<Node, TickError> {
    let read = || {
        let mut parser = Parser::new(text);
        lone_node(&mut parser)?;
        let made = parser.graph.functions().next();
        let made = made.ok_or_else(|| Problem::new(0..0, "there is no node"))?;
        Node::new(made, text, origin, Vec::new())
    };
    read().map_err(|problem: Problem| problem.of(text, origin))
}

/// Finds a node of a function in a script, by Kapacitor's name for it, by the number in that name, or by the
/// function's name if it has one node only. If the script has one node of a function only, `which` may be empty.
pub(crate) fn node_of_script(script: &str, file: &str, which: &str) -> Result<Node, TickError> {
    let mut parser = Parser::new(script);
    parser.script().map_err(|problem| problem.of(script, file))?;
    let made = chosen(&parser, script, file, which)?;
    let notes = notes::before(made, &parser.graph, script);
    Node::new(made, script, file, notes).map_err(|problem| problem.of(script, file))
}

/// Reads an option as it is called in a script, such as `.field("x", 1.0)`, where for once double quotes are as good
/// as single ones: it stands between single ones in a shell.
pub(crate) fn lone_call(text: &str) -> Result<proto::Option, TickError> {
    let read = || {
        let mut parser = Parser::new(text);
        parser.take_if(Kind::Dot)?;
        let name = parser.expect(Kind::Ident, "give an option as a TICKscript has it: field('x', 1.0)")?;
        let has_arguments = parser.peek()?.kind == Kind::LeftParen;
        let arguments = if has_arguments { parser.arguments()? } else { Vec::new() };
        parser.expect(Kind::End, "an option is one call; repeat --option for another")?;
        let property = Property { name: parser.word(&name).to_owned(), name_span: name.span, arguments };
        call(&property, text, Quotes::Any)
    };
    read().map(|call| call.option).map_err(|problem: Problem| problem.of(text, "CALL"))
}

/// A function's node and no more. Numbered as if it were behind `stream|from()`.
fn lone_node(parser: &mut Parser<'_>) -> Result<(), Problem> {
    let first = parser.peek()?;
    if first.kind != Kind::At {
        return Err(no_node(parser, &first.span, first.kind));
    }
    let from = parser.graph.method(0, "from", 0..0, Vec::new());
    let mut node = parser.link(Value::Node(from), &first.span)?;
    if let Some(argument) = parser.graph.functions().next().and_then(|made| made.arguments.first()) {
        return Err(Problem::new(argument.span.clone(), "a function's parentheses are empty")
            .help("what it is given stands behind it: @aggregate().taskId('user_id')"));
    }
    while parser.peek()?.kind == Kind::Dot {
        node = parser.link(node, &first.span)?;
    }
    let behind = parser.peek()?;
    let problem = parser.unexpected(&behind, "the node ends before it");
    match behind.kind {
        Kind::End => Ok(()),
        Kind::Pipe | Kind::At => Err(problem.help("a whole script is read with --tick FILE --node NAME")),
        _ => Err(problem.help("options follow one another as .name(…)")),
    }
}

fn no_node(parser: &Parser<'_>, first: &Range<usize>, kind: Kind) -> Problem {
    const EXAMPLE: &str = "a node begins with @: @aggregate().taskId('user_id')";
    let word = parser.shown(first);
    match (kind, word.as_str()) {
        (Kind::End, _) => Problem::new(first.clone(), "this is empty").help(EXAMPLE),
        (Kind::Var | Kind::Dbrp | Kind::Pipe, _) | (_, "stream" | "batch") => {
            Problem::new(first.clone(), "a node is needed here, and this is a script")
                .help("a whole script is read with --tick FILE --node NAME")
        }
        (Kind::Ident, _) => Problem::new(first.clone(), format!("{word} has no @ before it"))
            .help(format!("a node begins with @: @{word}()")),
        _ => Problem::new(first.clone(), format!("{word} begins no node")).help(EXAMPLE),
    }
}

fn chosen<'a>(parser: &'a Parser<'_>, script: &str, file: &str, which: &str) -> Result<&'a Made, TickError> {
    let functions: Vec<_> = parser.graph.functions().collect();
    if functions.is_empty() {
        let words = "the script has no node of a function, such as @aggregate()".to_owned();
        return Err(TickError::of_all(file, words, String::new()));
    }
    let by_id = functions.iter().find(|made| made.id() == which);
    let by_number = || functions.iter().find(|made| which.parse() == Ok(made.number));
    if let Some(made) = by_id.or_else(by_number) {
        return Ok(made);
    }
    let named = functions.iter().filter(|made| made.name == which || which.is_empty());
    let named: Vec<_> = named.collect();
    match named.as_slice() {
        [made] => Ok(made),
        [] => {
            let words = format!("there is no node {}{}", shown(which), other_kind(parser, which));
            Err(TickError::of_all(file, words, listed(&functions, script)))
        }
        _ => {
            let of = if which.is_empty() { "functions" } else { which };
            let words = format!("there are {} nodes of {of}, and one is needed", named.len());
            Err(TickError::of_all(file, words, listed(&functions, script)))
        }
    }
}

/// The number may be another node's.
fn other_kind(parser: &Parser<'_>, which: &str) -> String {
    let made = parser.graph.all().iter().find(|made| which.parse() == Ok(made.number));
    made.map(|made| format!(" of a function: {} is another", made.id())).unwrap_or_default()
}

/// The nodes there are, with their lines.
fn listed(functions: &[&Made], script: &str) -> String {
    let line = |made: &Made| script.get(..made.span.start).unwrap_or_default().matches('\n').count() + 1;
    let nodes = functions.iter().map(|made| format!("{} in line {}", made.id(), line(made)));
    format!("the nodes of functions are {}", nodes.collect::<Vec<_>>().join(", "))
}

/// Every node of Kapacitor has this one, and no function is told of it.
fn is_quiet(property: &Property) -> bool {
    property.name == "quiet" && property.arguments.is_empty()
}

/// What a string may stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Single,
    Any,
}

fn call(property: &Property, text: &str, quotes: Quotes) -> Result<Call, Problem> {
    let arguments = spread(&property.arguments);
    let literal = |argument: &Argument| taken(argument, text, quotes);
    let values = arguments.iter().map(literal).map(|value| value.map(option_value));
    let values = values.collect::<Result<_, _>>()?;
    Ok(Call {
        option: proto::Option { name: property.name.clone(), values },
        name: property.name_span.clone(),
        arguments: arguments.into_iter().map(|argument| argument.span).collect(),
    })
}

fn option_value(value: Literal) -> OptionValue {
    let value_type = match value {
        Literal::BoolValue(_) => ValueType::Bool,
        Literal::IntValue(_) => ValueType::Int,
        Literal::DoubleValue(_) => ValueType::Double,
        Literal::StringValue(_) => ValueType::String,
        Literal::DurationValue(_) => ValueType::Duration,
    };
    OptionValue { r#type: value_type.into(), value: Some(value) }
}

fn taken(argument: &Argument, text: &str, quotes: Quotes) -> Result<Literal, Problem> {
    let word = text.get(argument.span.clone()).unwrap_or_default();
    match (&argument.value, word) {
        (Value::Literal(literal), _) => Ok(literal.clone()),
        (Value::Unfit(Unfit::Reference), _) if quotes == Quotes::Any && word.starts_with('"') => {
            Ok(Literal::StringValue(unquoted(word)))
        }
        (Value::Unfit(Unfit::Unknown), "true") if quotes == Quotes::Any => Ok(Literal::BoolValue(true)),
        (Value::Unfit(Unfit::Unknown), "false") if quotes == Quotes::Any => Ok(Literal::BoolValue(false)),
        (value, _) => {
            let (words, help) = unfit(value, argument.is_var, word);
            Err(Problem::new(argument.span.clone(), words).help(help))
        }
    }
}

/// What can't be given to a function, in words, and what can.
fn unfit(value: &Value, is_var: bool, word: &str) -> (String, String) {
    let subject = if is_var { shown(word) } else { "this".to_owned() };
    let is =
        |what: &str| (format!("{subject} is {what}, which no function can be given"), ACCEPTED.to_owned());
    let Value::Unfit(unfit) = value else {
        return is(if matches!(value, Value::Node(_)) { "a node" } else { "a list" });
    };
    match unfit {
        Unfit::Reference => {
            let words = format!("{subject} is a reference, which only a lambda has a use for");
            let text = unquoted(word).replace('\'', "\\'");
            let is_written = !is_var && word.starts_with('"');
            (
                words,
                if is_written {
                    format!("a string is written '{}'", shown(&text))
                } else {
                    ACCEPTED.to_owned()
                },
            )
        }
        Unfit::Lambda => is("a lambda"),
        Unfit::Regex => is("a regex"),
        Unfit::Star => is("a *"),
        Unfit::Nested => is("a list in a list"),
        Unfit::Expression => (
            format!("{subject} is an expression, which is not calculated here"),
            "write its value".to_owned(),
        ),
        Unfit::Result => {
            (format!("{subject} is the result of a call, which is not known here"), ACCEPTED.to_owned())
        }
        Unfit::NoValue => (
            format!("{subject} has a type and no value"),
            "what a template's task gives it is not known here; give it a value with =".to_owned(),
        ),
        Unfit::Unknown => {
            let help = match word {
                "true" | "True" => "TRUE is written so".to_owned(),
                "false" | "False" => "FALSE is written so".to_owned(),
                _ => format!("a string stands in quotes: '{}'", shown(word)),
            };
            (format!("there is no var {}", shown(word)), help)
        }
    }
}
