//! Bad bytes, handlers that fail or panic, peers that vanish or do not read: each ends its own
//! connection, and the peer is told why.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kapacitor_udfd::agent::Fault;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::response::Message as R;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use super::support::*;

#[tokio::test]
async fn what_is_no_request_is_answered_with_what_is_wrong() {
    let cases: &[(&[u8], &str)] = &[
        (&[0xff; 11], "bad frame length"),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "frame of 9223372036854775808 bytes; at most"),
        (&[0xff, 0xff, 0xff, 0xff, 0x0f], "frame of 4294967295 bytes; at most 268435456"),
        (&[0], "request without a known message"),
        (&[3, 0xfa, 0x01, 0x00], "request without a known message"),
        (&[2, 0x1a, 0x05], "undecodable request"),
        (&[4, 0x8a, 0x01, 0x01, 0xff], "undecodable request"),
        (b"\x05hello", "undecodable request"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.0 and so on and so forth until the frame is full", "undecodable request"),
    ];
    for (bytes, words) in cases {
        let mut served = mirror(Edge::Stream).await;
        served.peer.send(point(1)).await;
        served.peer.expect(R::Point(point(1))).await;
        served.peer.send_bytes(bytes).await;
        served.peer.expect_error(words).await;
        drop(served.peer);
        assert!(matches!(served.ended.await.unwrap().fault, Some(Fault::Wire(_))), "{words}");
    }
}

#[tokio::test]
async fn a_request_at_the_wrong_time_is_answered_with_what_is_wrong() {
    let cases: Vec<(Edge, Vec<Vec<u8>>, &str)> = vec![
        (Edge::Stream, vec![frame_of(init_request(vec![]))], "second init"),
        (Edge::Stream, vec![frame_of(begin(1))], "got a BeginBatch, but the function wants a stream"),
        (Edge::Stream, vec![frame_of(end(1))], "got an EndBatch, but the function wants a stream"),
        (Edge::Batch, vec![frame_of(batch_point(1))], "got a point outside a batch"),
        (Edge::Batch, vec![frame_of(end(1))], "an EndBatch without a BeginBatch"),
    ];
    for (edge, frames, words) in cases {
        let mut served = mirror(edge).await;
        for frame in frames {
            served.peer.send_bytes(&frame).await;
        }
        served.peer.expect_error(words).await;
        drop(served.peer);
        assert!(matches!(served.ended.await.unwrap().fault, Some(Fault::Protocol(_))), "{words}");
    }
    let mut served = mirror(Edge::Batch).await;
    served.peer.send(begin(1)).await;
    served.peer.expect(R::Begin(begin(1))).await;
    served.peer.send(begin(1)).await;
    served.peer.expect_error("a BeginBatch while a batch is open").await;
    for early in [frame_of(point(1)), frame_of(kapacitor_udfd::proto::RestoreRequest { snapshot: vec![1] })] {
        let mut served = serve(Mirror::new(Edge::Stream));
        served.peer.send_bytes(&early).await;
        served.peer.expect_error("before a successful init").await;
    }
}

#[tokio::test]
async fn a_handler_s_error_and_panic_reach_the_peer_behind_what_was_sent() {
    let panicking =
        |_, _: kapacitor_udfd::wire::point::PointView<'_>, out: &mut kapacitor_udfd::agent::Outbox| {
            out.point(&point(1))?;
            panic!("index out of range")
        };
    let failing =
        |_, _: kapacitor_udfd::wire::point::PointView<'_>, out: &mut kapacitor_udfd::agent::Outbox| {
            out.point(&point(1))?;
            Err("disk full".into())
        };
    for (handler, words) in [
        (Scripted::stream().on_point(panicking), "panic in the function's point: index out of range"),
        (Scripted::stream().on_point(failing), "disk full"),
    ] {
        let mut served = serve(handler);
        served.peer.init().await;
        served.peer.send(point(0)).await;
        served.peer.expect(R::Point(point(1))).await;
        served.peer.expect_error(words).await;
    }
}

