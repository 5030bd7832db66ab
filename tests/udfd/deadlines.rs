//! Deadlines in virtual time: half an hour passes at once.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, mpsc};

use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::response::Message as R;
use tokio::time::{Duration, Instant};

use super::support::*;

const SECOND: i64 = 1_000_000_000;

#[tokio::test(start_paused = true)]
async fn a_deadline_comes_at_its_time_and_again() {
    let handler = Scripted::stream().on_deadline(
        |now| now + 1800 * SECOND,
        |now, out| {
            out.point(&point(1))?;
            Ok(Some(now + 60 * SECOND))
        },
    );
    let mut served = serve(handler);
    let started = Instant::now();
    served.peer.init().await;
    served.peer.send(point(0)).await;
    served.peer.expect(R::Point(point(0))).await;
    for due in [1800, 1860, 1920] {
        // The peer of the test gives up after 20 s without a response: wait for the moment first.
        tokio::time::sleep_until(started + Duration::from_secs(due - 1)).await;
        served.peer.expect(R::Point(point(1))).await;
        let late = started.elapsed().saturating_sub(Duration::from_secs(due));
        assert!(late < Duration::from_millis(10), "{late:?} late");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_moved_is_kept_to() {
    // Each point moves the deadline to ten seconds after it, as an inactivity timeout does.
    let handler = Moved { deadline: None };
    let mut served = serve(handler);
    served.peer.init().await;
    let mut last = Instant::now();
    for time in 0..5 {
        served.peer.send(point(time)).await;
        last = Instant::now();
        served.peer.expect(R::Point(point(time))).await;
        tokio::time::sleep(Duration::from_secs(9)).await;
    }
    served.peer.expect(R::Point(point(666))).await;
    let waited = last.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_millis(10_010)).contains(&waited), "{waited:?}");
}

struct Moved {
    deadline: Option<i64>,
}

impl kapacitor_udfd::handler::Handler for Moved {
    fn info(&self) -> kapacitor_udfd::handler::Info {
        let stream = kapacitor_udfd::edge::Edge::Stream;
        kapacitor_udfd::handler::Info::new(stream, stream)
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
        now: i64,
        point: kapacitor_udfd::wire::point::PointView<'_>,
        out: &mut kapacitor_udfd::agent::Outbox,
    ) -> Result<(), kapacitor_udfd::handler::HandlerError> {
        self.deadline = Some(now + 10 * SECOND);
        Ok(out.forward(point)?)
    }

    fn next_deadline(&self) -> Option<i64> {
        self.deadline
    }

    fn on_deadline(
        &mut self,
        _: i64,
        out: &mut kapacitor_udfd::agent::Outbox,
    ) -> Result<(), kapacitor_udfd::handler::HandlerError> {
        self.deadline = None;
        Ok(out.point(&point(666))?)
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_has_much_to_send_is_called_until_all_is_sent() {
    let mut left = 50_000;
    let handler = Scripted::stream().on_deadline(
        |now| now + 5 * SECOND,
        move |now, out| {
            while left > 0 && !out.is_full() {
                out.point(&point(left))?;
                left -= 1;
            }
            Ok((left > 0).then_some(now))
        },
    );
    let mut served = serve_with(Limits::default(), 4096, |_| handler);
    served.peer.init().await;
    for expected in (1..=50_000).rev() {
        let frame = served.peer.next_frame().await.unwrap();
        assert_eq!(frame, frame_of(point(expected)));
    }
    assert_eq!(served.peer.sync().await, []);
}

/// Deadlines do not wait for a pause in the input.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_comes_while_input_never_ceases() {
    let handler = Scripted::stream().on_point(|_, _, _| Ok(())).on_deadline(
        |now| now + SECOND / 20,
        |_, out| {
            out.point(&point(666))?;
            Ok(None)
        },
    );
    let served = serve_with(Limits::default(), 1 << 16, |_| handler);
    let (mut write, mut read) = served.peer.split();
    write.send(init_request(vec![])).await;
    let flood = frame_of(point(1)).repeat(500);
    let flooding = tokio::spawn(async move {
        loop {
            write.send_bytes(&flood).await;
        }
    });
    read.expect(initialised()).await;
    while read.next().await != Some(R::Point(point(666))) {}
    flooding.abort();
}

/// Whose output is larger than its input fills an outbox with each turn; what is due has more than one call
/// for each of them, or it would fall behind without end.
#[tokio::test(start_paused = true)]
async fn what_is_late_catches_up_before_more_input_is_taken() {
    const POINTS: usize = 2_000;
    const CALLS: usize = 30;
    let (seen, mut calls) = (Arc::new(AtomicUsize::new(0)), 0);
    let (taken, (tell, told)) = (Arc::clone(&seen), mpsc::channel());
    let handler = Scripted::stream()
        .on_point(move |_, point, out| {
            taken.fetch_add(1, Relaxed);
            (0..20).try_for_each(|_| out.forward(point)).map_err(Into::into)
        })
        .on_deadline(
            |now| now - SECOND,
            move |now, _| {
                calls += 1;
                tell.send(seen.load(Relaxed))?;
                Ok((calls < CALLS).then_some(now - SECOND))
            },
        );
    let mut served = serve_with(Limits::default(), 4 << 20, |_| handler);
    served.peer.init().await;
    // It all comes at once, and takes some turns.
    served.peer.send_bytes(&frame_of(point(1)).repeat(POINTS)).await;
    served.peer.sync().await;
    let seen: Vec<usize> = told.try_iter().collect();
    assert_eq!(seen.len(), CALLS);
    assert!(seen[0] > 0 && seen[0] < POINTS, "the input is too small to take some turns: {seen:?}");
    // One with the turn, and eight before the next.
    assert!(seen.chunks_exact(9).all(|calls| calls[0] == calls[8]), "{seen:?}");
    assert!(seen[CALLS - 1] < POINTS, "it was late until all input was worked off: {seen:?}");
}
