//! Points that are set aside, in a snapshot.

use std::collections::HashMap;

use super::shared::known;
use super::{Restored, task};
use crate::aggregate::ending::Reason;
use crate::aggregate::node::Node;
use crate::aggregate::set_aside::{Aside, Finished, SetAside};
use crate::handler::UnixNanos;
use crate::pack::{self, Damaged, Reader};
use crate::script::Keys;
use crate::wire::entry::Entries;

impl Node {
    pub(super) fn read_set_aside(
        &self,
        now: UnixNanos,
        (groups, origins): (&HashMap<u64, u32>, &HashMap<u64, u32>),
        into: &mut Restored<'_>,
        from: &mut Reader<'_>,
    ) -> Result<(), Damaged> {
        let count = from.u64()?;
        from.check(count > 0)?;
        for _ in 0..count {
            let (group, origin) = (known(groups, from)?, known(origins, from)?);
            let task = self.read_task(now, group, origin, into.taken, from)?;
            let word = from.bytes()?;
            let reason = Reason::ALL.into_iter().find(|reason| reason.word().as_bytes() == word);
            let reason = reason.ok_or(from.damaged())?;
            let time = from.i64()?;
            // No clock that was set back keeps it for longer.
            let due = into
                .taken
                .saturating_add(from.i64()?)
                .min(now.saturating_add(self.settings.retry_interval()));
            let left = from.u64()?;
            let body = from.bytes()?.to_vec();
            from.check(Entries::new(&body).all(|entry| entry.is_ok()))?;
            into.groups.opened(group);
            into.origins.hold(origin);
            let finished = Finished { task, reason, time, is_late: true, body };
            into.set_aside.push(Aside { finished, due, left });
        }
        Ok(())
    }
}

/// `kind`: see [`task::write`].
pub(super) fn write(now: UnixNanos, set_aside: &SetAside, kind: (usize, &Keys), out: &mut Vec<u8>) {
    pack::write_usize(out, set_aside.len());
    for Aside { finished, due, left } in set_aside.iter() {
        let Finished { task, reason, time, body, .. } = finished;
        task::write(now, task, kind, out);
        pack::write_bytes(out, reason.word().as_bytes());
        pack::write_i64(out, *time);
        pack::write_i64(out, due.saturating_sub(now));
        pack::write_u64(out, *left);
        pack::write_bytes(out, body);
    }
}
