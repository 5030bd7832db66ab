//! The figures for a reader: one line a matter.

use std::fmt::{self, Display, Formatter};

use bytesize::ByteSize;

use super::Report;
use super::parts::{LatenessReport, PerId, Spread};
use crate::figures::thousands;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.data(f)?;
        self.keepalives(f)?;
        self.state(f)?;
        self.deadlines(f)?;
        self.server(f)
    }
}

impl Report {
    fn data(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { sent, received, connections, writes, .. } = self;
        let each = sent.bytes.checked_div(sent.points).unwrap_or_default();
        let points = thousands(sent.points);
        line(
            f,
            "sent",
            format_args!("{points} points, {each} bytes each; connections {connections}, writes {writes}"),
        )?;
        line(
            f,
            "received",
            format_args!("{} points, {}", thousands(received.points), ByteSize(received.bytes)),
        )?;
        if let Some(gathered) = &self.gathered {
            let counted = gathered.counted.map(|sum| format!(", accounting for {} points", signed(sum)));
            let counted = counted.unwrap_or_default();
            line(f, "ids", format_args!("{} sent{counted}", thousands(gathered.ids)))?;
        }
        if sent.batches + received.batches > 0 {
            let (sent, received) = (thousands(sent.batches), thousands(received.batches));
            line(f, "batches", format_args!("{sent} sent, {received} received"))?;
        }
        if !self.ok {
            let (missing, twice) = (thousands(received.missing), thousands(received.twice));
            let (disordered, foreign) = (thousands(received.out_of_order), thousands(received.foreign));
            let wrong = format_args!(
                "{missing} missing, {disordered} out of order, {twice} twice, {foreign} not sent"
            );
            line(f, "wrong", wrong)?;
        }
        if sent.points > 0 {
            let rate = thousands(whole(self.points_per_s));
            line(f, "throughput", format_args!("{rate} points/s over {:.3} s", self.seconds))?;
        }
        Ok(())
    }

    fn keepalives(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let keepalives = &self.keepalives;
        let (sent, answered, unrequested) = (keepalives.sent, keepalives.answered, keepalives.unrequested);
        line(f, "keepalives", format_args!("{sent} sent, {answered} answered, {unrequested} unrequested"))?;
        match &keepalives.round_trip_ms {
            Some(spread) => line(f, "round trip", format_args!("{spread}")),
            None => Ok(()),
        }
    }

    fn state(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(snapshots) = &self.snapshots {
            let size = ByteSize(snapshots.bytes as u64);
            let (taken, slowest) = (snapshots.taken, snapshots.slowest_ms);
            let silence = snapshots.longest_silence_ms;
            let words = format_args!(
                "{taken}, together {size}, slowest {slowest:.3} ms, longest silence {silence:.3} ms"
            );
            line(f, "snapshots", words)?;
        }
        if let Some(restores) = &self.restores {
            let points = thousands(restores.points);
            let (done, slowest) = (restores.done, restores.slowest_ms);
            let silence = restores.longest_silence_ms;
            let words = format_args!(
                "{done}, slowest {slowest:.3} ms, longest silence {silence:.3} ms, {points} points after them"
            );
            line(f, "restores", words)?;
        }
        Ok(())
    }

    fn deadlines(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(deadlines) = &self.deadlines else { return Ok(()) };
        line(f, "lateness", format_args!("after the last send: {}", deadlines.after_last_send))?;
        line(f, "", format_args!("after the own send: {}", deadlines.after_own_send))?;
        let (during, end) = (thousands(deadlines.during_data), thousands(deadlines.at_end));
        let left = format_args!(
            "left out: {end} points after the half-close, of the first figure {during} during the data"
        );
        line(f, "", left)?;
        let Some(all_out) = deadlines.all_out_ms else { return Ok(()) };
        line(f, "all out", format_args!("{all_out:.3} ms after the first was due"))?;
        match &deadlines.keepalive_round_trip_ms {
            Some(spread) => line(f, "", format_args!("round trip of keepalives sent since: {spread}")),
            None => Ok(()),
        }
    }

    fn server(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(client) = self.client_cpu_ns_per_point {
            line(f, "client", format_args!("{client:.0} ns CPU a point"))?;
        }
        let Some(server) = &self.server else { return Ok(()) };
        if let Some((each, all)) = server.cpu_ns_per_point.zip(server.cpu_ms) {
            line(f, "server", format_args!("{each:.0} ns CPU a point, {all:.0} ms in all"))?;
        }
        let [before, after, peak] = [server.rss_before, server.rss_after, server.rss_peak].map(ByteSize);
        let size = |bytes: Option<u64>, when| bytes.map(|bytes| format!("{} {when}, ", ByteSize(bytes)));
        let loaded = size(server.rss_loaded, "with all data worked off").unwrap_or_default();
        let open = size(server.rss_open, "before the half-close").unwrap_or_default();
        line(f, "memory", format_args!("{before} before, {loaded}{open}{after} after, {peak} peak"))?;
        match &server.rss_per_id {
            Some(PerId { all, grown }) => line(
                f,
                "",
                format_args!("with all data worked off {all:.1} bytes an id, {grown:.1} of them new"),
            ),
            None => Ok(()),
        }
    }
}

impl Display for Spread {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms", self.p50, self.p99, self.max)
    }
}

impl Display for LatenessReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} points", thousands(self.points))?;
        if let Some(late) = &self.late_ms {
            write!(f, ", {late}")?;
        }
        if self.early > 0 {
            write!(f, ", {} early by up to {:.3} ms", thousands(self.early), self.earliest_ms)?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, name: &str, text: fmt::Arguments<'_>) -> fmt::Result {
    writeln!(f, "{name:<12}{text}")
}

fn signed(number: i64) -> String {
    format!("{}{}", if number < 0 { "-" } else { "" }, thousands(number.unsigned_abs()))
}

fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate, rounded to be shown"
    )]
    let whole = number.round() as u64;
    whole
}
