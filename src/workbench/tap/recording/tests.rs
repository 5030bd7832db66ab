//! What is written is read back, from whole files, cut ones and damaged ones.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kapacitor_udfd::proto::{self, request};
use prost::Message;
use tempfile::TempDir;

use super::reader::Entry;
use super::*;
use Direction::{ToFunction, ToKapacitor};

fn record(connection: u32, at: i64, what: What<&[u8]>) -> Record<&[u8]> {
    Record { connection, at, what }
}

/// Two conversations, one inside the other, in pieces that are no frames, and bytes that are none at all.
fn records() -> Vec<Record<&'static [u8]>> {
    vec![
        record(1, -5, What::Opened),
        record(1, 1, What::Bytes(ToFunction, b"\x03ab")),
        record(2, 2, What::Opened),
        record(2, 2, What::Bytes(ToFunction, b"\x00\x01x")),
        record(1, 3, What::Bytes(ToKapacitor, b"\x02AB\x01")),
        record(1, 4, What::Bytes(ToFunction, b"c\x09y")),
        record(2, i64::MAX, What::Bytes(ToKapacitor, &[0xff; 11])),
        record(2, i64::MAX, What::Bytes(ToKapacitor, b"more")),
        record(1, 5, What::Ended(ToFunction)),
        record(1, 6, What::Closed),
        record(2, 7, What::Closed),
    ]
}

fn entries() -> Vec<Entry> {
    let entry = |connection, at, event| Entry { connection, at, event };
    let frame = |direction, bytes: &'static [u8]| Event::Frame { direction, bytes: bytes.into() };
    let none = |direction, bytes: &'static [u8]| Event::NoFrame { direction, bytes: bytes.into(), why: None };
    let why = Some(crate::workbench::tap::frames::NoFrames::BadLength);
    vec![
        entry(1, -5, Event::Opened),
        entry(2, 2, Event::Opened),
        entry(2, 2, frame(ToFunction, b"\x00")),
        entry(2, 2, frame(ToFunction, b"\x01x")),
        entry(1, 3, frame(ToKapacitor, b"\x02AB")),
        entry(1, 4, frame(ToFunction, b"\x03abc")),
        entry(2, i64::MAX, Event::NoFrame { direction: ToKapacitor, bytes: vec![0xff; 11].into(), why }),
        entry(2, i64::MAX, none(ToKapacitor, b"more")),
        entry(1, 5, none(ToFunction, b"\x09y")),
        entry(1, 5, Event::Ended { direction: ToFunction }),
        entry(1, 6, none(ToKapacitor, b"\x01")),
        entry(1, 6, Event::Closed),
        entry(2, 7, Event::Closed),
    ]
}

/// The file, and where its entries end.
fn file() -> (Vec<u8>, Vec<usize>) {
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file).unwrap();
    let mut ends = vec![usize::try_from(writer.written()).unwrap()];
    for record in records() {
        writer.write(&record).unwrap();
        writer.flush().unwrap();
        ends.push(usize::try_from(writer.written()).unwrap());
    }
    (file, ends)
}

#[test]
fn what_is_written_is_read_back_as_frames() {
    let (file, _) = file();
    let mut reader = Reader::new(&file[..]).unwrap();
    let read: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(read, entries());
    assert_eq!(reader.cut(), None);
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole() {
    let (file, ends) = file();
    for cut in ends[0]..=file.len() {
        let mut reader = Reader::new(&file[..cut]).unwrap();
        let read: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
        assert!(entries().starts_with(&read), "cut at {cut}");
        let last = ends.iter().copied().rfind(|&end| end <= cut).unwrap();
        assert_eq!(reader.cut(), (last < cut).then_some(last as u64), "cut at {cut}");
    }
}

#[test]
fn a_damaged_file_is_refused_where_it_is_damaged() {
    let (file, ends) = file();
    for at in ends[0]..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x40;
        let mut reader = Reader::new(&damaged[..]).unwrap();
        let read: Vec<_> = reader.by_ref().collect();
        let start = ends.iter().copied().rfind(|&end| end <= at).unwrap() as u64;
        match read.last() {
            Some(Err(RecordingError::Damaged { offset, .. })) => {
                assert_eq!(*offset, start, "damaged at {at}");
            }
            // A length that is larger than before reaches beyond the end.
            other => assert_eq!(reader.cut(), Some(start), "damaged at {at}: {other:?}"),
        }
    }
}

