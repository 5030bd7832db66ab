//! Functions that send what they gather as batches, and get wrong what a test wants them to get wrong: sessions,
//! and counts for each batch. No more than `bench` needs to be tried on.

use std::collections::{BTreeMap, VecDeque};

use kapacitor_udfd::agent::{Batch, Outbox};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{BeginBatch, InitRequest, Point};
use kapacitor_udfd::wire::batch::{BeginBatchView, EndBatchView};
use kapacitor_udfd::wire::point::PointView;
use prost::Message;

/// What is wrong about one session, the first that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    LosesPoint,
    RepeatsPoint,
    /// A point of it comes with the next session.
    Strays,
    Renames,
    /// Its points come the other way round.
    Turns,
    EndsEarly,
    /// The batch has no tags.
    Regroups,
    /// It doesn't come back from a snapshot.
    Forgets,
}

/// Gathers points by their tag `id` until a timeout or the end of the stream, and sends them as a batch.
pub(crate) struct Sessions {
    wrong: Wrong,
    timeout: UnixNanos,
    open: BTreeMap<String, Vec<Point>>,
    deadlines: VecDeque<(UnixNanos, String)>,
    strayed: Option<Point>,
}

impl Sessions {
    pub(crate) fn new(wrong: Wrong) -> Self {
        Self { wrong, timeout: i64::MAX, open: BTreeMap::new(), deadlines: VecDeque::new(), strayed: None }
    }

    fn take(&mut self, now: UnixNanos, point: Point) {
        let id = point.tags["id"].clone();
        if !self.open.contains_key(&id) {
            self.deadlines.push_back((now.saturating_add(self.timeout), id.clone()));
        }
        self.open.entry(id).or_default().push(point);
    }

    fn end(&mut self, id: &str, out: &mut Outbox) -> Result<(), HandlerError> {
        let Some(mut points) = self.open.remove(id) else { return Ok(()) };
        points.extend(self.strayed.take());
        points.sort_by_key(|point| point.time);
        let tags = BTreeMap::from([("user".to_owned(), points[0].tags["user"].clone())]);
        let tmax = points[points.len() - 1].time;
        let mut batch = Batch { name: "requests".to_owned(), tags, by_name: false, tmax, points };
        let points = &mut batch.points;
        match std::mem::replace(&mut self.wrong, Wrong::Nothing) {
            Wrong::Nothing | Wrong::Forgets => {}
            Wrong::LosesPoint => drop(points.remove(1)),
            Wrong::RepeatsPoint => points.insert(1, points[1].clone()),
            Wrong::Strays => self.strayed = Some(points.remove(1)),
            Wrong::Renames => drop(points[1].tags.remove("id")),
            Wrong::Turns => points.reverse(),
            Wrong::EndsEarly => batch.tmax -= 1,
            Wrong::Regroups => batch.tags.clear(),
        }
        Ok(out.batch(&batch)?)
    }
}

impl Handler for Sessions {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Batch)
    }

    fn init(&mut self, _: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        if let Some(timeout) = request.options.iter().find(|option| option.name == "timeout") {
            let Some(Value::DurationValue(timeout)) = timeout.values[0].value else { panic!("{timeout:?}") };
            self.timeout = timeout;
        }
        Ok(())
    }

    fn point(&mut self, now: UnixNanos, point: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        self.take(now, point.to_point()?);
        Ok(())
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        self.deadlines.front().map(|(deadline, _)| *deadline)
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        while let Some((_, id)) = self.deadlines.pop_front_if(|(deadline, _)| *deadline <= now) {
            self.end(&id, out)?;
            if out.is_full() {
                break;
            }
        }
        Ok(())
    }

    fn snapshot(&mut self, _: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        Ok(self.open.values().flatten().flat_map(Message::encode_length_delimited_to_vec).collect())
    }

    fn restore(&mut self, now: UnixNanos, mut snapshot: &[u8]) -> Result<(), HandlerError> {
        while !snapshot.is_empty() {
            self.take(now, Point::decode_length_delimited(&mut snapshot)?);
        }
        if self.wrong == Wrong::Forgets {
            self.open.pop_first();
        }
        Ok(())
    }

    fn stop(&mut self, _: UnixNanos, _: StopReason, out: &mut Outbox) -> Result<Progress, HandlerError> {
        for id in self.open.keys().cloned().collect::<Vec<_>>() {
            self.end(&id, out)?;
        }
        Ok(Progress::Done)
    }
}

/// What is wrong about one batch, the first that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    None,
    /// A point of it is counted in the next.
    CarriesOver,
    /// It doesn't come.
    Skips,
    /// There is a point less in it than it says.
    Overstates,
}

/// Counts each batch's points by their tag `id`.
pub(crate) struct Counts {
    slip: Slip,
    begin: BeginBatch,
    /// The last point of each id, its field `events` counting.
    points: BTreeMap<String, Point>,
}

impl Counts {
    pub(crate) fn new(slip: Slip) -> Self {
        Self { slip, begin: BeginBatch::default(), points: BTreeMap::new() }
    }
}

impl Handler for Counts {
    fn info(&self) -> Info {
        Info::new(Edge::Batch, Edge::Batch)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn begin_batch(
        &mut self,
        _: UnixNanos,
        begin: BeginBatchView<'_>,
        _: &mut Outbox,
    ) -> Result<(), HandlerError> {
        self.begin = begin.to_begin()?;
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        let mut point = point.to_point()?;
        let id = point.tags["id"].clone();
        let before = self.points.get(&id).map_or(0, |known| known.fields_int["events"]);
        point.fields_int.insert("events".to_owned(), before + 1);
        self.points.insert(id, point);
        Ok(())
    }

    fn end_batch(
        &mut self,
        _: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        let mut points: Vec<Point> = std::mem::take(&mut self.points).into_values().collect();
        points.sort_by_key(|point| point.time);
        let mut begin = std::mem::take(&mut self.begin);
        begin.size = i64::try_from(points.len())?;
        match std::mem::replace(&mut self.slip, Slip::None) {
            Slip::None => {}
            Slip::CarriesOver => {
                let carried = points.remove(0);
                begin.size -= 1;
                self.points.insert(carried.tags["id"].clone(), carried);
            }
            Slip::Skips => return Ok(()),
            Slip::Overstates => begin.size += 1,
        }
        out.begin(&begin)?;
        for point in &points {
            out.point(point)?;
        }
        Ok(out.end(&end.to_end()?)?)
    }
}
