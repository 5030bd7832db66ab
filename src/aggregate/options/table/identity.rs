//! What a task is.

use super::{ON, once};
use crate::aggregate::options::{AggregateOption, Meaning, Only};
use crate::handler::ValueType::String;

pub(super) static OPTIONS: &[AggregateOption] = &[
    once(
        Meaning::TaskId,
        "taskId",
        &[("id", String)],
        "the group",
        "The tag or field that says which task a point belongs to, or a template such as '%{host}-%{session}'.",
    )
    .aliases(&["taskIdField"]),
    once(
        Meaning::TaskId,
        "taskId",
        &[("id", String)],
        "the group",
        "The tag or field that says which map a point has, or a template such as '%{host}-%{session}'.",
    )
    .aliases(&["taskIdField"])
    .only(Only::Scripts),
    once(
        Meaning::GroupByTask,
        "groupByTask",
        ON,
        "FALSE",
        "Makes the id a dimension, so that what follows works per task. Kapacitor never forgets a group.",
    )
    .only(Only::NotBatchForBatch),
];
