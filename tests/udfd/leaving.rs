//! A handler that leaves points for later, since what one of them brings out is more than an outbox: nothing is
//! lost, nothing comes twice, and what came after them waits.

use kapacitor_udfd::agent::{Fault, Outbox};
use kapacitor_udfd::connection::{self, Summary};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, Progress, StopReason, UnixNanos};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::response::Message as R;
use kapacitor_udfd::proto::{self, InitRequest};
use kapacitor_udfd::wire::point::PointView;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::support::*;

/// As many copies as take some outboxes.
const MANY: i64 = 2_000;

/// How many points come, of which few bring out that many.
const POINTS: i64 = 300;

/// Sends so many copies of each point.
fn copies(time: UnixNanos) -> i64 {
    if time % 70 == 5 || time % 140 == 3 { MANY } else { 1 + time % 3 }
}

/// Takes no point before all its copies are sent.
#[derive(Default)]
struct Copying {
    /// Of the point that comes next.
    sent: i64,
}

impl Handler for Copying {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn points_at_once(&self) -> usize {
        16
    }

    fn point(&mut self, _: UnixNanos, _: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        Err("it can't leave one by this way".into())
    }

    fn points(
        &mut self,
        _: UnixNanos,
        points: &[PointView<'_>],
        out: &mut Outbox,
    ) -> Result<usize, HandlerError> {
        for (taken, point) in points.iter().enumerate() {
            while self.sent < copies(point.time()) {
                if out.is_full() {
                    return Ok(taken);
                }
                out.forward(*point)?;
                self.sent += 1;
            }
            self.sent = 0;
        }
        Ok(points.len())
    }

    fn stop(&mut self, _: UnixNanos, reason: StopReason, out: &mut Outbox) -> Result<Progress, HandlerError> {
        assert_eq!(self.sent, 0, "a point is left");
        out.point(&point(if reason == StopReason::EndOfStream { -1 } else { -2 }))?;
        Ok(Progress::Done)
    }
}

/// A point, now and then with a field nobody knows behind it, or a keepalive.
fn request(time: i64) -> Vec<u8> {
    match time % 10 {
        7 => [frame_of(point(time)), frame_of(proto::KeepaliveRequest { time })].concat(),
        3 => {
            let request = proto::Request { message: Some(Requested::from(point(time)).0) };
            let mut message = prost::Message::encode_to_vec(&request);
            message.extend([0xa8, 0x06, 0x01]); // field 101, a varint
            let mut frame = vec![];
            kapacitor_udfd::wire::varint::write(message.len() as u64, &mut frame);
            [frame, message].concat()
        }
        _ => frame_of(point(time)),
    }
}

/// What comes of that, in this order.
fn expected() -> Vec<R> {
    let of_one = |time| {
        let copies = std::iter::repeat_n(R::Point(point(time)), copies(time).try_into().unwrap());
        copies.chain((time % 10 == 7).then(|| keepalive(time)))
    };
    (0..POINTS).flat_map(of_one).collect()
}

fn serve_socket(shutdown: &CancellationToken) -> (SocketPeer, JoinHandle<Summary>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (reader, writer) = theirs.into_split();
    let make = |_| Box::new(Copying::default()) as Box<dyn Handler>;
    let serving = connection::serve(reader, writer, make, Limits::default().into(), shutdown.clone());
    let (reader, writer) = ours.into_split();
    (Peer::new(reader, writer), tokio::spawn(serving))
}

/// All that comes, but for the keepalives of a busy daemon's own.
async fn all(
    mut peer: Peer<impl tokio::io::AsyncRead + Unpin, impl tokio::io::AsyncWrite + Unpin>,
) -> Vec<R> {
    let mut all = vec![];
    while let Some(message) = peer.next().await {
        let own = |time| !(0..POINTS).contains(&time);
        if !matches!(message, R::Keepalive(proto::KeepaliveResponse { time }) if own(time)) {
            all.push(message);
        }
    }
    all
}

#[track_caller]
fn are_all(sent: &[R], last: i64) {
    let (end, sent) = sent.split_last().unwrap();
    assert_eq!(end, &R::Point(point(last)));
    let expected = expected();
    let differ = sent.iter().zip(&expected).position(|(sent, expected)| sent != expected);
    assert_eq!((differ, sent.len()), (None, expected.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_comes_again_and_the_end_of_the_stream_behind_it() {
    let (mut peer, ended) = serve_socket(&CancellationToken::new());
    peer.init().await;
    let (mut write, read) = peer.split();
    let reading = tokio::spawn(all(read));
    write.send_bytes(&(0..POINTS).flat_map(request).collect::<Vec<_>>()).await;
    write.half_close().await;
    are_all(&reading.await.unwrap(), -1);
    let counters = ended.await.unwrap().counters;
    assert_eq!(counters.points, POINTS.cast_unsigned());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_readable_at_a_shutdown_is_taken() {
    let shutdown = CancellationToken::new();
    let (mut peer, ended) = serve_socket(&shutdown);
    peer.init().await;
    let (mut write, read) = peer.split();
    write.send_bytes(&(0..POINTS).flat_map(request).collect::<Vec<_>>()).await;
    shutdown.cancel();
    are_all(&all(read).await, -2);
    let counters = ended.await.unwrap().counters;
    assert_eq!(counters.points, POINTS.cast_unsigned());
}

/// Says that it has taken what it likes.
struct Claiming(usize);

impl Handler for Claiming {
    fn info(&self) -> Info {
        Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, _: &InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn points_at_once(&self) -> usize {
        16
    }

    fn point(&mut self, _: UnixNanos, _: PointView<'_>, _: &mut Outbox) -> Result<(), HandlerError> {
        Ok(())
    }

    fn points(&mut self, _: UnixNanos, _: &[PointView<'_>], _: &mut Outbox) -> Result<usize, HandlerError> {
        Ok(self.0)
    }
}

#[tokio::test]
async fn a_handler_that_leaves_points_for_no_reason_is_told() {
    for claimed in [0, 2] {
        let mut served = serve(Claiming(claimed));
        served.peer.init().await;
        served.peer.send(point(1)).await;
        let words = format!(
            "it took {claimed} of 1 points while the outbox had room; accepted are all of them, or fewer once the \
             outbox is full"
        );
        served.peer.expect_error(&words).await;
        drop(served.peer);
        let fault = served.ended.await.unwrap().fault;
        assert!(matches!(fault, Some(Fault::Handler { call: "points", .. })), "{fault:?}");
    }
}
