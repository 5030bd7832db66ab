//! The group that a task's points come out in: that of its events, or one of its own (`groupByTask`); and the
//! begin and the end of a batch of them.

use std::collections::BTreeMap;

use super::emit::{Emitter, id_values};
use super::group::Group;
use super::identity::Identity;
use super::settings::Settings;
use super::task::Task;
use crate::wire::batch_writer::{BeginBody, EndBody, Head};

impl Emitter {
    /// Writes the begin and the end of a batch of this name and group; of one task's points, if it is given.
    pub(super) fn frame(
        &mut self,
        group: &Group,
        (name, task): (&[u8], Option<(&Settings, &Identity, &Task)>),
        (size, tmax): (usize, i64),
    ) -> (&BeginBody, &EndBody) {
        let mut tags = group.all_tags();
        let task =
            task.filter(|(settings, identity, _)| settings.group_by_task && identity.names().len() > 0);
        if let Some((_, identity, task)) = task {
            regroup(&mut tags, identity, task);
            write_key(group.by_name, name, &tags, &mut self.group);
        }
        let key = if task.is_some() { &*self.group } else { &*group.key };
        let tags = tags.iter().map(|(name, value)| (*name, *value));
        let head = Head { name, group: key, tags, by_name: group.by_name };
        self.begin.write(head.clone(), size);
        self.end.write(head, tmax);
        (&self.begin, &self.end)
    }
}

/// The id of a task among the dimensions, unless these say something of its names themselves.
pub(super) fn regroup<'a>(
    dimensions: &mut BTreeMap<&'a [u8], &'a [u8]>,
    identity: &'a Identity,
    task: &'a Task,
) {
    for (name, _, text) in id_values(identity, task) {
        let value = dimensions.entry(name.as_bytes()).or_default();
        if value.is_empty() {
            *value = text;
        }
    }
}

/// As Kapacitor's groupBy has them, sorted: two nodes' groups are the same if their bytes are.
pub(super) fn write_key(by_name: bool, name: &[u8], dimensions: &BTreeMap<&[u8], &[u8]>, key: &mut Vec<u8>) {
    key.clear();
    if by_name {
        key.extend_from_slice(name);
        key.push(b'\n');
    }
    for (index, (name, value)) in dimensions.iter().enumerate() {
        let separator: &[u8] = if index > 0 { b"," } else { b"" };
        for part in [separator, name, b"=", value] {
            key.extend_from_slice(part);
        }
    }
}
