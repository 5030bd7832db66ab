//! Several connections on real sockets: one that fails, too many of them, whom they serve, and
//! how a shutdown ends them.

use std::time::Duration;

use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::Progress;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::response::Message as R;
use kapacitor_udfd::server::{Function, Server};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::support::*;

struct Running {
    dir: TempDir,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

fn run(limits: Limits, functions: Vec<Function>) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::new(limits);
    for function in functions {
        let listener = tokio::net::UnixListener::bind(dir.path().join(function.name())).unwrap();
        server = server.function(function, listener);
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let done = tokio::spawn(server.run(async { drop(stopped.await) }));
    Running { dir, stop, done }
}

fn mirror_function() -> Function {
    Function::new("mirror", |_| Mirror::new(Edge::Stream))
}

impl Running {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    async fn dial(&self, name: &str) -> SocketPeer {
        dial(&self.path(name)).await
    }
}

#[tokio::test]
async fn one_connection_fails_and_the_others_go_on() {
    let failing = Function::new("failing", |_| Scripted::stream().on_point(|_, _, _| panic!("bad point")));
    let running = run(Limits::default(), vec![mirror_function(), failing]);
    let mut good = running.dial("mirror").await;
    good.init().await;
    let mut bad = running.dial("failing").await;
    bad.init().await;
    bad.send(point(1)).await;
    bad.expect_error("bad point").await;
    let mut worse = running.dial("mirror").await;
    worse.send_bytes(b"\x08nonsense").await;
    worse.expect_error("undecodable request").await;
    good.send(point(2)).await;
    good.expect(R::Point(point(2))).await;
    let mut again = running.dial("failing").await;
    again.init().await;
}

#[tokio::test]
async fn beyond_the_limit_connections_wait_until_others_close() {
    let running = run(Limits { max_connections: 2, ..Limits::default() }, vec![mirror_function()]);
    let mut first = running.dial("mirror").await;
    first.init().await;
    let mut second = running.dial("mirror").await;
    second.init().await;
    let mut third = running.dial("mirror").await;
    third.send(init_request(vec![])).await;
    let unanswered = tokio::time::timeout(Duration::from_millis(200), third.next_frame()).await;
    assert!(unanswered.is_err(), "the third is accepted while two are open");
    first.half_close().await;
    first.expect_end().await;
    third.expect(initialised()).await;
}

#[tokio::test]
async fn a_user_who_is_not_allowed_is_told_so() {
    let me = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap());
    let allowed = mirror_function().allow_uids(&[me]);
    let other = Function::new("other", |_| Mirror::new(Edge::Stream)).allow_uids(&[me + 1]);
    let running = run(Limits::default(), vec![allowed, other]);
    running.dial("mirror").await.init().await;
    let words = format!("uid {me} may not use the function other: its allowed_uids are [{}]", me + 1);
    running.dial("other").await.expect_error(&words).await;
}

