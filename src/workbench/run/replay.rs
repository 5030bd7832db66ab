//! `--replay`: Kapacitor's side of a recording, played to a function. Knows recordings, not who made them.

use std::path::Path;

use bytes::BufMut;
use kapacitor_udfd::aggregate::EARLIEST;
use kapacitor_udfd::proto::{self, request::Message};
use kapacitor_udfd::wire::frame;
use kapacitor_udfd::wire::request::Request;

use super::feed::Fed;
use super::wire::Wire;
use crate::cli::output;
use crate::workbench::Usage;
use crate::workbench::tap::recording::{self, Conversation, Direction, Event, Reader};
use crate::workbench::when::When;

/// The conversation to play: of this connection, or the only one with a node.
pub(super) fn chosen(
    path: &Path,
    connection: Option<u32>,
) -> anyhow::Result<(Conversation, proto::InitRequest)> {
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) && path.exists() {
        let words = format!("a recording is read twice, and {} is no file", path.display());
        return Err(Usage(words).into());
    }
    let summary = recording::conversations(path)?;
    if summary.cut.is_some() {
        output::error("note: the recording breaks off; what is whole is played\n");
    }
    let nodes = summary.conversations.into_iter().filter_map(|conversation| {
        let init = conversation.init.clone()?;
        Some((conversation, init))
    });
    let mut nodes: Vec<_> = nodes.collect();
    let place = match connection {
        None if nodes.len() == 1 => Some(0),
        None => None,
        Some(number) => nodes.iter().position(|(conversation, _)| conversation.connection == number),
    };
    match place {
        Some(place) => Ok(nodes.swap_remove(place)),
        None => Err(Usage(which(&nodes, connection)).into()),
    }
}

/// That none is chosen, and what there is to choose from.
fn which(nodes: &[(Conversation, proto::InitRequest)], connection: Option<u32>) -> String {
    if nodes.is_empty() {
        return "no node speaks in this recording; a task with the function has to be enabled while the tap runs".to_owned();
    }
    let each = nodes.iter().map(|(Conversation { connection, points, opened, restored, .. }, init)| {
        let restored = if *restored { ", restored" } else { "" };
        let (node, task) = (&init.node_id, &init.task_id);
        format!("{connection} (node {node} of task {task} at {}{restored}, {points} points)", When(*opened))
    });
    let accepted = each.collect::<Vec<_>>().join(", ");
    match connection {
        Some(number) => format!("no node speaks on connection {number}; accepted are {accepted}"),
        None => format!("the recording has several nodes: give --connection, one of {accepted}"),
    }
}

/// Plays what Kapacitor sent on a connection, each request at the time at which it came; with `options` in place of
/// its own, if there are some.
pub(super) fn play(
    path: &Path,
    connection: u32,
    options: Option<&[proto::Option]>,
    wire: &mut Wire,
) -> anyhow::Result<Fed> {
    let mut fed = Fed::default();
    let mut scratch = Vec::new();
    for entry in Reader::open(path)? {
        let entry = entry?;
        let Event::Frame { direction: Direction::ToFunction, bytes } = entry.event else { continue };
        if entry.connection != connection {
            continue;
        }
        wire.at(entry.at)?;
        let Some(frame) = frame::find(&bytes, usize::MAX)? else { continue };
        match (Request::parse(frame, &mut scratch), options) {
            (Ok(Request::Init(init)), Some(options)) => {
                wire.request(Message::Init(proto::InitRequest { options: options.to_vec(), ..init }));
                continue;
            }
            (Ok(Request::Point(point)), _) => fed.see(point.time()),
            // Its time is the recording's; and no clock is before this.
            (Ok(Request::Keepalive(keepalive)), _) if keepalive.time < EARLIEST => continue,
            _ => {}
        }
        wire.frames().put_slice(&bytes);
    }
    wire.finish()?;
    Ok(fed)
}
