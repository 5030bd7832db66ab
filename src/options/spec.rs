//! An option as its function's table declares it. Looks at nothing that was sent.

use std::borrow::Cow;
use std::fmt;
use std::iter;

use crate::handler::ValueType;

/// An option of a function, as its table declares it. A table whose entries tell the function more about
/// an option holds a type of its own that gives this one by `AsRef`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionSpec {
    /// The name a TICKscript calls, in `camelCase` as Kapacitor's own. The same in `snake_case` is accepted
    /// too.
    pub name: &'static str,
    /// Further names, each accepted in `snake_case` too.
    pub aliases: &'static [&'static str],
    /// Names and types of the arguments; none for a flag.
    pub arguments: &'static [(&'static str, ValueType)],
    /// What holds without the option, in words for users; nothing if there is none to tell.
    pub default: &'static str,
    /// Whether a node may call it more than once, under any of its names.
    pub repeats: bool,
    /// One sentence or two for users.
    pub help: &'static str,
}

impl OptionSpec {
    /// An option that can be called once.
    pub const fn new(
        name: &'static str,
        arguments: &'static [(&'static str, ValueType)],
        help: &'static str,
    ) -> Self {
        Self { name, aliases: &[], arguments, default: "", repeats: false, help }
    }

    /// Known under these names too.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// With words for what holds without it.
    #[must_use]
    pub const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// That makes a list: it can be called more than once.
    #[must_use]
    pub const fn repeated(self) -> Self {
        Self { repeats: true, ..self }
    }

    /// Every name by which it can be called: its own and its aliases, each followed by its `snake_case` form
    /// if that is another.
    pub fn names(&self) -> impl Iterator<Item = Cow<'static, str>> + use<> {
        let names = iter::once(self.name).chain(self.aliases.iter().copied());
        names.flat_map(|name| iter::once(Cow::Borrowed(name)).chain(snake_case(name).map(Cow::Owned)))
    }

    /// How it is called, such as `sum(field string, as string)`.
    pub fn signature(&self) -> impl fmt::Display + use<> {
        Signature(*self)
    }
}

impl AsRef<OptionSpec> for OptionSpec {
    fn as_ref(&self) -> &OptionSpec {
        self
    }
}

struct Signature(OptionSpec);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.0.name)?;
        for (index, &(name, value_type)) in self.0.arguments.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name} {value_type}")?;
        }
        f.write_str(")")
    }
}

/// The word for it in a signature.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::Duration => "duration",
        })
    }
}

/// `None` for a name of one word, which looks the same.
fn snake_case(name: &str) -> Option<String> {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    (snake != name).then_some(snake)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_has_each_of_its_names_in_both_styles() {
        let names = |spec: OptionSpec| spec.names().collect::<Vec<_>>();
        assert_eq!(names(OptionSpec::new("count", &[], "")), ["count"]);
        assert_eq!(names(OptionSpec::new("taskId", &[], "")), ["taskId", "task_id"]);
        let aliased = OptionSpec::new("maxTasks", &[], "").aliases(&["maxMapSize", "limit"]);
        assert_eq!(names(aliased), ["maxTasks", "max_tasks", "maxMapSize", "max_map_size", "limit"]);
    }

    #[test]
    fn a_signature_names_arguments_and_types() {
        let signature = |spec: OptionSpec| spec.signature().to_string();
        assert_eq!(signature(OptionSpec::new("flag", &[], "")), "flag()");
        let arguments = &[("unit", ValueType::Duration), ("as", ValueType::String)];
        assert_eq!(
            signature(OptionSpec::new("duration", arguments, "")),
            "duration(unit duration, as string)"
        );
    }
}
