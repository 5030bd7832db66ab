//! A function that misbehaves as a test wants it to: blocking, on threads of its own, and with
//! none of the daemon's code but the framing.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use bytes::BytesMut;
use kapacitor_udfd::proto::request::Message;
use kapacitor_udfd::proto::{
    EdgeType, ErrorResponse, InfoResponse, InitResponse, KeepaliveResponse, Request, RestoreResponse,
    SnapshotResponse,
};
use kapacitor_udfd::wire::{frame, response};
use prost::Message as _;
use tempfile::TempDir;

/// What it does with the points.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    Mirror,
    /// Swallows the point with this number.
    Drop(u64),
    /// Sends this point after the next one.
    Swap(u64),
    /// Sends this point twice.
    Twice(u64),
    /// Answers this point with an error.
    Fail(u64),
    /// Closes instead of answering this point.
    Close(u64),
    /// Answers nothing from this point on, and reads on.
    Mute(u64),
    /// Sends an empty response for this point.
    Empty(u64),
    RefuseInit,
}

/// A socket with the function behind it, until it is dropped.
pub(crate) struct FakeUdf {
    dir: TempDir,
}

impl FakeUdf {
    pub(crate) fn stream(manner: Manner) -> Self {
        Self::serve(EdgeType::Stream, manner)
    }

    pub(crate) fn batch(manner: Manner) -> Self {
        Self::serve(EdgeType::Batch, manner)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("udf.sock")
    }

    fn serve(edge: EdgeType, manner: Manner) -> Self {
        let fake = Self { dir: tempfile::tempdir().unwrap() };
        let listener = UnixListener::bind(fake.socket()).unwrap();
        // The thread outlives the test, not the process.
        thread::spawn(move || {
            for peer in listener.incoming() {
                let peer = peer.unwrap();
                thread::spawn(move || Conversation { peer, edge, manner, points: 0, held: None }.run());
            }
        });
        fake
    }
}

/// A path in a directory that is there, where nothing listens.
pub(crate) fn nobody(dir: &Path) -> PathBuf {
    dir.join("nobody.sock")
}

struct Conversation {
    peer: UnixStream,
    edge: EdgeType,
    manner: Manner,
    points: u64,
    /// The point that is sent after the next one.
    held: Option<Vec<u8>>,
}

/// The conversation is to end.
struct Closed;

impl Conversation {
    fn run(mut self) {
        let mut input = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let mut out = BytesMut::new();
            let (taken, go_on) = self.take(&input, &mut out);
            input.drain(..taken);
            if self.peer.write_all(&out).is_err() || go_on.is_err() {
                let _ = self.peer.shutdown(Shutdown::Both);
                return;
            }
            match self.peer.read(&mut chunk) {
                Ok(bytes @ 1..) => input.extend_from_slice(&chunk[..bytes]),
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Answers all whole frames; how much that was.
    fn take(&mut self, input: &[u8], out: &mut BytesMut) -> (usize, Result<(), Closed>) {
        let mut taken = 0;
        while let Some(frame) = frame::find(&input[taken..], 1 << 20).unwrap() {
            taken += frame.bytes().len();
            let message = Request::decode(frame.message()).unwrap().message.unwrap();
            if self.answer(&message, frame.bytes(), out).is_err() {
                return (taken, Err(Closed));
            }
        }
        (taken, Ok(()))
    }

    fn answer(&mut self, message: &Message, frame: &[u8], out: &mut BytesMut) -> Result<(), Closed> {
        match message {
            Message::Info(_) => {
                let edge = self.edge.into();
                response::write(&InfoResponse { wants: edge, provides: edge, options: [].into() }, out);
            }
            Message::Init(init) => {
                let refused = matches!(self.manner, Manner::RefuseInit);
                let error = if refused { format!("no {}", init.options[0].name) } else { String::new() };
                response::write(&InitResponse { success: !refused, error }, out);
            }
            Message::Keepalive(keepalive) if !self.is_mute() => {
                response::write(&KeepaliveResponse { time: keepalive.time }, out);
            }
            Message::Keepalive(_) => {}
            Message::Snapshot(_) => response::write(&SnapshotResponse { snapshot: b"state".to_vec() }, out),
            Message::Restore(restore) => {
                let success = restore.snapshot == b"state";
                response::write(&RestoreResponse { success, error: "another snapshot".to_owned() }, out);
            }
            Message::Point(_) => {
                let number = self.points;
                self.points += 1;
                return self.point(number, frame, out);
            }
            Message::Begin(_) | Message::End(_) => out.extend_from_slice(frame),
        }
        Ok(())
    }

    fn is_mute(&self) -> bool {
        matches!(self.manner, Manner::Mute(from) if from <= self.points)
    }

    fn point(&mut self, number: u64, frame: &[u8], out: &mut BytesMut) -> Result<(), Closed> {
        match self.manner {
            Manner::Drop(it) if it == number => {}
            Manner::Mute(from) if from <= number => {}
            Manner::Close(it) if it == number => return Err(Closed),
            Manner::Swap(it) if it == number => self.held = Some(frame.to_vec()),
            Manner::Empty(it) if it == number => out.extend_from_slice(&[0]),
            Manner::Fail(it) if it == number => {
                response::write(&ErrorResponse { error: "the disk is full".to_owned() }, out);
            }
            manner => {
                out.extend_from_slice(frame);
                out.extend_from_slice(&self.held.take().unwrap_or_default());
                if matches!(manner, Manner::Twice(it) if it == number) {
                    out.extend_from_slice(frame);
                }
            }
        }
        Ok(())
    }
}
