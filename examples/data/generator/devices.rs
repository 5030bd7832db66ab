//! `devices.lp`: pumps that report every half minute. One falls silent for good, one for a while.

use super::random::Random;
use super::{Coming, HOUR, MINUTE, SECOND, START, in_order, quarters};

const DEVICES: i64 = 12;

/// Of each device, if it is never silent.
const REPORTS: i64 = 416;
const EVERY: i64 = 30 * SECOND;

/// A report is never as late as this; who has been silent for longer is silent.
pub(crate) const JITTER: i64 = 3 * SECOND;

/// A device that is silent from one moment to another.
pub(crate) struct Silence {
    pub(crate) device: &'static str,
    pub(crate) from: i64,
    to: i64,
}

/// Those that there are, in the order in which they begin.
pub(crate) const SILENCES: [Silence; 2] = [
    Silence { device: "pump04", from: START + HOUR, to: START + HOUR + 24 * MINUTE },
    Silence { device: "pump07", from: START + 2 * HOUR + 12 * MINUTE, to: i64::MAX },
];

pub(super) fn text() -> String {
    let mut random = Random::new(4);
    let devices = (1..=DEVICES).map(|n| format!("pump{n:02}"));
    in_order(devices.flat_map(|device| reports(&device, &mut random)).collect())
}

fn reports(device: &str, random: &mut Random) -> Vec<Coming> {
    let silence = SILENCES.iter().find(|silence| silence.device == device);
    let phase = START + random.between(0, EVERY);
    // The one that stops does so with an empty battery.
    let stops = silence.filter(|silence| silence.to == i64::MAX).map(|silence| silence.from);
    let full = random.between(60, 95);
    let mut temperature = random.between(140, 200);
    let mut lines = vec![];
    for n in 0..REPORTS {
        let time = phase + n * EVERY + random.between(0, JITTER);
        if silence.is_some_and(|silence| (silence.from..silence.to).contains(&time)) {
            continue;
        }
        temperature += random.between(-2, 2);
        let battery = stops.map_or(full - (time - START) / HOUR, |stop| 1 + (stop - time) / (2 * MINUTE));
        let fields = format!("temperature={},battery={battery}i", quarters(temperature));
        lines.push((time, format!("devices,device={device} {fields} {time}")));
    }
    lines
}
