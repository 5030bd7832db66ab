//! Sending at any time through a `Sender`.

use kapacitor_udfd::agent::{Batch, Delivery, SendError};
use kapacitor_udfd::connection::Sender;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::Progress;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::proto::response::Message as R;
use tokio::sync::oneshot;

use super::support::*;

async fn served_with_sender(handler: Scripted) -> (Served, Sender) {
    let (give, take) = oneshot::channel();
    let mut served = serve_with(Limits::default(), 1 << 16, move |sender| {
        give.send(sender).unwrap();
        handler
    });
    served.peer.init().await;
    (served, take.await.unwrap())
}

#[tokio::test]
async fn points_arrive_in_the_order_they_were_sent_in() {
    let (mut served, sender) = served_with_sender(Scripted::stream()).await;
    for time in 0..200 {
        sender.point(point(time)).await.unwrap();
    }
    for time in 0..200 {
        served.peer.expect(R::Point(point(time))).await;
    }
}

#[tokio::test]
async fn the_wrong_kind_is_refused_and_the_right_one_goes_on() {
    let (mut served, sender) = served_with_sender(Scripted::stream()).await;
    let refused = sender.batch(Batch::default()).await;
    assert_eq!(refused, Err(SendError::NotBatches { sent: "a batch" }));
    sender.point(point(1)).await.unwrap();
    served.peer.expect(R::Point(point(1))).await;
    let (mut served, sender) = served_with_sender(Scripted::batch()).await;
    assert_eq!(sender.point(point(1)).await, Err(SendError::NotInBatch));
    sender.batch(Batch::default()).await.unwrap();
    assert!(matches!(served.peer.next().await, Some(R::Begin(_))));
}

#[tokio::test]
async fn a_batch_waits_while_a_forwarded_one_is_open() {
    let (mut served, sender) = served_with_sender(Scripted::batch()).await;
    served.peer.send(begin(1)).await;
    served.peer.expect(R::Begin(begin(1))).await;
    sender.batch(Batch { tmax: 5, ..Batch::default() }).await.unwrap();
    assert_eq!(sender.point(point(1)).await, Err(SendError::NotInData { sent: "a point" }));
    served.peer.send(batch_point(1)).await;
    served.peer.send(end(1)).await;
    served.peer.expect(R::Point(batch_point(1))).await;
    served.peer.expect(R::End(end(1))).await;
    assert!(matches!(served.peer.next().await, Some(R::Begin(_))));
    assert!(matches!(served.peer.next().await, Some(R::End(end)) if end.tmax == 5));
}

#[tokio::test]
async fn a_thread_sends_too_and_what_was_sent_before_the_end_arrives() {
    let (mut served, sender) = served_with_sender(Scripted::stream()).await;
    let thread = std::thread::spawn(move || {
        sender.blocking_send(Delivery::Point(point(1))).unwrap();
        sender
    });
    served.peer.expect(R::Point(point(1))).await;
    let sender = thread.join().unwrap();
    served.peer.half_close().await;
    served.peer.expect_end().await;
    served.ended.await.unwrap();
    assert_eq!(sender.point(point(2)).await, Err(SendError::Closed));
    let sent = tokio::task::spawn_blocking(move || sender.blocking_send(Delivery::Point(point(3)))).await;
    assert_eq!(sent.unwrap(), Err(SendError::Closed));
}

/// Nobody waits for ever: neither a sender for a peer that does not read, nor the connection for a
/// handler whose end waits for a sender.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_waits_for_its_sending_thread_when_it_goes_gets_its_end() {
    struct Joined(Option<std::thread::JoinHandle<()>>);
    impl Drop for Joined {
        fn drop(&mut self) {
            self.0.take().unwrap().join().unwrap();
        }
    }
    let mut served = serve_with(Limits::default(), 1 << 16, |sender| {
        let thread =
            std::thread::spawn(move || while sender.blocking_send(Delivery::Point(point(1))).is_ok() {});
        let joined = Joined(Some(thread));
        Scripted::stream().on_stop(move |_, _| {
            let _held = &joined;
            Ok(Progress::Done)
        })
    });
    served.peer.init().await;
    served.peer.send(point(1)).await;
    served.peer.expect(R::Point(point(1))).await;
    served.peer.half_close().await;
    while served.peer.next_frame().await.is_some() {}
    tokio::time::timeout(std::time::Duration::from_secs(5), served.ended).await.expect("an end").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sender_waits_while_the_peer_does_not_read() {
    let (mut served, sender) = served_with_sender(Scripted::stream()).await;
    let sending = tokio::spawn(async move {
        for time in 0..100_000 {
            sender.point(point(time)).await.unwrap();
        }
    });
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert!(!sending.is_finished());
    for time in 0..100_000 {
        assert_eq!(served.peer.next_frame().await.unwrap(), frame_of(point(time)));
    }
    sending.await.unwrap();
}

/// A sender in a task of its own, with input that never ceases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_comes_through_under_load() {
    let (served, sender) =
        served_with_sender(Scripted::new(Edge::Stream, Edge::Stream).on_point(|_, _, _| Ok(()))).await;
    let (mut write, mut read) = served.peer.split();
    let flood = frame_of(point(1)).repeat(500);
    let flooding = tokio::spawn(async move {
        loop {
            write.send_bytes(&flood).await;
        }
    });
    sender.point(point(666)).await.unwrap();
    while read.next().await != Some(R::Point(point(666))) {}
    flooding.abort();
}
