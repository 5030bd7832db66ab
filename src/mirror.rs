//! The mirror: sends back what comes in, with fields and tags set where its options say so. Shows
//! that a Kapacitor task reaches the daemon, and is what others are measured against.

use std::collections::BTreeSet;
use std::fmt;

use tracing::warn;

use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::{Handler, HandlerError, Info, UnixNanos, ValueType};
use crate::options::{self, CheckedCall, OptionSpec};
use crate::proto::InitRequest;
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::patch::PointPatch;
use crate::wire::point::{FieldValue, PointView};

/// The mirror's options.
pub static OPTIONS: &[Setter] = &[
    set_field("field", &[NAME, ("value", ValueType::Double)], "Sets a field on every point."),
    set_field("fieldInt", &[NAME, ("value", ValueType::Int)], "Sets an integer field on every point."),
    set_field("fieldString", &[NAME, ("value", ValueType::String)], "Sets a string field on every point."),
    set_field("fieldBool", &[NAME, ("value", ValueType::Bool)], "Sets a boolean field on every point."),
    set_tag(
        "tag",
        &[NAME, ("value", ValueType::String)],
        "Sets a tag on every point, unless the point is grouped by it.",
    ),
    default_field(
        "defaultField",
        &[NAME, ("value", ValueType::Double)],
        "Sets a field on points that have none of that name.",
    ),
    default_field("defaultFieldInt", &[NAME, ("value", ValueType::Int)], "Likewise, an integer."),
    default_field("defaultFieldString", &[NAME, ("value", ValueType::String)], "Likewise, a string."),
    default_field("defaultFieldBool", &[NAME, ("value", ValueType::Bool)], "Likewise, a boolean."),
    default_tag(
        "defaultTag",
        &[NAME, ("value", ValueType::String)],
        "Sets a tag on points where it is missing or empty.",
    ),
];

const NAME: (&str, ValueType) = ("name", ValueType::String);

/// An option of the mirror, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setter {
    spec: OptionSpec,
    sets: Sets,
    only_if_missing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sets {
    Field,
    Tag,
}

impl AsRef<OptionSpec> for Setter {
    fn as_ref(&self) -> &OptionSpec {
        &self.spec
    }
}

type Arguments = &'static [(&'static str, ValueType)];

const fn set_field(name: &'static str, arguments: Arguments, help: &'static str) -> Setter {
    let spec = OptionSpec::new(name, arguments, help).repeated();
    Setter { spec, sets: Sets::Field, only_if_missing: false }
}

const fn set_tag(name: &'static str, arguments: Arguments, help: &'static str) -> Setter {
    Setter { sets: Sets::Tag, ..set_field(name, arguments, help) }
}

const fn default_field(name: &'static str, arguments: Arguments, help: &'static str) -> Setter {
    Setter { only_if_missing: true, ..set_field(name, arguments, help) }
}

const fn default_tag(name: &'static str, arguments: Arguments, help: &'static str) -> Setter {
    Setter { only_if_missing: true, ..set_tag(name, arguments, help) }
}

/// A handler that mirrors points or batches.
#[derive(Debug)]
pub struct Mirror {
    edge: Edge,
    patch: PointPatch,
    /// Tags that were not set since points are grouped by them; each is logged once.
    refused: BTreeSet<String>,
}

impl Mirror {
    /// A mirror for this kind of edge.
    pub fn new(edge: Edge) -> Self {
        Self { edge, patch: PointPatch::new(), refused: BTreeSet::new() }
    }

    fn log_refused_tags(&mut self, point: &PointView<'_>) {
        for tag in self.patch.refused_tags() {
            if !self.refused.contains(tag) {
                self.refused.insert(tag.to_owned());
                let group = String::from_utf8_lossy(point.group());
                warn!(
                    tag,
                    ?group,
                    "tag not set: points are grouped by it; set it before groupBy, or group by another tag"
                );
            }
        }
    }
}

impl Handler for Mirror {
    fn info(&self) -> Info {
        options::describe(OPTIONS, self.edge, self.edge)
    }

    fn init(&mut self, _: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        let mut taken = BTreeSet::new();
        for call in options::check(OPTIONS, request)? {
            let setting = Setting::of(&call)?;
            if !taken.insert((setting.setter.sets, setting.name.to_owned())) {
                return Err(setting.twice().into());
            }
            setting.add_to(&mut self.patch);
        }
        Ok(())
    }

    fn begin_batch(
        &mut self,
        _: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.patch.lock_tags(begin.tag_names());
        Ok(out.forward(begin)?)
    }

    #[inline]
    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        if self.patch.is_empty() {
            return Ok(out.forward(point)?);
        }
        out.patched(&point, &mut self.patch)?;
        self.log_refused_tags(&point);
        Ok(())
    }

    fn end_batch(
        &mut self,
        _: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        Ok(out.forward(end)?)
    }
}

/// One of the mirror's calls: what is set to what.
struct Setting<'a> {
    setter: &'static Setter,
    /// As the script calls it.
    option: &'a str,
    name: &'a str,
    to: To<'a>,
}

enum To<'a> {
    Field(FieldValue<'a>),
    Tag(&'a str),
}

impl<'a> Setting<'a> {
    fn of(call: &'a CheckedCall<Setter>) -> Result<Self, HandlerError> {
        let (setter, option) = (call.spec, call.name.as_str());
        let Some((name, to)) = Self::arguments(call) else {
            return Err(format!("option {option} takes a name and a value").into());
        };
        if name.is_empty() {
            let what = setter.sets;
            return Err(format!("must supply {what}: the name given to option {option} is empty").into());
        }
        Ok(Self { setter, option, name, to })
    }

    fn arguments(call: &'a CheckedCall<Setter>) -> Option<(&'a str, To<'a>)> {
        let to = match call.spec.sets {
            Sets::Field => To::Field(call.field_value(1)?),
            Sets::Tag => To::Tag(call.text(1)?),
        };
        Some((call.text(0)?, to))
    }

    fn add_to(&self, patch: &mut PointPatch) {
        match (&self.to, self.setter.only_if_missing) {
            (&To::Field(value), false) => patch.set_field(self.name, value),
            (&To::Field(value), true) => patch.default_field(self.name, value),
            (To::Tag(value), false) => patch.set_tag(self.name, value),
            (To::Tag(value), true) => patch.default_tag(self.name, value),
        }
    }

    fn twice(&self) -> String {
        let Self { setter: Setter { sets, .. }, option, name, .. } = self;
        format!("option {option}: the {sets} {name:?} is set by another option too; set it once")
    }
}

impl fmt::Display for Sets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Field => "field",
            Self::Tag => "tag",
        })
    }
}