#[tokio::test]
async fn a_panic_in_any_other_method_is_no_different() {
    let check = |handler: Scripted, request: Vec<u8>, words: &'static str| async move {
        let mut served = serve(handler);
        served.peer.init().await;
        served.peer.send_bytes(&request).await;
        served.peer.half_close().await;
        served.peer.expect_error(words).await;
        drop(served.peer);
        assert!(matches!(served.ended.await.unwrap().fault, Some(Fault::Panic { .. })));
    };
    let snapshot = frame_of(kapacitor_udfd::proto::SnapshotRequest {});
    let restore = frame_of(kapacitor_udfd::proto::RestoreRequest { snapshot: vec![1] });
    let mut handler = Scripted::stream();
    handler.on_snapshot = Box::new(|| panic!("a"));
    check(handler, snapshot, "panic in the function's snapshot: a").await;
    let mut handler = Scripted::stream();
    handler.on_restore = Box::new(|_| panic!("b"));
    check(handler, restore, "panic in the function's restore: b").await;
    let handler = Scripted::stream().on_stop(|_, _| panic!("c"));
    check(handler, vec![], "panic in the function's stop: c").await;
    let mut served = serve(Scripted::stream().on_deadline(|now| now - 1, |_, _| panic!("d")));
    served.peer.init().await;
    served.peer.send(point(1)).await;
    served.peer.expect(R::Point(point(1))).await;
    served.peer.expect_error("panic in the function's on_deadline: d").await;
}

/// A deadline that overflows is the likeliest panic of all.
struct Overflowing;

impl kapacitor_udfd::handler::Handler for Overflowing {
    fn info(&self) -> kapacitor_udfd::handler::Info {
        kapacitor_udfd::handler::Info::new(Edge::Stream, Edge::Stream)
    }

    fn init(
        &mut self,
        _: i64,
        _: &kapacitor_udfd::proto::InitRequest,
    ) -> Result<(), kapacitor_udfd::handler::HandlerError> {
        Ok(())
    }

    fn point(
        &mut self,
        _: i64,
        point: kapacitor_udfd::wire::point::PointView<'_>,
        out: &mut kapacitor_udfd::agent::Outbox,
    ) -> Result<(), kapacitor_udfd::handler::HandlerError> {
        Ok(out.forward(point)?)
    }

    fn next_deadline(&self) -> Option<i64> {
        panic!("attempt to add with overflow")
    }
}

impl Drop for Overflowing {
    fn drop(&mut self) {
        panic!("and once more when it goes")
    }
}

#[tokio::test]
async fn a_panic_in_next_deadline_and_in_the_destructor() {
    let mut served = serve(Overflowing);
    served.peer.init().await;
    served.peer.send(point(1)).await;
    served.peer.expect(R::Point(point(1))).await;
    served.peer.expect_error("panic in the function's next_deadline: attempt to add with overflow").await;
    drop(served.peer);
    assert!(matches!(served.ended.await.unwrap().fault, Some(Fault::Panic { .. })));
}

#[tokio::test]
async fn a_frame_over_the_limit_in_force() {
    let limits = Limits { max_frame: 4096, ..Limits::default() };
    let mut served = serve_with(limits, 1 << 16, |_| Mirror::new(Edge::Stream));
    served.peer.init().await;
    served.peer.send_bytes(&[0x81, 0x20]).await;
    served.peer.expect_error("frame of 4097 bytes; at most 4096 are accepted").await;
}

#[tokio::test]
async fn a_handler_that_can_t_even_be_made_is_told_to_the_peer() {
    let mut served = serve_with(Limits::default(), 1 << 16, |_| -> Mirror { panic!("no memory") });
    served.peer.expect_error("panic in the function's info: no memory").await;
}

#[tokio::test]
async fn a_stream_that_ends_inside_a_frame() {
    let mut served = mirror(Edge::Stream).await;
    let frame = frame_of(point(1));
    served.peer.send_bytes(&frame[..frame.len() - 1]).await;
    served.peer.half_close().await;
    served.peer.expect_error(&format!("ended inside a frame, after {} bytes", frame.len() - 1)).await;
}

