//! What `@script()` has not, since it gathers nothing, and what its code or another function does instead.

use crate::aggregate::options::Meaning;

pub(super) fn reason(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::StartWhen | Meaning::MapAction => {
            "the script runs on every point; put an if around what is for some of them only"
        }
        Meaning::EndWhen | Meaning::EndOfTask | Meaning::MaxEvents => {
            "the script runs on every point; task.end() in it forgets the map, and task.count is the number of \
             points"
        }
        Meaning::TimeoutCode | Meaning::MaxTimeoutRetries => {
            "a map that is over is forgotten, and no point comes of it; use @aggregate() for one"
        }
        Meaning::OnOverflow => "at maxTasks and maxBytes the oldest map is forgotten; leave it out",
        Meaning::MaxListSize => {
            "code that would make a map larger than 128 KiB fails, whatever it holds; leave it out"
        }
        Meaning::ResetOnFlush => "map.clear() in the script empties the map; leave it out",
        Meaning::PassThrough => {
            "every point goes on but those of which the script says event.cancel(); leave it out"
        }
        Meaning::GroupByTask => {
            "points stay in their group; group behind the node, such as with |groupBy('tag')"
        }
        Meaning::TimeoutTimestampField | Meaning::TimestampUnit | Meaning::MaxDelay => {
            "maps are forgotten by the clock; compare event.time with what the map holds, or use @aggregate()"
        }
        Meaning::TimeoutFlushInterval => "each map is forgotten at its own moment; leave it out",
        Meaning::Measurement | Meaning::PointTime | Meaning::ReasonTag => {
            "points go on with their own measurement, tags and time; event.tags.x = 'y' is for more tags"
        }
        Meaning::EndOfBatch => "no batch comes in; use @aggregateBatch() for batches",
        _ => "points go on one by one and none are gathered; use @aggregate() for one point of many",
    }
}