#[test]
fn what_is_no_recording_is_refused() {
    for (header, words) in [
        (&b""[..], "this is no recording: it does not begin with the line"),
        (b"cpu,host=a f=1 10\ncpu,host=a f=2 20\n", "this is no recording"),
        (b"kapacitor-udfd recording ", "this is no recording"),
        (
            b"kapacitor-udfd recording 2\n",
            "this recording is of version 2, and this kapacitor-udfd reads version 1",
        ),
    ] {
        let error = Reader::new(header).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn large_pieces_are_split_and_a_frame_of_many_is_one_again() {
    let mut message = vec![0x80, 0x80, 0xc0, 0x01];
    message.resize(4 + (3 << 20), 7);
    let mut file = Vec::new();
    let mut writer = Writer::new(&mut file).unwrap();
    writer.write(&record(1, 1, What::Bytes(ToKapacitor, &message))).unwrap();
    writer.flush().unwrap();
    let read: Vec<_> = Reader::new(&file[..]).unwrap().map(Result::unwrap).collect();
    let [Entry { event: Event::Frame { bytes, .. }, .. }] = &read[..] else { panic!("{}", read.len()) };
    assert_eq!(bytes, &message);
}

#[test]
fn a_recording_is_the_owners_alone_and_never_overwritten() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("udf.rec");
    let mut writer = Writer::create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    writer.write(&record(1, 1, What::Opened)).unwrap();
    drop(writer);
    let error = Writer::create(&path).err().unwrap().to_string();
    assert!(error.contains("udf.rec exists already; give another name"), "{error}");
    let error = Writer::create(&dir.path().join("no/such")).err().unwrap().to_string();
    assert!(error.contains("cannot create the recording"), "{error}");
}

#[test]
fn conversations_are_told_apart() {
    let frame = |message| proto::Request { message: Some(message) }.encode_length_delimited_to_vec();
    let init =
        proto::InitRequest { task_id: "cpu_alert".into(), node_id: "mirror2".into(), ..Default::default() };
    let point = || frame(request::Message::Point(proto::Point { time: 1, ..Default::default() }));
    let info = frame(request::Message::Info(proto::InfoRequest {}));
    let restore = frame(request::Message::Restore(proto::RestoreRequest { snapshot: vec![1] }));
    let asked = [frame(request::Message::Init(init.clone())), restore, point(), point()].concat();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("udf.rec");
    let mut writer = Writer::create(&path).unwrap();
    for what in [
        record(1, 1, What::Opened),
        record(1, 1, What::Bytes(ToFunction, &info)),
        record(1, 2, What::Closed),
        record(2, 3, What::Opened),
        record(2, 4, What::Bytes(ToFunction, &asked)),
        record(2, 5, What::Bytes(ToKapacitor, &point())),
        record(2, 6, What::Bytes(ToKapacitor, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
    ] {
        writer.write(&what).unwrap();
    }
    writer.flush().unwrap();
    let found = conversations(&path).unwrap();
    let [first, second] = &found.conversations[..] else { panic!("{found:?}") };
    assert_eq!((first.connection, first.init.as_ref(), first.points), (1, None, 0));
    assert_eq!((first.opened, first.restored, found.cut), (1, false, None));
    assert_eq!((second.connection, second.init.as_ref()), (2, Some(&init)));
    assert_eq!((second.opened, second.points, second.restored), (3, 2, true));
}
