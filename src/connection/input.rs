//! The read buffer. It grows with what is received, never with what is announced, and shrinks
//! again, so that idle connections hold little.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

const SMALLEST_READ: usize = 8 << 10;
/// As much as makes the system call not show; see the outbox for what was measured.
const LARGEST_READ: usize = 128 << 10;
/// So many small reads in a row make the buffer smaller.
const SMALL_READS: u32 = 64;

#[derive(Debug)]
pub(super) struct Input {
    buffer: BytesMut,
    /// How much of the buffer has been worked off.
    taken: usize,
    /// How much to read at once.
    read_size: usize,
    small_reads: u32,
}

impl Input {
    pub(super) fn new() -> Self {
        Self { buffer: BytesMut::new(), taken: 0, read_size: SMALLEST_READ, small_reads: 0 }
    }

    /// What is still to be worked off.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken += bytes;
    }

    /// Reads what is there, at least one byte; 0 at the end of the stream. Cancel safe.
    pub(super) async fn read(&mut self, socket: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        self.make_room();
        let bytes = socket.read_buf(&mut self.buffer).await?;
        self.adapt(bytes);
        Ok(bytes)
    }

    fn make_room(&mut self) {
        self.buffer.advance(self.taken);
        self.taken = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 2 * self.read_size {
            self.buffer = BytesMut::new();
        }
        if self.buffer.capacity() - self.buffer.len() < self.read_size {
            self.buffer.reserve(self.read_size);
        }
    }

    fn adapt(&mut self, bytes: usize) {
        if bytes >= self.read_size {
            self.read_size = (self.read_size * 2).min(LARGEST_READ);
        }
        let small = bytes < self.read_size / 16 && self.read_size > SMALLEST_READ;
        self.small_reads = if small { self.small_reads + 1 } else { 0 };
        if self.small_reads == SMALL_READS {
            self.read_size /= 2;
            self.small_reads = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_is_held_follows_what_comes() {
        let (mut peer, mut socket) = tokio::io::duplex(1 << 20);
        let mut input = Input::new();
        // A frame of 200 MiB is announced, and a kilobyte of it comes.
        peer.write_all(&[0x80, 0x80, 0x80, 0x64]).await.unwrap();
        peer.write_all(&[0; 1000]).await.unwrap();
        assert_eq!(input.read(&mut socket).await.unwrap(), 1004);
        assert!(input.buffer.capacity() <= 2 * SMALLEST_READ, "{}", input.buffer.capacity());
        // Large reads make it large, and small ones small again.
        for _ in 0..8 {
            peer.write_all(&vec![0; 1 << 20]).await.unwrap();
            let mut left = 1 << 20;
            while left > 0 {
                left -= input.read(&mut socket).await.unwrap();
                input.take(input.rest().len());
            }
        }
        assert_eq!(input.read_size, LARGEST_READ);
        for _ in 0..6 * SMALL_READS {
            peer.write_all(&[0]).await.unwrap();
            input.read(&mut socket).await.unwrap();
            input.take(1);
        }
        assert_eq!(input.read_size, SMALLEST_READ);
        assert!(input.buffer.capacity() <= 2 * SMALLEST_READ, "{}", input.buffer.capacity());
    }
}
