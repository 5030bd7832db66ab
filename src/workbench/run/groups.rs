//! Kapacitor's groups: which one a point is of. Knows a point's measurement and tags.

use crate::workbench::line::Line;

/// How points are grouped.
#[derive(Debug, Clone, Default)]
pub(super) struct Grouping {
    /// Names of tags, in the order of their bytes.
    tags: Vec<String>,
    /// All tags there are.
    all: bool,
    pub(super) by_measurement: bool,
    /// Which of the tags a point has had.
    seen: Vec<bool>,
}

/// A point's group.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// As Kapacitor writes it.
    pub(super) key: Vec<u8>,
}

impl Grouping {
    pub(super) fn new(tags: &[String], by_measurement: bool) -> Self {
        let mut names: Vec<_> = tags.iter().map(|name| name.trim().to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        let all = names.iter().any(|name| name == "*");
        let seen = vec![false; names.len()];
        Self { tags: names, all, by_measurement, seen }
    }

    /// The tags that no point has had.
    pub(super) fn unseen(&self) -> Vec<String> {
        if self.all {
            return Vec::new();
        }
        let unseen = self.tags.iter().zip(&self.seen).filter(|(_, is_seen)| !**is_seen);
        unseen.map(|(name, _)| name.clone()).collect()
    }

    /// Looks which tags a point has.
    #[inline]
    pub(super) fn see(&mut self, line: &Line<'_>) {
        for (name, is_seen) in self.tags.iter().zip(&mut self.seen).filter(|(_, is_seen)| !**is_seen) {
            *is_seen = line.tags().any(|(tag, _)| tag == name);
        }
    }

    /// Calls `each` with the dimensions of a point, in the order of their bytes, and their values.
    pub(super) fn dimensions(&self, line: &Line<'_>, mut each: impl FnMut(&str, Option<&str>)) {
        if self.all {
            let mut tags: Vec<_> = line.tags().collect();
            tags.sort_unstable();
            return tags.iter().for_each(|(name, value)| each(name, Some(value)));
        }
        for name in &self.tags {
            let found = line.tags().find(|(tag, _)| tag == name);
            each(name, found.map(|(_, value)| value));
        }
    }
}

impl Group {
    /// The group of a point.
    pub(super) fn find(&mut self, grouping: &Grouping, line: &Line<'_>) {
        let key = &mut self.key;
        key.clear();
        if grouping.by_measurement {
            key.extend_from_slice(line.measurement().as_bytes());
        }
        let mut separator = if grouping.by_measurement { "\n" } else { "" };
        grouping.dimensions(line, |name, value| {
            for part in [separator, name, "=", value.unwrap_or_default()] {
                key.extend_from_slice(part.as_bytes());
            }
            separator = ",";
        });
    }
}
