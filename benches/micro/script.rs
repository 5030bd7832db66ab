//! What scripts add to a point, from bytes to bytes.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use kapacitor_udfd::aggregate::Aggregate;
use kapacitor_udfd::aggregate::options::Function;

use super::gather::{IDS, POINTS, STEP, call, points, take};
use super::{agent_of, string};

pub(crate) fn scripts(criterion: &mut Criterion) {
    let bytes = points(IDS, |number| number * STEP);
    let aggregate = |more: Vec<_>| [vec![call("taskId", [string("id")])], more].concat();
    let code = |text: &str| call("code", [string(text)]);
    let end_when = |text: &str| call("endWhen", [string(text)]);
    let sum = || vec![call("sum", [string("amount"), string("total")]), call("count", [string("count")])];
    let totals = "map.total += event.amount; map.count += 1";
    let cases = [
        ("sum and count", Function::STREAM, aggregate(sum())),
        ("sum and count, by code", Function::STREAM, aggregate(vec![code(totals)])),
        (
            "sum and count, and a plain endWhen",
            Function::STREAM,
            aggregate([sum(), vec![end_when("event.path == \"/end\"")]].concat()),
        ),
        (
            "sum and count, and an endWhen for the engine",
            Function::STREAM,
            aggregate([sum(), vec![end_when("event.path.ends_with(\"/end\")")]].concat()),
        ),
        ("a field set, by @script()", Function::Script, vec![code("event.slow = event.millis > 10.0")]),
        ("nothing, by @script()", Function::Script, vec![code("()")]),
    ];
    let mut group = criterion.benchmark_group("30,000 points of 1,000 tasks, with scripts");
    group.throughput(Throughput::Elements(POINTS.unsigned_abs()));
    for (name, function, options) in cases {
        group.bench_function(name, |b| {
            b.iter_batched(
                || agent_of(Box::new(Aggregate::new(function)), options.clone()),
                |mut agent| {
                    take(&mut agent, black_box(&bytes));
                    agent
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}
