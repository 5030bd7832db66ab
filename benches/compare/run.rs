//! What the client reports of one run, as far as it is compared.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    pub(crate) points_per_s: f64,
    sent: Points,
    received: Points,
    server: Option<Server>,
}

#[derive(Debug, Deserialize)]
struct Points {
    points: u64,
}

#[derive(Debug, Deserialize)]
struct Server {
    cpu_ns_per_point: Option<f64>,
}

impl Run {
    pub(crate) fn cpu_ns_per_point(&self) -> Option<f64> {
        self.server.as_ref()?.cpu_ns_per_point
    }

    /// Points that never came back.
    pub(crate) fn lost(&self) -> u64 {
        self.sent.points.saturating_sub(self.received.points)
    }

    /// How many points that much time would do for.
    pub(crate) fn points_in(&self, seconds: f64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, roughly")]
        let points = (self.points_per_s * seconds) as u64;
        points
    }
}
