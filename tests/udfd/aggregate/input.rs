//! Points and batches as scenarios write them down.

use kapacitor_udfd::proto::{BeginBatch, EndBatch, Point};

use super::scenario::Came;

/// A point that is being put together: of `requests`, grouped by the host `a`.
#[derive(Debug, Clone)]
pub struct Event(pub Point);

pub fn event() -> Event {
    let point = Point {
        name: "requests".to_owned(),
        database: "mydb".to_owned(),
        retention_policy: "autogen".to_owned(),
        ..Point::default()
    };
    Event(point).on_host("a")
}

impl From<Event> for Came {
    fn from(event: Event) -> Self {
        Self::Point(Box::new(event.0))
    }
}

impl Event {
    /// As Kapacitor sends a point of a batch.
    #[must_use]
    pub fn inner(self) -> Self {
        let (time, tags, group) = (self.0.time, self.0.tags, self.0.group);
        let Point { fields_bool, fields_double, fields_int, fields_string, .. } = self.0;
        let point = Point { time, tags, group, ..Point::default() };
        Self(Point { fields_bool, fields_double, fields_int, fields_string, ..point })
    }

    #[must_use]
    pub fn at(self, time: i64) -> Self {
        Self(Point { time, ..self.0 })
    }

    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self(Point { name: name.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn stored_in(self, database: &str, retention_policy: &str) -> Self {
        Self(Point { database: database.to_owned(), retention_policy: retention_policy.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn group(self, group: &str, dimensions: &[&str]) -> Self {
        let dimensions = dimensions.iter().map(|&name| name.to_owned()).collect();
        Self(Point { group: group.to_owned(), dimensions, ..self.0 })
    }

    #[must_use]
    pub fn on_host(self, host: &str) -> Self {
        self.group(&format!("host={host}"), &["host"]).tag("host", host)
    }

    #[must_use]
    pub fn by_name(self) -> Self {
        Self(Point { by_name: true, ..self.0 })
    }

    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.0.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn without_tag(mut self, name: &str) -> Self {
        self.0.tags.remove(name);
        self
    }

    #[must_use]
    pub fn int(mut self, name: &str, value: i64) -> Self {
        self.0.fields_int.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn double(mut self, name: &str, value: f64) -> Self {
        self.0.fields_double.insert(name.to_owned(), value);
        self
    }

    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.0.fields_string.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn bool(mut self, name: &str, value: bool) -> Self {
        self.0.fields_bool.insert(name.to_owned(), value);
        self
    }
}

/// The begin of a batch that is being put together: of `requests`, grouped by the host `a`.
#[derive(Debug, Clone)]
pub struct Begun(pub BeginBatch);

pub fn batch() -> Begun {
    Begun(BeginBatch { name: "requests".to_owned(), ..BeginBatch::default() }).on_host("a")
}

impl Begun {
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self(BeginBatch { name: name.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn on_host(self, host: &str) -> Self {
        self.group(&format!("host={host}")).tag("host", host)
    }

    #[must_use]
    pub fn group(self, group: &str) -> Self {
        Self(BeginBatch { group: group.to_owned(), ..self.0 })
    }

    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.0.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn without_tag(mut self, name: &str) -> Self {
        self.0.tags.remove(name);
        self
    }

    #[must_use]
    pub fn by_name(self) -> Self {
        Self(BeginBatch { by_name: true, ..self.0 })
    }

    #[must_use]
    pub fn size(self, size: i64) -> Self {
        Self(BeginBatch { size, ..self.0 })
    }

    pub fn end(&self, tmax: i64) -> Came {
        let BeginBatch { name, group, tags, by_name, .. } = self.0.clone();
        Came::End(Box::new(EndBatch { name, group, tmax, tags, by_name }))
    }

    /// All of it.
    pub fn of(&self, points: Vec<Event>, tmax: i64) -> Vec<Came> {
        let points = points.into_iter().map(Came::from);
        std::iter::once(self.clone().into()).chain(points).chain([self.end(tmax)]).collect()
    }
}

impl From<Begun> for Came {
    fn from(begun: Begun) -> Self {
        Self::Begin(Box::new(begun.0))
    }
}
