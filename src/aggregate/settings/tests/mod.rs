//! Scripts for the tests, and what they are held to.

mod accepted;

mod refused;

mod time;

mod functions;

mod scripts;

use super::Settings;
use crate::aggregate::options::Function;
use crate::edge::Edge;
use crate::proto::option_value::Value;
use crate::proto::{self, OptionValue};

const SECOND: i64 = 1_000_000_000;

/// An argument of type duration.
struct Nanos(i64);

trait Written {
    fn value(self) -> Value;
}

macro_rules! written {
    ($($from:ty => $arm:ident($value:ident) $to:expr;)*) => {
        $(impl Written for $from {
            fn value(self) -> Value {
                let $value = self;
                Value::$arm($to)
            }
        })*
    };
}

written! {
    bool => BoolValue(it) it;
    i64 => IntValue(it) it;
    f64 => DoubleValue(it) it;
    &str => StringValue(it) it.to_owned();
    Nanos => DurationValue(it) it.0;
}

/// The calls of a script, in its words but for the dots.
macro_rules! script {
    ($($option:ident($($argument:expr),*))*) => {
        proto::InitRequest {
            options: vec![$(call(stringify!($option), vec![$(Written::value($argument)),*])),*],
            ..proto::InitRequest::default()
        }
    };
}

use script;

fn call(name: &str, values: Vec<Value>) -> proto::Option {
    let values = values.into_iter().map(|value| OptionValue { r#type: 0, value: Some(value) });
    proto::Option { name: name.to_owned(), values: values.collect() }
}

const TO_BATCH: Function = Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch };
const TO_STREAM: Function = Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream };
/// Those of which a task comes out.
const EACH: [Function; 5] = [Function::STREAM, TO_BATCH, TO_STREAM, Function::BATCH, Function::Session];

#[track_caller]
fn settings(script: &proto::InitRequest) -> Settings {
    settings_of(Function::STREAM, script)
}

#[track_caller]
fn settings_of(function: Function, script: &proto::InitRequest) -> Settings {
    Settings::new(function, script).unwrap_or_else(|refused| panic!("{refused}"))
}

#[track_caller]
fn refused(script: &proto::InitRequest, words: &str) {
    refused_of(Function::STREAM, script, words);
}

#[track_caller]
fn refused_of(function: Function, script: &proto::InitRequest, words: &str) {
    assert_eq!(Settings::new(function, script).expect_err(words).to_string(), words);
}
