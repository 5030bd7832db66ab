//! A peer that talks to the daemon as Kapacitor does, message by message, and handlers made of
//! closures.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use kapacitor_udfd::agent::Outbox;
use kapacitor_udfd::connection::{self, Sender, Summary};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::{self, request, response};
use kapacitor_udfd::wire::batch::{BeginBatchView, EndBatchView};
use kapacitor_udfd::wire::codec::{CodecError, FrameDecoder};
use kapacitor_udfd::wire::frame;
use kapacitor_udfd::wire::point::PointView;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio_util::codec::FramedRead;
use tokio_util::sync::CancellationToken;

/// One end of a connection; the daemon has the other.
pub struct Peer<R = ReadHalf<DuplexStream>, W = WriteHalf<DuplexStream>> {
    responses: FramedRead<R, FrameDecoder>,
    writer: W,
}

/// A peer on a real socket.
pub type SocketPeer = Peer<OwnedReadHalf, OwnedWriteHalf>;

pub async fn dial(path: &Path) -> SocketPeer {
    let (reader, writer) = UnixStream::connect(path).await.unwrap().into_split();
    Peer::new(reader, writer)
}

/// A connection that a handler serves, its peer, and what can be done to it.
pub struct Served {
    pub peer: Peer,
    pub ended: JoinHandle<Summary>,
    pub shutdown: CancellationToken,
}

pub fn serve(handler: impl Handler) -> Served {
    serve_with(Limits::default(), 1 << 20, |_| handler)
}

/// `pipe`: how many bytes fit between peer and daemon before the one who writes waits.
pub fn serve_with<H: Handler>(
    limits: Limits,
    pipe: usize,
    make: impl FnOnce(Sender) -> H + Send + 'static,
) -> Served {
    let (ours, theirs) = tokio::io::duplex(pipe);
    let (reader, writer) = tokio::io::split(theirs);
    let shutdown = CancellationToken::new();
    let stopping = shutdown.clone();
    let ended = tokio::spawn(async move {
        let make = |sender: Sender| Box::new(make(sender)) as Box<dyn Handler>;
        connection::serve(reader, writer, make, Arc::new(limits), stopping).await
    });
    let (reader, writer) = tokio::io::split(ours);
    Served { peer: Peer::new(reader, writer), ended, shutdown }
}

