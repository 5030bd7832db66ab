//! Checks how batches come: begun, ended, as large as they were sent, and as they say of themselves.

use kapacitor_udfd::proto::{BeginBatch, EndBatch};

/// The batches a connection got.
#[derive(Debug)]
pub(super) struct Batches {
    rule: Rule,
    open: Option<Open>,
    pub(super) count: u64,
    /// The first thing wrong.
    pub(super) fault: Option<String>,
}

/// What is asked of batches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// The function says that it provides them.
    pub(super) provided: bool,
    /// So many points were sent, in batches of so many, and must come back in the same ones.
    pub(super) mirrored: Option<(u64, u64)>,
    /// Each is in order of time, has as many points as its begin says, and its end says what its begin says.
    pub(super) exact: bool,
}

/// The batch that is open.
#[derive(Debug, Default)]
struct Open {
    begin: BeginBatch,
    points: i64,
    /// The times of its first and its last point.
    times: Option<(i64, i64)>,
}

impl Batches {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, open: None, count: 0, fault: None }
    }

    #[inline]
    pub(super) fn point(&mut self, time: i64) {
        let Some(open) = &mut self.open else {
            if self.rule.provided {
                self.fault(|| "a point outside a batch".to_owned());
            }
            return;
        };
        open.points += 1;
        let (first, before) = open.times.unwrap_or((time, time));
        open.times = Some((first, time));
        if self.rule.exact && time < before {
            self.fault(|| format!("time {time} after {before} in one batch"));
        }
    }

    /// A BeginBatch, after so many points.
    pub(super) fn begin(&mut self, points: u64, begin: BeginBatch) {
        if !self.rule.provided {
            self.fault(|| "a BeginBatch, though the function says it provides a stream".to_owned());
        }
        if self.open.replace(Open { begin, ..Open::default() }).is_some() {
            self.fault(|| format!("a BeginBatch inside a batch, after {points} points"));
        }
    }

    /// An EndBatch, where this is the number of the point that should come next. The time of the batch's first
    /// point.
    pub(super) fn end(&mut self, next: u64, end: &EndBatch) -> Option<i64> {
        self.count += 1;
        let Some(open) = self.open.take() else {
            self.fault(|| "an EndBatch without a BeginBatch: it would bring kapacitord down".to_owned());
            return None;
        };
        if let Some((sent, size)) = self.rule.mirrored
            && !next.is_multiple_of(size)
            && next != sent
        {
            self.fault(|| format!("an EndBatch amid a batch, before point {next}"));
        }
        if self.rule.exact {
            self.exact(&open, end);
        }
        open.times.map(|(first, _)| first)
    }

    fn exact(&mut self, Open { begin, points, .. }: &Open, end: &EndBatch) {
        let number = self.count;
        if begin.size != *points {
            self.fault(|| format!("batch {number} has {points} points, and {} by its begin", begin.size));
        }
        let begun = (&begin.name, &begin.group, &begin.tags, begin.by_name);
        let ended = (&end.name, &end.group, &end.tags, end.by_name);
        if begun != ended {
            self.fault(|| format!("batch {number} begins as {begun:?} and ends as {ended:?}"));
        }
    }

    #[cold]
    fn fault(&mut self, fault: impl FnOnce() -> String) {
        if self.fault.is_none() {
            self.fault = Some(fault());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: BeginBatch = BeginBatch {
        name: String::new(),
        group: String::new(),
        tags: std::collections::BTreeMap::new(),
        size: 2,
        by_name: false,
    };

    fn check(times: &[i64], end: &EndBatch, fault: Option<&str>) {
        let mut batches = Batches::new(Rule { provided: true, mirrored: None, exact: true });
        batches.begin(0, BEGIN);
        for time in times {
            batches.point(*time);
        }
        assert_eq!(batches.end(0, end), times.first().copied());
        assert_eq!(batches.fault.as_deref(), fault);
    }

    #[test]
    fn a_batch_is_as_it_says() {
        let end = EndBatch::default();
        check(&[1, 1], &end, None);
        check(&[1], &end, Some("batch 1 has 1 points, and 2 by its begin"));
        check(&[2, 1], &end, Some("time 1 after 2 in one batch"));
        let other = EndBatch { by_name: true, ..end };
        let words = r#"batch 1 begins as ("", "", {}, false) and ends as ("", "", {}, true)"#;
        check(&[1, 2], &other, Some(words));
    }
}
