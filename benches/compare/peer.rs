//! A server to compare with, as it is named on the command line.

use std::path::PathBuf;
use std::str::FromStr;

/// A server that somebody else has started.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) socket: PathBuf,
    /// Without it its CPU time stays unknown.
    pub(crate) pid: Option<u32>,
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, rest) = text.split_once('=').ok_or("give NAME=SOCKET or NAME=SOCKET,PID")?;
        let (socket, pid) = match rest.rsplit_once(',') {
            Some((socket, pid)) => {
                (socket, Some(pid.parse().map_err(|error| format!("{pid:?} as a PID: {error}"))?))
            }
            None => (rest, None),
        };
        Ok(Self { name: name.to_owned(), socket: socket.into(), pid })
    }
}
