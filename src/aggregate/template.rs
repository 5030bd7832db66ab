//! What `taskId` says: one name, or a template of several.

use std::fmt;

use thiserror::Error;

/// Where a task's id comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// In order; no literal is empty or has another beside it.
    pub(crate) parts: Vec<Part>,
    /// The names referred to, each once, in order of first appearance; at least one.
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    /// An index of `names`.
    Reference(usize),
}

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum TemplateError {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("%{{ is not followed by }}")]
    Unclosed,
    #[error("%{{}} has no name in it")]
    NoName,
}

/// The longest template, in bytes. Attack: one as long as a frame names millions of fields, each of which is
/// looked for in each point.
const MAX_LENGTH: usize = 4096;

const OPEN: &str = "%{";

impl Template {
    /// Of a text that is one name, or literals and `%{name}`.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(TemplateError::TooLong);
        }
        let mut template = Self { parts: vec![], names: vec![] };
        if !text.contains(OPEN) {
            template.refer(text);
            return Ok(template);
        }
        let mut rest = text;
        while let Some((literal, reference)) = rest.split_once(OPEN) {
            template.literal(literal);
            let (name, behind) = reference.split_once('}').ok_or(TemplateError::Unclosed)?;
            match name {
                "" => return Err(TemplateError::NoName),
                // The brace that was found is the next reference's.
                name if name.contains(OPEN) => return Err(TemplateError::Unclosed),
                name => template.refer(name),
            }
            rest = behind;
        }
        template.literal(rest);
        Ok(template)
    }

    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.parts.push(Part::Literal(text.to_owned()));
        }
    }

    fn refer(&mut self, name: &str) {
        let known = self.names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        self.parts.push(Part::Reference(index));
    }
}

/// As a script says it.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([Part::Reference(_)], [name]) = (&*self.parts, &*self.names) {
            return f.write_str(name);
        }
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Reference(name) => {
                write!(f, "%{{{}}}", self.names.get(*name).map_or("", String::as_str))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Part::Reference;
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[test]
    fn a_template_is_literals_and_references() {
        fn check<const N: usize>(text: &str, parts: &[Part], names: [&str; N]) {
            let template = Template::parse(text).unwrap();
            assert_eq!(
                (template.parts.as_slice(), template.names),
                (parts, names.map(str::to_owned).to_vec()),
                "{text}"
            );
        }
        check("user_id", &[Reference(0)], ["user_id"]);
        check("odd } name % {x}", &[Reference(0)], ["odd } name % {x}"]);
        check("%{host}", &[Reference(0)], ["host"]);
        check("%{host}-%{session}", &[Reference(0), literal("-"), Reference(1)], ["host", "session"]);
        check("%{a}%{b}%{a}", &[Reference(0), Reference(1), Reference(0)], ["a", "b"]);
        check("<%{a b}>}", &[literal("<"), Reference(0), literal(">}")], ["a b"]);
        check("100%%{é}%", &[literal("100%"), Reference(0), literal("%")], ["é"]);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let check = |text: &str, error| assert_eq!(Template::parse(text), Err(error), "{text}");
        check("", TemplateError::Empty);
        check(&"a".repeat(4097), TemplateError::TooLong);
        check("%{", TemplateError::Unclosed);
        check("%{host", TemplateError::Unclosed);
        check("%{a}-%{b", TemplateError::Unclosed);
        check("%{a-%{b}", TemplateError::Unclosed);
        check("%{}", TemplateError::NoName);
        check("%{a}%{}", TemplateError::NoName);
    }
}
