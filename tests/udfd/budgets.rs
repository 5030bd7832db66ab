//! What the configuration allows scripts, as a Kapacitor task meets it: on the daemon's sockets.

use kapacitor_udfd::proto::option_value::Value;
use kapacitor_udfd::proto::{self, OptionValue, response};

use crate::place::Place;
use crate::support::{SocketPeer, dial, init_request, initialised, point};

/// About 500 turns of three operations each.
const WORK: &str = "let turns = 0; while turns < 500 { turns += 1 } event.turns = turns";

fn option(name: &str, text: &str) -> proto::Option {
    let value = OptionValue { r#type: 0, value: Some(Value::StringValue(text.to_owned())) };
    proto::Option { name: name.to_owned(), values: vec![value] }
}

/// A node of `function` with this code, which a failure ends.
async fn node(place: &Place, function: &str, code: &str) -> SocketPeer {
    let mut peer = dial(&place.path(&format!("{function}.sock"))).await;
    peer.send(init_request(vec![option("code", code), option("onError", "stop")])).await;
    peer
}

#[tokio::test]
async fn each_function_has_a_budget_of_its_own() {
    let place = Place::configured(
        "[functions.script]\nscript_time = \"500ms\"\n[functions.few]\nhandler = \"script\"\nscript_operations = 1000\n\
         [functions.short]\nhandler = \"script\"\nscript_operations = 10_000_000\nscript_time = \"1ms\"\n",
    );
    let _daemon = place.start();

    let mut enough = node(&place, "script", WORK).await;
    enough.expect(initialised()).await;
    enough.send(point(1)).await;
    let Some(response::Message::Point(came)) = enough.next().await else { panic!("no point") };
    assert_eq!(came.fields_int.get("turns"), Some(&500));

    for (function, work, words) in [
        ("few", WORK, "stopped after 1000 operations; if it needs more, script_operations"),
        ("short", "loop { }", "script_time"),
    ] {
        let mut peer = node(&place, function, work).await;
        peer.expect(initialised()).await;
        peer.send(point(1)).await;
        peer.expect_error(words).await;
    }
}

/// What a Kapacitor task shows as its error when it is enabled.
#[tokio::test]
async fn a_script_that_can_t_be_is_refused_when_the_task_is_enabled() {
    let place = Place::new();
    let _daemon = place.start();
    let refused = async |function: &str, options| {
        let mut peer = dial(&place.path(&format!("{function}.sock"))).await;
        peer.send(init_request(options)).await;
        let Some(response::Message::Init(answer)) = peer.next().await else { panic!("no answer") };
        assert!(!answer.success);
        answer.error
    };
    let error = refused("script", vec![]).await;
    assert!(error.contains("option code: @script() needs it"), "{error}");
    let error = refused("session", vec![option("timeoutCode", "1")]).await;
    assert!(error.contains("option timeoutCode: a session's events come out as they are"), "{error}");
    for function in ["script", "aggregate", "session"] {
        let error = refused(function, vec![option("code", "map.n += 1;\nmap.m = (2")]).await;
        assert!(
            error.contains("option code") && error.contains("map.m = (2\n") && error.contains('^'),
            "{error}"
        );
    }
}
