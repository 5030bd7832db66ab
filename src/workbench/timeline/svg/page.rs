//! Writes SVG: numbers, text that may hold anything, and how wide text will be. Knows no timeline.

use std::fmt::Write as _;

use super::super::words::columns;
use super::style;

/// An SVG that grows.
#[derive(Debug)]
pub(super) struct Page {
    body: String,
    width: f64,
}

/// Which end of a text lies at its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Page {
    pub(super) fn new(width: f64) -> Self {
        Self { body: String::new(), width }
    }

    pub(super) fn text(
        &mut self,
        at: (f64, f64),
        class: &str,
        anchor: Anchor,
        font: f64,
        text: &str,
        title: Option<&str>,
    ) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let (x, y, font) = (px(at.0), px(at.1), px(font));
        self.put(format_args!(r#"<text x="{x}" y="{y}" class="{class}" font-size="{font}"{anchor}>"#));
        self.title(title);
        escape(&mut self.body, text);
        self.body.push_str("</text>\n");
    }

    pub(super) fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64), title: Option<&str>) {
        let (x, y, width, height) = (px(at.0), px(at.1), px(size.0), px(size.1));
        let head = format!(r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}""#);
        self.shape("rect", &head, title);
    }

    pub(super) fn path(&mut self, class: &str, d: &str, title: Option<&str>) {
        self.shape("path", &format!(r#"<path class="{class}" d="{d}""#), title);
    }

    /// One path of many pieces.
    pub(super) fn paths(&mut self, class: &str, pieces: impl Iterator<Item = String>) {
        self.path(class, &pieces.collect::<String>(), None);
    }

    /// What comes until `close` belongs together.
    pub(super) fn open(&mut self, class: &str, title: &str) {
        self.put(format_args!(r#"<g class="{class}">"#));
        self.title(Some(title));
    }

    pub(super) fn close(&mut self) {
        self.body.push_str("</g>\n");
    }

    pub(super) fn finish(self, height: f64, says: &str) -> String {
        let (width, height) = (px(self.width), px(height.ceil()));
        let mut label = String::new();
        escape(&mut label, says);
        let root = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}""#
        );
        let style = style::sheet();
        let ground = r#"<rect class="page" width="100%" height="100%"/>"#;
        let body = self.body;
        format!(
            "{root} role=\"img\" aria-label=\"{label}\">\n<style>\n{style}</style>\n{ground}\n{body}</svg>\n"
        )
    }

    fn shape(&mut self, name: &str, head: &str, title: Option<&str>) {
        self.body.push_str(head);
        if title.is_none() {
            self.body.push_str("/>\n");
            return;
        }
        self.body.push('>');
        self.title(title);
        self.put(format_args!("</{name}>\n"));
    }

    fn title(&mut self, title: Option<&str>) {
        if let Some(title) = title {
            self.body.push_str("<title>");
            escape(&mut self.body, title);
            self.body.push_str("</title>");
        }
    }

    fn put(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(words);
    }
}

/// A number with a digit behind the point at most: a tenth of a pixel is seen by nobody.
pub(super) fn px(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// Text that holds no control characters but line ends (see `words::visible`), as XML.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// How wide a text is at most, in thousandths of its size: nobody knows the fonts of whoever looks at it. The
/// widest of those that are likely, `DejaVu Sans`, sets the measure.
pub(super) fn measure(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    const NARROW: &str = "ijl.,:;'|! ftrI()[]/-";
    match c {
        c if NARROW.contains(c) => 430,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1000,
        'A'..='Z' | '=' | '+' | '<' | '>' | '~' | '#' => 840,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' => 600,
        ' '..='~' => 645,
        c => match columns(c.encode_utf8(&mut [0; 4])) {
            0 => 0,
            1 => 850,
            _ => 1400,
        },
    }
}

/// The same in pixels.
pub(super) fn width(text: &str, font: f64) -> f64 {
    f64::from(u32::try_from(measure(text)).unwrap_or(u32::MAX)) * font / 1000.0
}

/// What of `measure` fits into so many pixels.
pub(super) fn room(pixels: f64, font: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a page's width")]
    let room = (pixels.max(0.0) * 1000.0 / font) as usize;
    room
}
