//! Cuts what Kapacitor really sent (`tests/captures`) into seeds for the targets, and makes snapshots of nodes
//! with few events and many, and takes scripts that are in use.

#[path = "../../tests/udfd/laws/aggregate_snapshot.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod aggregate_snapshot;
#[path = "../../tests/udfd/laws/node.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod node;
#[path = "../../tests/udfd/laws/script.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod script;

use std::fs;
use std::path::{Path, PathBuf};

use kapacitor_udfd::proto::{self, option_value::Value, request::Message as M};
use kapacitor_udfd::wire::frame::{self, Frame};
use kapacitor_udfd::wire::request::Request;
use prost::Message;

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds { corpus: here.join("corpus"), count: 0 };
    for capture in fs::read_dir(here.join("../tests/captures"))? {
        seeds.cut(&fs::read(capture?.path())?)?;
    }
    for choice in 0..aggregate_snapshot::CHOICES {
        for events in [0, 1, 2, 5, 20, 128, 129, 300] {
            seeds.add("aggregate_snapshot", &aggregate_snapshot::seed(choice, events))?;
        }
    }
    for (text, place) in script::SEEDS.iter().zip((0..).cycle()) {
        seeds.add("script", &[&[place], text.as_bytes()].concat())?;
    }
    println!("{} seeds in {}", seeds.count, seeds.corpus.display());
    Ok(())
}

struct Seeds {
    corpus: PathBuf,
    count: usize,
}

impl Seeds {
    fn cut(&mut self, capture: &[u8]) -> std::io::Result<()> {
        self.add("requests", capture)?;
        let frames = frames(capture);
        for start in [0, frames.len() / 2] {
            let few: Vec<_> = frames.iter().skip(start).take(8).map(Frame::bytes).collect();
            self.add("requests", &few.concat())?;
        }
        for frame in frames {
            self.add("frame", frame.bytes())?;
            // Not through prost, which leaves out the sign of a -0.0.
            if let Ok(Request::Point(point)) = Request::parse(frame, &mut vec![]) {
                self.add("point_view", point.body())?;
                self.add("requests", &[&patching()[..], frame.bytes()].concat())?;
            }
        }
        Ok(())
    }

    fn add(&mut self, target: &str, bytes: &[u8]) -> std::io::Result<()> {
        let dir = self.corpus.join(target);
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(format!("seed-{:04}", self.count)), bytes)?;
        self.count += 1;
        Ok(())
    }
}

fn frames(mut stream: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = vec![];
    while let Ok(Some(frame)) = frame::find(stream, usize::MAX) {
        frames.push(frame);
        stream = &stream[frame.bytes().len()..];
    }
    frames
}

/// An Init that makes the mirror change points.
fn patching() -> Vec<u8> {
    let option = |name: &str, key: &str, value| {
        let values = [Value::StringValue(key.into()), value];
        let values = values.map(|value| proto::OptionValue { r#type: 0, value: Some(value) });
        proto::Option { name: name.into(), values: values.into() }
    };
    let options = vec![
        option("fieldInt", "value", Value::IntValue(-1)),
        option("defaultField", "load", Value::DoubleValue(0.5)),
        option("tag", "host", Value::StringValue("a".into())),
        option("defaultTag", "region", Value::StringValue("eu".into())),
    ];
    let init = proto::InitRequest { options, task_id: "t".into(), node_id: "n".into() };
    proto::Request { message: Some(M::Init(init)) }.encode_length_delimited_to_vec()
}
