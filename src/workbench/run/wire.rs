//! Kapacitor's side of the conversation: requests on their way to the node, and the time before them. Knows frames,
//! not where points come from.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use kapacitor_udfd::aggregate::EARLIEST;
use kapacitor_udfd::proto::request::Message;
use kapacitor_udfd::proto::{self, KeepaliveRequest};
use prost::Message as _;

use super::clock::{Clock, unix_now};

/// From here on frames are written: as much as the node's side reads at once.
const FULL: usize = 128 << 10;

/// While time goes by itself, it is told this often.
const TICK: Duration = Duration::from_millis(20);

/// Requests to a node.
#[derive(Debug)]
pub(super) struct Wire {
    socket: UnixStream,
    buffer: BytesMut,
    clock: Clock,
    /// What the conversation begins with, unless it is somebody else's.
    init: Option<proto::InitRequest>,
    has_begun: bool,
}

impl Wire {
    pub(super) fn new(socket: UnixStream, clock: Clock, init: Option<proto::InitRequest>) -> Self {
        Self { socket, buffer: BytesMut::with_capacity(2 * FULL), clock, init, has_begun: false }
    }

    /// Data of this time is next: waits until then if it is to, and tells the time. The first of them has Init
    /// before it.
    pub(super) fn at(&mut self, time: i64) -> io::Result<()> {
        let wait = self.clock.wait(time);
        if !wait.is_zero() {
            self.pass(wait)?;
        }
        if let Some(now) = self.clock.at(time) {
            self.keepalive(now);
        }
        self.begin()?;
        if self.buffer.len() >= FULL { self.flush() } else { Ok(()) }
    }

    /// Where frames go.
    pub(super) fn frames(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    pub(super) fn request(&mut self, message: Message) {
        let request = proto::Request { message: Some(message) };
        // A `BytesMut` grows: there is always room.
        let _ = request.encode_length_delimited(&mut self.buffer);
    }

    /// Waits for nothing any more.
    pub(super) fn hurry(&mut self) {
        self.clock.hurry();
    }

    /// Waits for so long, while time goes on.
    pub(super) fn pass(&mut self, mut wait: Duration) -> io::Result<()> {
        while !wait.is_zero() {
            self.tick()?;
            let nap = wait.min(TICK);
            thread::sleep(nap);
            wait -= nap;
        }
        Ok(())
    }

    /// How often to [`tick`](Self::tick) while nothing comes; `None`: time does not go by itself.
    pub(super) fn ticks(&self) -> Option<Duration> {
        self.clock.goes_by_itself().then_some(TICK)
    }

    /// Tells the time by itself, and writes what there is.
    pub(super) fn tick(&mut self) -> io::Result<()> {
        if self.has_begun
            && let Some(now) = self.clock.now()
        {
            self.keepalive(now);
        }
        self.flush()
    }

    /// The last request; one that has none before it was Init.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if !self.has_begun {
            self.keepalive(unix_now());
        }
        self.begin()?;
        self.flush()?;
        self.socket.shutdown(Shutdown::Write)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        self.has_begun = true;
        let Some(init) = self.init.take() else { return Ok(()) };
        self.request(Message::Init(init));
        // What it is refused for should be told before more is read.
        self.flush()
    }

    fn keepalive(&mut self, time: i64) {
        self.request(Message::Keepalive(KeepaliveRequest { time: time.max(EARLIEST) }));
    }
}

/// However who feeds ends, the function sees the end of the stream.
impl Drop for Wire {
    fn drop(&mut self) {
        // After `finish` it is so already.
        let _ = self.socket.shutdown(Shutdown::Write);
    }
}
