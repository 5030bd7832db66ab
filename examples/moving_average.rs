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
    OptionSpec::new("field", &[("name", ValueType::String)], "The field to average."),
    OptionSpec::new("size", &[("points", ValueType::Int)], "Over how many points."),
    OptionSpec::new("as", &[("name", ValueType::String)], "The field of the result."),
];

/// Each point costs a walk over its window, and a stalled function stalls the whole of kapacitord.
const MAX_SIZE: i64 = 10_000;

#[derive(Default)]
struct MovingAverage {
    field: String,
    size: usize,
    result: String,
    /// The last values of each of Kapacitor's groups, all finite. Groups stay for ever: where there is no end
    /// of them, forget those that have been silent, in `on_deadline`.
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
                ("size", &[Argument::Int(points)]) => self.size = size(points)?,
                (option, _) => return Err(format!("option {option} is declared, but means nothing").into()),
            }
        }
        for (option, missing) in
            [("field", self.field.is_empty()), ("size", self.size == 0), ("as", self.result.is_empty())]
        {
            if missing {
                return Err(format!("must supply {option}").into());
            }
        }
        Ok(())
    }

    fn point(&mut self, _: UnixNanos, point: PointView<'_>, out: &mut Outbox) -> Result<(), HandlerError> {
        // A point without the field, or with something else in it, is no reason to stop the task. Nor is NaN,
        // but it would stay in the average for as long as the window is, and JSON has no word for it.
        let Ok(Some(FieldValue::Double(value))) = point.field(&self.field) else { return Ok(()) };
        if !value.is_finite() {
            return Ok(());
        }
        if !self.windows.contains_key(point.group()) {
            self.windows.insert(point.group().to_vec(), VecDeque::new());
        }
        let Some(window) = self.windows.get_mut(point.group()) else { return Ok(()) };
        // More than one at a time when the snapshot was taken with a larger size.
        while window.len() >= self.size {
            window.pop_front();
        }
        window.push_back(value);
        // A patch is made for values that stay the same; this one is another for each point.
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
        let windows: Vec<_> = serde_json::from_slice(snapshot).unwrap_or_else(|error| {
            tracing::warn!(%error, "the snapshot can't be read: starting empty");
            Vec::new()
        });
        self.windows = windows.into_iter().collect();
        Ok(())
    }
}

fn size(points: i64) -> Result<usize, HandlerError> {
    if !(1..=MAX_SIZE).contains(&points) {
        return Err(format!("option size: points is {points}; accepted is 1 to {MAX_SIZE}").into());
    }
    Ok(usize::try_from(points)?)
}

/// Divided before it is summed, since the sum of finite values may not be finite.
fn mean(window: &VecDeque<f64>) -> f64 {
    let count = u32::try_from(window.len()).map_or(f64::INFINITY, f64::from);
    window.iter().map(|value| value / count).sum()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: moving_average SOCKET")?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    install_panic_hook();
    let config = SocketConfig { path: path.into(), mode: 0o660, group: None, allowed_uids: None };
    let (listener, file) = socket::bind(&config)?.into_parts();
    let function = Function::new("movingAverage", |_| MovingAverage::default());
    let server = Server::new(Limits::default()).function(function, UnixListener::from_std(listener)?);
    server
        .run(async move {
            let _ = tokio::signal::ctrl_c().await;
            // Now that no more is accepted, the socket's file is removed.
            drop(file);
        })
        .await;
    Ok(())
}

