//! What several runs measured: the median, and how far they lie apart.

pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn new(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self { median, min: *values.first()?, max: *values.last()? })
    }
}

/// Three columns of a Markdown table, empty where nothing was measured.
pub(crate) fn cells(spread: Option<&Spread>) -> String {
    let Some(Spread { median, min, max }) = spread else { return " | | |".to_owned() };
    format!(" **{median:.0}** | {min:.0} | {max:.0} |")
}
