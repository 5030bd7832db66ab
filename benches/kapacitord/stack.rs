//! One kapacitord that knows all contenders, and a disabled task for each: what gets a replay.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde_json::json;
use tempfile::TempDir;
use toml::Value;

use crate::contender::{self, Contender};
use crate::kapacitord::Kapacitord;
use crate::peer::Peer;
use crate::recording::SOURCE;

/// A kapacitord that loses a function may crash, so it goes first: the fields are in the order in which
/// they are dropped.
pub(crate) struct Stack {
    pub(crate) kapacitord: Kapacitord,
    pub(crate) contenders: Vec<Contender>,
    _dir: TempDir,
}

impl Stack {
    pub(crate) fn start(peers: &[Peer]) -> anyhow::Result<Self> {
        let dir = TempDir::new()?;
        let contenders = contender::all(dir.path(), peers)?;
        let mut kapacitord = Kapacitord::spawn(dir.path(), &udf_section(&contenders), "60s");
        kapacitord.wait_until_ready();
        for contender in &contenders {
            let task = json!({ "script": contender.script(SOURCE), "status": "disabled" });
            let defined = kapacitord.try_define(&contender.task, task);
            defined.map_err(|error| anyhow!("{}: {error}", contender.name))?;
        }
        Ok(Self { kapacitord, contenders, _dir: dir })
    }
}

fn udf_section(contenders: &[Contender]) -> String {
    let mut section = "[udf]\n".to_owned();
    for Contender { task, function, .. } in contenders {
        let Some(function) = function else { continue };
        let socket = Value::from(function.socket.to_string_lossy().into_owned());
        // Writing to a String cannot fail.
        let _ = writeln!(section, "[udf.functions.{task}]\nsocket = {socket}\ntimeout = \"10s\"");
    }
    section
}