/// A handler can be tried without a socket: an [`Agent`](kapacitor_udfd::agent::Agent) takes the bytes
/// Kapacitor would send, and gives those that it would get.
#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kapacitor_udfd::agent::{Agent, Step};
    use kapacitor_udfd::proto::option_value::Value;
    use kapacitor_udfd::proto::{self, Request, Response, request, response};
    use kapacitor_udfd::wire::frame;
    use prost::Message;

    use super::*;

    struct Conversation(Agent);

    impl Conversation {
        fn new() -> Self {
            let make = || Box::new(MovingAverage::default()) as Box<dyn Handler>;
            Self(Agent::new(make, Arc::new(Limits::default())).unwrap())
        }

        /// One that has begun with this size.
        fn of_size(size: i64) -> Self {
            let mut conversation = Self::new();
            assert_eq!(conversation.init(&all_options(size)), "");
            conversation
        }

        /// What Init is refused with; nothing if it is not.
        fn init(&mut self, options: &[(&str, Value)]) -> String {
            let options = options.iter().map(|(name, value)| proto::Option {
                name: (*name).to_owned(),
                values: vec![proto::OptionValue {
                    value: Some(value.clone()),
                    ..proto::OptionValue::default()
                }],
            });
            let init = InitRequest { options: options.collect(), ..InitRequest::default() };
            match self.ask(request::Message::Init(init)) {
                Some(response::Message::Init(answer)) => answer.error,
                other => panic!("{other:?}"),
            }
        }

        /// The average that comes back with a point, if one comes back.
        fn point(&mut self, group: &str, fields: &[(&str, f64)]) -> Option<f64> {
            let fields_double = fields.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
            let point = proto::Point { group: group.to_owned(), fields_double, ..proto::Point::default() };
            match self.ask(request::Message::Point(point))? {
                response::Message::Point(point) => Some(point.fields_double["usage_avg"]),
                other => panic!("{other:?}"),
            }
        }

        fn points<const N: usize>(&mut self, group: &str, values: [f64; N]) -> [Option<f64>; N] {
            values.map(|value| self.point(group, &[("usage", value)]))
        }

        fn snapshot(&mut self) -> Vec<u8> {
            match self.ask(request::Message::Snapshot(proto::SnapshotRequest {})) {
                Some(response::Message::Snapshot(answer)) => answer.snapshot,
                other => panic!("{other:?}"),
            }
        }

        fn restore(&mut self, snapshot: Vec<u8>) {
            let restored = self.ask(request::Message::Restore(proto::RestoreRequest { snapshot }));
            let expected = proto::RestoreResponse { success: true, error: String::new() };
            assert_eq!(restored, Some(response::Message::Restore(expected)));
        }

        fn ask(&mut self, message: request::Message) -> Option<response::Message> {
            let bytes = Request { message: Some(message) }.encode_length_delimited_to_vec();
            // `step` may ask for this, for the sake of other connections; here there are none.
            let step = self.0.step_aside(0, &bytes).unwrap();
            assert!(matches!(step, Step::Took { .. }), "{step:?}");
            let answer = self.0.take_output()?;
            let frame = frame::find(&answer, usize::MAX).unwrap().unwrap();
            Response::decode(frame.message()).unwrap().message
        }
    }

    fn text(text: &str) -> Value {
        Value::StringValue(text.to_owned())
    }

    fn all_options(size: i64) -> [(&'static str, Value); 3] {
        [("field", text("usage")), ("size", Value::IntValue(size)), ("as", text("usage_avg"))]
    }

    #[test]
    fn each_group_has_its_own_average_of_the_last_points() {
        let mut conversation = Conversation::of_size(2);
        assert_eq!(conversation.points("host=a", [1.0, 3.0, 5.0]), [Some(1.0), Some(2.0), Some(4.0)]);
        assert_eq!(conversation.points("host=b", [8.0]), [Some(8.0)]);
        assert_eq!(conversation.points("host=a", [7.0]), [Some(6.0)]);
        let largest = Conversation::of_size(2).points("", [f64::MAX; 2]);
        assert_eq!(largest, [Some(f64::MAX); 2]);
    }

    #[test]
    fn what_is_no_number_is_left_out_and_leaves_the_snapshot_whole() {
        let mut conversation = Conversation::of_size(3);
        let averages = conversation.points("", [1.0, f64::NAN, f64::INFINITY, 3.0]);
        assert_eq!(averages, [Some(1.0), None, None, Some(2.0)]);
        assert_eq!(conversation.point("", &[("idle", 1.0)]), None);
        let mut restored = Conversation::of_size(3);
        restored.restore(conversation.snapshot());
        assert_eq!(restored.points("", [5.0]), [Some(3.0)]);
    }

    #[test]
    fn a_window_restored_with_a_smaller_size_shrinks() {
        let mut conversation = Conversation::of_size(5);
        conversation.points("", [1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut smaller = Conversation::of_size(2);
        smaller.restore(conversation.snapshot());
        assert_eq!(smaller.points("", [7.0, 9.0]), [Some(6.0), Some(8.0)]);
    }

    #[test]
    fn a_snapshot_that_can_t_be_read_starts_empty() {
        let mut conversation = Conversation::of_size(2);
        let mut snapshot = conversation.snapshot();
        snapshot.extend(b"no JSON");
        conversation.restore(snapshot);
        assert_eq!(conversation.points("", [1.0]), [Some(1.0)]);
    }

    #[test]
    fn options_are_refused_by_their_own_names() {
        for (options, words) in [
            (all_options(0).to_vec(), "option size: points is 0; accepted is 1 to 10000"),
            (all_options(10_001).to_vec(), "option size: points is 10001; accepted is 1 to 10000"),
            (
                vec![("field", Value::BoolValue(true))],
                "option field: name is the bool TRUE; accepted is string",
            ),
            (all_options(1)[1..].to_vec(), "must supply field"),
            (all_options(1)[..2].to_vec(), "must supply as"),
            (vec![], "must supply field"),
        ] {
            assert_eq!(Conversation::new().init(&options), words);
        }
    }
}
