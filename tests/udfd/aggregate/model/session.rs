//! From a session to its batch: its events as they came, and what options put on them.

use std::collections::BTreeSet;

use kapacitor_udfd::proto::Point;

use super::counters::{Counters, Reason};
use super::emit::{self, Emitter, added_tags, group_tags, regroup};
use super::sent::Batch;
use super::settings::Settings;
use super::task::Task;
use super::value;

pub fn batch(
    emitter: &mut Emitter,
    settings: &Settings,
    task: &Task,
    reason: Reason,
    moment: i64,
    counters: &mut Counters,
) -> Batch {
    *counters.out.entry(reason).or_default() += 1;
    let tmax = emitter.time(settings, task, moment);
    let mut group = Point { tags: group_tags(settings, task), ..task.origin.empty_point() };
    group.name = emit::measurement(settings, task);
    if settings.group_by_task && !settings.id.is_empty() {
        regroup(&mut group, settings);
    }
    let added = added_tags(settings, task, reason, counters);
    let mut points: Vec<Point> = task.events.clone();
    // Stable: of one time the first to come is first.
    points.sort_by_key(|point| point.time);
    for point in &mut points {
        for (name, value, _) in &task.id_values {
            point.tags.insert(name.clone(), value.text());
            value::remove_field(point, name);
        }
        // Each name once, whatever it is left out for.
        let mut left_out = BTreeSet::new();
        for tag in &added {
            tag.put_on(&mut point.tags);
            if value::remove_field(point, &tag.name) {
                left_out.insert(tag.name.clone());
            }
        }
        if let Some(name) = settings.timeout_task_id_field.clone().filter(|_| reason.is_timeout()) {
            let is_tag = point.tags.get(&name).is_some_and(|value| !value.is_empty());
            if value::remove_field(point, &name) || is_tag {
                left_out.insert(name.clone());
            }
            if !is_tag {
                point.fields_string.insert(name, task.id.clone());
            }
        }
        counters.left_out += left_out.len() as u64;
    }
    Batch::new(&group, points, tmax)
}
