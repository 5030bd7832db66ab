//! The mirror: sends back what comes in, with fields and tags set where its options say so. Shows
//! that a Kapacitor task reaches the daemon, and is what others are measured against.

use std::collections::BTreeSet;

use tracing::warn;

use crate::agent::Outbox;
use crate::edge::Edge;
use crate::handler::{Handler, HandlerError, Info, UnixNanos, ValueType};
use crate::options::{self, Argument, CheckedCall, OptionSpec};
use crate::proto::InitRequest;
use crate::wire::batch::{BeginBatchView, EndBatchView};
use crate::wire::patch::PointPatch;
use crate::wire::point::{FieldValue, PointView};

const NAME: (&str, ValueType) = ("name", ValueType::String);

/// The mirror's options.
pub static OPTIONS: &[OptionSpec] = &[
    set("field", &[NAME, ("value", ValueType::Double)], "Sets a field on every point."),
    set("fieldInt", &[NAME, ("value", ValueType::Int)], "Sets an integer field on every point."),
    set("fieldString", &[NAME, ("value", ValueType::String)], "Sets a string field on every point."),
    set("fieldBool", &[NAME, ("value", ValueType::Bool)], "Sets a boolean field on every point."),
    set(
        "tag",
        &[NAME, ("value", ValueType::String)],
        "Sets a tag on every point, unless the point is grouped by it.",
    ),
    set(
        "defaultField",
        &[NAME, ("value", ValueType::Double)],
        "Sets a field on points that have none of that name.",
    ),
    set("defaultFieldInt", &[NAME, ("value", ValueType::Int)], "Likewise, an integer."),
    set("defaultFieldString", &[NAME, ("value", ValueType::String)], "Likewise, a string."),
    set("defaultFieldBool", &[NAME, ("value", ValueType::Bool)], "Likewise, a boolean."),
    set(
        "defaultTag",
        &[NAME, ("value", ValueType::String)],
        "Sets a tag on points where it is missing or empty.",
    ),
];

const fn set(
    name: &'static str,
    arguments: &'static [(&'static str, ValueType)],
    help: &'static str,
) -> OptionSpec {
    OptionSpec { name, arguments, help }
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
                warn!(tag, %group, "tag not set: points are grouped by it; set it before groupBy, or group by another tag");
            }
        }
    }
}

impl Handler for Mirror {
    fn info(&self) -> Info {
        options::describe(OPTIONS, &Info::new(self.edge, self.edge))
    }

    fn init(&mut self, _: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        let mut taken = BTreeSet::new();
        for call in options::check(OPTIONS, request)? {
            let setting = Setting::of(&call)?;
            if !taken.insert((setting.is_tag, setting.name.to_owned())) {
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

/// One of the mirror's calls: what is set to what, and where.
struct Setting<'a> {
    option: &'static str,
    is_tag: bool,
    only_if_missing: bool,
    name: &'a str,
    value: FieldValue<'a>,
}

impl<'a> Setting<'a> {
    fn of(call: &'a CheckedCall) -> Result<Self, HandlerError> {
        let option = call.spec.name;
        let is_tag = matches!(option, "tag" | "defaultTag");
        let [Argument::String(name), value] = call.arguments.as_slice() else {
            return Err(format!("option {option} takes a name and a value").into());
        };
        if name.is_empty() {
            let what = if is_tag { "tag" } else { "field" };
            return Err(format!("must supply {what}: the name given to option {option} is empty").into());
        }
        let value = match value {
            Argument::Double(double) => FieldValue::Double(*double),
            Argument::Int(int) | Argument::Duration(int) => FieldValue::Int(*int),
            Argument::String(string) => FieldValue::String(string),
            Argument::Bool(bool) => FieldValue::Bool(*bool),
        };
        Ok(Self { option, is_tag, only_if_missing: option.starts_with("default"), name, value })
    }

    fn add_to(&self, patch: &mut PointPatch) {
        match (self.is_tag, self.value, self.only_if_missing) {
            (true, FieldValue::String(value), false) => patch.set_tag(self.name, value),
            (true, FieldValue::String(value), true) => patch.default_tag(self.name, value),
            (_, value, false) => patch.set_field(self.name, value),
            (_, value, true) => patch.default_field(self.name, value),
        }
    }

    fn twice(&self) -> String {
        let what = if self.is_tag { "tag" } else { "field" };
        format!(
            "option {}: the {what} {:?} is set by another option too; set it once",
            self.option, self.name
        )
    }
}
