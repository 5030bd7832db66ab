//! Checks how batches come: begun, ended, and as large as they were sent.

/// The batches a connection got.
#[derive(Debug)]
pub(super) struct Batches {
    rule: Rule,
    open: bool,
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
}

impl Batches {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, open: false, count: 0, fault: None }
    }

    #[inline]
    pub(super) fn point(&mut self) {
        if self.rule.provided && !self.open {
            self.fault(|| "a point outside a batch".to_owned());
        }
    }

    /// A BeginBatch, after so many points.
    pub(super) fn begin(&mut self, points: u64) {
        if !self.rule.provided {
            self.fault(|| "a BeginBatch, though the function says it provides a stream".to_owned());
        }
        if std::mem::replace(&mut self.open, true) {
            self.fault(|| format!("a BeginBatch inside a batch, after {points} points"));
        }
    }

    /// An EndBatch, where this is the number of the point that should come next.
    pub(super) fn end(&mut self, next: u64) {
        self.count += 1;
        if !std::mem::replace(&mut self.open, false) {
            self.fault(|| "an EndBatch without a BeginBatch: it would bring kapacitord down".to_owned());
        }
        if let Some((sent, size)) = self.rule.mirrored
            && !next.is_multiple_of(size)
            && next != sent
        {
            self.fault(|| format!("an EndBatch amid a batch, before point {next}"));
        }
    }

    #[cold]
    fn fault(&mut self, fault: impl FnOnce() -> String) {
        if self.fault.is_none() {
            self.fault = Some(fault());
        }
    }
}