#[tokio::test]
async fn a_peer_that_vanishes_ends_its_connection() {
    let mut served = mirror(Edge::Stream).await;
    served.peer.send(point(1)).await;
    drop(served.peer);
    served.ended.await.unwrap();
}

/// A frame announced as huge: what is held grows with what has come.
#[tokio::test]
async fn a_length_announced_is_no_memory_taken() {
    let mut served = mirror(Edge::Stream).await;
    let mut announced = vec![];
    kapacitor_udfd::wire::varint::write(200 << 20, &mut announced);
    served.peer.send_bytes(&announced).await;
    served.peer.send_bytes(&[0; 1000]).await;
    served.peer.half_close().await;
    served.peer.expect_error("after 1004 bytes").await;
}

/// The peer writes and never reads: our reading stops, with it the peer's writing, and what the
/// handler was given stays bounded.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_not_read_from() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let mut served = serve_with(Limits::default(), 4096, move |_| {
        Scripted::stream().on_point(move |_, point, out| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(out.forward(point)?)
        })
    });
    served.peer.init().await;
    let (mut write, mut read) = served.peer.split();
    let frame = frame_of(point(1));
    let flood: Vec<u8> = frame.repeat(100_000);
    let writing = tokio::spawn(async move {
        write.send_bytes(&flood).await;
        write.half_close().await;
    });
    tokio::time::sleep(Duration::from_mins(1)).await;
    let held = seen.load(Ordering::Relaxed) * frame.len();
    assert!(held < 1 << 20, "{held} bytes were taken from a peer that does not read");
    assert!(!writing.is_finished());
    // It reads after all: nothing is lost.
    for _ in 0..100_000 {
        assert_eq!(read.next_frame().await.unwrap(), frame);
    }
    writing.await.unwrap();
}

/// A function that is busy is not dead: keepalives go out while a call lasts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_handler_is_covered_for_but_not_for_ever() {
    let handler = |_| {
        Scripted::stream().on_point(|_, point, out| {
            std::thread::sleep(Duration::from_secs(3));
            Ok(out.forward(point)?)
        })
    };
    let limits = Limits { max_handler_time: Duration::from_millis(1500), ..Limits::default() };
    let mut served = serve_with(limits, 1 << 16, handler);
    served.peer.init().await;
    served.peer.send(point(1)).await;
    served.peer.send(kapacitor_udfd::proto::KeepaliveRequest { time: 1 }).await;
    let mut own = 0;
    loop {
        match served.peer.next().await {
            Some(R::Keepalive(_)) => own += 1,
            Some(R::Point(got)) => break assert_eq!(got, point(1)),
            other => panic!("{other:?}"),
        }
    }
    // 400 ms apart, and none once the call has taken 1.5 s: three or four of the seven in 3 s.
    assert!((2..=5).contains(&own), "{own} keepalives during the call");
    served.peer.expect(keepalive(1)).await;
}

/// Not covered: an idle connection says nothing of its own.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_silent() {
    let mut served = mirror(Edge::Stream).await;
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(served.peer.sync().await, []);
}

#[tokio::test]
async fn a_peer_that_trickles_is_served() {
    let (ours, theirs) = tokio::net::UnixStream::pair().unwrap();
    let (reader, writer) = theirs.into_split();
    let make = |_| Box::new(Mirror::new(Edge::Stream)) as Box<dyn kapacitor_udfd::handler::Handler>;
    tokio::spawn(kapacitor_udfd::connection::serve(
        reader,
        writer,
        make,
        Arc::default(),
        CancellationToken::new(),
    ));
    let (reader, mut writer) = ours.into_split();
    let mut bytes = frame_of(init_request(vec![]));
    bytes.extend(frame_of(point(1)));
    let mut peer = Peer::new(reader, tokio::io::sink());
    for byte in bytes {
        writer.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    peer.expect(initialised()).await;
    peer.expect(R::Point(point(1))).await;
}
