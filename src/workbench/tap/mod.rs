//! `tap`: stands between Kapacitor and a function, and shows what they say. It is there where something is being
//! looked for, in production too: the conversation comes first, and what is seen of it is aside.
//!
//! ```text
//! Kapacitor <──relay──> function      bytes, as they come
//!             │ watch
//!             ├─▶ screen ─▶ stdout    frames, each a message; left out where stdout is slow
//!             └─▶ recorder ─▶ file    bytes; ends where the disk is slow
//! ```

mod args;

mod serve;

mod listen;

mod relay;

mod watch;

mod frames;

mod screen;

mod sheet;

mod message;

mod decode;

mod text;

mod json;

mod recorder;

pub(crate) mod recording;

mod room;

mod notes;

pub(crate) use self::args::TapArgs;
pub(crate) use self::serve::run;
