//! What a call takes. Run by hand, in release: `cargo test --release --lib script::tests::speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use super::*;

fn measured(name: &str, mut call: impl FnMut()) {
    const CALLS: u32 = 5_000;
    let mut best = f64::MAX;
    for _ in 0..200 {
        let started = Instant::now();
        for _ in 0..CALLS {
            call();
        }
        best = best.min(started.elapsed().as_secs_f64() / f64::from(CALLS) * 1e9);
    }
    std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{name}: {best:.0} ns\n")).unwrap();
}

#[test]
#[ignore = "a measurement"]
fn of_calls() {
    let cases = [
        ("nothing", "()"),
        ("an int", "map.count += 1"),
        ("the bar", "map.total += event.amount; map.count += 1"),
        ("three entries", "map.total += event.amount; map.count += 1; map.last = event.path"),
        ("a push", "if task.count == 1 { map.l = [] } map.l.push(1); map.l.pop()"),
        ("an edit", "event.slow = event.amount > 1.0"),
    ];
    for (name, code) in cases {
        let mut node = Node::new(Part::Code, code);
        let body = node.point.encode_to_vec();
        let point = node.point.clone();
        let names = node.scripts.event_names().to_vec();
        node.scripts.call().task.count = 1;
        let mut state = State::default();
        measured(name, || {
            let found = names.iter().map(|name| find(&point, name));
            let call = node.scripts.call();
            call.clear();
            call.event.fill(Some(b"requests"), 1, &body, found);
            call.state = std::mem::take(&mut state);
            assert!(node.scripts.run(Part::Code, 1).is_ok());
            state = std::mem::take(&mut node.scripts.call().state);
        });
        let mut node = Node::new(Part::Code, code);
        measured(&format!("{name}, filled only"), || {
            let found = names.iter().map(|name| find(&point, name));
            let call = node.scripts.call();
            call.clear();
            call.event.fill(Some(b"requests"), 1, black_box(&body), found);
        });
    }
}
