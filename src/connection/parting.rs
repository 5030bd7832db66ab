//! What a handler sends when the stream has ended. It is used by a replay, whose end this is too. But a task
//! that is disabled ends its stream as well, and a kapacitord that forwards data then may end itself (`send on
//! closed channel`): of 423 disables with something to send at the end, 46 did that to Kapacitor 1.5.7. With what is
//! done here it was none of 480.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::handler::UnixNanos;
use crate::proto::KeepaliveResponse;
use crate::wire::response;

/// How many responses go before the first data. Where a task has been given up, kapacitord tosses a coin for each
/// response whether to look at it or to notice; this often it is bound to notice. To any other they are nothing.
const COVERS: usize = 64;

/// How long the connection stays open behind the last data, so that they are on their way through the task when
/// kapacitord sees the end.
pub(super) const SETTLE: Duration = Duration::from_millis(30);

/// What goes before the first data.
pub(super) fn covers(now: UnixNanos) -> Bytes {
    let mut covers = BytesMut::new();
    for _ in 0..COVERS {
        response::write(&KeepaliveResponse { time: now }, &mut covers);
    }
    covers.freeze()
}
