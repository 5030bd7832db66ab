//! The calls of a script, each read as what its option is: a switch, a number in its range, a word.

use super::elsewhere;
use super::error::SettingsError;
use super::{MapAction, OnError, OnOverflow, PointTime};
use crate::aggregate::options::{self, AggregateOption, Function, Meaning};
use crate::aggregate::template::Template;
use crate::options::{self as table, Argument, CheckedCall};
use crate::proto::InitRequest;

pub(super) type Call = CheckedCall<AggregateOption>;

/// In the script's order.
pub(super) struct Calls(Vec<Call>);

/// A choice of an option's.
pub(super) trait Word: Copy + 'static {
    const ALL: &'static [(&'static str, Self)];

    /// What else there is, for those who gave another word.
    const ADVICE: &'static str = "";
}

impl Calls {
    pub(super) fn check(function: Function, request: &InitRequest) -> Result<Self, SettingsError> {
        let calls = table::check(options::of(function), request);
        calls.map(Self).map_err(|error| elsewhere::refuse(function, error))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.0.iter()
    }

    /// Every call of an option that makes a list.
    pub(super) fn all(&self, meaning: Meaning) -> impl Iterator<Item = &Call> {
        self.iter().filter(move |call| call.spec.meaning == meaning)
    }

    /// The call of an option that there is at most one of.
    pub(super) fn get(&self, meaning: Meaning) -> Option<&Call> {
        self.all(meaning).next()
    }

    pub(super) fn switch(&self, meaning: Meaning) -> Option<bool> {
        match self.get(meaning)?.arguments.first()? {
            Argument::Bool(on) => Some(*on),
            _ => None,
        }
    }

    /// Refuses an option of one argument, if it was called at all.
    pub(super) fn absent(
        &self,
        meaning: Meaning,
        refuse: impl FnOnce(String, Argument) -> SettingsError,
    ) -> Result<(), SettingsError> {
        match self.get(meaning).and_then(|call| Some((call, call.arguments.first()?))) {
            Some((call, came)) => Err(refuse(call.name.clone(), came.clone())),
            None => Ok(()),
        }
    }

    /// A text, which `names` has found not to be empty.
    pub(super) fn name(&self, meaning: Meaning) -> Option<String> {
        Some(self.get(meaning)?.text(0)?.to_owned())
    }

    /// Nanoseconds.
    pub(super) fn duration(&self, meaning: Meaning, least: i64) -> Result<Option<i64>, SettingsError> {
        self.number(meaning, |argument| match *argument {
            Argument::Duration(nanos) if nanos >= least => Ok(nanos),
            _ if least > 0 => Err("a duration over 0s".to_owned()),
            _ => Err("a duration from 0s".to_owned()),
        })
    }

    pub(super) fn count(&self, meaning: Meaning, least: u64) -> Result<Option<u64>, SettingsError> {
        self.number(meaning, |argument| match *argument {
            Argument::Int(int) if u64::try_from(int).is_ok_and(|count| count >= least) => {
                Ok(int.unsigned_abs())
            }
            _ => Err(format!("an int from {least}")),
        })
    }

    /// A count of at least 1 of something that lies in memory.
    pub(super) fn size(&self, meaning: Meaning) -> Result<Option<usize>, SettingsError> {
        let count = self.count(meaning, 1)?;
        // Where memory can't be that large, it is as good as no limit.
        Ok(count.map(|count| usize::try_from(count).unwrap_or(usize::MAX)))
    }

    fn number<T>(
        &self,
        meaning: Meaning,
        read: impl Fn(&Argument) -> Result<T, String>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(call) = self.get(meaning) else { return Ok(None) };
        let Some(argument) = call.arguments.first() else { return Ok(None) };
        read(argument).map(Some).map_err(|accepted| SettingsError::value(call, 0, accepted))
    }

    pub(super) fn word<T: Word>(&self, meaning: Meaning) -> Result<Option<T>, SettingsError> {
        let Some(call) = self.get(meaning) else { return Ok(None) };
        let text = call.text(0).unwrap_or_default();
        let given = T::ALL.iter().find(|(word, _)| *word == text);
        let refuse = || SettingsError::value(call, 0, format!("{}{}", alternatives::<T>(), T::ADVICE));
        given.map(|&(_, choice)| Some(choice)).ok_or_else(refuse)
    }

    pub(super) fn template(&self, meaning: Meaning) -> Result<Option<Template>, SettingsError> {
        let Some(call) = self.get(meaning) else { return Ok(None) };
        let text = call.text(0).unwrap_or_default();
        let refuse =
            |error| SettingsError::Template { option: call.name.clone(), text: text.to_owned(), error };
        Template::parse(text).map(Some).map_err(refuse)
    }
}

/// Such as `evict, drop or reject`.
fn alternatives<T: Word>() -> String {
    let words: Vec<_> = T::ALL.iter().map(|(word, _)| *word).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

impl Word for MapAction {
    const ALL: &'static [(&'static str, Self)] =
        &[("create_or_update", Self::CreateOrUpdate), ("create", Self::Create), ("update", Self::Update)];

    const ADVICE: &'static str = "; which event ends a task is said with endWhen";
}

impl Word for OnError {
    const ALL: &'static [(&'static str, Self)] =
        &[("tag", Self::Tag), ("drop", Self::Drop), ("stop", Self::Stop)];
}

impl Word for OnOverflow {
    const ALL: &'static [(&'static str, Self)] =
        &[("evict", Self::Evict), ("drop", Self::Drop), ("reject", Self::Reject)];
}

impl Word for PointTime {
    const ALL: &'static [(&'static str, Self)] =
        &[("first", Self::First), ("last", Self::Last), ("emit", Self::Emit)];
}
