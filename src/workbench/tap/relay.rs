//! One connection: bytes from Kapacitor go to the function and back, unchanged, at the pace of who takes them. What
//! one end does to its side, the other end sees as if it were done to its own.

use std::io;
use std::net::Shutdown;

use socket2::SockRef;
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::recording::Direction;
use super::watch::{Watch, WatchedWay};

/// What one read takes at most, and is on its way at once.
const PIECE: usize = 64 << 10;

/// Passes on what comes until both ends have ended. From `stopping` on Kapacitor is not read from any more than what
/// it has sent: the function sees an end, says its last, and that still goes on.
pub(super) async fn relay(
    kapacitor: UnixStream,
    function: UnixStream,
    watch: &Watch,
    stopping: CancellationToken,
) {
    let (mut there, mut back) = (watch.way(Direction::ToFunction), watch.way(Direction::ToKapacitor));
    // In one task, so that an answer is never seen before its question.
    let both = async {
        tokio::join!(pump(&kapacitor, &function, &mut there), pump(&function, &kapacitor, &mut back))
    };
    let stop = async {
        stopping.cancelled().await;
        shut(&kapacitor, Shutdown::Read);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = both => {}
        () = stop => {}
    }
}

/// One direction, until it ends at either side.
async fn pump(from: &UnixStream, to: &UnixStream, way: &mut WatchedWay) {
    let mut piece = vec![0; PIECE];
    // A reset is an end too: it says that `from` has not read all it was sent, which is no news to `to`.
    while let Ok(length @ 1..) = read(from, &mut piece).await {
        let bytes = piece.get(..length).unwrap_or_default();
        // First, so that it is seen before what it brings about. It takes microseconds and waits for nobody.
        way.see(bytes);
        if write_all(to, bytes).await.is_err() {
            way.end();
            // `to` is gone: who writes to it is to be told, as it would be without us.
            return shut(from, Shutdown::Read);
        }
    }
    way.end();
    shut(to, if is_gone(from) { Shutdown::Both } else { Shutdown::Write });
}

async fn read(from: &UnixStream, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(piece) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

async fn write_all(to: &UnixStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether a peer that has ended its side does not read either. Sending nothing tells, unless we have ended ours.
fn is_gone(peer: &UnixStream) -> bool {
    matches!(SockRef::from(peer).send(&[]), Err(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

fn shut(end: &UnixStream, how: Shutdown) {
    // What is shut already stays so.
    let _ = SockRef::from(end).shutdown(how);
}
