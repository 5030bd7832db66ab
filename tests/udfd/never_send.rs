//! What would bring kapacitord or a Kapacitor task down, tried by handlers that do it. The
//! handler gets the error; Kapacitor gets what is in order, and nothing else.

use std::sync::mpsc;

use kapacitor_udfd::agent::{Batch, Outbox, SendError};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Progress};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::response::Message as R;
use kapacitor_udfd::wire::batch::{BeginBatchView, EndBatchView};
use kapacitor_udfd::wire::patch::PointPatch;
use kapacitor_udfd::wire::point::PointView;
use tokio::time::Duration;

use super::support::*;

/// Runs `wrong` on the first point of a stream (or of a batch), and checks that it fails with
/// `expected`, that nothing comes of it and that the connection goes on.
async fn check(
    handler: Scripted,
    wrong: impl Fn(&mut Outbox) -> Result<(), SendError> + Send + 'static,
    expected: SendError,
) {
    let wants = handler.info.wants;
    let (told, outcome) = mpsc::channel();
    let mut first = true;
    let mut served = serve(handler.on_point(move |_, point, out| {
        if std::mem::take(&mut first) {
            told.send(wrong(out)).unwrap();
            return Ok(());
        }
        Ok(out.forward(point)?)
    }));
    served.peer.init().await;
    if wants == Edge::Batch {
        served.peer.send(begin(2)).await;
        served.peer.expect(R::Begin(begin(2))).await;
    }
    served.peer.send(batch_point(1)).await;
    assert_eq!(served.peer.sync().await, []);
    assert_eq!(outcome.recv().unwrap(), Err(expected));
    served.peer.send(batch_point(2)).await;
    served.peer.expect(R::Point(batch_point(2))).await;
}

fn whole_batch(tmax: i64) -> Batch {
    Batch { name: "b".into(), tmax, points: vec![batch_point(tmax)], ..Batch::default() }
}

/// The three messages of `whole_batch`.
async fn expect_batch(peer: &mut Peer, tmax: i64) {
    let Some(R::Begin(begin)) = peer.next().await else { panic!("no begin") };
    assert_eq!((begin.name.as_str(), begin.size), ("b", 1));
    peer.expect(R::Point(batch_point(tmax))).await;
    let Some(R::End(end)) = peer.next().await else { panic!("no end") };
    assert_eq!((end.name.as_str(), end.tmax), ("b", tmax));
}

#[tokio::test]
async fn an_end_without_a_begin() {
    let not_open = Scripted::new(Edge::Stream, Edge::Batch);
    let (told, outcome) = mpsc::channel();
    let mut served = serve(not_open.on_point(move |_, _, out| {
        told.send(out.end(&end(1))).unwrap();
        Ok(())
    }));
    served.peer.init().await;
    served.peer.send(point(1)).await;
    assert_eq!(served.peer.sync().await, []);
    assert_eq!(outcome.recv().unwrap(), Err(SendError::NoBatchOpen));
}

#[tokio::test]
async fn batches_on_a_stream_edge() {
    let sent = |sent| SendError::NotBatches { sent };
    check(Scripted::stream(), |out| out.begin(&begin(1)), sent("a BeginBatch")).await;
    check(Scripted::stream(), |out| out.end(&end(1)), sent("an EndBatch")).await;
    check(Scripted::stream(), |out| out.batch(&whole_batch(1)), sent("a batch")).await;
}

#[tokio::test]
async fn a_second_begin_in_an_open_batch() {
    check(Scripted::batch(), |out| out.begin(&begin(1)), SendError::BatchOpen).await;
}

