//! The daemon's listening side: accepts connections for several functions, gives each an agent
//! and a handler, and lets them finish at shutdown. Knows nothing of configuration files or of
//! where sockets come from.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::pin;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, field, info, info_span, warn};

use crate::connection::{self, Sender};
use crate::handler::Handler;
use crate::limits::Limits;

/// How long accepting rests after an error such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A limit that stays reached is warned about this often.
const WARN_AGAIN: Duration = Duration::from_mins(1);

/// How long a slow handler may keep other connections waiting, as long as there is a worker left.
const WAKE: Duration = Duration::from_millis(100);

/// A function as the server knows it: its name, whom it serves and how a handler is made for
/// each connection.
#[derive(Clone)]
pub struct Function {
    name: Arc<str>,
    allowed_uids: Option<Arc<[u32]>>,
    make: Arc<dyn Fn(Sender) -> Box<dyn Handler> + Send + Sync>,
}

impl Function {
    /// A function whose handlers `make` gives, one for each connection.
    pub fn new<H: Handler>(name: &str, make: impl Fn(Sender) -> H + Send + Sync + 'static) -> Self {
        let make = move |sender: Sender| Box::new(make(sender)) as Box<dyn Handler>;
        Self { name: name.into(), allowed_uids: None, make: Arc::new(make) }
    }

    /// Serves only processes of these users, whatever the socket's file lets in.
    #[must_use]
    pub fn allow_uids(mut self, uids: &[u32]) -> Self {
        self.allowed_uids = Some(uids.into());
        self
    }

    /// The name, as log lines have it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why this peer is not served, if it is not.
    fn refusal(&self, peer: &UnixStream) -> Option<String> {
        let allowed = self.allowed_uids.as_deref()?;
        match peer.peer_cred() {
            Ok(peer) if allowed.contains(&peer.uid()) => None,
            Ok(peer) => Some(format!(
                "uid {} may not use the function {}: its allowed_uids are {allowed:?}",
                peer.uid(),
                self.name
            )),
            Err(error) => Some(format!("who connects to the function {} can't be told: {error}", self.name)),
        }
    }
}

/// Serves functions until it is told to stop.
#[derive(Default)]
pub struct Server {
    limits: Arc<Limits>,
    functions: Vec<(Function, UnixListener)>,
}

impl Server {
    /// A server without functions, held to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits: Arc::new(limits), functions: Vec::new() }
    }

    /// The same with one function more, served on `listener`.
    #[must_use]
    pub fn function(mut self, function: Function, listener: UnixListener) -> Self {
        self.functions.push((function, listener));
        self
    }

    /// Serves until `shutdown` is done. Then stops accepting, lets each connection answer what is
    /// already readable, stop its handler and write everything, and returns when all have, or after
    /// [`Limits::grace_period`].
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let _waking = keep_a_worker_awake();
        let mut connections = JoinSet::new();
        let stopping = CancellationToken::new();
        self.accept_until(shutdown, &mut connections, &stopping).await;
        let grace = self.limits.grace_period;
        drop(self.functions);

        info!(connections = connections.len(), "shutting down");
        stopping.cancel();
        let finished = timeout(grace, async {
            while let Some(ended) = connections.join_next().await {
                log_panic(ended);
            }
        });
        if finished.await.is_err() {
            warn!(
                connections = connections.len(),
                ?grace,
                "connections cut off: not finished within limits.grace_period"
            );
        }
    }

    async fn accept_until(
        &self,
        shutdown: impl Future<Output = ()>,
        connections: &mut JoinSet<()>,
        stopping: &CancellationToken,
    ) {
        pin!(shutdown);
        let mut turn = 0;
        let mut warned: Option<Instant> = None;
        loop {
            let room = connections.len() < self.limits.max_connections;
            if !room && warned.is_none_or(|warned| warned.elapsed() >= WARN_AGAIN) {
                let max = self.limits.max_connections;
                warn!(max, "limits.max_connections are open: new connections wait until others close");
                warned = Some(Instant::now());
            }
            tokio::select! {
                () = &mut shutdown => return,
                Some(ended) = connections.join_next() => log_panic(ended),
                accepted = self.accept(&mut turn), if room => match accepted {
                    Ok((function, peer)) => {
                        let serve = serve(function.clone(), peer, Arc::clone(&self.limits), stopping.clone());
                        let span = info_span!(
                            "udf", function = %function.name, task = field::Empty, node = field::Empty
                        );
                        connections.spawn(serve.instrument(span));
                    }
                    Err(error) => {
                        warn!(%error, "can't accept a connection; it waits");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }

    /// The next connection of any function. Functions take turns at being asked first.
    async fn accept(&self, turn: &mut usize) -> io::Result<(&Function, UnixStream)> {
        *turn = turn.wrapping_add(1);
        let first = *turn % self.functions.len().max(1);
        poll_fn(|cx| {
            let (later, sooner) = self.functions.split_at(first);
            for (function, listener) in sooner.iter().chain(later) {
                if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                    return Poll::Ready(accepted.map(|(peer, _)| (function, peer)));
                }
            }
            Poll::Pending
        })
        .await
    }
}

async fn serve(function: Function, peer: UnixStream, limits: Arc<Limits>, stopping: CancellationToken) {
    let refusal = function.refusal(&peer);
    let (reader, writer) = peer.into_split();
    if let Some(refusal) = refusal {
        warn!("connection refused: {refusal}");
        // The peer may be gone already.
        let _ = connection::refuse(reader, writer, &refusal, &stopping).await;
        return;
    }
    let make = function.make;
    connection::serve(reader, writer, move |sender| make(sender), limits, stopping).await;
}

/// Wakes a worker now and then, until what this returns is dropped.
///
/// The worker that takes a point from a socket is the one that waits for all sockets and timers. If
/// the handler it then calls is slow, no other worker takes that over, although they are idle: nothing
/// has woken them. A worker that is woken finds nothing to do and waits in its stead.
fn keep_a_worker_awake() -> mpsc::Sender<()> {
    let (alive, watch) = mpsc::channel();
    let runtime = Handle::current();
    thread::spawn(move || {
        while watch.recv_timeout(WAKE) == Err(RecvTimeoutError::Timeout) {
            runtime.spawn(async {});
        }
    });
    alive
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(panic) = ended {
        error!("connection ended by a bug in the daemon: {panic}");
    }
}
