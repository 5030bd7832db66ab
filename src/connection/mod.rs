//! One connection: the only place where a conversation meets its socket, the clock and the
//! daemon's shutdown. Everything that can wake a connection stands in one `select!`, in
//! `Connection::wait`.

mod alarm;
mod clock;
mod input;
mod mailbox;
mod pulse;
mod queue;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, block_in_place, yield_now};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub use mailbox::Sender;

use crate::agent::{Agent, Counters, Fault, KapacitorTask, Step};
use crate::handler::{Handler, StopReason, UnixNanos};
use crate::limits::Limits;
use crate::proto;
use crate::wire::response;
use alarm::Alarm;
use clock::Clock;
use input::Input;
use mailbox::Parcel;
use pulse::{Interval, Pulse};
use queue::{Gone, Queue};
use writer::Cover;

/// A turn ends after this long at the latest, give or take sixteen calls: what the handler has
/// sent leaves, and time moves on.
const TURN: Duration = Duration::from_millis(5);

/// How many requests are worked off between two looks at the clock.
const REQUESTS_A_LOOK: u64 = 16;

/// While input keeps coming a deadline may be this late; then it goes first.
const DEADLINE_SLACK: UnixNanos = 2_000_000;

/// A handler that took this long in a turn is run aside for a while, so that it does not keep other
/// connections' tasks from running. So is one of which nothing is known yet.
const SLOW: Duration = Duration::from_millis(50);

/// For so many turns. One that was not slow itself, but was kept from running, is soon back.
const TURNS_ASIDE: u32 = 32;

/// A frame of this size (a snapshot that is restored) is reckoned to make the handler slow.
const LARGE_FRAME: usize = 1 << 20;

/// What is already readable at shutdown, at the most. No socket's buffer is larger; a peer that
/// keeps writing must not keep us from ending.
const LAST_READS: usize = 16 << 20;

/// How long a peer that was told of an error may take to close. One that does not counts against
/// `limits.max_connections` until then.
const LINGER: Duration = Duration::from_secs(10);

/// How a connection ended.
#[derive(Debug)]
pub struct Summary {
    /// Whose node it served; `None` if it never got as far as Init.
    pub task: Option<KapacitorTask>,
    /// What it saw.
    pub counters: Counters,
    /// Why it ended before the stream did.
    pub fault: Option<Fault>,
    /// The stream ended in good order, but the peer did not take all that was sent after that.
    pub unread: Option<io::Error>,
}

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
        Err(fault) => return Summary::refused(writer, fault).await,
    };
    let pulse = Arc::new(Pulse::default());
    let (queue, chunks) = queue::channel();
    let cover = Cover::new(Arc::clone(&pulse), limits.max_handler_time);
    let writer = tokio::spawn(writer::run(writer, chunks, cover).in_current_span());
    let connection = Connection {
        reader,
        agent,
        input: Input::new(),
        clock: Clock::start(),
        pulse,
        interval: Interval::default(),
        requests: 0,
        unfinished: false,
        slow: TURNS_ASIDE,
        alarm: Alarm::new(),
        mailbox: Some(mailbox),
        shutdown,
        draining: None,
    };
    connection.run(queue, writer).await
}

/// Tells a peer that is not served why, and closes. A peer that only sees its connection close
/// waits for its answer until its own timeout.
pub async fn refuse(mut writer: impl AsyncWrite + Unpin, why: &impl ToString) -> io::Result<()> {
    let mut frame = BytesMut::new();
    response::write(&proto::ErrorResponse { error: why.to_string() }, &mut frame);
    writer.write_all(&frame).await?;
    writer.shutdown().await
}

impl Summary {
    async fn refused(writer: impl AsyncWrite + Unpin, fault: Fault) -> Self {
        let unread = refuse(writer, &fault).await.err();
        Self { task: None, counters: Counters::default(), fault: Some(fault), unread }
    }
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
    /// Turns for which the handler is still reckoned to be slow.
    slow: u32,
    alarm: Alarm,
    /// `None` once nobody can send any more.
    mailbox: Option<mpsc::Receiver<Parcel>>,
    shutdown: CancellationToken,
    /// At shutdown: how much may still be read.
    draining: Option<usize>,
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
    async fn run(mut self, queue: Queue, writer: JoinHandle<io::Result<()>>) -> Summary {
        let outcome = self.converse(&queue).await;
        let reportable = outcome.as_ref().err().filter(|fault| !matches!(fault, Fault::Io(_)));
        if let Some(fault) = reportable {
            self.agent.report(fault);
        }
        // If the writer has ended, its own error says why.
        let _ = self.flush(&queue).await;
        drop(queue);
        let written = writer.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        if reportable.is_some() {
            self.linger().await;
        }
        let (fault, unread) = match (outcome, written) {
            (Ok(Done), written) => (None, written.err()),
            // The loop only noticed that the writer was gone: the writer knows why.
            (Err(Fault::Io(_)), Err(error)) => (Some(Fault::Io(error)), None),
            (Err(fault), _) => (Some(fault), None),
        };
        Summary { task: self.agent.task().cloned(), counters: self.agent.counters(), fault, unread }
    }

    async fn converse(&mut self, queue: &Queue) -> Result<Done, Fault> {
        loop {
            self.flush(queue).await?;
            match self.wait().await? {
                Wake::Input => self.aside_if_slow(Self::turn)?,
                Wake::Deadline => self.aside_if_slow(Self::deadline)?,
                Wake::Parcel(Some(parcel)) => self.deliver(*parcel),
                Wake::Parcel(None) => self.mailbox = None,
                Wake::EndOfStream => return self.end(queue).await,
                Wake::Shutdown => self.draining = Some(LAST_READS),
                Wake::Drained => {
                    self.agent.stop(self.clock.now(), StopReason::Shutdown)?;
                    return Ok(Done);
                }
            }
        }
    }