#[tokio::test]
async fn a_point_outside_a_batch_on_a_batch_edge() {
    let (told, outcome) = mpsc::channel();
    let handler = Scripted::new(Edge::Stream, Edge::Batch).on_point(move |_, view, out| {
        told.send([out.point(&point(1)), out.forward(view), out.patched(&view, &mut PointPatch::new())])
            .unwrap();
        Ok(())
    });
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(point(1)).await;
    assert_eq!(served.peer.sync().await, []);
    assert_eq!(outcome.recv().unwrap(), [const { Err(SendError::NotInBatch) }; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_timer_s_point_in_somebody_else_s_batch() {
    let (told, outcome) = mpsc::channel();
    let handler = Scripted::batch().on_deadline(
        |now| now + 1_000_000_000,
        move |_, out| {
            told.send([out.point(&batch_point(666)), out.begin(&begin(1)), out.end(&end(1))]).unwrap();
            out.batch(&whole_batch(7))?;
            Ok(None)
        },
    );
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(begin(2)).await;
    served.peer.send(batch_point(1)).await;
    served.peer.expect(R::Begin(begin(2))).await;
    served.peer.expect(R::Point(batch_point(1))).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let refused = |sent| Err(SendError::NotInData { sent });
    assert_eq!(
        outcome.recv().unwrap(),
        [refused("a point"), refused("a BeginBatch"), refused("an EndBatch")]
    );
    // The whole batch waited for the end of the forwarded one.
    assert_eq!(served.peer.sync().await, []);
    served.peer.send(batch_point(2)).await;
    served.peer.send(end(9)).await;
    served.peer.expect(R::Point(batch_point(2))).await;
    served.peer.expect(R::End(end(9))).await;
    expect_batch(&mut served.peer, 7).await;
}

#[tokio::test]
async fn too_many_batches_that_wait() {
    let big = || Batch { points: vec![batch_point(1); 1000], ..Batch::default() };
    let (told, outcome) = mpsc::channel();
    let handler = Scripted::batch().on_point(move |_, _, out| {
        let refused = std::iter::repeat_with(|| out.batch(&big())).take(10_000).find_map(Result::err);
        told.send(refused).unwrap();
        Ok(())
    });
    let mut served = serve(handler);
    served.peer.init().await;
    served.peer.send(begin(1)).await;
    served.peer.send(batch_point(1)).await;
    served.peer.expect(R::Begin(begin(1))).await;
    assert_eq!(served.peer.sync().await, []);
    assert!(matches!(outcome.recv().unwrap(), Some(SendError::TooMuchWaiting { .. })));
}

#[tokio::test]
async fn absurd_batch_sizes() {
    async fn size_of(handler: impl Handler, sent: i64) -> i64 {
        let mut served = serve(handler);
        served.peer.init().await;
        served.peer.send(begin(sent)).await;
        let Some(R::Begin(got)) = served.peer.next().await else { panic!("no begin") };
        assert_eq!(super::support::begin(got.size), got);
        got.size
    }
    for (sent, expected) in [(-1, 0), (i64::MIN, 0), (i64::MAX, 1 << 20), (4, 4), (1 << 20, 1 << 20)] {
        assert_eq!(size_of(Scripted::batch(), sent).await, expected);
    }
    let mut served = serve(Scripted::new(Edge::Stream, Edge::Batch).on_point(|_, point, out| {
        out.begin(&begin(i64::MAX))?;
        out.forward(point)?;
        Ok(out.end(&end(1))?)
    }));
    served.peer.init().await;
    served.peer.send(point(1)).await;
    served.peer.expect(R::Begin(begin(1 << 20))).await;
    served.peer.expect(R::Point(point(1))).await;
    served.peer.expect(R::End(end(1))).await;
}

/// Data of ours that crosses a Restore makes both sides wait for ever.
#[tokio::test(start_paused = true)]
async fn data_before_the_restore_response() {
    let mut handler = Scripted::stream().on_deadline(
        |now| now - 1,
        |_, out| {
            out.point(&point(666))?;
            Ok(None)
        },
    );
    handler.on_restore = Box::new(|_| Ok(()));
    let mut served = serve_with(Limits::default(), 1 << 20, move |sender| {
        tokio::spawn(async move { sender.point(point(777)).await });
        handler
    });
    assert_eq!(served.peer.sync().await, [], "nothing before init");
    served.peer.init().await;
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(served.peer.sync().await, [], "a restore may be on its way");
    served.peer.send(kapacitor_udfd::proto::RestoreRequest { snapshot: vec![1] }).await;
    assert!(matches!(served.peer.next().await, Some(R::Restore(_))));
    let sent = [served.peer.next().await, served.peer.next().await];
    assert!(
        sent.contains(&Some(R::Point(point(666)))) && sent.contains(&Some(R::Point(point(777)))),
        "{sent:?}"
    );
}

/// The second counts from when the InitResponse is out, and not while a Restore is arriving.
#[tokio::test(start_paused = true)]
async fn data_before_a_restore_that_takes_its_time() {
    let timer = || {
        Scripted::stream().on_deadline(
            |now| now - 1,
            |_, out| {
                out.point(&point(666))?;
                Ok(None)
            },
        )
    };
    let restore = frame_of(kapacitor_udfd::proto::RestoreRequest { snapshot: vec![1; 5000] });
    let mut served = serve(timer());
    served.peer.init().await;
    served.peer.send_bytes(&restore[..2500]).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    served.peer.send_bytes(&restore[2500..]).await;
    assert!(matches!(served.peer.next().await, Some(R::Restore(_))));
    served.peer.expect(R::Point(point(666))).await;

    let mut slow = timer();
    slow.on_init = Box::new(|now| {
        std::thread::sleep(Duration::from_millis(1200));
        Ok(Some(now))
    });
    let mut served = serve(slow);
    served.peer.init().await;
    assert_eq!(served.peer.sync().await, []);
    served.peer.send_bytes(&restore).await;
    assert!(matches!(served.peer.next().await, Some(R::Restore(_))));
    served.peer.expect(R::Point(point(666))).await;
}

#[tokio::test(start_paused = true)]
async fn data_of_a_shutdown_before_the_restore_response() {
    let handler = Scripted::stream().on_stop(|_, out| {
        out.point(&point(666))?;
        Ok(Progress::Done)
    });
    let mut served = serve(handler);
    served.peer.init().await;
    served.shutdown.cancel();
    served.peer.expect_end().await;
}

/// A batch edge whose handler forwards begins and ends twice.
struct Twice;

impl Handler for Twice {
    fn info(&self) -> kapacitor_udfd::handler::Info {
        kapacitor_udfd::handler::Info::new(Edge::Batch, Edge::Batch)
    }

    fn init(&mut self, _: i64, _: &kapacitor_udfd::proto::InitRequest) -> Result<(), HandlerError> {
        Ok(())
    }

    fn begin_batch(
        &mut self,
        _: i64,
        begin: BeginBatchView<'_>,
        out: &mut Outbox,
    ) -> Result<(), HandlerError> {
        out.forward(begin)?;
        assert_eq!(out.forward(begin), Err(SendError::BatchOpen));
        Ok(())
    }

    fn point(&mut self, _: i64, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        Ok(out.forward(point)?)
    }

    fn end_batch(&mut self, _: i64, end: EndBatchView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        out.forward(end)?;
        assert_eq!(out.forward(end), Err(SendError::NoBatchOpen));
        Ok(())
    }
}

#[tokio::test]
async fn a_begin_and_an_end_forwarded_twice() {
    let mut served = serve(Twice);
    served.peer.init().await;
    served.peer.send(begin(1)).await;
    served.peer.send(batch_point(1)).await;
    served.peer.send(end(1)).await;
    served.peer.expect(R::Begin(begin(1))).await;
    served.peer.expect(R::Point(batch_point(1))).await;
    served.peer.expect(R::End(end(1))).await;
    assert_eq!(served.peer.sync().await, []);
}

/// The open batch will never end: Kapacitor forgets it when the next one begins.
#[tokio::test]
async fn batches_that_wait_when_the_stream_ends_inside_a_batch_go_out() {
    let mut served = serve(Scripted::batch().on_point(|_, point, out| {
        out.batch(&whole_batch(7))?;
        Ok(out.forward(point)?)
    }));
    served.peer.init().await;
    served.peer.send(begin(1)).await;
    served.peer.send(batch_point(1)).await;
    served.peer.half_close().await;
    served.peer.expect(R::Begin(begin(1))).await;
    served.peer.expect(R::Point(batch_point(1))).await;
    served.peer.expect_covers().await;
    expect_batch(&mut served.peer, 7).await;
    served.peer.expect_end().await;
}

#[tokio::test(start_paused = true)]
async fn without_a_restore_timers_start_after_a_second() {
    let handler = Scripted::stream().on_deadline(
        |now| now - 1,
        |_, out| {
            out.point(&point(666))?;
            Ok(None)
        },
    );
    let mut served = serve(handler);
    served.peer.init().await;
    let before = tokio::time::Instant::now();
    served.peer.expect(R::Point(point(666))).await;
    assert!((Duration::from_millis(990)..Duration::from_millis(1100)).contains(&before.elapsed()));
}

#[tokio::test]
async fn anything_on_a_connection_that_only_asked_info() {
    let handler = Scripted::stream().on_stop(|_, _| panic!("a handler that never started is not stopped"));
    let mut served = serve(handler);
    served.peer.send(kapacitor_udfd::proto::InfoRequest {}).await;
    assert!(matches!(served.peer.next().await, Some(R::Info(_))));
    served.peer.half_close().await;
    served.peer.expect_end().await;
}
