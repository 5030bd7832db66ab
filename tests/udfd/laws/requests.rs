//! A stream of requests and what a mirror answers, against a naive Kapacitor.

use kapacitor_udfd::agent::{Agent, Step};
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::{self, request, response};
use kapacitor_udfd::wire::frame;
use prost::Message;
use prost::encoding::{self, WireType};

const ERROR: u32 = 6;
const BEGIN: u32 = 16;
const POINT: u32 = 17;
const END: u32 = 18;

/// Holds for any bytes, in pieces of any sizes.
pub fn hold(edge: Edge, stream: &[u8], sizes: &[usize]) {
    let played = play(edge, stream, &[usize::MAX]);
    assert_eq!(play(edge, stream, sizes), played);
    played.each_request_has_its_answer();
    played.kapacitor_survives(edge);
}

/// What came of a stream.
#[derive(Debug, PartialEq)]
pub struct Played {
    /// The frames taken, each with the bytes it was answered with.
    pub turns: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the conversation ended with, if not in good order, and the bytes that tell the peer.
    pub fault: Option<(String, Vec<u8>)>,
}

/// Plays `stream` to a mirror in pieces of `sizes`, over and over, as a connection does.
pub fn play(edge: Edge, stream: &[u8], sizes: &[usize]) -> Played {
    let mut agent = Agent::new(|| Box::new(Mirror::new(edge)), Limits::default().into()).unwrap();
    let (mut turns, mut buffer) = (vec![], vec![]);
    let mut sizes = sizes.iter().cycle();
    let mut rest = stream;
    let ended = 'stream: loop {
        if rest.is_empty() {
            break agent.end_of_stream(0, &buffer);
        }
        let (piece, after) = rest.split_at((*sizes.next().unwrap()).clamp(1, rest.len()));
        rest = after;
        buffer.extend_from_slice(piece);
        loop {
            let step = match agent.step(0, &buffer) {
                Ok(Step::MayTakeLong) => agent.step_aside(0, &buffer),
                step => step,
            };
            match step {
                Ok(Step::Took { bytes, .. }) => {
                    turns.push((buffer.drain(..bytes).collect(), sent(&mut agent)));
                }
                Ok(Step::NeedMore | Step::MayTakeLong) => break,
                Err(fault) => break 'stream Err(fault),
            }
        }
    };
    let fault = ended.err().map(|fault| {
        agent.report(&fault);
        (fault.to_string(), sent(&mut agent))
    });
    Played { turns, fault }
}

fn sent(agent: &mut Agent) -> Vec<u8> {
    agent.take_output().into_iter().flatten().collect()
}

impl Played {
    /// All that the peer gets.
    pub fn sent(&self) -> Vec<u8> {
        let answers = self.turns.iter().map(|(_, answer)| answer);
        answers.chain(self.fault.iter().map(|(_, report)| report)).flatten().copied().collect()
    }

    /// One answer of the request's kind, and data as it came. A fault is told by its own words.
    fn each_request_has_its_answer(&self) {
        for (request, answer) in &self.turns {
            assert_eq!(kind(answer), Some(request_kind(request)), "{request:x?} -> {answer:x?}");
            if answer != request {
                is_readable(answer);
            }
        }
        if let Some((words, report)) = &self.fault {
            assert!(!words.contains("panic in the function"), "{words}");
            assert_eq!(
                decode(report),
                Ok(response::Message::Error(proto::ErrorResponse { error: words.clone() }))
            );
        }
    }

    fn kapacitor_survives(&self, edge: Edge) {
        let mut kapacitor = Kapacitor { edge, initialised: false, batch_open: false };
        let sent = self.sent();
        let mut rest = &sent[..];
        while !rest.is_empty() {
            let frame = frame::find(rest, usize::MAX).unwrap().expect("only whole frames").bytes();
            kapacitor.takes(frame);
            rest = &rest[frame.len()..];
        }
    }
}

/// As much of Kapacitor as can be brought down.
struct Kapacitor {
    edge: Edge,
    initialised: bool,
    batch_open: bool,
}

impl Kapacitor {
    fn takes(&mut self, frame: &[u8]) {
        let kind = kind(frame).unwrap();
        if matches!(kind, BEGIN | POINT | END) {
            assert!(self.initialised, "data before init: nobody reads it");
        }
        match kind {
            POINT => assert!(self.edge == Edge::Stream || self.batch_open, "a point that is lost"),
            BEGIN => {
                assert!(self.edge == Edge::Batch && !self.batch_open, "a batch that is lost");
                self.batch_open = true;
                assert!((0..=1 << 20).contains(&size(frame)), "as many slots are allocated at once");
            }
            END => {
                assert!(self.batch_open, "a nil dereference");
                self.batch_open = false;
            }
            _ => {
                if let response::Message::Init(answer) = decode(frame).unwrap() {
                    self.initialised |= answer.success;
                }
            }
        }
    }
}

/// The number of the one field that `frame`'s message consists of, if it is one that both sides know.
fn kind(frame: &[u8]) -> Option<u32> {
    let mut rest = frame;
    let length = encoding::decode_varint(&mut rest).ok()?;
    if length != rest.len() as u64 {
        return None;
    }
    let (number, wire_type) = encoding::decode_key(&mut rest).ok()?;
    let length = encoding::decode_varint(&mut rest).ok()?;
    let known = matches!(number, 1..=ERROR | BEGIN..=END);
    (known && wire_type == WireType::LengthDelimited && length == rest.len() as u64).then_some(number)
}

/// What the answer to a request must be. One that is more than a single field is read by prost.
fn request_kind(frame: &[u8]) -> u32 {
    use request::Message as M;
    if let Some(number) = kind(frame).filter(|&number| number != ERROR) {
        return number;
    }
    let message = frame::find(frame, usize::MAX).unwrap().unwrap().message();
    match proto::Request::decode(message).unwrap().message.unwrap() {
        M::Info(_) => 1,
        M::Init(_) => 2,
        M::Keepalive(_) => 3,
        M::Snapshot(_) => 4,
        M::Restore(_) => 5,
        M::Begin(_) => BEGIN,
        M::Point(_) => POINT,
        M::End(_) => END,
    }
}

/// What is not sent back as it came is sound, but for text: to Kapacitor any bytes are text.
fn is_readable(frame: &[u8]) {
    if let Err(error) = decode(frame) {
        assert!(error.contains("not UTF-8"), "{error}: {frame:x?}");
    }
}

fn decode(frame: &[u8]) -> Result<response::Message, String> {
    let decoded = proto::Response::decode_length_delimited(frame).map_err(|error| error.to_string())?;
    decoded.message.ok_or_else(|| "no message".to_owned())
}

/// `BeginBatch.size`, whatever else stands there.
fn size(frame: &[u8]) -> i64 {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Sized {
        #[prost(int64, tag = "4")]
        size: i64,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    struct Begun {
        #[prost(message, optional, tag = "16")]
        begin: Option<Sized>,
    }
    Begun::decode_length_delimited(frame).unwrap().begin.unwrap().size
}
