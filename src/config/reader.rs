//! Reads single values of the configuration file, so that one of a wrong type is refused with what its
//! key accepts. What a value means, its own type knows.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::value::ValueError;

/// A value of the file: what is accepted, and how it is taken. What has no function here is refused.
pub(super) trait Readable: Sized {
    /// What is accepted, in words that go on from "expected".
    fn accepted(f: &mut fmt::Formatter<'_>) -> fmt::Result;

    fn from_text(_: &str) -> Option<Result<Self, ValueError>> {
        None
    }

    fn from_number(_: i64) -> Option<Self> {
        None
    }

    fn from_flag(_: bool) -> Option<Self> {
        None
    }

    fn from_list<'de, A: SeqAccess<'de>>(_: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Seq, &Accepted::<Self>::new()))
    }
}

/// Takes a [`Readable`]; its `Deserialize` is this.
pub(super) fn read<'de, T: Readable, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Accepted::new())
}

/// What a type accepts, in words, and to serde.
pub(super) struct Accepted<T>(PhantomData<T>);

impl<T> Accepted<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Readable> fmt::Display for Accepted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::accepted(f)
    }
}

impl<'de, T: Readable> Visitor<'de> for Accepted<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::accepted(f)
    }

    fn visit_str<E: Error>(self, given: &str) -> Result<T, E> {
        match T::from_text(given) {
            Some(read) => read.map_err(E::custom),
            None => Err(E::invalid_type(Unexpected::Str(given), &self)),
        }
    }

    fn visit_i64<E: Error>(self, given: i64) -> Result<T, E> {
        T::from_number(given).ok_or_else(|| E::invalid_type(Unexpected::Signed(given), &self))
    }

    fn visit_bool<E: Error>(self, given: bool) -> Result<T, E> {
        T::from_flag(given).ok_or_else(|| E::invalid_type(Unexpected::Bool(given), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::from_list(list)
    }
}

/// Elements of a list, each read as it would be alone.
pub(super) fn elements<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(mut list: A) -> Result<Vec<T>, A::Error> {
    let mut elements = Vec::new();
    while let Some(element) = list.next_element()? {
        elements.push(element);
    }
    Ok(elements)
}