#[tokio::test]
async fn a_shutdown_answers_what_is_readable_and_stops_handlers() {
    let stopping = Function::new("stopping", |_| {
        Scripted::stream().on_stop(|reason, out| {
            assert_eq!(reason, kapacitor_udfd::handler::StopReason::Shutdown);
            out.point(&point(99))?;
            Ok(Progress::Done)
        })
    });
    let running = run(Limits::default(), vec![stopping]);
    let path = running.path("stopping");
    let mut peer = running.dial("stopping").await;
    peer.init().await;
    // All of this is in the socket before the shutdown is asked for.
    for time in 0..500 {
        peer.send(point(time)).await;
    }
    running.stop.send(()).unwrap();
    for time in 0..500 {
        peer.expect(R::Point(point(time))).await;
    }
    peer.expect(R::Point(point(99))).await;
    peer.expect_end().await;
    running.done.await.unwrap();
    assert!(UnixStream::connect(path).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_longer_than_its_grace_period() {
    let limits = Limits { grace_period: Duration::from_millis(300), ..Limits::default() };
    let running = run(limits, vec![mirror_function()]);
    let peer = running.dial("mirror").await;
    let (mut write, read) = peer.split();
    // A peer that writes and never reads: its connection can't finish.
    let writing = tokio::spawn(async move {
        write.send(init_request(vec![])).await;
        let flood = frame_of(point(1)).repeat(20_000);
        write.send_bytes(&flood).await;
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.stop.send(()).unwrap();
    let done = tokio::time::timeout(Duration::from_secs(5), running.done).await;
    done.expect("the server ends although a peer does not read").unwrap();
    drop(read);
    writing.abort();
}

#[tokio::test]
async fn a_peer_that_never_stops_writing_does_not_keep_a_shutdown_waiting() {
    let running = run(Limits::default(), vec![mirror_function()]);
    let (mut write, mut read) = running.dial("mirror").await.split();
    write.send(init_request(vec![])).await;
    let writing = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let flood = frame_of(point(1)).repeat(500);
        while write.writer().write_all(&flood).await.is_ok() {}
    });
    read.expect(initialised()).await;
    let reading = tokio::spawn(async move { while read.next_frame().await.is_some() {} });
    running.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(8), running.done).await.expect("an end").unwrap();
    reading.await.unwrap();
    writing.await.unwrap();
}

/// The worker that read the point is the one that waits for sockets; the other has to take that over.
#[test]
fn a_handler_s_first_slow_call_does_not_hold_up_other_connections() {
    let dir = tempfile::TempDir::new().unwrap();
    let sockets = ["slow", "mirror"].map(|name| dir.path().join(name));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let slow = Function::new("slow", |_| {
        Scripted::stream().on_point(|_, point, out| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(out.forward(point)?)
        })
    });
    let mirror = Function::new("mirror", |_| Mirror::new(Edge::Stream));
    let server = {
        let _inside = runtime.enter();
        let listen = |n: usize| tokio::net::UnixListener::bind(&sockets[n]).unwrap();
        Server::new(Limits::default()).function(slow, listen(0)).function(mirror, listen(1))
    };
    runtime.spawn(server.run(std::future::pending()));

    let [mut slow, mut mirror] =
        sockets.map(|socket| std::os::unix::net::UnixStream::connect(socket).unwrap());
    for peer in [&mut slow, &mut mirror] {
        converse(peer, &frame_of(init_request(vec![])));
    }
    std::io::Write::write_all(&mut slow, &frame_of(point(1))).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let start = std::time::Instant::now();
    converse(&mut mirror, &frame_of(kapacitor_udfd::proto::KeepaliveRequest { time: 1 }));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    runtime.shutdown_background();
}

fn converse(peer: &mut std::os::unix::net::UnixStream, request: &[u8]) {
    std::io::Write::write_all(peer, request).unwrap();
    assert_ne!(std::io::Read::read(peer, &mut [0; 100]).unwrap(), 0);
}

/// Snapshots may take long: they keep nobody waiting, not even on every worker at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_that_take_long_over_a_snapshot_are_covered_for() {
    let slow = Function::new("slow", |_| {
        let mut handler = Scripted::stream();
        handler.on_snapshot = Box::new(|| {
            std::thread::sleep(Duration::from_secs(2));
            Ok(vec![7])
        });
        handler
    });
    let running = run(Limits::default(), vec![slow]);
    let mut peers = [running.dial("slow").await, running.dial("slow").await];
    for peer in &mut peers {
        peer.init().await;
        // By now the handler has shown that it is fast.
        for time in 0..100 {
            peer.send(point(time)).await;
            peer.expect(R::Point(point(time))).await;
        }
    }
    for peer in &mut peers {
        peer.send(kapacitor_udfd::proto::SnapshotRequest {}).await;
    }
    for peer in &mut peers {
        let covered = peer.next().await;
        assert!(matches!(covered, Some(R::Keepalive(_))), "{covered:?}");
    }
}
