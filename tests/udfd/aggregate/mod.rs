//! `@aggregate()` against a naive model of it: scenarios written by hand, and random ones.

mod model;

mod input;
mod scenario;
mod text;

mod handled;
mod handler;

mod driver;
mod endless;

mod cases;
mod functions;
mod refusals;
mod refused_scripts;

mod generate;
mod generate_all;
mod generate_scripts;
mod promise;
mod property;
mod property_all;

mod raw;
mod sums;

mod documents;

mod batch_floods;
mod bounds;
mod bursts;
mod floods;
mod hostile;
mod hostile_time;
mod logs;
mod process;
mod snapshots;
mod snapshots_of_time;
