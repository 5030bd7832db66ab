//! The ways to reduce, as settings name them.

use super::Reducer;
use super::concat::Concat;
use super::count_distinct::CountDistinct;
use super::distinct::Distinct;
use super::duration::Duration;
use super::extreme::Extreme;
use super::list::List;
use super::mean::Mean;
use super::moment::{End, Moment};
use super::percentile::Percentile;
use super::stddev::Stddev;
use super::sum::Sum;

/// A way to reduce values to an output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Events.
    Count,
    Sum,
    Min,
    Max,
    Mean,
    Stddev,
    First,
    Last,
    CountDistinct,
    Distinct,
    /// `p` from 0 to 100.
    Percentile {
        p: f64,
    },
    List,
    Concat {
        separator: Box<str>,
    },
    /// In units of so many nanoseconds.
    Duration {
        unit: i64,
    },
}

impl Kind {
    /// The state before the first event.
    pub(crate) fn start(&self) -> Reducer {
        match self {
            Self::Count => Reducer::Count(0),
            Self::Sum => Reducer::Sum(Sum::default()),
            Self::Min => Reducer::Min(Extreme::default()),
            Self::Max => Reducer::Max(Extreme::default()),
            Self::Mean => Reducer::Mean(Mean::default()),
            Self::Stddev => Reducer::Stddev(Stddev::default()),
            Self::First | Self::Last => Reducer::Moment(Moment::default()),
            Self::CountDistinct => Reducer::CountDistinct(CountDistinct::default()),
            Self::Distinct => Reducer::Distinct(Distinct::default()),
            Self::Percentile { .. } => Reducer::Percentile(Percentile::default()),
            Self::List => Reducer::List(List::default()),
            Self::Concat { .. } => Reducer::Concat(Concat::default()),
            Self::Duration { .. } => Reducer::Duration(Duration::default()),
        }
    }

    /// Whether it is about a field, and not the events themselves.
    #[cfg(test)]
    pub(crate) fn takes_values(&self) -> bool {
        !matches!(self, Self::Count | Self::Duration { .. })
    }

    /// Whether the output is always a string.
    #[cfg(test)]
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::List | Self::Distinct | Self::Concat { .. })
    }

    /// Whether a value can make it hold more than it did.
    pub(crate) fn can_grow(&self) -> bool {
        use Kind::{Concat, CountDistinct, Distinct, First, Last, List, Percentile};
        matches!(self, First | Last | CountDistinct | Distinct | Percentile { .. } | List | Concat { .. })
    }

    /// The word for it in a snapshot, for ever, with what its arguments are besides field and output.
    pub(crate) fn shape(&self) -> String {
        match self {
            Self::Count => "count".to_owned(),
            Self::Sum => "sum".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Mean => "mean".to_owned(),
            Self::Stddev => "stddev".to_owned(),
            Self::First => "first".to_owned(),
            Self::Last => "last".to_owned(),
            Self::CountDistinct => "countDistinct".to_owned(),
            Self::Distinct => "distinct".to_owned(),
            Self::Percentile { p } => format!("percentile {p}"),
            Self::List => "list".to_owned(),
            Self::Concat { separator } => format!("concat {separator:?}"),
            Self::Duration { unit } => format!("duration {unit}ns"),
        }
    }

    pub(super) fn end(&self) -> End {
        if *self == Self::Last { End::Last } else { End::First }
    }

    pub(super) fn separator(&self) -> &str {
        if let Self::Concat { separator } = self { separator } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::reduce::Tally;
    use crate::aggregate::reduce::testing::{check_times, run};
    use crate::value::Value;

    #[test]
    fn counts() {
        let check = |times: &[i64], count| {
            let tally = check_times(&Kind::Count, times, Some(Value::Int(count)));
            assert_eq!(tally, Tally::default());
        };
        check(&[], 0);
        check(&[7], 1);
        check(&[7, 7, -1], 3);
        check(&[0; 1000], 1000);
    }

    #[test]
    fn a_kind_says_what_it_takes_and_what_comes_of_it() {
        let check = |kind: Kind, takes_values, is_text| {
            assert_eq!((kind.takes_values(), kind.is_text()), (takes_values, is_text), "{kind:?}");
            let (state, _) = run(&kind, &[Value::Int(1), Value::Int(2)]);
            assert_eq!(matches!(state.result(&kind), Some(Value::Text(_))), is_text, "{kind:?}");
        };
        check(Kind::Count, false, false);
        check(Kind::Duration { unit: 1 }, false, false);
        for kind in [Kind::Sum, Kind::Min, Kind::Max, Kind::Mean, Kind::Stddev, Kind::First, Kind::Last] {
            check(kind, true, false);
        }
        check(Kind::CountDistinct, true, false);
        check(Kind::Percentile { p: 50.0 }, true, false);
        for kind in [Kind::Distinct, Kind::List, Kind::Concat { separator: ",".into() }] {
            check(kind, true, true);
        }
    }
}
