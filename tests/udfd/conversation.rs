//! The life of a connection, as Kapacitor lives it.

use std::time::Duration;

use bytes::BytesMut;
use kapacitor_udfd::agent::Outbox;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Progress, StopReason};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::{self, response};
use tokio::time::Instant;

use super::support::*;

fn snapshot(bytes: &[u8]) -> response::Message {
    response::Message::Snapshot(proto::SnapshotResponse { snapshot: bytes.to_vec() })
}

fn restored() -> response::Message {
    response::Message::Restore(proto::RestoreResponse { success: true, error: String::new() })
}

#[tokio::test]
async fn info_tells_edges_and_options_and_nothing_more_comes() {
    let mut served = serve(Mirror::new(Edge::Batch));
    served.peer.send(proto::InfoRequest {}).await;
    let Some(response::Message::Info(info)) = served.peer.next().await else { panic!("no info") };
    assert_eq!((info.wants(), info.provides()), (proto::EdgeType::Batch, proto::EdgeType::Batch));
    let field = &info.options["field"];
    assert_eq!(field.value_types().collect::<Vec<_>>(), [proto::ValueType::String, proto::ValueType::Double]);
    assert_eq!(info.options["field_int"], info.options["fieldInt"]);
    // Ten options, of which eight are spelt in two ways.
    assert_eq!(info.options.len(), 18);
    served.peer.half_close().await;
    served.peer.expect_end().await;
    assert!(served.ended.await.unwrap().task.is_none());
}

#[tokio::test]
async fn init_restore_data_keepalive_snapshot_and_the_end() {
    let mut handler = Scripted::stream().on_stop(|reason, out| {
        assert_eq!(reason, StopReason::EndOfStream);
        out.point(&point(99))?;
        Ok(Progress::Done)
    });
    handler.on_restore = Box::new(|state| if state == b"old" { Ok(()) } else { Err("not my state".into()) });
    handler.on_snapshot = Box::new(|| Ok(b"new".to_vec()));
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(proto::RestoreRequest { snapshot: b"\x01old".to_vec() }).await;
    served.peer.expect(restored()).await;
    served.peer.send(point(1)).await;
    served.peer.send(proto::KeepaliveRequest { time: 7 }).await;
    served.peer.send(proto::SnapshotRequest {}).await;
    served.peer.send(point(2)).await;
    served.peer.half_close().await;
    served.peer.expect(response::Message::Point(point(1))).await;
    served.peer.expect(keepalive(7)).await;
    served.peer.expect(snapshot(b"\x01new")).await;
    served.peer.expect(response::Message::Point(point(2))).await;
    served.peer.expect_covers().await;
    served.peer.expect(response::Message::Point(point(99))).await;
    served.peer.expect_end().await;
    let summary = served.ended.await.unwrap();
    assert_eq!(summary.task.map(|task| (task.task, task.node)), Some(("cpu_alert".into(), "mirror2".into())));
    assert_eq!((summary.counters.points, summary.counters.snapshots), (2, 1));
}

/// A kapacitord that sees the end while the last data is on its way through a task may end itself.
#[tokio::test(start_paused = true)]
async fn the_connection_stays_open_a_while_behind_the_last_data() {
    let handler = Scripted::stream().on_stop(|_, out| {
        out.point(&point(1))?;
        Ok(Progress::Done)
    });
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.half_close().await;
    served.peer.expect_covers().await;
    served.peer.expect(response::Message::Point(point(1))).await;
    let last = Instant::now();
    served.peer.expect_end().await;
    let stayed = last.elapsed();
    assert!((Duration::from_millis(30)..Duration::from_millis(40)).contains(&stayed), "{stayed:?}");
}

#[tokio::test]
async fn a_function_with_nothing_to_say_at_the_end_says_nothing() {
    let mut served = serve(Scripted::stream());
    served.peer.init().await;
    served.peer.half_close().await;
    served.peer.expect_end().await;
}

#[tokio::test]
async fn what_is_sent_at_the_end_may_be_more_than_an_outbox_holds() {
    let mut left = (0..20_000).map(point);
    let handler = Scripted::stream().on_stop(move |_, out| {
        while !out.is_full() {
            let Some(point) = left.next() else { return Ok(Progress::Done) };
            out.point(&point)?;
        }
        Ok(Progress::More)
    });
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.half_close().await;
    served.peer.expect_covers().await;
    for time in 0..20_000 {
        served.peer.expect(response::Message::Point(point(time))).await;
    }
    served.peer.expect_end().await;
}

