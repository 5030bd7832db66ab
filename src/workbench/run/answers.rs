//! The node's side of the conversation as it comes: told to whoever takes it, one thing after the other. Knows the
//! protocol, not what is done with it.

use std::os::unix::net::UnixStream;

use anyhow::{Context, anyhow, bail};
use kapacitor_udfd::aggregate::announced;
use kapacitor_udfd::proto::{self, response::Message};
use kapacitor_udfd::wire::frame::Frame;
use kapacitor_udfd::wire::point::PointView;
use kapacitor_udfd::wire::request::Request;
use prost::Message as _;
use thiserror::Error;

use crate::frames::{Filled, Frames};
use crate::workbench::line::Batch;

/// The function does not take its options.
#[derive(Debug, Error)]
#[error("the function refuses its options: {0}")]
pub(super) struct Refused(pub(super) String);

/// Takes what comes.
pub(crate) trait Sink {
    /// A point, in a batch or by itself.
    fn point(&mut self, point: &PointView<'_>, batch: Option<&Batch>) -> anyhow::Result<Flow>;

    fn begin(&mut self, batch: &Batch) -> anyhow::Result<Flow>;

    fn end(&mut self, tmax: i64) -> anyhow::Result<Flow>;

    /// What comes next has this number.
    fn announced(&mut self, number: u64) -> anyhow::Result<Flow>;

    /// Nothing more is there for now.
    fn idle(&mut self) -> anyhow::Result<Flow>;
}

/// Whether there is anybody for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    GoOn,
    /// Nobody reads any more.
    Enough,
}

/// How the conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    WithTheStream,
    /// Nobody read any more.
    Enough,
}

/// Answers of a node.
#[derive(Debug)]
pub(super) struct Answers {
    frames: Frames,
    batch: Option<Batch>,
    is_accepted: bool,
    /// For messages that have to be encoded anew.
    scratch: Vec<u8>,
}

impl Answers {
    pub(super) fn new(socket: UnixStream) -> Self {
        Self { frames: Frames::new(socket), batch: None, is_accepted: false, scratch: Vec::new() }
    }

    /// Hands all of them on, until there are no more.
    pub(super) fn all(&mut self, sink: &mut impl Sink) -> anyhow::Result<Ended> {
        loop {
            let Self { frames, batch, is_accepted, scratch } = self;
            while let Some(frame) = frames.next()? {
                if take(frame, batch, is_accepted, scratch, sink)? == Flow::Enough {
                    return Ok(Ended::Enough);
                }
            }
            if sink.idle()? == Flow::Enough {
                return Ok(Ended::Enough);
            }
            match self.frames.fill().context("the function's connection broke")? {
                Filled::EndOfStream if self.is_accepted => return Ok(Ended::WithTheStream),
                Filled::EndOfStream => bail!("the function ended before it said anything"),
                Filled::Bytes(_) | Filled::Nothing => {}
            }
        }
    }
}

/// The first bytes of what both sides send alike: data and keepalives.
const SENT_BY_BOTH: [u8; 4] = [0x1a, 0x82, 0x8a, 0x92];

fn take(
    frame: Frame<'_>,
    batch: &mut Option<Batch>,
    is_accepted: &mut bool,
    scratch: &mut Vec<u8>,
    sink: &mut impl Sink,
) -> anyhow::Result<Flow> {
    if !frame.message().first().is_some_and(|tag| SENT_BY_BOTH.contains(tag)) {
        return answer(frame, is_accepted);
    }
    match Request::parse(frame, scratch)? {
        Request::Point(point) => sink.point(&point, batch.as_ref()),
        Request::Keepalive(proto::KeepaliveRequest { time }) => match announced(time) {
            Some(number) => sink.announced(number),
            None => Ok(Flow::GoOn),
        },
        Request::Begin(begin) => sink.begin(batch.insert(Batch::of(&begin))),
        Request::End(end) => {
            *batch = None;
            sink.end(end.to_end()?.tmax)
        }
        _ => Err(anyhow!("the function sent what Kapacitor would not understand")),
    }
}

/// What is no data.
fn answer(frame: Frame<'_>, is_accepted: &mut bool) -> anyhow::Result<Flow> {
    let response =
        proto::Response::decode(frame.message()).context("the function sent what is no response")?;
    match response.message {
        Some(Message::Init(proto::InitResponse { success: true, .. })) => *is_accepted = true,
        Some(Message::Init(proto::InitResponse { error, .. })) => {
            return Err(Refused(error).into());
        }
        Some(Message::Restore(proto::RestoreResponse { success: false, error })) => {
            bail!("the function refuses the snapshot: {error}");
        }
        Some(Message::Error(proto::ErrorResponse { error })) => {
            bail!("the function failed, which would stop the Kapacitor task: {error}");
        }
        _ => {}
    }
    Ok(Flow::GoOn)
}
