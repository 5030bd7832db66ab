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
    pub(super) sets_tags: bool,
    /// A list or a map is compared as a whole, which the engine's quick operators say is never equal to ours.
    pub(super) compares_containers: bool,
}

/// What scripts can't replace.
const HANDLES: [&str; 3] = ["event", "map", "task"];

/// A handle is assigned to, or declared anew.
pub(super) struct Replaced<'a> {
    pub(super) name: &'a str,
    pub(super) range: Range<usize>,
}

impl Names {
    /// Takes up the names of `source`.
    pub(super) fn add<'a>(&mut self, source: &'a str) -> Result<(), Replaced<'a>> {
        let tokens = lexer::tokens(source);
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let around = Around { before, after: tokens.get(index + 1..).unwrap_or_default() };
            match token.kind {
                Kind::Name(name) => {
                    if HANDLES.contains(&name) && around.replaces() {
                        return Err(Replaced { name, range: token.range.clone() });
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
            if name == "tags" {
                self.sets_tags |= !around.reads_member();
            }
        } else if name == "event" {
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
    before: Option<&'t Token<'t>>,
    after: &'t [Token<'t>],
}

impl Around<'_> {
    fn is_property(&self) -> bool {
        matches!(self.before, Some(Token { kind: Kind::Symbol("." | "?."), .. }))
    }

    fn is_next(&self, symbol: &str) -> bool {
        matches!(self.after.first(), Some(Token { kind: Kind::Symbol(next), .. }) if *next == symbol)
    }

    fn replaces(&self) -> bool {
        let declares =
            matches!(self.before, Some(Token { kind: Kind::Name("let" | "const" | "for" | "fn"), .. }));
        let assigns =
            matches!(self.after.first(), Some(Token { kind: Kind::Symbol(next), .. }) if assigns(next));
        declares || (assigns && !self.is_property())
    }

    /// Whether the next member is only read.
    fn reads_member(&self) -> bool {
        let mut kinds = self.after.iter().map(|token| token.kind);
        matches!(kinds.next(), Some(Kind::Symbol("." | "?.")))
            && matches!(kinds.next(), Some(Kind::Name(_)))
            && !matches!(kinds.next(), Some(Kind::Symbol(symbol)) if assigns(symbol) || symbol == "(")
    }
}

fn assigns(symbol: &str) -> bool {
    symbol.ends_with('=') && !matches!(symbol, "==" | "!=" | "<=" | ">=" | "===" | "!==" | "..=")
}
