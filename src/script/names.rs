//! The names that stand in scripts: what the engine is given getters for, what is looked for in events, and what
//! a map has numbers for.

use std::collections::BTreeSet;
use std::ops::Range;

use super::lexer::{self, Kind, Token};
use super::state::Keys;

/// What the scripts of a node mention.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Whatever stands behind a dot without being called.
    pub(super) properties: BTreeSet<String>,
    /// Tags and fields of events that are read.
    pub(super) of_event: Vec<String>,
    /// What may be a map's key.
    keys: BTreeSet<String>,
    /// A tag or a field of the event may be set.
    pub(super) changes_event: bool,
    /// A list or a map is compared as a whole, which the engine's quick operators say is never equal to ours.
    pub(super) compares_containers: bool,
}

/// What scripts can't replace.
const HANDLES: [&str; 3] = ["event", "map", "task"];

/// What is registered by ourselves: a script's function of such a name would take its place, also where we call it.
pub(super) const FUNCTIONS: [&str; 53] = [
    "all",
    "append",
    "cancel",
    "chop",
    "clear",
    "contains",
    "dedup",
    "drain",
    "emit",
    "end",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "for_each",
    "get",
    "index_of",
    "insert",
    "is_empty",
    "keys",
    "len",
    "log",
    "map",
    "max",
    "min",
    "mixin",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "pop",
    "push",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "some",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "split",
    "to_debug",
    "to_json",
    "to_string",
    "truncate",
    "values",
    "zip",
];

/// A name that can't stand where it stands, and why.
pub(super) struct Refused {
    pub(super) words: String,
    pub(super) range: Range<usize>,
}

impl Names {
    /// Takes up the names of `source`.
    pub(super) fn add(&mut self, source: &str) -> Result<(), Refused> {
        let tokens = lexer::tokens(source);
        for (index, token) in tokens.iter().enumerate() {
            let (before, after) = tokens.split_at_checked(index).unwrap_or_default();
            let around = Around { before, after: after.get(1..).unwrap_or_default() };
            match token.kind {
                Kind::Name(name) => {
                    if let Some(words) = around.refusal(name) {
                        return Err(Refused { words, range: token.range.clone() });
                    }
                    self.add_name(name, &around);
                }
                Kind::Text(text) => drop(self.keys.insert(text.to_owned())),
                Kind::Symbol("==" | "!=") => {
                    self.compares_containers |= around.is_next("[") || around.is_next("#{");
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_name(&mut self, name: &str, around: &Around<'_>) {
        if around.is_property() {
            if !around.is_next("(") {
                self.properties.insert(name.to_owned());
                self.keys.insert(name.to_owned());
            }
        } else if name == "event" {
            self.changes_event |= around.may_change_event();
            self.add_of_event(around.after);
        } else if around.is_next(":") {
            self.keys.insert(name.to_owned());
        }
    }

    /// What is read of the event, where `after` follows the word `event`.
    fn add_of_event(&mut self, after: &[Token<'_>]) {
        use Kind::{Name, Symbol, Text};
        let mut kinds = after.iter().map(|token| token.kind);
        let name = match (kinds.next(), kinds.next()) {
            (Some(Symbol("." | "?.")), Some(Name("tags" | "fields"))) => match (kinds.next(), kinds.next()) {
                (Some(Symbol("." | "?.")), Some(Name(name))) => name,
                (Some(Symbol("[" | "?[")), Some(Text(name))) => {
                    kinds.next();
                    name
                }
                _ => return,
            },
            (Some(Symbol("." | "?.")), Some(Name("name" | "time"))) => return,
            (Some(Symbol("." | "?.")), Some(Name(name))) => name,
            (Some(Symbol("[" | "?[")), Some(Text(name))) => {
                kinds.next();
                name
            }
            _ => return,
        };
        let is_read = !matches!(kinds.next(), Some(Symbol("=" | "(")));
        if is_read && !self.of_event.iter().any(|known| known == name) {
            self.of_event.push(name.to_owned());
        }
    }

    pub(super) fn keys(&self) -> Keys {
        Keys::new(self.keys.iter().map(|key| key.as_str().into()))
    }

    /// The slot of a name of the event.
    pub(super) fn slot(&self, name: &str) -> Option<usize> {
        self.of_event.iter().position(|known| known == name)
    }
}

/// What stands around a name.
struct Around<'t> {
    before: &'t [Token<'t>],
    after: &'t [Token<'t>],
}

impl Around<'_> {
    /// The word before that, counted from 0.
    fn before(&self, back: usize) -> Option<Kind<'_>> {
        self.before.iter().nth_back(back).map(|token| token.kind)
    }

