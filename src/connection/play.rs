//! A connection without a clock: what time it is, its peer says in keepalives. Days of events go by as fast as they
//! can be worked off, and come to what they would have come to live. Knows the agent as the connection by the clock
//! does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::ending::{self, Summary};
use super::input::Input;
use crate::agent::{Agent, Fault, Step};
use crate::handler::{Handler, Progress, UnixNanos};
use crate::limits::Limits;
use crate::wire::{frame, request};

/// What has come out waits no longer than this, however much is due.
const AT_LEAST: Duration = Duration::from_millis(50);

/// What happens behind the last request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtEnd {
    /// Time goes on until the handler waits for nothing, as it would live. With a handler that always waits for
    /// something that is never.
    Wait,
    /// The stream ends at once, as at the end of a replay in Kapacitor.
    Stop,
}

/// Serves one connection until its peer half-closes, by the time that stands in its keepalives. What is due up to such
/// a time happens before the keepalive is answered, each thing at its own moment; between two of them time stands
/// still, and it never goes back. Before the first it is 1970.
///
/// A handler that panics or fails ends the conversation as it does in the daemon, but that nobody logs it. What is
/// else than there: there is no [`Sender`](super::Sender), and after a refusal it is the peer who closes.
pub async fn play<R, W>(
    reader: R,
    writer: W,
    handler: Box<dyn Handler>,
    limits: Arc<Limits>,
    at_end: AtEnd,
) -> Summary
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let max_frame = limits.max_frame;
    let agent = match Agent::new(|| handler, limits) {
        Ok(agent) => agent,
        Err(fault) => {
            let unread = ending::refuse(reader, writer, &fault, &CancellationToken::new()).await.err();
            return Summary { fault: Some(fault), unread, ..Summary::default() };
        }
    };
    Player { reader, writer, agent, input: Input::new(), now: 0, is_timed: false, max_frame }
        .run(at_end)
        .await
}

struct Player<R, W> {
    reader: R,
    writer: W,
    agent: Agent,
    input: Input,
    now: UnixNanos,
    /// The peer has said what time it is.
    is_timed: bool,
    max_frame: usize,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Player<R, W> {
    async fn run(mut self, at_end: AtEnd) -> Summary {
        let outcome = self.converse(at_end).await;
        if let Err(fault) = &outcome
            && !matches!(fault, Fault::Io(_))
        {
            self.agent.report(fault);
        }
        // Whoever does not read any more has had enough.
        let written = self.flush().await;
        let ended = self.writer.shutdown().await;
        if outcome.is_err() {
            ending::linger(&mut self.reader, &CancellationToken::new()).await;
        }
        let unread = written.err().map(|fault| match fault {
            Fault::Io(error) => error,
            other => std::io::Error::other(other.to_string()),
        });
        let summary = Summary::of(&self.agent, outcome.err(), unread.or(ended.err()));
        if let Err(panic) = self.agent.close() {
            ending::log_fault(&panic, summary.counters);
        }
        summary
    }

    async fn converse(&mut self, at_end: AtEnd) -> Result<(), Fault> {
        loop {
            self.work().await?;
            self.flush().await?;
            if self.input.read(&mut self.reader).await? == 0 {
                break;
            }
        }
        if at_end == AtEnd::Wait {
            self.advance(UnixNanos::MAX).await?;
        }
        while self.agent.end_of_stream(self.now, self.input.rest())? == Progress::More {
            self.flush().await?;
        }
        Ok(())
    }

    /// Works off what has been read.
    async fn work(&mut self) -> Result<(), Fault> {
        while let Some(frame) = frame::find(self.input.rest(), self.max_frame)? {
            if let Some(time) = request::keepalive(frame) {
                self.advance(time).await?;
                self.now = if self.is_timed { self.now.max(time) } else { time };
                self.is_timed = true;
            }
            let step = match self.agent.step(self.now, self.input.rest())? {
                Step::MayTakeLong => self.agent.step_aside(self.now, self.input.rest())?,
                step => step,
            };
            let Step::Took { bytes, .. } = step else { break };
            self.input.take(bytes);
            self.let_out().await?;
        }
        Ok(())
    }

    /// What is due up to a time happens, each thing at its moment.
    async fn advance(&mut self, until: UnixNanos) -> Result<(), Fault> {
        let mut since = Instant::now();
        // After a refusal nothing is to come, though there is a deadline.
        while !self.agent.is_over(self.now)
            && let Some(due) = self.agent.next_deadline()?.filter(|&due| due <= until)
        {
            self.now = self.now.max(due);
            self.agent.on_deadline(self.now, false)?;
            if self.agent.outbox().has_something() && since.elapsed() >= AT_LEAST {
                self.flush().await?;
                since = Instant::now();
            }
            self.let_out().await?;
        }
        Ok(())
    }

    /// What there is to write goes out if it is much.
    async fn let_out(&mut self) -> Result<(), Fault> {
        if self.agent.outbox().is_full() { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        let Some(chunk) = self.agent.take_output() else { return Ok(()) };
        self.writer.write_all(&chunk).await?;
        self.agent.flushed(|| self.now);
        Ok(())
    }
}
