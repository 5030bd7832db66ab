//! What a script sees of its task, and sets.

use super::super::value::Value;
use super::dynamic::{Dynamic, Result};

/// Times are nanoseconds.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub id: String,
    pub count: u64,
    pub created: i64,
    pub last: i64,
    pub is_restored: bool,
    pub reason: Option<&'static str>,
    pub timeout: Option<i64>,
    pub inactivity_timeout: Option<i64>,
    pub ends: bool,
}

impl View {
    #[expect(clippy::cast_precision_loss, reason = "scripts see seconds as doubles")]
    pub fn read(&self, name: &str) -> Result<Dynamic> {
        let seconds = |nanos: Option<i64>| {
            nanos.map_or(Dynamic::Unit, |nanos| Dynamic::Scalar(Value::Double(nanos as f64 / 1e9)))
        };
        Ok(match name {
            "id" => Dynamic::text(&self.id),
            "count" => Dynamic::int(i64::try_from(self.count).unwrap()),
            "created" => Dynamic::int(self.created),
            "last" => Dynamic::int(self.last),
            "restored" => Dynamic::bool(self.is_restored),
            "reason" => self.reason.map_or(Dynamic::Unit, Dynamic::text),
            "timeout" => seconds(self.timeout),
            "inactivity_timeout" => seconds(self.inactivity_timeout),
            _ => return Err(format!("no task.{name}")),
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "at the end of an int it stays there")]
    pub fn set(&mut self, name: &str, value: &Dynamic) -> Result<()> {
        let seconds = value.field()?;
        if !seconds.is_number() || seconds.double() < 0.0 {
            return Err(format!("task.{name}: {seconds:?}"));
        }
        let nanos = Some((seconds.double() * 1e9).round() as i64);
        match name {
            "timeout" => self.timeout = nanos,
            "inactivity_timeout" => self.inactivity_timeout = nanos,
            _ => return Err(format!("task.{name} can't be set")),
        }
        Ok(())
    }
}
