//! What a task's events come to: one small type for each way to reduce values to an output, and [`Reducer`]
//! for any of them. They know values and event times, neither names nor tasks.

use std::cmp::Ordering;

use crate::pack::{self, Damaged, Reader};
use crate::value::Value;

pub(crate) use kind::Kind;
pub(crate) use tally::Tally;

use concat::Concat;
use count_distinct::CountDistinct;
use distinct::Distinct;
use duration::Duration;
use extreme::Extreme;
use list::List;
use mean::Mean;
use moment::Moment;
use number::Number;
use percentile::Percentile;
use stddev::Stddev;
use sum::Sum;

mod kind;

mod tally;

mod sum;

mod extreme;

mod mean;

mod stddev;

mod moment;

mod count_distinct;

mod distinct;

mod percentile;

mod sketch;

mod list;

mod concat;

mod duration;

mod number;

pub(crate) mod held;

mod json;

#[cfg(test)]
mod testing;

/// The state of one output of one task. There are millions: what is small is here, the rest on the heap.
#[derive(Debug)]
pub(crate) enum Reducer {
    Count(u64),
    Sum(Sum),
    Min(Extreme),
    Max(Extreme),
    Mean(Mean),
    Stddev(Stddev),
    /// First or last.
    Moment(Moment),
    CountDistinct(CountDistinct),
    Distinct(Distinct),
    Percentile(Percentile),
    List(List),
    Concat(Concat),
    Duration(Duration),
}

const _: () = assert!(size_of::<Reducer>() <= 24, "a task has several, and there are millions of tasks");

impl Reducer {
    /// Takes an event. `kind` is the one this was started from; `value` is the named field's, if the event has
    /// it, and `None` for a kind that takes no values.
    #[inline]
    pub(crate) fn update(&mut self, kind: &Kind, value: Option<Value<'_>>, time: i64, tally: &mut Tally) {
        match self {
            Self::Count(count) => *count = count.saturating_add(1),
            Self::Duration(duration) => duration.update(time),
            _ => {
                let Some(value) = value else { return };
                if matches!(value, Value::Double(double) if !double.is_finite()) {
                    tally.not_finite += 1;
                } else if let Some(number) = Number::of(value) {
                    self.take_number(kind, number, time, tally);
                } else {
                    self.take_other(kind, value, time, tally);
                }
            }
        }
    }

    #[inline]
    fn take_number(&mut self, kind: &Kind, number: Number, time: i64, tally: &mut Tally) {
        match self {
            Self::Sum(sum) => sum.update(number, tally),
            Self::Min(min) => min.update(Ordering::Less, number),
            Self::Max(max) => max.update(Ordering::Greater, number),
            Self::Mean(mean) => mean.update(number.double()),
            Self::Stddev(stddev) => stddev.update(number.double(), tally),
            Self::Percentile(percentile) => percentile.update(number.double(), tally),
            _ => self.take_any(kind, number.value(), time, tally),
        }
    }

    fn take_other(&mut self, kind: &Kind, value: Value<'_>, time: i64, tally: &mut Tally) {
        match self {
            Self::Sum(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Mean(_)
            | Self::Stddev(_)
            | Self::Percentile(_) => tally.skipped_type += 1,
            _ => self.take_any(kind, value, time, tally),
        }
    }

    fn take_any(&mut self, kind: &Kind, value: Value<'_>, time: i64, tally: &mut Tally) {
        match self {
            Self::Moment(moment) => moment.update(kind.end(), value, time, tally),
            Self::CountDistinct(values) => values.update(value, tally),
            Self::Distinct(values) => values.update(value, tally),
            Self::List(list) => list.update(value, tally),
            Self::Concat(concat) => concat.update(kind.separator(), value, tally),
            _ => {}
        }
    }

    /// A number that can't be had without the state's last word.
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        match self {
            Self::Count(count) => *count,
            _ => 0,
        }
    }

    /// The output; none before the first value. A double may have become infinite or NaN: no value was, but what
    /// came of them.
    pub(crate) fn result(&self, kind: &Kind) -> Option<Value<'_>> {
        match self {
            Self::Count(count) => Some(Value::Int(i64::try_from(*count).unwrap_or(i64::MAX))),
            Self::Sum(sum) => sum.result(),
            Self::Min(extreme) | Self::Max(extreme) => extreme.result(),
            Self::Mean(mean) => mean.result(),
            Self::Stddev(stddev) => stddev.result(),
            Self::Moment(moment) => moment.result(),
            Self::CountDistinct(values) => values.result(),
            Self::Distinct(values) => values.result(),
            Self::Percentile(percentile) => {
                let Kind::Percentile { p } = kind else { return None };
                percentile.result(*p)
            }
            Self::List(list) => list.result(),
            Self::Concat(concat) => concat.result(),
            Self::Duration(duration) => {
                let Kind::Duration { unit } = kind else { return None };
                duration.result(*unit)
            }
        }
    }

    /// What is held outside of this value, as [`heap`] counts. It changes by what [`Tally::grown`] says.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Count(_)
            | Self::Sum(_)
            | Self::Min(_)
            | Self::Max(_)
            | Self::Mean(_)
            | Self::Duration(_) => 0,
            Self::Stddev(stddev) => stddev.heap_bytes(),
            Self::Moment(moment) => moment.heap_bytes(),
            Self::CountDistinct(values) => values.heap_bytes(),
            Self::Distinct(values) => values.heap_bytes(),
            Self::Percentile(percentile) => percentile.heap_bytes(),
            Self::List(list) => list.heap_bytes(),
            Self::Concat(concat) => concat.heap_bytes(),
        }
    }

    /// Appends the state, but not of what kind it is.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Count(count) => pack::write_u64(out, *count),
            Self::Sum(sum) => sum.write(out),
            Self::Min(extreme) | Self::Max(extreme) => extreme.write(out),
            Self::Mean(mean) => mean.write(out),
            Self::Stddev(stddev) => stddev.write(out),
            Self::Moment(moment) => moment.write(out),
            Self::CountDistinct(values) => values.write(out),
            Self::Distinct(values) => values.write(out),
            Self::Percentile(percentile) => percentile.write(out),
            Self::List(list) => list.write(out),
            Self::Concat(concat) => concat.write(out),
            Self::Duration(duration) => duration.write(out),
        }
    }

    /// Reads what [`Self::write`] wrote of a reducer of this kind.
    pub(crate) fn read(kind: &Kind, from: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(match kind {
            Kind::Count => Self::Count(from.u64()?),
            Kind::Sum => Self::Sum(Sum::read(from)?),
            Kind::Min => Self::Min(Extreme::read(from)?),
            Kind::Max => Self::Max(Extreme::read(from)?),
            Kind::Mean => Self::Mean(Mean::read(from)?),
            Kind::Stddev => Self::Stddev(Stddev::read(from)?),
            Kind::First | Kind::Last => Self::Moment(Moment::read(from)?),
            Kind::CountDistinct => Self::CountDistinct(CountDistinct::read(from)?),
            Kind::Distinct => Self::Distinct(Distinct::read(from)?),
            Kind::Percentile { .. } => Self::Percentile(Percentile::read(from)?),
            Kind::List => Self::List(List::read(from)?),
            Kind::Concat { separator } => Self::Concat(Concat::read(separator, from)?),
            Kind::Duration { .. } => Self::Duration(Duration::read(from)?),
        })
    }
}
