//! A daemon, and a connection to it that goes on whatever another one does.

use std::cell::Cell;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use kapacitor_udfd::proto::{self, response};
use nix::sys::signal::Signal::SIGTERM;

use super::daemon::Daemon;
use super::place::Place;
use super::support::*;

/// How the log names the connection of [`Scene::hostile`].
pub const HOSTILE: &str = "task=\"hostile_task\" node=\"mirror7\"";

pub struct Scene {
    place: Place,
    pub daemon: Daemon,
    /// Serves `cpu_alert`, as `init_request` has it.
    neighbour: SocketPeer,
    points: i64,
}

impl Scene {
    pub async fn start() -> Self {
        Self::configured("").await
    }

    pub async fn configured(config: &str) -> Self {
        let place = Place::configured(config);
        let daemon = place.start();
        let mut neighbour = dial(&place.path("mirror.sock")).await;
        neighbour.init().await;
        let mut scene = Self { place, daemon, neighbour, points: 0 };
        scene.goes_on().await;
        scene
    }

    pub fn socket(&self, function: &str) -> PathBuf {
        self.place.path(&format!("{function}.sock"))
    }

    pub async fn dial(&self, function: &str) -> SocketPeer {
        dial(&self.socket(function)).await
    }

    /// A connection that has begun as it should.
    pub async fn hostile(&self, function: &str) -> SocketPeer {
        let mut peer = self.dial(function).await;
        peer.send(hostile_init()).await;
        peer.expect(initialised()).await;
        peer
    }

    /// The neighbour's next point comes back.
    pub async fn goes_on(&mut self) {
        self.points += 1;
        self.neighbour.send(point(self.points)).await;
        self.neighbour.expect(response::Message::Point(point(self.points))).await;
    }

    /// So it does as long as `other` takes.
    pub async fn goes_on_during<T>(&mut self, other: impl Future<Output = T>) -> T {
        let done = Cell::new(false);
        let other = async {
            let outcome = other.await;
            done.set(true);
            outcome
        };
        let going_on = async {
            while !done.get() {
                self.goes_on().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::join!(other, going_on).0
    }

    /// Bytes of the daemon's memory that are resident.
    pub fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    /// How many files the daemon has open.
    pub fn open_files(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.daemon.pid())).unwrap().count()
    }

    /// The neighbour ends in good order, the daemon is told to end and does, and gives its log.
    pub async fn end(mut self) -> String {
        self.goes_on().await;
        self.neighbour.half_close().await;
        self.neighbour.expect_end().await;
        let (code, log) = self.daemon.end(SIGTERM);
        assert_eq!(code, Some(0), "{log}");
        let neighbour = lines(&log, "task=\"cpu_alert\" node=\"mirror2\"");
        assert!(neighbour.len() == 1 && neighbour[0].contains("INFO"), "{log}");
        log
    }
}

pub fn hostile_init() -> proto::InitRequest {
    proto::InitRequest { options: vec![], task_id: "hostile_task".into(), node_id: "mirror7".into() }
}

/// The lines of `log` that have `words`.
pub fn lines<'a>(log: &'a str, words: &str) -> Vec<&'a str> {
    log.lines().filter(|line| line.contains(words)).collect()
}

/// Waits until it is so.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect(what);
}

/// Shows a measurement to whoever runs the tests with `--nocapture`.
#[expect(clippy::print_stdout, reason = "captured unless it is asked for")]
pub fn tell(measured: &str) {
    println!("{measured}");
}
