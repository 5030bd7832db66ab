//! What comes back of points with ids, checked by what the function makes of them.

use std::mem;

use kapacitor_udfd::proto::{EndBatch, Point};
use kapacitor_udfd::wire::frame::Frame;
use kapacitor_udfd::wire::point::FieldValue;
use kapacitor_udfd::wire::request::Request;

use super::amounts::Amounts;
use super::ids;
use super::per_batch::PerBatch;
use super::plan::{Expect, Plan};
use super::sessions::Sessions;
use super::tally::Tally;

/// What a connection got.
#[derive(Debug, Clone)]
pub(super) struct Gathering {
    rule: Rule,
    amounts: Option<Amounts>,
    scratch: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Rule {
    /// Points that say how many went into them; in batches, where each answers one that was sent.
    Counts { tally: Tally, batches: Option<PerBatch> },
    /// The points themselves, in batches.
    Sessions(Sessions),
}

impl Gathering {
    /// Of a connection that sends so many points, if that is to be checked. `provides_batches`: the function
    /// says so.
    pub(super) fn new(plan: &Plan, provides_batches: bool, sent: u64) -> Option<Self> {
        let shape = plan.shape;
        let rule = match &plan.expect {
            Expect::Counts { field, per_batch } => {
                let answers = *per_batch && provides_batches && shape.batch > 0;
                let batches = answers.then(|| PerBatch::new(shape, sent));
                Rule::Counts { tally: Tally::new(shape, field, sent), batches }
            }
            Expect::Sessions => Rule::Sessions(Sessions::new(shape, sent)),
            Expect::Mirror | Expect::Any | Expect::Exactly(_) => return None,
        };
        let amounts = plan.amounts.as_deref().map(|field| Amounts::new(shape, field, sent));
        Some(Self { rule, amounts, scratch: Vec::new() })
    }

    /// Whether each batch must be as its begin and its end say.
    pub(super) fn is_about_batches(&self) -> bool {
        !matches!(self.rule, Rule::Counts { batches: None, .. })
    }

    /// What this frame holds has come; it makes a difference only if it is a point.
    #[inline]
    pub(super) fn take_frame(&mut self, frame: Frame<'_>) -> anyhow::Result<()> {
        // Data is the same in both directions, and the library reads requests.
        let mut scratch = mem::take(&mut self.scratch);
        if let Request::Point(point) = Request::parse(frame, &mut scratch)? {
            let count = match self.field().map(|field| point.field(field)).transpose()?.flatten() {
                Some(FieldValue::Int(count)) => Some(count),
                _ => None,
            };
            let id = point.tag(ids::TAG)?;
            if let Some(amounts) = &mut self.amounts {
                let sum = match point.field(amounts.field())? {
                    Some(FieldValue::Double(sum)) => Some(sum),
                    _ => None,
                };
                amounts.take(id, sum);
            }
            self.take(point.time(), id, count);
        }
        self.scratch = scratch;
        Ok(())
    }

    /// Likewise a point that has been decoded.
    pub(super) fn take_point(&mut self, point: &Point) {
        let count = self.field().and_then(|field| point.fields_int.get(field)).copied();
        let id = point.tags.get(ids::TAG).map(String::as_str);
        if let Some(amounts) = &mut self.amounts {
            amounts.take(id, point.fields_double.get(amounts.field()).copied());
        }
        self.take(point.time, id, count);
    }

    /// A batch has ended.
    pub(super) fn end(&mut self, end: &EndBatch) {
        match &mut self.rule {
            Rule::Counts { batches: Some(batches), .. } => batches.end(end),
            Rule::Counts { .. } => {}
            Rule::Sessions(sessions) => sessions.end(end),
        }
    }

    /// How many points went into what came.
    pub(super) fn sum(&self) -> i64 {
        match &self.rule {
            Rule::Counts { tally, .. } => tally.sum(),
            Rule::Sessions(sessions) => sessions.came().cast_signed(),
        }
    }

    /// Whether all is there, as far as that can be said before the end.
    pub(super) fn is_complete(&self) -> bool {
        match &self.rule {
            Rule::Counts { tally, .. } => tally.is_complete(),
            Rule::Sessions(sessions) => sessions.is_complete(),
        }
    }

    /// What was wrong, in words. May take a while.
    pub(super) fn faults(&self) -> Vec<String> {
        match &self.rule {
            Rule::Counts { tally, batches } => {
                let mut faults = tally.faults();
                faults.extend(batches.iter().flat_map(PerBatch::faults));
                faults.extend(self.amounts.iter().flat_map(Amounts::faults));
                faults
            }
            Rule::Sessions(sessions) => sessions.faults(),
        }
    }

    /// The integer field that says how many points went in.
    fn field(&self) -> Option<&str> {
        match &self.rule {
            Rule::Counts { tally, .. } => Some(tally.field()),
            Rule::Sessions(_) => None,
        }
    }

    #[inline]
    fn take(&mut self, time: i64, id: Option<&str>, count: Option<i64>) {
        match &mut self.rule {
            Rule::Counts { tally, batches } => {
                tally.take(id, count);
                if let Some(batches) = batches {
                    batches.take(id, count);
                }
            }
            Rule::Sessions(sessions) => sessions.take(time, id),
        }
    }
}
