//! The outputs a script asks for: its reducers, and which of them are always doubles.

use super::Output;
use super::calls::{Call, Calls};
use super::error::SettingsError;
use crate::aggregate::options::Meaning;
use crate::aggregate::reduce::Kind;
use crate::options::Argument;

/// In the script's order.
pub(super) fn of(calls: &Calls) -> Result<Vec<Output>, SettingsError> {
    let mut outputs = Vec::new();
    for call in calls.iter() {
        outputs.extend(output(call)?);
    }
    for call in calls.all(Meaning::Float) {
        make_float(&mut outputs, call)?;
    }
    Ok(outputs)
}

/// The output of a call, if it is one of a reducer.
fn output(call: &Call) -> Result<Option<Output>, SettingsError> {
    let Some(kind) = kind(call)? else { return Ok(None) };
    let text = |name| Some(call.argument(name)?.as_str()?.to_owned());
    Ok(text("as").map(|name| Output { name, kind, field: text("field"), float: false }))
}

fn kind(call: &Call) -> Result<Option<Kind>, SettingsError> {
    Ok(Some(match (call.spec.meaning, call.arguments.as_slice()) {
        (Meaning::Count, _) => Kind::Count,
        (Meaning::Sum, _) => Kind::Sum,
        (Meaning::Min, _) => Kind::Min,
        (Meaning::Max, _) => Kind::Max,
        (Meaning::Mean, _) => Kind::Mean,
        (Meaning::Stddev, _) => Kind::Stddev,
        (Meaning::First, _) => Kind::First,
        (Meaning::Last, _) => Kind::Last,
        (Meaning::CountDistinct, _) => Kind::CountDistinct,
        (Meaning::Distinct, _) => Kind::Distinct,
        (Meaning::Percentile, &[_, Argument::Double(p), _]) => {
            if !(0.0..=100.0).contains(&p) {
                return Err(SettingsError::value(call, 1, "a double from 0.0 to 100.0".to_owned()));
            }
            Kind::Percentile { p }
        }
        (Meaning::List, _) => Kind::List,
        (Meaning::Concat, [_, Argument::String(separator), _]) => {
            Kind::Concat { separator: separator.as_str().into() }
        }
        (Meaning::Duration, &[Argument::Duration(unit), _]) => {
            if unit <= 0 {
                return Err(SettingsError::value(call, 0, "a duration over 0s".to_owned()));
            }
            Kind::Duration { unit }
        }
        _ => return Ok(None),
    }))
}

fn make_float(outputs: &mut [Output], call: &Call) -> Result<(), SettingsError> {
    let name = call.text(0).unwrap_or_default();
    let accepted = floatable(outputs);
    let (option, owned) = (call.name.clone(), name.to_owned());
    match outputs.iter_mut().find(|output| output.name == name) {
        None => Err(SettingsError::FloatOfNothing { option, name: owned, accepted }),
        Some(output) if !can_be_number(&output.kind) => {
            Err(SettingsError::FloatOfText { option, name: owned, accepted })
        }
        Some(output) if output.float => Err(SettingsError::FloatTwice { option, name: owned }),
        Some(output) => {
            output.float = true;
            Ok(())
        }
    }
}

/// What `float` can be called with, in words.
fn floatable(outputs: &[Output]) -> String {
    let names = outputs.iter().filter(|output| can_be_number(&output.kind));
    let names: Vec<_> = names.map(|output| format!("{:?}", output.name)).collect();
    if names.is_empty() {
        "the name of an output that can be a number, such as sum's".to_owned()
    } else {
        names.join(", ")
    }
}

/// The others always give strings.
fn can_be_number(kind: &Kind) -> bool {
    !matches!(kind, Kind::Distinct | Kind::List | Kind::Concat { .. })
}