    /// Everything that can wake a connection. Input goes before deadlines: what has come before a
    /// deadline should be seen before it.
    async fn wait(&mut self) -> Result<Wake, Fault> {
        if self.unfinished {
            return Ok(Wake::Input);
        }
        self.alarm.set(self.agent.next_deadline(), &self.clock);
        let draining = self.draining.is_some();
        let takes_deliveries = self.agent.takes_deliveries() && !draining;
        let Self { reader, input, mailbox, alarm, shutdown, pulse, draining: left, .. } = self;
        pulse.idle();
        let wake = tokio::select! {
            biased;
            () = shutdown.cancelled(), if !draining => Wake::Shutdown,
            read = input.read(reader), if *left != Some(0) => match read? {
                0 => Wake::EndOfStream,
                bytes => {
                    *left = left.map(|left| left.saturating_sub(bytes));
                    Wake::Input
                }
            },
            () = std::future::ready(()), if draining => Wake::Drained,
            () = alarm.ring(), if alarm.is_set() => Wake::Deadline,
            parcel = receive(mailbox), if takes_deliveries => Wake::Parcel(parcel.map(Box::new)),
        };
        self.pulse.busy(self.requests + 1);
        Ok(wake)
    }

    /// Lets the handler work; off the runtime's own threads if it is known to be slow.
    fn aside_if_slow(&mut self, work: fn(&mut Self, Instant) -> Result<(), Fault>) -> Result<(), Fault> {
        let aside = self.slow > 0 || self.input.rest().len() > LARGE_FRAME;
        let started = Instant::now();
        if aside && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            block_in_place(|| work(self, started))?;
        } else {
            work(self, started)?;
        }
        self.slow = if started.elapsed() >= SLOW { TURNS_ASIDE } else { self.slow.saturating_sub(1) };
        Ok(())
    }

    /// Works off what has been read, until it is used up, the outbox is full or time is.
    fn turn(&mut self, started: Instant) -> Result<(), Fault> {
        let now = self.clock.at(started);
        self.unfinished = loop {
            self.requests += 1;
            self.pulse.busy(self.requests);
            match self.agent.step(now, self.input.rest())? {
                Step::NeedMore => break false,
                Step::Took { bytes, keepalive } => {
                    self.input.take(bytes);
                    if let Some(time) = keepalive {
                        self.interval.keepalive(time, &self.pulse);
                    }
                }
            }
            let look = self.slow > 0 || self.requests.is_multiple_of(REQUESTS_A_LOOK);
            if self.agent.outbox().is_full() || look && started.elapsed() >= TURN {
                break true;
            }
        };
        self.overdue(now)
    }

    /// What must not starve while input keeps coming.
    fn overdue(&mut self, now: UnixNanos) -> Result<(), Fault> {
        if self.agent.next_deadline().is_some_and(|due| due.saturating_add(DEADLINE_SLACK) <= now) {
            self.agent.on_deadline(now)?;
        }
        if self.agent.takes_deliveries()
            && !self.agent.outbox().is_full()
            && let Some(parcel) = self.mailbox.as_mut().and_then(|mailbox| mailbox.try_recv().ok())
        {
            self.deliver(parcel);
        }
        Ok(())
    }

    fn deadline(&mut self, started: Instant) -> Result<(), Fault> {
        self.agent.on_deadline(self.clock.at(started))
    }

    fn deliver(&mut self, parcel: Parcel) {
        // Whoever sent it may have gone away meanwhile; what was sent is sent.
        let _ = parcel.outcome.send(self.agent.deliver(&parcel.delivery));
    }

    /// The peer has sent all there is: what waits goes out, the handler says its last, and
    /// everything is written before the connection closes.
    async fn end(&mut self, queue: &Queue) -> Result<Done, Fault> {
        while let Some(parcel) = self.mailbox.as_mut().and_then(|mailbox| mailbox.try_recv().ok()) {
            if self.agent.takes_deliveries() {
                self.deliver(parcel);
                self.flush(queue).await?;
            }
        }
        self.agent.end_of_stream(self.clock.now(), self.input.rest())?;
        Ok(Done)
    }

    /// Reads and forgets until the peer closes. A Kapacitor that is writing when we close takes the
    /// broken pipe for the task's error, and not the one it was sent.
    async fn linger(&mut self) {
        let mut forgotten = tokio::io::sink();
        tokio::select! {
            _ = tokio::io::copy(&mut self.reader, &mut forgotten) => {}
            () = tokio::time::sleep(LINGER) => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    /// Hands the outbox to the writer; waits while the writer is behind.
    async fn flush(&mut self, queue: &Queue) -> Result<(), Fault> {
        let Some(chunk) = self.agent.take_output() else { return Ok(()) };
        queue.send(chunk).await.map_err(|Gone| Fault::Io(io::ErrorKind::BrokenPipe.into()))?;
        if self.unfinished {
            // The writer may have been woken on this very thread, where nobody else can take it.
            yield_now().await;
        }
        Ok(())
    }
}

async fn receive(mailbox: &mut Option<mpsc::Receiver<Parcel>>) -> Option<Parcel> {
    match mailbox {
        Some(mailbox) => mailbox.recv().await,
        None => std::future::pending().await,
    }
}
