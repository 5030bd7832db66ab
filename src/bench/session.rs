//! One question and one answer at a time: dialling, Info, Init and Restore, before any data flows.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use kapacitor_udfd::proto::request::Message as Question;
use kapacitor_udfd::proto::response::Message as Answer;
use kapacitor_udfd::proto::{
    InfoRequest, InfoResponse, InitRequest, KeepaliveRequest, Request, Response, RestoreRequest,
};
use prost::Message;

use super::plan::Plan;
use super::silence::Silence;
use crate::frames::{Filled, Frames};

/// How often it is looked whether a peer that says nothing has been silent for too long.
const TICK: Duration = Duration::from_millis(100);

/// What the function is, asked on a connection of its own, as kapacitord does when it starts.
pub(super) fn info(plan: &Plan) -> anyhow::Result<InfoResponse> {
    let mut frames = dial(plan)?;
    match ask(&mut frames, Question::Info(InfoRequest {}), plan.timeout).context("info")? {
        Answer::Info(info) => Ok(info),
        other => bail!("asked for info, got {}", name(&other)),
    }
}

/// A connection on which Init has been accepted.
pub(super) fn init(plan: &Plan, number: u64) -> anyhow::Result<Frames> {
    let mut frames = dial(plan)?;
    let init = InitRequest {
        options: plan.options.clone(),
        task_id: "bench".to_owned(),
        node_id: format!("bench{number}"),
    };
    match ask(&mut frames, Question::Init(init), plan.timeout).context("init")? {
        Answer::Init(answer) => {
            ensure!(answer.success, "init refused: {}", answer.error);
            Ok(frames)
        }
        other => bail!("sent init, got {}", name(&other)),
    }
}

/// How a restore was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) took: Duration,
    /// The longest time without any response.
    pub(super) silence: Duration,
}

/// Gives a snapshot back. Keepalives go on meanwhile, as Kapacitor has it.
pub(super) fn restore(frames: &mut Frames, snapshot: Vec<u8>, plan: &Plan) -> anyhow::Result<Answered> {
    let request = encode(Question::Restore(RestoreRequest { snapshot }));
    let socket = frames.socket().try_clone().context("can't share a socket between two threads")?;
    socket.set_write_timeout(Some(plan.timeout))?;
    let (done, until_done) = mpsc::channel();
    let started = Instant::now();
    let mut silence = Silence::new(started);
    silence.watch(true);
    let answer = thread::scope(|scope| {
        let writing =
            scope.spawn(move || write_and_keep_alive(&socket, &request, plan.keepalive, &until_done));
        let answer = answer(frames, plan.timeout, &mut silence);
        drop(done);
        let written = writing.join().map_err(|_| anyhow!("a writing thread panicked"))?;
        answer.map_err(|error| why(error, written))
    });
    match answer.context("restore")? {
        Answer::Restore(answer) => {
            ensure!(answer.success, "restore refused: {}", answer.error);
            Ok(Answered { took: started.elapsed(), silence: silence.longest })
        }
        other => bail!("sent restore, got {}", name(&other)),
    }
}

/// Writes the request, and keepalives behind it until the other end of `until_done` is dropped.
fn write_and_keep_alive(
    mut socket: &UnixStream,
    request: &[u8],
    interval: Option<Duration>,
    until_done: &Receiver<()>,
) -> io::Result<()> {
    socket.write_all(request)?;
    let Some(interval) = interval else { return Ok(()) };
    while until_done.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        // The answer comes after what is waited for, and is nobody's: 1 is no time that a sender gives.
        socket.write_all(&encode(Question::Keepalive(KeepaliveRequest { time: 1 })))?;
    }
    Ok(())
}

/// A request as it goes over the wire.
pub(super) fn encode(question: Question) -> Vec<u8> {
    Request { message: Some(question) }.encode_length_delimited_to_vec()
}

/// What a response is called.
pub(super) fn name(answer: &Answer) -> &'static str {
    match answer {
        Answer::Info(_) => "an InfoResponse",
        Answer::Init(_) => "an InitResponse",
        Answer::Keepalive(_) => "a KeepaliveResponse",
        Answer::Snapshot(_) => "a SnapshotResponse",
        Answer::Restore(_) => "a RestoreResponse",
        Answer::Error(_) => "an ErrorResponse",
        Answer::Begin(_) => "a BeginBatch",
        Answer::Point(_) => "a Point",
        Answer::End(_) => "an EndBatch",
    }
}

fn dial(plan: &Plan) -> anyhow::Result<Frames> {
    let path = plan.socket.display();
    let socket = connect(plan).with_context(|| format!("can't connect to {path}"))?;
    socket.set_read_timeout(Some(TICK.min(plan.timeout).max(Duration::from_millis(1))))?;
    Ok(Frames::new(socket))
}

/// A server that doesn't accept makes `connect` block for as long as it likes; so it is done aside.
fn connect(plan: &Plan) -> anyhow::Result<UnixStream> {
    let path = plan.socket.clone();
    let (done, outcome) = mpsc::channel();
    // Nobody may be waiting any more.
    thread::spawn(move || drop(done.send(UnixStream::connect(path))));
    let outcome = outcome.recv_timeout(plan.timeout);
    Ok(outcome.map_err(|_| anyhow!("nothing accepts connections there (--timeout {:?})", plan.timeout))??)
}

fn ask(frames: &mut Frames, question: Question, timeout: Duration) -> anyhow::Result<Answer> {
    frames.socket().set_write_timeout(Some(timeout))?;
    let mut socket = frames.socket();
    let sent = socket.write_all(&encode(question));
    answer(frames, timeout, &mut Silence::new(Instant::now())).map_err(|error| why(error, sent))
}

#[derive(Debug, thiserror::Error)]
#[error("the function closed the connection instead of answering")]
struct Closed;

/// Why something could not be sent says more than that nothing came.
fn why(error: anyhow::Error, sent: io::Result<()>) -> anyhow::Error {
    if error.is::<Closed>() { sent.err().map_or(error, anyhow::Error::from) } else { error }
}

/// The next response that is no keepalive.
fn answer(frames: &mut Frames, timeout: Duration, silence: &mut Silence) -> anyhow::Result<Answer> {
    let started = Instant::now();
    loop {
        while let Some(frame) = frames.next()? {
            silence.broken(Instant::now());
            let answer = Response::decode(frame.message()).context("undecodable response")?.message;
            match answer
                .ok_or_else(|| anyhow!("got a response without a message: it would bring kapacitord down"))?
            {
                Answer::Keepalive(_) => {}
                Answer::Error(error) => bail!("the function answered with an error: {}", error.error),
                answer => return Ok(answer),
            }
        }
        ensure!(started.elapsed() < timeout, "no answer within {timeout:?} (--timeout)");
        if frames.fill()? == Filled::EndOfStream {
            bail!(Closed);
        }
    }
}
