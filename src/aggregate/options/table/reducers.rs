//! What its events come to, in one point.

use super::{AS, FIELD_AS, points};
use crate::aggregate::options::{AggregateOption, Meaning};
use crate::handler::ValueType::{Double, Duration, String};

pub(super) static OPTIONS: &[AggregateOption] = &[
    points(Meaning::Count, "count", AS, "How many events the task had, an int."),
    points(
        Meaning::Sum,
        "sum",
        FIELD_AS,
        "The sum of a field. Of ints it is an int, which stays at the limit instead of overflowing.",
    ),
    points(Meaning::Min, "min", FIELD_AS, "The smallest number of a field; an int stays an int."),
    points(Meaning::Max, "max", FIELD_AS, "The largest number of a field; an int stays an int."),
    points(Meaning::Mean, "mean", FIELD_AS, "The mean of a field's numbers, a double."),
    points(
        Meaning::Stddev,
        "stddev",
        FIELD_AS,
        "The sample standard deviation of a field's numbers, a double; absent for a single number.",
    ),
    points(Meaning::First, "first", FIELD_AS, "The value of the event with the earliest time, of any type."),
    points(Meaning::Last, "last", FIELD_AS, "The value of the event with the latest time, of any type."),
    points(
        Meaning::CountDistinct,
        "countDistinct",
        FIELD_AS,
        "How many different values a field had, an int: exact to 128, an estimate above.",
    ),
    points(
        Meaning::Distinct,
        "distinct",
        FIELD_AS,
        "The different values of a field as a JSON array, in order of first appearance.",
    ),
    points(
        Meaning::Percentile,
        "percentile",
        &[("field", String), ("p", Double), ("as", String)],
        "A percentile, p from 0.0 to 100.0, as a double: exact to 128 numbers, within 1 % above.",
    ),
    points(Meaning::List, "list", FIELD_AS, "Every value of a field as a JSON array, in order of arrival."),
    points(
        Meaning::Concat,
        "concat",
        &[("field", String), ("separator", String), ("as", String)],
        "Every value of a field in one string, in order of arrival.",
    ),
    points(
        Meaning::Duration,
        "duration",
        &[("unit", Duration), ("as", String)],
        "The time from the first event to the last in this unit, such as 1s, a double.",
    ),
    points(
        Meaning::Keep,
        "keep",
        &[("name", String)],
        "Keeps the first value of a tag (it stays a tag) or a field, or with '*' of all of them.",
    ),
    points(
        Meaning::Float,
        "float",
        AS,
        "Makes an output always a double: InfluxDB refuses a field that is an int here and a double there.",
    ),
];