    fn next(&self, ahead: usize) -> Option<Kind<'_>> {
        self.after.get(ahead).map(|token| token.kind)
    }

    fn is_property(&self) -> bool {
        is_dot(self.before(0))
    }

    fn is_next(&self, symbol: &str) -> bool {
        self.next(0) == Some(Kind::Symbol(symbol))
    }

    fn is_assigned(&self) -> bool {
        matches!(self.next(0), Some(Kind::Symbol(symbol)) if assigns(symbol))
    }

    /// Why `name` can't stand here.
    fn refusal(&self, name: &str) -> Option<String> {
        if HANDLES.contains(&name) && self.replaces() {
            return Some(format!("{name} can't be replaced, only what is in it: {name}.x = …"));
        }
        if self.before(0) == Some(Kind::Name("fn")) && FUNCTIONS.contains(&name) {
            return Some(format!("there is a function {name} already; another name tells yours apart"));
        }
        self.lacks_parentheses(name)
    }

    fn replaces(&self) -> bool {
        use Kind::{Name, Symbol};
        let declares = match self.before(0) {
            Some(Name("let" | "const" | "for" | "fn")) => true,
            Some(Symbol("(")) => matches!(self.before(1), Some(Name("for" | "catch"))),
            // for (value, index)
            Some(Symbol(",")) => self.before(2) == Some(Symbol("(")) && self.before(3) == Some(Name("for")),
            _ => false,
        };
        declares || (self.is_assigned() && !self.is_property())
    }

    /// What does nothing without its parentheses, and looks as if it did.
    fn lacks_parentheses(&self, name: &str) -> Option<String> {
        use Kind::Name;
        if !self.is_property() || self.is_next("(") {
            return None;
        }
        let is_inner = is_dot(self.before(2));
        let (of, sort) = match (self.before(1)?, name) {
            (Name("event"), "cancel" | "keys") if !is_inner => ("event", "a field"),
            (Name("tags"), "keys") if is_inner && self.before(3) == Some(Name("event")) => {
                ("event.tags", "a tag")
            }
            (Name("fields"), "keys") if is_inner && self.before(3) == Some(Name("event")) => {
                ("event.fields", "a field")
            }
            (Name("map"), "keys" | "values" | "clear") if !is_inner => ("map", "an entry"),
            (Name("map"), "len" | "is_empty") if !is_inner && self.is_assigned() => ("map", "an entry"),
            (Name("task"), "end") if !is_inner => return Some("task.end() needs its parentheses".to_owned()),
            _ => return None,
        };
        Some(format!("{of}.{name}() needs its parentheses; {sort} of that name is {of}[\"{name}\"]"))
    }

    /// Whether what stands here, behind the word `event`, may set a tag or a field. What methods change is set too.
    fn may_change_event(&self) -> bool {
        use Kind::{Name, Symbol};
        match (self.next(0), self.next(1)) {
            (Some(Symbol("." | "?.")), Some(Name("tags" | "fields"))) => may_change(self.after.get(2..)),
            (Some(Symbol("." | "?.")), Some(Name(_))) => may_change_member(self.after.get(1..)),
            (Some(Symbol("[" | "?[")), _) => may_change(Some(self.after)),
            // Given to something, or to a variable.
            (next, _) => {
                let is_emitted = self.before(0) == Some(Symbol("("))
                    && matches!(self.before(1), Some(Name("emit" | "log")))
                    && next == Some(Symbol(")"));
                !is_emitted && !matches!(self.before(0), Some(Name("in")))
            }
        }
    }
}

/// Whether what stands behind the event, its tags or its fields may set one.
fn may_change(after: Option<&[Token<'_>]>) -> bool {
    let Some([first, inner @ ..]) = after else { return true };
    match first.kind {
        Kind::Symbol("." | "?.") => may_change_member(Some(inner)),
        Kind::Symbol("[" | "?[") => {
            let mut open = 1usize;
            let end = inner.iter().position(|token| {
                match token.kind {
                    Kind::Symbol("[" | "?[") => open += 1,
                    Kind::Symbol("]") => open -= 1,
                    _ => {}
                }
                open == 0
            });
            end.is_none_or(|end| sets(inner.get(end + 1..)))
        }
        _ => true,
    }
}

/// Likewise behind the dot.
fn may_change_member(after: Option<&[Token<'_>]>) -> bool {
    let Some([name, after @ ..]) = after else { return true };
    if after.first().is_some_and(|token| token.kind == Kind::Symbol("(")) {
        return !matches!(name.kind, Kind::Name("get" | "contains" | "keys" | "cancel"));
    }
    sets(Some(after))
}

/// Whether this, behind a tag or a field, may set it.
fn sets(after: Option<&[Token<'_>]>) -> bool {
    let mut after = after.unwrap_or_default().iter().map(|token| token.kind);
    // Parentheses around it make no difference to the engine.
    let next = after.find(|kind| *kind != Kind::Symbol(")"));
    matches!(next, Some(Kind::Symbol(symbol)) if assigns(symbol) || matches!(symbol, "." | "?." | "[" | "?[" | "("))
}

fn is_dot(kind: Option<Kind<'_>>) -> bool {
    matches!(kind, Some(Kind::Symbol("." | "?.")))
}

fn assigns(symbol: &str) -> bool {
    symbol.ends_with('=') && !matches!(symbol, "==" | "!=" | "<=" | ">=" | "===" | "!==" | "..=")
}
