//! Files and stdin, read in pieces. While a read waits, time goes on for the node, if it goes by itself.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::rc::Rc;

use anyhow::Context;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::progress::Progress;
use super::wire::Wire;

/// What is read.
#[derive(Debug)]
enum From {
    File(File),
    Stdin(io::Stdin),
}

/// A file, or stdin, for a node.
#[derive(Debug)]
pub(super) struct Input {
    from: From,
    wire: Rc<RefCell<Wire>>,
    progress: Progress,
}

impl Input {
    /// Opens a file; `-` is stdin.
    pub(super) fn open(name: &str, wire: Rc<RefCell<Wire>>, progress: Progress) -> anyhow::Result<Self> {
        let from = if name == "-" {
            From::Stdin(io::stdin())
        } else {
            let file = File::open(name).with_context(|| format!("cannot open {name}"))?;
            let is_directory = file.metadata().is_ok_and(|metadata| metadata.is_dir());
            anyhow::ensure!(
                !is_directory,
                "cannot read {name}: it is a directory; give files of line protocol"
            );
            From::File(file)
        };
        Ok(Self { from, wire, progress })
    }

    /// Whether there is something to read, or the end, before it is time to tell the time.
    fn is_ready(&self) -> io::Result<bool> {
        let Some(tick) = self.wire.borrow().ticks() else { return Ok(true) };
        let timeout = PollTimeout::try_from(tick).unwrap_or(PollTimeout::MAX);
        let wait = |fd| poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], timeout);
        let ready = match &self.from {
            From::File(file) => wait(file.as_fd()),
            From::Stdin(stdin) => wait(stdin.as_fd()),
        };
        match ready {
            Ok(0) | Err(nix::errno::Errno::EINTR) => Ok(false),
            Ok(_) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // What came so far should not wait for what comes next.
        self.wire.borrow_mut().flush()?;
        while !self.is_ready()? {
            self.wire.borrow_mut().tick()?;
        }
        let bytes = match &mut self.from {
            From::File(file) => file.read(buffer),
            From::Stdin(stdin) => stdin.lock().read(buffer),
        }?;
        self.progress.read(bytes);
        Ok(bytes)
    }
}
