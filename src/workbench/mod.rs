//! The workbench: what tries a function without Kapacitor, and looks at what Kapacitor says to one. Knows the
//! library as any of its users does.

#![cfg_attr(not(test), allow(dead_code, reason = "until all of it is used"))]

mod line;

mod tick;

mod run;

mod timeline;

pub(crate) mod tap;
