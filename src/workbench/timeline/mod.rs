//! `timeline`: who was open when, as a picture and as text. What it draws comes call by call from whoever runs a
//! node; this knows neither points nor the node.
//!
//! ```text
//! Collector ─▶ Story ─▶ svg, text
//! ```

mod args;

mod story;

mod collector;

mod board;

mod figures;

mod axis;

mod ends;

mod words;

mod svg;

mod text;

#[cfg(test)]
mod testing;

#[allow(unused_imports, reason = "until it is wired")]
pub(crate) use args::Drawing;
#[allow(unused_imports, reason = "until it is wired")]
pub(crate) use collector::Collector;
use svg::svg;
use text::{Screen, text};
