//! The colours of the picture, on a light page and on a dark one.

use super::super::ends::{LOOKS, Look};

const LIGHT: &str = "\
.still{fill:#6b7280;stroke:#6b7280}
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#1f2933}
.node{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.strong{font-weight:600}
.quiet{fill:#5f6b7a}
.tick,.number{font-variant-numeric:tabular-nums}
.page{fill:#ffffff}
.stripe{fill:#f5f7fa}
.heading{fill:#e4e9f0}
.grid{stroke:#dbe1e9;fill:none}
.open{stroke:none;fill-opacity:.38}
.wait{stroke:none;fill-opacity:.12}
.tail{fill:none;stroke-width:1.4;stroke-dasharray:3 2.5}
.event{fill:#1f2933;fill-opacity:.8;stroke:none}
.end{stroke:#ffffff;stroke-width:1;paint-order:stroke}
.line{fill:none;stroke-width:2}
.more{fill:none;stroke:#8793a3;stroke-width:1.5;stroke-dasharray:1 4}
.spread{fill:#8793a3}
";

const DARK: &str = "\
.still{fill:#a3abb8;stroke:#a3abb8}
text{fill:#e6eaf0}
.quiet{fill:#9aa7b8}
.page{fill:#12161c}
.stripe{fill:#191f27}
.heading{fill:#27303c}
.grid{stroke:#2b3440}
.open{fill-opacity:.5}
.wait{fill-opacity:.2}
.event{fill:#f2f5f9}
.end{stroke:#12161c}
.spread{fill:#7d8b9d}
";

/// The class of a task that ended so, or is still open: its parts inherit the colour.
pub(super) fn class(look: Option<&Look>) -> String {
    look.map_or_else(|| "still".to_owned(), |look| format!("by-{}", look.reason.word()))
}

/// The style sheet.
pub(super) fn sheet() -> String {
    let reasons = |colour: fn(&Look) -> &'static str| -> String {
        let rule = |look: &Look| format!(".{}{{fill:{1};stroke:{1}}}", class(Some(look)), colour(look));
        LOOKS.iter().map(rule).collect::<Vec<_>>().join("\n")
    };
    let light = reasons(|look| look.light);
    let dark = reasons(|look| look.dark);
    format!("{light}\n{LIGHT}@media (prefers-color-scheme:dark){{\n{dark}\n{DARK}}}\n")
}