/// A mirror that has been initialised.
pub async fn mirror(edge: Edge) -> Served {
    let mut served = serve(Mirror::new(edge));
    served.peer.init().await;
    served
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Peer<R, W> {
    pub fn new(reader: R, writer: W) -> Self {
        Self { responses: FramedRead::new(reader, FrameDecoder::new(1 << 30)), writer }
    }

    pub async fn send(&mut self, message: impl Into<Requested>) {
        self.send_bytes(&frame_of(message)).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.unwrap();
    }

    pub fn writer(&mut self) -> &mut W {
        &mut self.writer
    }

    pub async fn half_close(&mut self) {
        self.writer.shutdown().await.unwrap();
    }

    /// The next response's frame; `None` once the daemon has closed.
    pub async fn next_frame(&mut self) -> Option<BytesMut> {
        let next = tokio::time::timeout(Duration::from_secs(20), self.responses.next());
        match next.await.expect("a response within 20 s")? {
            Ok(frame) => Some(frame),
            // The daemon closed while we were still writing to it.
            Err(CodecError::Io(error)) if error.kind() == ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// All the daemon sends until it closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = vec![];
        while let Some(frame) = self.next_frame().await {
            rest.extend(frame);
        }
        rest
    }

    pub async fn next(&mut self) -> Option<response::Message> {
        let bytes = self.next_frame().await?;
        let message = frame::find(&bytes, usize::MAX).unwrap().unwrap().message();
        Some(proto::Response::decode(message).unwrap().message.expect("never a response without a message"))
    }

    pub async fn expect(&mut self, expected: response::Message) {
        assert_eq!(self.next().await, Some(expected));
    }

    /// What goes before the first data when the stream has ended.
    pub async fn expect_covers(&mut self) {
        for _ in 0..64 {
            let cover = self.next().await;
            assert!(matches!(cover, Some(response::Message::Keepalive(_))), "{cover:?}");
        }
    }

    pub async fn expect_end(&mut self) {
        assert_eq!(self.next().await, None);
    }

    pub async fn expect_error(&mut self, words: &str) {
        match self.next().await {
            Some(response::Message::Error(error)) if error.error.contains(words) => {}
            other => panic!("expected an error with {words:?}, got {other:?}"),
        }
        self.expect_end().await;
    }

    pub async fn init(&mut self) {
        self.init_with(vec![]).await;
        self.expect(initialised()).await;
    }

    pub async fn init_with(&mut self, options: Vec<proto::Option>) {
        self.send(init_request(options)).await;
    }

    /// Everything the daemon sent, up to here: a keepalive comes back behind it.
    pub async fn sync(&mut self) -> Vec<response::Message> {
        const MARK: i64 = -424_242;
        self.send(proto::KeepaliveRequest { time: MARK }).await;
        let mut before = Vec::new();
        loop {
            match self.next().await.expect("the connection is open") {
                response::Message::Keepalive(proto::KeepaliveResponse { time: MARK }) => return before,
                message => before.push(message),
            }
        }
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Peer<R, W> {
    /// One half to send with, one to receive with.
    pub fn split(self) -> (Peer<tokio::io::Empty, W>, Peer<R, tokio::io::Sink>) {
        let send = Peer::new(tokio::io::empty(), self.writer);
        (send, Peer { responses: self.responses, writer: tokio::io::sink() })
    }
}

pub fn initialised() -> response::Message {
    response::Message::Init(proto::InitResponse { success: true, error: String::new() })
}

pub fn init_request(options: Vec<proto::Option>) -> proto::InitRequest {
    proto::InitRequest { options, task_id: "cpu_alert".into(), node_id: "mirror2".into() }
}

pub fn keepalive(time: i64) -> response::Message {
    response::Message::Keepalive(proto::KeepaliveResponse { time })
}

/// Any request, from the message inside it.
pub struct Requested(pub request::Message);

macro_rules! requested {
    ($($message:ident => $arm:ident),* $(,)?) => {
        $(impl From<proto::$message> for Requested {
            fn from(message: proto::$message) -> Self { Self(request::Message::$arm(message)) }
        })*
    };
}

requested! {
    InfoRequest => Info, InitRequest => Init, KeepaliveRequest => Keepalive, SnapshotRequest => Snapshot,
    RestoreRequest => Restore, BeginBatch => Begin, Point => Point, EndBatch => End,
}

pub fn frame_of(message: impl Into<Requested>) -> Vec<u8> {
    framed(&proto::Request { message: Some(message.into().0) })
}

pub fn framed(message: &impl Message) -> Vec<u8> {
    message.encode_length_delimited_to_vec()
}

/// A point of a stream grouped by host.
pub fn point(time: i64) -> proto::Point {
    proto::Point {
        time,
        name: "requests".into(),
        database: "mydb".into(),
        retention_policy: "autogen".into(),
        group: "host=web0".into(),
        dimensions: vec!["host".into()],
        tags: map([("host", "web0"), ("region", "eu")]),
        fields_double: [("load".to_owned(), 0.5)].into(),
        fields_int: [("code".to_owned(), 200)].into(),
        ..proto::Point::default()
    }
}

pub fn batch_point(time: i64) -> proto::Point {
    let point = point(time);
    proto::Point {
        name: String::new(),
        database: String::new(),
        retention_policy: String::new(),
        dimensions: vec![],
        ..point
    }
}

pub fn begin(size: i64) -> proto::BeginBatch {
    proto::BeginBatch {
        name: "requests".into(),
        group: "host=web0".into(),
        tags: map([("host", "web0")]),
        size,
        by_name: false,
    }
}

pub fn end(tmax: i64) -> proto::EndBatch {
    proto::EndBatch {
        name: "requests".into(),
        group: "host=web0".into(),
        tmax,
        tags: map([("host", "web0")]),
        by_name: false,
    }
}

pub fn map<const N: usize>(entries: [(&str, &str); N]) -> std::collections::BTreeMap<String, String> {
    entries.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

type OnPoint = Box<dyn FnMut(UnixNanos, PointView<'_>, &mut Outbox) -> Result<(), HandlerError> + Send>;
type OnRestore = Box<dyn FnMut(&[u8]) -> Result<(), HandlerError> + Send>;
type OnStop = Box<dyn FnMut(StopReason, &mut Outbox) -> Result<Progress, HandlerError> + Send>;
type OnDeadline = Box<dyn FnMut(UnixNanos, &mut Outbox) -> Result<Option<UnixNanos>, HandlerError> + Send>;

/// A handler that forwards what it gets, but for what a test puts in place of that.
pub struct Scripted {
    pub info: Info,
    pub on_init: Box<dyn FnMut(UnixNanos) -> Result<Option<UnixNanos>, HandlerError> + Send>,
    pub on_point: OnPoint,
    pub on_stop: OnStop,
    pub on_deadline: OnDeadline,
    pub on_snapshot: Box<dyn FnMut() -> Result<Vec<u8>, HandlerError> + Send>,
    pub on_restore: OnRestore,
    pub deadline: Option<UnixNanos>,
}

impl Scripted {
    pub fn new(wants: Edge, provides: Edge) -> Self {
        Self {
            info: Info::new(wants, provides),
            on_init: Box::new(|_| Ok(None)),
            on_point: Box::new(|_, point, out| Ok(out.forward(point)?)),
            on_stop: Box::new(|_, _| Ok(Progress::Done)),
            on_deadline: Box::new(|_, _| Ok(None)),
            on_snapshot: Box::new(|| Ok(vec![])),
            on_restore: Box::new(|_| Ok(())),
            deadline: None,
        }
    }

    pub fn stream() -> Self {
        Self::new(Edge::Stream, Edge::Stream)
    }

    pub fn batch() -> Self {
        Self::new(Edge::Batch, Edge::Batch)
    }

    pub fn on_point(
        mut self,
        f: impl FnMut(UnixNanos, PointView<'_>, &mut Outbox) -> Result<(), HandlerError> + Send + 'static,
    ) -> Self {
        self.on_point = Box::new(f);
        self
    }

    pub fn on_stop(
        mut self,
        f: impl FnMut(StopReason, &mut Outbox) -> Result<Progress, HandlerError> + Send + 'static,
    ) -> Self {
        self.on_stop = Box::new(f);
        self
    }

    /// `first` says at Init when the first deadline is; `f` when the next one is.
    pub fn on_deadline(
        mut self,
        first: impl FnMut(UnixNanos) -> UnixNanos + Send + 'static,
        f: impl FnMut(UnixNanos, &mut Outbox) -> Result<Option<UnixNanos>, HandlerError> + Send + 'static,
    ) -> Self {
        let mut first = first;
        self.on_init = Box::new(move |now| Ok(Some(first(now))));
        self.on_deadline = Box::new(f);
        self
    }
}

impl Handler for Scripted {
    fn info(&self) -> Info {
        self.info.clone()
    }

    fn init(&mut self, now: UnixNanos, _: &proto::InitRequest) -> Result<(), HandlerError> {
        self.deadline = (self.on_init)(now)?;
        Ok(())
    }

    fn snapshot(&mut self, _: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        (self.on_snapshot)()
    }

    fn restore(&mut self, _: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        (self.on_restore)(snapshot)
    }

    fn begin_batch(
        &mut self,
        _: UnixNanos,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        Ok(out.forward(begin)?)
    }

    fn point(&mut self, now: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        (self.on_point)(now, point, out)
    }

    fn end_batch(
        &mut self,
        _: UnixNanos,
        end: EndBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        Ok(out.forward(end)?)
    }

    fn next_deadline(&self) -> Option<UnixNanos> {
        self.deadline
    }

    fn on_deadline(&mut self, now: UnixNanos, out: &mut Outbox) -> Result<(), HandlerError> {
        self.deadline = (self.on_deadline)(now, out)?;
        Ok(())
    }

    fn stop(&mut self, _: UnixNanos, reason: StopReason, out: &mut Outbox) -> Result<Progress, HandlerError> {
        (self.on_stop)(reason, out)
    }
}
