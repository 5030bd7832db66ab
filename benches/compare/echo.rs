//! The floor: what a server costs that answers Info and Init and from then on writes what it
//! reads, without looking at it. Nothing that speaks this protocol over a socket can be cheaper by
//! much.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use bytes::BytesMut;
use kapacitor_udfd::proto::request::Message;
use kapacitor_udfd::proto::{InfoResponse, InitResponse, Request};
use kapacitor_udfd::wire::{frame, response};
use prost::Message as _;

/// As much as the client writes at once, or a unix socket holds.
const BUFFER: usize = 256 << 10;

/// Serves until the process is ended.
pub(crate) fn serve(path: &Path) -> anyhow::Result<()> {
    for peer in UnixListener::bind(path)?.incoming() {
        let peer = peer?;
        // A peer that goes away ends its own thread.
        thread::spawn(move || echo(peer));
    }
    Ok(())
}

fn echo(mut peer: UnixStream) -> anyhow::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut have = 0;
    // One frame at a time up to Init: the client waits for each answer.
    loop {
        let read = peer.read(buffer.get_mut(have..).unwrap_or_default())?;
        have += read;
        let Some(frame) = frame::find(buffer.get(..have).unwrap_or_default(), BUFFER)? else {
            anyhow::ensure!(read > 0, "closed");
            continue;
        };
        let mut answer = BytesMut::new();
        let is_init = matches!(Request::decode(frame.message())?.message, Some(Message::Init(_)));
        if is_init {
            response::write(&InitResponse { success: true, error: String::new() }, &mut answer);
        } else {
            response::write(&InfoResponse::default(), &mut answer);
        }
        peer.write_all(&answer)?;
        have = 0;
        if is_init {
            break;
        }
    }
    loop {
        match peer.read(&mut buffer)? {
            0 => return Ok(()),
            bytes => peer.write_all(buffer.get(..bytes).unwrap_or_default())?,
        }
    }
}
