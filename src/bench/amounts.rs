//! Checks a function that adds up a field of the points it gathers: for each id its sum is that of the points sent.

use super::ids;
use super::order::points;
use super::plan::Shape;

/// What a connection got, for each id.
#[derive(Debug, Clone)]
pub(super) struct Amounts {
    shape: Shape,
    /// The field with the sum.
    field: String,
    /// In eighths, of which amounts are made: so no sum of them is rounded, in whatever order.
    sums: Vec<i64>,
    sent: u64,
    unread: u64,
}

impl Amounts {
    /// Of a connection that sends so many points.
    pub(super) fn new(shape: Shape, field: &str, sent: u64) -> Self {
        let sums = vec![0; usize::try_from(shape.ids).unwrap_or_default()];
        Self { shape, field: field.to_owned(), sums, sent, unread: 0 }
    }

    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// A point with this id has come, with this number in the field. An id that was not sent is not looked at.
    #[inline]
    pub(super) fn take(&mut self, id: Option<&str>, sum: Option<f64>) {
        let place = id.and_then(ids::of_text).and_then(|id| usize::try_from(id).ok());
        let Some(known) = place.and_then(|place| self.sums.get_mut(place)) else { return };
        match sum.and_then(eighths) {
            Some(sum) => *known = known.saturating_add(sum),
            None => self.unread += 1,
        }
    }

    /// What was wrong, in words. Takes a while: each point's amount is calculated once more.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut missing: Vec<i64> = self.sums.iter().map(|sum| sum.saturating_neg()).collect();
        for number in 0..self.sent {
            let place = usize::try_from(self.shape.id(number)).unwrap_or(usize::MAX);
            if let Some(missing) = missing.get_mut(place) {
                *missing = missing.saturating_add(self.shape.amount_in_eighths(number));
            }
        }
        let mut wrong = (0..).zip(missing).filter(|&(_, missing)| missing != 0);
        let first = wrong.next();
        let others = wrong.count();
        let mut faults = Vec::new();
        if let Some((id, missing)) = first {
            let (id, what) = (ids::text(id), if missing > 0 { "less" } else { "more" });
            let by = super::real(missing.unsigned_abs()) / 8.0;
            let (field, id) = (&self.field, String::from_utf8_lossy(&id));
            faults.push(format!(
                "the field {field} of id {id} adds up to {by} {what} than its points' amounts"
            ));
        }
        if others > 0 {
            faults.push(format!("so it is wrong for {others} more"));
        }
        if self.unread > 0 {
            let (field, unread) = (&self.field, points(self.unread));
            faults.push(format!("{unread} received without a sum of amounts in the field {field}"));
        }
        faults
    }
}

/// `None` for what no amounts come to.
fn eighths(sum: f64) -> Option<i64> {
    /// 2^53: up to here every eighth is a double of its own.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let eighths = sum * 8.0;
    #[expect(clippy::cast_possible_truncation, reason = "in range and without a fraction")]
    let whole = (eighths.fract() == 0.0 && eighths.abs() < MOST).then_some(eighths as i64);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::clock::Clock;

    const SHAPE: Shape = Shape { keys: 2, ids: 10, tags: 3, fields: 5, batch: 0, clock: Clock::PLAIN };

    fn check(more: &[(&str, Option<f64>)], expected: &[&str]) {
        let mut amounts = Amounts::new(SHAPE, "total", 2_500);
        for number in 0..2_500 {
            let amount = SHAPE.point(number).fields_double["amount"];
            let id = ids::text(SHAPE.id(number));
            amounts.take(Some(std::str::from_utf8(&id).unwrap()), Some(amount));
        }
        for &(id, sum) in more {
            amounts.take(Some(id), sum);
        }
        assert_eq!(amounts.faults(), expected);
    }

    #[test]
    fn what_does_not_add_up_is_named() {
        let id = |id| String::from_utf8(ids::text(id).to_vec()).unwrap();
        let (three, seven) = (id(3), id(7));
        let wrong =
            |what: &str| format!("the field total of id {three} adds up to {what} than its points' amounts");
        check(&[], &[]);
        check(&[(&three, Some(0.125))], &[&wrong("0.125 more")]);
        check(&[(&three, Some(-2.0))], &[&wrong("2 less")]);
        check(&[(&three, Some(1.0)), (&seven, Some(1.0))], &[&wrong("1 more"), "so it is wrong for 1 more"]);
        check(&[("0123456789abcdef", Some(3.0))], &[]);
        let unread = "3 points received without a sum of amounts in the field total";
        check(&[(&three, None), (&three, Some(0.1)), (&seven, Some(f64::NAN))], &[unread]);
    }
}