#[tokio::test]
async fn a_refused_init_says_why_and_data_after_it_is_an_error() {
    let mut handler = Scripted::stream();
    handler.on_init = Box::new(|_| Err("option size: -1 is negative".into()));
    let mut served = serve(handler);
    served.peer.init_with(vec![]).await;
    let error = "option size: -1 is negative".to_owned();
    served.peer.expect(response::Message::Init(proto::InitResponse { success: false, error })).await;
    assert_eq!(served.peer.sync().await, []);
    served.peer.send(point(1)).await;
    served.peer.expect_error("got a point before a successful init").await;
}

/// Kapacitor forgets such a connection without closing it, and asks for keepalives for ever.
#[tokio::test(start_paused = true)]
async fn a_connection_that_was_refused_is_closed_once_the_peer_has_read_why() {
    async fn check(mut served: Served, refused: fn(&response::Message) -> bool) {
        assert!(served.peer.next().await.is_some_and(|message| refused(&message)));
        assert_eq!(served.peer.sync().await, []);
        let waited = tokio::time::Instant::now();
        served.peer.expect_end().await;
        assert!(waited.elapsed() <= std::time::Duration::from_secs(2));
        assert!(served.ended.await.unwrap().fault.is_none());
    }
    let mut handler = Scripted::stream();
    handler.on_init = Box::new(|_| Err("no".into()));
    let mut served = serve(handler);
    served.peer.init_with(vec![]).await;
    check(served, |message| matches!(message, response::Message::Init(answer) if !answer.success)).await;

    let timer = |_, out: &mut Outbox| Ok(out.point(&point(666)).map(|()| None)?);
    let mut handler = Scripted::stream().on_deadline(|now| now - 1, timer);
    handler.on_restore = Box::new(|_| Err("no".into()));
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(proto::RestoreRequest { snapshot: vec![1] }).await;
    check(served, |message| matches!(message, response::Message::Restore(answer) if !answer.success)).await;
}

#[tokio::test]
async fn time_is_unix_time_and_stands_still_for_a_turn() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(vec![]));
    let times = std::sync::Arc::clone(&seen);
    let mut served = serve(Scripted::stream().on_point(move |now, point, out| {
        times.lock().unwrap().push(now);
        std::thread::sleep(std::time::Duration::from_millis(1));
        Ok(out.forward(point)?)
    }));
    served.peer.init().await;
    // A turn can also end between the two, on a machine that has other things to do: try again.
    for _ in 0..50 {
        served.peer.send_bytes(&[frame_of(point(1)), frame_of(point(2))].concat()).await;
        served.peer.expect(response::Message::Point(point(1))).await;
        served.peer.expect(response::Message::Point(point(2))).await;
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let unix = i64::try_from(unix.as_nanos()).unwrap();
        let [first, second] = std::mem::take(&mut *seen.lock().unwrap())[..] else { panic!("two points") };
        assert!(
            (unix - 60_000_000_000..=unix).contains(&first) && first <= second,
            "{first}, {second} at {unix}"
        );
        if first == second {
            return;
        }
    }
    panic!("time is read at each point");
}

#[tokio::test]
async fn no_snapshot_is_empty() {
    let mut served = mirror(Edge::Stream).await;
    served.peer.send(proto::SnapshotRequest {}).await;
    served.peer.expect(snapshot(&[1])).await;
    let mut early = serve(Mirror::new(Edge::Stream));
    early.peer.send(proto::SnapshotRequest {}).await;
    early.peer.expect(snapshot(&[1])).await;
}

#[tokio::test]
async fn a_snapshot_over_the_limit_is_replaced_and_counted_and_restores_as_nothing() {
    let mut handler = Scripted::stream();
    handler.on_snapshot = Box::new(|| Ok(vec![0; 101]));
    handler.on_restore = Box::new(|_| panic!("there is no state to restore"));
    let mut served = serve_with(Limits { max_snapshot: 100, ..Limits::default() }, 1 << 20, |_| handler);
    served.peer.init().await;
    served.peer.send(proto::SnapshotRequest {}).await;
    served.peer.expect(snapshot(&[2])).await;
    served.peer.send(proto::RestoreRequest { snapshot: vec![2] }).await;
    served.peer.expect(restored()).await;
    served.peer.half_close().await;
    served.peer.expect_end().await;
    assert_eq!(served.ended.await.unwrap().counters.snapshots_too_large, 1);
}

#[tokio::test]
async fn a_snapshot_of_another_program_starts_empty() {
    for foreign in [&b""[..], b"state:91", &[3, 1], &[2, 0]] {
        let mut handler = Scripted::stream();
        handler.on_restore = Box::new(|_| panic!("not the handler's bytes"));
        let mut served = serve(handler);
        served.peer.init().await;
        served.peer.send(proto::RestoreRequest { snapshot: foreign.to_vec() }).await;
        served.peer.expect(restored()).await;
        served.peer.half_close().await;
        served.peer.expect_end().await;
        assert_eq!(served.ended.await.unwrap().counters.snapshots_foreign, 1);
    }
}

