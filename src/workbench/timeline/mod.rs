//! `timeline`: who was open when, as a picture and as text. What it draws comes call by call from whoever runs a
//! node; this knows neither points nor the node.
//!
//! ```text
//! Collector ─▶ Story ─▶ svg, text
//! ```

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

pub(crate) use collector::{Collector, DEFAULT_LANES, MAX_LANES};
pub(crate) use story::Story;
pub(crate) use svg::svg;
pub(crate) use text::{Screen, text};
