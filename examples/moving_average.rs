//! A function of one's own: the moving average of a field over the last points of each group.
//!
//!     cargo run --release --example moving_average -- /tmp/movingAverage.sock
//!
//! and with `[udf.functions.movingAverage]` naming that socket in kapacitor.conf, in a TICKscript:
//!
//!     @movingAverage()
//!         .field('usage_user')
//!         .size(10)
//!         .as('usage_avg')

use std::collections::{HashMap, VecDeque};
use std::error::Error;

use kapacitor_udfd::agent::{Outbox, install_panic_hook};
use kapacitor_udfd::config::SocketConfig;
use kapacitor_udfd::edge::Edge;
use kapacitor_udfd::handler::{Handler, HandlerError, Info, UnixNanos, ValueType};
use kapacitor_udfd::limits::Limits;
use kapacitor_udfd::options::{self, Argument, OptionSpec};
use kapacitor_udfd::proto::InitRequest;
use kapacitor_udfd::server::{Function, Server};
use kapacitor_udfd::socket;
use kapacitor_udfd::wire::patch::PointPatch;
use kapacitor_udfd::wire::point::{FieldValue, PointView};
use tokio::net::UnixListener;

static OPTIONS: &[OptionSpec] = &[
    OptionSpec { name: "field", arguments: &[("name", ValueType::String)], help: "The field to average." },
    OptionSpec { name: "size", arguments: &[("points", ValueType::Int)], help: "Over how many points." },
    OptionSpec { name: "as", arguments: &[("name", ValueType::String)], help: "The field of the result." },
];

#[derive(Default)]
struct MovingAverage {
    field: String,
    size: usize,
    result: String,
    /// The last values of each of Kapacitor's groups.
    windows: HashMap<Vec<u8>, VecDeque<f64>>,
}

impl Handler for MovingAverage {
    fn info(&self) -> Info {
        options::describe(OPTIONS, Edge::Stream, Edge::Stream)
    }

    fn init(&mut self, _: UnixNanos, request: &InitRequest) -> Result<(), HandlerError> {
        for call in options::check(OPTIONS, request)? {
            match (call.spec.name, call.arguments.as_slice()) {
                ("field", [Argument::String(name)]) => self.field.clone_from(name),
                ("as", [Argument::String(name)]) => self.result.clone_from(name),
                ("size", &[Argument::Int(points @ 1..=1_000_000)]) => self.size = usize::try_from(points)?,
                (_, arguments) => {
                    return Err(format!("option size: {arguments:?}; accepted is 1 to 1000000").into());
                }
            }
        }
        if self.field.is_empty() || self.result.is_empty() || self.size == 0 {
            return Err("must supply field, size and as".into());
        }
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        // A point without the field, or with something else in it, is no reason to stop the task.
        let Ok(Some(FieldValue::Double(value))) = point.field(&self.field) else { return Ok(()) };
        if !self.windows.contains_key(point.group()) {
            self.windows.insert(point.group().to_vec(), VecDeque::with_capacity(self.size));
        }
        let Some(window) = self.windows.get_mut(point.group()) else { return Ok(()) };
        if window.len() == self.size {
            window.pop_front();
        }
        window.push_back(value);
        let mut patch = PointPatch::new();
        patch.set_field(&self.result, FieldValue::Double(mean(window)));
        Ok(out.patched(&point, &mut patch)?)
    }

    fn snapshot(&mut self, _: UnixNanos) -> Result<Vec<u8>, HandlerError> {
        let windows: Vec<_> = self.windows.iter().collect();
        Ok(serde_json::to_vec(&windows)?)
    }

    fn restore(&mut self, _: UnixNanos, snapshot: &[u8]) -> Result<(), HandlerError> {
        // A snapshot that can't be read costs the last few points; an error would cost the task.
        let windows: Vec<_> = serde_json::from_slice(snapshot).unwrap_or_default();
        self.windows = windows.into_iter().collect();
        Ok(())
    }
}

fn mean(window: &VecDeque<f64>) -> f64 {
    let count = u32::try_from(window.len()).map_or(f64::NAN, f64::from);
    window.iter().sum::<f64>() / count
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: moving_average SOCKET")?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    install_panic_hook();
    let config = SocketConfig { path: path.into(), mode: 0o660, group: None, allowed_uids: None };
    let (listener, _removed_when_dropped) = socket::bind(&config)?.into_parts();
    let function = Function::new("movingAverage", |_| MovingAverage::default());
    let server = Server::new(Limits::default()).function(function, UnixListener::from_std(listener)?);
    server
        .run(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
    Ok(())
}
