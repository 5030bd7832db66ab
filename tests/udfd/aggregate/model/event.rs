//! A point that has come, and whose it is.

use std::collections::BTreeMap;

use kapacitor_udfd::proto::{BeginBatch, Point};

#[derive(Debug, Clone)]
pub struct Event {
    pub point: Point,
    pub origin: Origin,
    /// The time that deadlines go by.
    pub reference: i64,
}

/// What a point of a stream says of itself, and a batch of its points.
#[derive(Debug, Clone)]
pub struct Origin {
    pub name: String,
    pub database: String,
    pub retention_policy: String,
    pub group: String,
    pub dimensions: Vec<String>,
    pub by_name: bool,
    /// The group's; an empty one is none.
    pub tags: BTreeMap<String, String>,
}

impl Origin {
    pub fn of_point(point: &Point) -> Self {
        let is_group_s = |name: &String| point.dimensions.contains(name);
        let tags = point.tags.iter().filter(|(name, value)| is_group_s(name) && !value.is_empty());
        Self {
            name: point.name.clone(),
            database: point.database.clone(),
            retention_policy: point.retention_policy.clone(),
            group: point.group.clone(),
            dimensions: point.dimensions.clone(),
            by_name: point.by_name,
            tags: tags.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// Whatever its points say.
    pub fn of_batch(begin: &BeginBatch) -> Self {
        let tags = begin.tags.iter().filter(|(_, value)| !value.is_empty());
        Self {
            name: begin.name.clone(),
            database: String::new(),
            retention_policy: String::new(),
            group: begin.group.clone(),
            dimensions: begin.tags.keys().cloned().collect(),
            by_name: begin.by_name,
            tags: tags.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// A point of it without fields.
    pub fn empty_point(&self) -> Point {
        Point {
            name: self.name.clone(),
            database: self.database.clone(),
            retention_policy: self.retention_policy.clone(),
            group: self.group.clone(),
            dimensions: self.dimensions.clone(),
            by_name: self.by_name,
            tags: self.tags.clone(),
            ..Point::default()
        }
    }
}
