//! One connection: the only place where a conversation meets its socket, the clock and the
//! daemon's shutdown. Everything that can wake a connection stands in one `select!`, in
//! `Connection::wait`.

mod alarm;
mod clock;
mod ending;
mod input;
mod mailbox;
mod parting;
mod play;
mod pulse;
mod queue;
mod turn;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;
use tokio::task::{block_in_place, yield_now};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

pub use ending::{Summary, refuse};
pub use mailbox::Sender;
pub use play::{AtEnd, play};

use crate::agent::{Agent, Counters, Fault};
use crate::handler::{Handler, Progress, StopReason, UnixNanos};
use crate::limits::Limits;
use alarm::Alarm;
use clock::Clock;
use input::Input;
use mailbox::Parcel;
use pulse::{Interval, Pulse};
use queue::{Gone, Queue};
use turn::TURNS_ASIDE;
use writer::Cover;

/// What is already readable at shutdown, at the most. No socket's buffer is larger; a peer that
/// keeps writing must not keep us from ending.
const LAST_READS: usize = 16 << 20;

/// At shutdown, what is readable is read until nothing comes for this long: long enough for the
/// runtime to have asked the socket.
const SILENCE: Duration = Duration::from_millis(10);

/// And for no longer than this.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Serves one connection until it ends. `make` gets a [`Sender`] for the handler to keep, if it
/// wants to send at other times than when it is called.
pub async fn serve<R, W>(
    reader: R,
    writer: W,
    make: impl FnOnce(Sender) -> Box<dyn Handler>,
    limits: Arc<Limits>,
    shutdown: CancellationToken,
) -> Summary
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (sender, mailbox) = mailbox::channel();
    let agent = match Agent::new(|| make(sender), Arc::clone(&limits)) {
        Ok(agent) => agent,
        Err(fault) => {
            ending::log_fault(&fault, Counters::default());
            let unread = refuse(reader, writer, &fault, &shutdown).await.err();
            return Summary { fault: Some(fault), unread, ..Summary::default() };
        }
    };
    let pulse = Arc::new(Pulse::default());
    let (queue, chunks) = queue::channel();
    let cover = Cover::new(Arc::clone(&pulse), limits.max_handler_time);
    let writer = AbortOnDropHandle::new(tokio::spawn(writer::run(writer, chunks, cover).in_current_span()));
    let connection = Connection {
        reader,
        agent,
        input: Input::new(),
        clock: Clock::start(),
        pulse,
        interval: Interval::default(),
        requests: 0,
        unfinished: false,
        behind: 0,
        slow: TURNS_ASIDE,
        long_next: false,
        alarm: Alarm::new(),
        mailbox: Some(mailbox),
        shutdown,
        draining: None,
    };
    connection.run(queue, writer).await
}

struct Connection<R> {
    reader: R,
    agent: Agent,
    input: Input,
    clock: Clock,
    pulse: Arc<Pulse>,
    interval: Interval,
    /// Requests worked off so far.
    requests: u64,
    /// The last turn ended before the input did.
    unfinished: bool,
    /// Calls for deadlines that go before input.
    behind: u32,
    /// Turns for which the handler is still reckoned to be slow.
    slow: u32,
    /// The next request may take the handler long.
    long_next: bool,
    alarm: Alarm,
    /// `None` once nobody can send any more.
    mailbox: Option<mpsc::Receiver<Parcel>>,
    shutdown: CancellationToken,
    draining: Option<Draining>,
}

/// What may still be read at shutdown.
#[derive(Clone, Copy)]
struct Draining {
    bytes: usize,
    until: Instant,
}

/// What a connection was woken by.
enum Wake {
    /// Input is there, read just now or left from the last turn.
    Input,
    EndOfStream,
    Deadline,
    Parcel(Option<Box<Parcel>>),
    Shutdown,
    /// Nothing more is readable, at shutdown.
    Drained,
}

/// The conversation is over in good order.
struct Done;

impl<R: AsyncRead + Unpin> Connection<R> {
    async fn run(mut self, queue: Queue, writer: AbortOnDropHandle<io::Result<()>>) -> Summary {
        let outcome = self.converse(&queue).await;
        // Before the handler goes: it may wait for somebody who waits for us.
        self.mailbox = None;
        let reportable = outcome.as_ref().err().filter(|fault| !matches!(fault, Fault::Io(_)));
        if let Some(fault) = reportable {
            ending::log_fault(fault, self.agent.counters());
            self.agent.report(fault);
        }
        // If the writer has ended, its own error says why.
        let _ = self.flush(&queue).await;
        drop(queue);
        let written = writer.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        if reportable.is_some() {
            ending::linger(&mut self.reader, &self.shutdown).await;
        }
        self.finish(outcome, written)
    }

    fn finish(self, outcome: Result<Done, Fault>, written: io::Result<()>) -> Summary {
        let (fault, unread) = match (outcome, written) {
            (Ok(Done), written) => (None, written.err()),
            // The loop only noticed that the writer was gone: the writer knows why.
            (Err(Fault::Io(error)), written) => {
                let fault = Fault::Io(written.err().unwrap_or(error));
                ending::log_fault(&fault, self.agent.counters());
                (Some(fault), None)
            }
            (Err(fault), _) => (Some(fault), None),
        };
        let summary = Summary::of(&self.agent, fault, unread);
        summary.log();
        // A handler with millions of things takes its time over it.
        if let Err(panic) = aside(|| self.agent.close()) {
            ending::log_fault(&panic, summary.counters);
        }
        summary
    }

