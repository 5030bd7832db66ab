//! `tap` from its start to its end: accepts, dials, relays, and ends at a signal.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kapacitor_udfd::socket::{BoundSocket, SocketFile};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::args::TapArgs;
use super::listen;
use super::notes::{self, Notes};
use super::recorder::Recorder;
use super::relay::relay;
use super::screen::Screen;
use super::text::counted;
use super::watch::{Eyes, Watch};
use crate::cli::{open_files, signals};

/// How long conversations may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);
/// How long what was seen may take to be written, once all has ended.
const PARTING: Duration = Duration::from_secs(2);

/// How long accepting rests after an error such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// An error that stays is told this often.
const TELL_AGAIN: Duration = Duration::from_mins(1);

/// A function whose backlog is full is dialled again; Kapacitor would do the same.
const DIAL_AGAIN: Duration = Duration::from_millis(10);
const DIAL_AT_MOST: Duration = Duration::from_secs(5);

/// As many as the daemon takes by default, with two files each.
const OPEN_FILES: usize = 2 * 1024;

/// Taps until a signal ends it.
pub(crate) fn run(args: TapArgs) -> anyhow::Result<ExitCode> {
    let form = args.form();
    let TapArgs { socket, upstream, only, record, .. } = args;
    open_files::make_room(OPEN_FILES, 1);
    let (notes, all_said) = notes::start();
    // Before there are threads that create files: `bind` changes the umask for a moment.
    let bound = listen::bind(&socket, &upstream, &notes)?;
    let (recorder, recording) = record.map(|path| Recorder::start(&path, &notes)).transpose()?.unzip();
    let (screen, all_shown) = Screen::start(form, notes.clone());
    notes.say(listen::welcome(&bound, &socket, &upstream));
    let tap = Tap { upstream, eyes: Arc::new(Eyes::new(screen, recorder, only)), notes: notes.clone() };
    tap.serve(bound)?;
    // Nothing shows or records any more: the threads end when they have written what is there.
    let is_whole = recording.is_none_or(|recording| recording.finish(PARTING, &notes));
    all_shown.wait(PARTING);
    drop(notes);
    all_said.wait(PARTING);
    Ok(ExitCode::from(u8::from(!is_whole)))
}

struct Tap {
    upstream: PathBuf,
    eyes: Arc<Eyes>,
    notes: Notes,
}

impl Tap {
    fn serve(self, bound: BoundSocket) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.context("cannot start the runtime")?.block_on(async {
            let shutdown = CancellationToken::new();
            signals::listen(shutdown.clone()).context("cannot listen for signals")?;
            let (listener, file) = bound.into_parts();
            let listener = UnixListener::from_std(listener).context("cannot listen")?;
            let mut connections = JoinSet::new();
            let stopping = CancellationToken::new();
            self.accept_until(shutdown, listener, file, &mut connections, &stopping).await;
            self.end(connections, &stopping).await;
            Ok(())
        })
    }

    /// Leaves neither socket nor file behind.
    async fn accept_until(
        &self,
        shutdown: CancellationToken,
        listener: UnixListener,
        file: SocketFile,
        connections: &mut JoinSet<()>,
        stopping: &CancellationToken,
    ) {
        let (mut number, mut told) = (0u32, None::<Instant>);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((kapacitor, _)) => {
                        number = number.wrapping_add(1);
                        let watch = Watch::open(Arc::clone(&self.eyes), number);
                        let (upstream, notes) = (self.upstream.clone(), self.notes.clone());
                        connections.spawn(connection(kapacitor, upstream, watch, notes, stopping.clone()));
                    }
                    Err(error) => {
                        if told.is_none_or(|told| told.elapsed() >= TELL_AGAIN) {
                            self.notes.say(format!("warning: can't accept a connection: {error}; it waits"));
                            told = Some(Instant::now());
                        }
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        // In this order: nobody finds a file behind which nobody listens.
        drop(file);
    }

    /// Lets the conversations come to their ends.
    async fn end(&self, mut connections: JoinSet<()>, stopping: &CancellationToken) {
        while connections.try_join_next().is_some() {}
        let seconds = GRACE.as_secs();
        let (connections_left, tasks) = match connections.len() {
            1 => ("1 connection".to_owned(), "its Kapacitor task stops until it is disabled and enabled"),
            many => (
                format!("{many} connections"),
                "their Kapacitor tasks stop until they are disabled and enabled",
            ),
        };
        if !connections.is_empty() {
            self.notes.say(format!(
                "Ending {connections_left}: {tasks}. What is on its way goes on, for {seconds} s at most; a second signal \
                 ends at once."
            ));
        }
        stopping.cancel();
        let ended = timeout(GRACE, async { while connections.join_next().await.is_some() {} });
        if ended.await.is_err() {
            let cut_off = counted(connections.len(), "connection");
            self.notes.say(format!("{cut_off} cut off: not ended in {seconds} s"));
        }
        // Their ends are seen too.
        connections.shutdown().await;
    }
}

async fn connection(
    kapacitor: UnixStream,
    upstream: PathBuf,
    watch: Watch,
    notes: Notes,
    stopping: CancellationToken,
) {
    match dial(&upstream).await {
        Ok(function) => relay(kapacitor, function, &watch, stopping).await,
        Err(error) => notes.say(format!(
            "connection {} closed at once: cannot dial {}: {error}; start the function, then disable and enable the \
             Kapacitor task (or restart kapacitord, if it was about to start)",
            watch.number(),
            upstream.display()
        )),
    }
    watch.close();
}

async fn dial(upstream: &Path) -> io::Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(upstream).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && start.elapsed() < DIAL_AT_MOST => {
                sleep(DIAL_AGAIN).await;
            }
            dialled => return dialled,
        }
    }
}
