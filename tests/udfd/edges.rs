//! Between which edges a function of the configuration stands.

use kapacitor_udfd::edge::Edge;

use super::config::{function, parse, refused};

#[test]
fn one_edge_brings_the_other() {
    let config = parse("[functions.mirror]\nwants = \"batch\"\n").unwrap();
    let mirror = function(&config, "mirror");
    assert_eq!((mirror.wants, mirror.provides), (Edge::Batch, Edge::Batch));
}

#[test]
fn an_edge_stays_where_the_handler_takes_it() {
    let (stream, batch) = (Edge::Stream, Edge::Batch);
    let edges = |file: &str, name| {
        let config = parse(&format!("[functions.{name}]\n{file}\n")).unwrap();
        let function = function(&config, name);
        (function.wants, function.provides)
    };
    assert_eq!(edges("wants = \"batch\"", "aggregate"), (batch, stream));
    assert_eq!(edges("provides = \"batch\"", "aggregate"), (stream, batch));
    assert_eq!(edges("wants = \"batch\"", "aggregateBatch"), (batch, batch));
    assert_eq!(edges("provides = \"stream\"", "aggregateBatch"), (batch, stream));
    assert_eq!(edges("provides = \"stream\"", "mirrorBatch"), (stream, stream));
    assert_eq!(edges("handler = \"session\"", "aggregateBatch"), (stream, batch));
    assert_eq!(edges("handler = \"aggregate\"", "session"), (stream, stream));
    assert_eq!(edges("handler = \"aggregate\"\nwants = \"batch\"", "session"), (batch, stream));
    assert_eq!(edges("handler = \"mirror\"\nwants = \"batch\"", "session"), (batch, batch));
    assert_eq!(edges("handler = \"aggregate\"", "own"), (stream, stream));
    assert_eq!(edges("handler = \"aggregate\"\nwants = \"batch\"", "own"), (batch, stream));
    assert_eq!(edges("handler = \"session\"", "own"), (stream, batch));
    assert_eq!(edges("handler = \"script\"", "own"), (stream, stream));
    assert_eq!(edges("handler = \"script\"", "session"), (stream, stream));
    assert_eq!(edges("handler = \"script\"", "mirrorBatch"), (stream, stream));
    assert_eq!(edges("handler = \"mirror\"\nprovides = \"batch\"", "own"), (batch, batch));
}

/// Between any edges, each function of its own.
#[test]
fn aggregate_stands_between_any_edges() {
    for (wants, provides) in
        [("stream", "stream"), ("stream", "batch"), ("batch", "stream"), ("batch", "batch")]
    {
        let file = format!("handler = \"aggregate\"\nwants = \"{wants}\"\nprovides = \"{provides}\"");
        let config = parse(&format!("[functions.own]\n{file}\n")).unwrap();
        let own = function(&config, "own");
        assert_eq!(
            (own.wants.to_string(), own.provides.to_string()),
            (wants.to_owned(), provides.to_owned())
        );
    }
}

#[test]
fn edges_the_handler_does_not_take_are_refused() {
    let unequal = "[functions.mirror]\nwants = \"stream\"\nprovides = \"batch\"\n";
    refused(
        unequal,
        &["`mirror`", "stream -> batch", "stream -> stream or batch -> batch", ":3:12", "^^^^^^^"],
    );
    refused(
        "[functions.session]\nwants = \"batch\"\n",
        &["`session`: handler session cannot serve batch -> any; accepted is stream -> batch", ":2:9"],
    );
    refused(
        "[functions.script]\nprovides = \"batch\"\n",
        &["`script`: handler script cannot serve any -> batch; accepted is stream -> stream", ":2:12"],
    );
}