    async fn converse(&mut self, queue: &Queue) -> Result<Done, Fault> {
        loop {
            self.flush(queue).await?;
            match self.wait().await? {
                Wake::Input => self.work()?,
                Wake::Deadline if self.agent.is_over(self.clock.now()) => return Ok(Done),
                Wake::Deadline => self.aside(Self::deadline)?,
                Wake::Parcel(Some(parcel)) => self.deliver(*parcel),
                Wake::Parcel(None) => self.mailbox = None,
                Wake::Shutdown => {
                    self.draining = Some(Draining { bytes: LAST_READS, until: Instant::now() + LAST_WORDS });
                }
                Wake::EndOfStream => {
                    self.last_parcels(queue).await?;
                    return self.part(queue).await;
                }
                Wake::Drained => {
                    self.last_parcels(queue).await?;
                    return self.stop(queue).await;
                }
            }
        }
    }

    /// Everything that can wake a connection. Input goes before deadlines: what has come before a
    /// deadline should be seen before it.
    async fn wait(&mut self) -> Result<Wake, Fault> {
        if self.behind > 0 {
            self.behind -= 1;
            if self.is_late(self.clock.now())? {
                return Ok(Wake::Deadline);
            }
            self.behind = 0;
        }
        if self.unfinished {
            return Ok(Wake::Input);
        }
        self.alarm.set(self.agent.next_deadline()?, &self.clock);
        let draining = self.draining.is_some();
        let readable = self.draining.is_none_or(|left| left.bytes > 0);
        let takes_deliveries = self.agent.takes_deliveries() && !draining;
        let Self { reader, input, mailbox, alarm, shutdown, pulse, draining: last, .. } = self;
        pulse.idle();
        let wake = tokio::select! {
            biased;
            () = shutdown.cancelled(), if !draining => Wake::Shutdown,
            () = drained(*last), if draining => Wake::Drained,
            read = input.read(reader), if readable => match read? {
                0 => Wake::EndOfStream,
                bytes => {
                    if let Some(last) = last {
                        last.bytes = last.bytes.saturating_sub(bytes);
                    }
                    Wake::Input
                }
            },
            () = alarm.ring(), if alarm.is_set() => Wake::Deadline,
            parcel = receive(mailbox), if takes_deliveries => Wake::Parcel(parcel.map(Box::new)),
        };
        self.pulse.busy(self.requests + 1);
        Ok(wake)
    }

    /// Lets the handler do what may take long, while other connections' tasks go on.
    fn aside<T>(&mut self, work: impl FnOnce(&mut Self, UnixNanos) -> T) -> T {
        let now = self.clock.now();
        aside(|| work(self, now))
    }

    /// Takes no more deliveries; what was sent in time goes out.
    async fn last_parcels(&mut self, queue: &Queue) -> Result<(), Fault> {
        let Some(mut mailbox) = self.mailbox.take() else { return Ok(()) };
        mailbox.close();
        while let Ok(parcel) = mailbox.try_recv() {
            if self.agent.takes_deliveries() {
                self.deliver(parcel);
                self.flush(queue).await?;
            }
        }
        Ok(())
    }

    /// Lets the handler send its last, as much at once as the outbox holds.
    async fn stop(&mut self, queue: &Queue) -> Result<Done, Fault> {
        while self.aside(|this, now| this.agent.stop(now, StopReason::Shutdown))? == Progress::More {
            self.flush(queue).await?;
        }
        Ok(Done)
    }

    /// Likewise when the stream has ended, with care for a kapacitord that has given the task up.
    async fn part(&mut self, queue: &Queue) -> Result<Done, Fault> {
        let mut has_parted = false;
        loop {
            let progress = self.aside(|this, now| this.agent.end_of_stream(now, this.input.rest()))?;
            if !has_parted && self.agent.outbox().has_something() {
                has_parted = true;
                send(queue, parting::covers(self.clock.now())).await?;
            }
            self.flush(queue).await?;
            if progress == Progress::Done {
                break;
            }
        }
        if has_parted {
            queue.written().await;
            sleep(parting::SETTLE).await;
        }
        Ok(Done)
    }

    /// Hands the outbox to the writer; waits while the writer is behind.
    async fn flush(&mut self, queue: &Queue) -> Result<(), Fault> {
        let Some(chunk) = self.agent.take_output() else { return Ok(()) };
        send(queue, chunk).await?;
        self.agent.flushed(|| self.clock.now());
        if self.unfinished {
            // The writer may have been woken on this very thread, where nobody else can take it.
            yield_now().await;
        }
        Ok(())
    }
}

async fn send(queue: &Queue, bytes: Bytes) -> Result<(), Fault> {
    queue.send(bytes).await.map_err(|Gone| Fault::Io(io::ErrorKind::BrokenPipe.into()))
}

/// Runs what may take long off the runtime's own threads, if there are others.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        return block_in_place(work);
    }
    work()
}

async fn drained(last: Option<Draining>) {
    let silence = Instant::now() + SILENCE;
    sleep_until(last.map_or(silence, |last| last.until.min(silence))).await;
}

async fn receive(mailbox: &mut Option<mpsc::Receiver<Parcel>>) -> Option<Parcel> {
    match mailbox {
        Some(mailbox) => mailbox.recv().await,
        None => std::future::pending().await,
    }
}
