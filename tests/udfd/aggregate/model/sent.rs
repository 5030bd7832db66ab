//! What a node sends: points of a stream, or whole batches.

use std::collections::BTreeMap;

use kapacitor_udfd::proto::{BeginBatch, EndBatch, Point};

#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    Point(Point),
    Batch(Batch),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub begin: BeginBatch,
    pub points: Vec<Point>,
    pub end: EndBatch,
}

impl Sent {
    pub fn group(&self) -> &str {
        match self {
            Self::Point(point) => &point.group,
            Self::Batch(batch) => &batch.begin.group,
        }
    }
}

impl Batch {
    /// Of points of one group, which `of` says: its name, group, dimensions and tags.
    pub fn new(of: &Point, points: Vec<Point>, tmax: i64) -> Self {
        // A dimension that is missing is an empty one: from a batch's tags Kapacitor makes the group anew.
        let tag = |name: &String| (name.clone(), of.tags.get(name).cloned().unwrap_or_default());
        let tags: BTreeMap<String, String> = of.dimensions.iter().map(tag).collect();
        let begin = BeginBatch {
            name: of.name.clone(),
            group: of.group.clone(),
            tags,
            size: i64::try_from(points.len()).unwrap(),
            by_name: of.by_name,
        };
        Self::between(begin, points, tmax)
    }

    pub fn between(begin: BeginBatch, points: Vec<Point>, tmax: i64) -> Self {
        let end = EndBatch {
            name: begin.name.clone(),
            group: begin.group.clone(),
            tmax,
            tags: begin.tags.clone(),
            by_name: begin.by_name,
        };
        Self { begin, points: points.into_iter().map(inner).collect(), end }
    }
}

/// As a point is in a batch, which says the rest.
fn inner(point: Point) -> Point {
    Point {
        name: String::new(),
        database: String::new(),
        retention_policy: String::new(),
        group: String::new(),
        dimensions: vec![],
        by_name: false,
        ..point
    }
}
