//! What a real kapacitord sent, played to a mirror: whole, in pieces, and split at every byte.

use bytes::BytesMut;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::mirror::Mirror;
use kapacitor_udfd::proto::{self, request, response};
use kapacitor_udfd::wire::codec::FrameDecoder;
use kapacitor_udfd::wire::frame;
use prost::Message;
use tokio_util::codec::Decoder;

use super::support::{Scripted, initialised, serve};

struct Capture {
    name: &'static str,
    edge: Edge,
    bytes: &'static [u8],
    /// init, restore, point, begin, end, keepalive, snapshot, info
    frames: [usize; 8],
}

macro_rules! capture {
    ($name:literal, $edge:ident, $frames:expr) => {
        Capture {
            name: $name,
            edge: Edge::$edge,
            bytes: include_bytes!(concat!("../captures/", $name, ".c2s")),
            frames: $frames,
        }
    };
}

const CAPTURES: &[Capture] = &[
    capture!("info-only", Stream, [0, 0, 0, 0, 0, 0, 0, 1]),
    capture!("stream-one-point", Stream, [1, 0, 1, 0, 0, 13, 4, 0]),
    capture!("stream-grouped-by-host", Stream, [1, 0, 91, 0, 0, 13, 4, 0]),
    capture!("stream-grouped-by-measurement-and-tags", Stream, [1, 0, 93, 0, 0, 13, 5, 0]),
    capture!("stream-ungrouped-with-options", Stream, [1, 0, 91, 0, 0, 13, 4, 0]),
    capture!("stream-restored-then-disabled", Stream, [1, 1, 5, 0, 0, 6, 2, 0]),
    capture!("batch-windows", Batch, [1, 0, 80, 20, 20, 13, 5, 0]),
    capture!("batch-restored", Batch, [1, 1, 0, 0, 0, 7, 2, 0]),
];

fn frames(capture: &Capture) -> Vec<BytesMut> {
    let mut rest = BytesMut::from(capture.bytes);
    let mut decoder = FrameDecoder::new(1 << 20);
    let frames = std::iter::from_fn(|| decoder.decode_eof(&mut rest).unwrap()).collect();
    assert!(rest.is_empty(), "{}", capture.name);
    frames
}

fn request(frame: &[u8]) -> request::Message {
    let message = frame::find(frame, usize::MAX).unwrap().unwrap().message();
    proto::Request::decode(message).unwrap().message.unwrap()
}

/// What a mirror answers to a frame: data as the very same bytes.
fn answer(frame: &BytesMut) -> BytesMut {
    use response::Message as R;
    let response = match request(frame) {
        request::Message::Begin(_) | request::Message::Point(_) | request::Message::End(_) => {
            return frame.clone();
        }
        request::Message::Init(_) => initialised(),
        request::Message::Keepalive(proto::KeepaliveRequest { time }) => {
            R::Keepalive(proto::KeepaliveResponse { time })
        }
        request::Message::Snapshot(_) => R::Snapshot(proto::SnapshotResponse { snapshot: vec![1] }),
        request::Message::Restore(_) => {
            R::Restore(proto::RestoreResponse { success: true, error: String::new() })
        }
        request::Message::Info(_) => panic!("the answer to info has a test of its own"),
    };
    let response = proto::Response { message: Some(response) };
    BytesMut::from(response.encode_length_delimited_to_vec().as_slice())
}

/// Plays a capture in pieces of `size` bytes and compares every byte that comes back.
async fn play(capture: &Capture, size: usize) {
    // The options of the captured task are not the mirror's: a handler that takes any.
    let plain = capture.name != "stream-ungrouped-with-options";
    let mut served = if plain {
        serve(Mirror::new(capture.edge))
    } else {
        serve(Scripted::new(capture.edge, capture.edge))
    };
    for piece in capture.bytes.chunks(size) {
        served.peer.send_bytes(piece).await;
        tokio::task::yield_now().await;
    }
    served.peer.half_close().await;
    for frame in frames(capture) {
        if matches!(request(&frame), request::Message::Info(_)) {
            assert!(matches!(served.peer.next().await, Some(response::Message::Info(_))));
        } else {
            assert_eq!(served.peer.next_frame().await, Some(answer(&frame)), "{} by {size}", capture.name);
        }
    }
    served.peer.expect_end().await;
    let summary = served.ended.await.unwrap();
    assert!(summary.fault.is_none(), "{}: {:?}", capture.name, summary.fault);
    assert_eq!(summary.counters.points, capture.frames[2] as u64);
}

#[tokio::test]
async fn each_comes_back_byte_for_byte_however_it_is_cut() {
    for capture in CAPTURES {
        for size in [1, 2, 3, 7, 61, 1000, usize::MAX] {
            play(capture, size).await;
        }
    }
}

#[test]
fn each_holds_the_frames_it_is_said_to_hold() {
    for capture in CAPTURES {
        let mut seen = [0; 8];
        for frame in frames(capture) {
            seen[match request(&frame) {
                request::Message::Init(_) => 0,
                request::Message::Restore(_) => 1,
                request::Message::Point(_) => 2,
                request::Message::Begin(_) => 3,
                request::Message::End(_) => 4,
                request::Message::Keepalive(_) => 5,
                request::Message::Snapshot(_) => 6,
                request::Message::Info(_) => 7,
            }] += 1;
        }
        assert_eq!(seen, capture.frames, "{}", capture.name);
    }
}

#[test]
fn the_decoder_finds_the_same_frames_at_every_split_point() {
    for capture in CAPTURES {
        let whole = frames(capture);
        for split in 0..=capture.bytes.len() {
            let mut decoder = FrameDecoder::new(1 << 20);
            let (head, tail) = capture.bytes.split_at(split);
            let mut buffer = BytesMut::from(head);
            let mut found = Vec::new();
            while let Some(frame) = decoder.decode(&mut buffer).unwrap() {
                found.push(frame);
            }
            buffer.extend_from_slice(tail);
            while let Some(frame) = decoder.decode_eof(&mut buffer).unwrap() {
                found.push(frame);
            }
            assert!(found == whole, "{} split at {split}", capture.name);
        }
    }
}

#[test]
fn a_stream_cut_inside_a_frame_is_truncated() {
    for capture in CAPTURES {
        let mut buffer = BytesMut::from(&capture.bytes[..capture.bytes.len() - 1]);
        let mut decoder = FrameDecoder::new(1 << 20);
        let error = loop {
            match decoder.decode_eof(&mut buffer) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{}: nothing was missed", capture.name),
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("ended inside a frame"), "{error}");
    }
}