#[tokio::test]
async fn a_handler_that_refuses_its_snapshot_is_heard() {
    let mut handler = Scripted::stream();
    handler.on_restore = Box::new(|_| Err("made by version 9".into()));
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(proto::RestoreRequest { snapshot: vec![1, 9] }).await;
    let error = "made by version 9".to_owned();
    served.peer.expect(response::Message::Restore(proto::RestoreResponse { success: false, error })).await;
}

#[tokio::test]
async fn a_message_in_an_unusual_encoding_means_the_same() {
    let mut served = mirror(Edge::Stream).await;
    // A point inside a request with an unknown field behind it: decoded, and sent on without it.
    let mut request = proto::Request { message: Some(Requested::from(point(5)).0) };
    let mut message = prost::Message::encode_to_vec(&request);
    message.extend_from_slice(&[0xa8, 0x06, 0x01]); // field 101, a varint
    let mut frame = vec![];
    kapacitor_udfd::wire::varint::write(message.len() as u64, &mut frame);
    frame.extend_from_slice(&message);
    served.peer.send_bytes(&frame).await;
    served.peer.expect(response::Message::Point(point(5))).await;
    // The oneof set twice: the last one counts.
    request.message = Some(Requested::from(proto::KeepaliveRequest { time: 1 }).0);
    let mut message = prost::Message::encode_to_vec(&request);
    request.message = Some(Requested::from(proto::KeepaliveRequest { time: 2 }).0);
    message.extend_from_slice(&prost::Message::encode_to_vec(&request));
    let mut frame = vec![u8::try_from(message.len()).unwrap()];
    frame.extend_from_slice(&message);
    served.peer.send_bytes(&frame).await;
    served.peer.expect(keepalive(2)).await;
}

#[tokio::test]
async fn a_negative_zero_keeps_its_sign() {
    let zero =
        proto::Point { fields_double: [("x".to_owned(), -0.0), ("y".to_owned(), 0.0)].into(), ..point(1) };
    let mut served = serve(Scripted::stream().on_point(move |_, _, out| Ok(out.point(&zero)?)));
    served.peer.init().await;
    served.peer.send(point(1)).await;
    let Some(response::Message::Point(got)) = served.peer.next().await else { panic!("no point") };
    let signs = got.fields_double.iter().map(|(name, value)| (name.as_str(), value.is_sign_negative()));
    assert_eq!(signs.collect::<Vec<_>>(), [("x", true), ("y", false)]);
}

/// Found by fuzzing: a point that had to be encoded anew came back with 0.0.
#[tokio::test]
async fn a_negative_zero_beside_an_unknown_field_keeps_its_sign() {
    let zero = proto::Point { fields_double: [("x".to_owned(), -0.0)].into(), ..proto::Point::default() };
    let mut frame = BytesMut::new();
    kapacitor_udfd::wire::response::write_point(&zero, &mut frame);
    // Behind the point, in the request: field 101, a varint.
    frame.extend_from_slice(&[0xa8, 0x06, 0x01]);
    frame[0] += 3;
    let mut served = mirror(Edge::Stream).await;
    served.peer.send_bytes(&frame).await;
    let Some(response::Message::Point(got)) = served.peer.next().await else { panic!("no point") };
    assert_eq!(got.fields_double["x"].to_bits(), (-0.0f64).to_bits());
}

#[tokio::test]
async fn two_hundred_thousand_points_come_back_in_order_when_the_peer_closes_right_behind_the_last() {
    const POINTS: i64 = 200_000;
    let served = mirror(Edge::Stream).await;
    let Served { peer, ended, .. } = served;
    let (mut write, mut read) = peer.split();
    let writer = tokio::spawn(async move {
        for first in (0..POINTS).step_by(1000) {
            let bytes: Vec<u8> = (first..first + 1000).flat_map(|time| frame_of(point(time))).collect();
            write.send_bytes(&bytes).await;
        }
        write.half_close().await;
    });
    for time in 0..POINTS {
        let frame = read.next_frame().await.expect("no point is lost");
        if time % 9973 == 0 || time == POINTS - 1 {
            assert_eq!(&frame[..], frame_of(point(time)), "point {time}");
        }
    }
    assert!(read.next_frame().await.is_none());
    writer.await.unwrap();
    assert_eq!(ended.await.unwrap().counters.points, POINTS as u64);
}
