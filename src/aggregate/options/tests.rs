//! Which function has which options, and that each is told of in a few words.

use std::collections::BTreeSet;

use super::*;

const EACH: [Function; 6] = [
    Function::STREAM,
    Function::Aggregate { wants: Edge::Stream, provides: Edge::Batch },
    Function::Aggregate { wants: Edge::Batch, provides: Edge::Stream },
    Function::BATCH,
    Function::Session,
    Function::Script,
];

fn names(function: Function) -> Vec<&'static str> {
    of(function).map(|option| option.spec.name).collect()
}

#[test]
fn each_name_is_one_option_s() {
    for function in EACH {
        let mut names = BTreeSet::new();
        for name in of(function).flat_map(|option| option.spec.names()) {
            assert!(names.insert(name.clone()), "{function}: {name} twice");
        }
        for name in ["taskId", "task_id_field", "max_key_size", "inactivity_timeout", "on_error"] {
            assert!(names.contains(name), "{function}: {name}");
        }
    }
}

#[test]
fn an_option_means_the_same_wherever_it_is() {
    let mut meanings = BTreeSet::new();
    for option in table::all() {
        let same = |other: &&AggregateOption| other.spec.name == option.spec.name;
        let first = table::all().find(same).unwrap();
        assert_eq!(first.meaning, option.meaning);
        assert_eq!((first.spec.arguments, first.spec.aliases), (option.spec.arguments, option.spec.aliases));
        meanings.insert((option.spec.name, format!("{:?}", option.meaning)));
    }
    let known: BTreeSet<_> = meanings.iter().map(|(_, meaning)| meaning).collect();
    assert_eq!(known.len(), meanings.len());
}

#[test]
fn a_function_has_what_means_something_there() {
    let not_in = |function, of: Function| {
        let has = names(function);
        names(of).into_iter().filter(|name| !has.contains(name)).collect::<Vec<_>>()
    };
    let [stream, to_batch, to_stream, batch, session, script] = EACH;
    assert_eq!(names(stream), names(to_batch));
    assert_eq!((not_in(stream, to_stream), not_in(to_stream, stream)), (vec!["endOfBatch"], vec![]));
    assert_eq!((not_in(to_stream, batch), not_in(batch, to_stream)), (vec![], vec!["groupByTask"]));
    assert_eq!(not_in(stream, session), Vec::<&str>::new());
    let missing = "count sum min max mean stddev first last countDistinct distinct percentile list concat duration \
                   keep float timeoutCode maxTimeoutRetries passThrough";
    assert_eq!(not_in(session, stream).join(" "), missing);
    assert_eq!(EACH.map(|function| names(function).len()), [52, 52, 53, 52, 33, 9]);
    let has = "taskId code onError timeout inactivityTimeout maxTasks maxBytes maxRestoreAge mapCountWarningThreshold";
    assert_eq!(names(script).join(" "), has);
    assert_eq!(not_in(stream, script), Vec::<&str>::new());
}

#[test]
fn the_new_options_are_told_of_where_they_belong() {
    let after = |function, name| {
        let names = names(function);
        names[1 + names.iter().position(|known| *known == name).unwrap()]
    };
    for function in EACH.into_iter().filter(|function| *function != Function::Script) {
        assert_eq!(after(function, "endWhen"), "mapAction");
        assert_eq!(after(function, "pointTime"), "timeoutTimestampField");
        assert_eq!(after(function, "timeoutTimestampField"), "timestampUnit");
        assert_eq!(after(function, "timestampUnit"), "maxDelay");
        assert_eq!(after(function, "maxDelay"), "flushOnStop");
    }
    assert_eq!(after(Function::BATCH, "flushOnStop"), "endOfBatch");
}

#[test]
fn help_is_sentences_that_fit_in_a_table() {
    for OptionSpec { name, help, .. } in table::all().map(|option| option.spec) {
        assert!(help.ends_with('.') && help.len() <= 140, "{name}: {help}");
    }
}

#[test]
fn a_function_is_told_with_what_flows() {
    let words = EACH.map(|function| function.to_string());
    let aggregate = ["stream -> stream", "stream -> batch", "batch -> stream", "batch -> batch"];
    assert_eq!(words[..4], aggregate.map(|edges| format!("aggregate {edges}")));
    assert_eq!(words[4..], ["session stream -> batch", "script stream -> stream"]);
}
