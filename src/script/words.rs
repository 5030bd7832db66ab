//! What the engine says, in words that the author of a script can do something with.

use std::fmt::Write;

use rhai::{EvalAltResult, ParseErrorType, Position};

use super::names::FUNCTIONS;
use super::{Budget, Part};

/// Text of somebody else's in a message: on one line, and not too long.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    cut(text, MOST)
}

/// Likewise, up to `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * most));
    for (count, c) in text.chars().enumerate() {
        if count == most {
            shown.push('…');
            break;
        }
        // Neither what ends a line nor what turns text around is taken for the log's own.
        let is_odd = c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_odd {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The name that is nearest to `name`, if one is near.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|known| (strsim::osa_distance(name, known), known));
    let (distance, known) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + name.chars().count() / 4 && distance < known.chars().count()).then_some(known)
}

/// What is wrong with a script, without the place.
pub(super) fn of_syntax(error: &ParseErrorType, part: Part, at_end: bool) -> String {
    match error {
        ParseErrorType::VariableUndefined(name) => unknown_variable(name, part),
        ParseErrorType::ExprTooDeep => "this nests too deep; a function takes parts of it".to_owned(),
        ParseErrorType::UnexpectedEOF => "it ends too soon: a bracket or a quote is open".to_owned(),
        ParseErrorType::LiteralTooLarge(..) => format!("this literal is too large: {error}"),
        ParseErrorType::Reserved(word) => reserved(word),
        ParseErrorType::MissingToken(..) if at_end => {
            format!("{}; it ends here, with a bracket open?", lower(&error.to_string()))
        }
        ParseErrorType::MissingToken(token, what) if part.is_condition() && token == ";" => {
            format!("a condition is one expression, such as `event.status == \"done\"`: {}", shown(what))
        }
        error => {
            let words = lower(&cut(&error.to_string(), 200));
            match words.strip_prefix("reserved keyword '").and_then(|rest| rest.strip_suffix("' is disabled"))
            {
                Some(word) => reserved(word),
                None => with_hint(&words, part),
            }
        }
    }
}

fn reserved(word: &str) -> String {
    let word = shown(word);
    match &*word {
        "print" | "debug" => format!("there is no {word} here; log(\"…\") writes to the daemon's log"),
        "===" | "!==" => format!("{word} is {}", word.get(..2).unwrap_or_default()),
        "eval" | "import" | "export" | "async" | "await" | "thread" | "spawn" | "sync" | "go" => {
            format!("there is no {word} here")
        }
        _ => format!(
            "{word} is reserved; as the name of an entry or a field it stands in brackets: map[\"{word}\"]"
        ),
    }
}

fn with_hint(words: &str, part: Part) -> String {
    if part.is_condition() && (words.contains("unexpected") || words.contains("end of")) {
        format!("{words}; a condition is one expression, such as `event.status == \"done\"`")
    } else {
        words.to_owned()
    }
}

fn unknown_variable(name: &str, part: Part) -> String {
    let visible: &[&str] = if part == Part::StartWhen { &["event"] } else { &["event", "map", "task"] };
    let name = shown(name);
    if part == Part::StartWhen && (name == "map" || name == "task") {
        return format!(
            "startWhen sees only event: before a task starts there is no {name}; endWhen sees both"
        );
    }
    if visible.contains(&&*name) {
        return format!("functions don't see {name}; give it to them: `fn f({name}) {{ … }}`, `f({name})`");
    }
    let near = nearest(&name, visible.iter().copied());
    let hint = match near {
        Some(near) => format!("is {near} meant?"),
        None => format!("a script sees {}, and what it declares with let", visible.join(", ")),
    };
    format!("there is no variable {name}; {hint}")
}

/// What went wrong in a call, and where.
pub(super) fn of_failure(error: &EvalAltResult, part: Part, budget: Budget) -> (String, Position) {
    use EvalAltResult as E;
    let words = match error {
        E::ErrorInFunctionCall(_, _, inner, position) => {
            let (words, inner) = of_failure(inner, part, budget);
            return (words, if inner.is_none() { *position } else { inner });
        }
        E::ErrorRuntime(thrown, _) => cut(&thrown.to_string(), 500),
        E::ErrorVariableNotFound(name, _) => unknown_variable(name, part),
        E::ErrorFunctionNotFound(signature, _) => unknown_function(signature),
        E::ErrorDotExpr(words, _) => property(words),
        E::ErrorIndexingType(types, _) => index(types),
        E::ErrorTooManyOperations(_) => format!(
            "it was stopped after {} operations; if it needs more, script_operations of the function in the configuration allows them",
            budget.operations
        ),
        E::ErrorTerminated(..) => format!(
            "it was stopped after {:?}; if it needs longer, script_time of the function in the configuration allows it",
            budget.time
        ),
        E::ErrorStackOverflow(_) => {
            format!("functions call each other deeper than {} levels", super::engine::CALL_LEVELS)
        }
        E::ErrorTooManyVariables(_) => "there are too many variables at once".to_owned(),
        E::ErrorDataTooLarge(what, _) => too_large(what).to_owned(),
        E::ErrorArithmetic(words, _) => arithmetic(&lower(&cut(words, 100))),
        E::ErrorMismatchDataType(wanted, given, _) | E::ErrorMismatchOutputType(wanted, given, _) => {
            format!("{} is needed here, and not {}", type_word(wanted), type_word(given))
        }
        E::ErrorArrayBounds(len, index, _) => format!("there is no element {index} in a list of {len}"),
        E::ErrorStringBounds(len, index, _) => {
            format!("there is no character {index} in a string of {len}")
        }
        E::ErrorFor(_) => {
            "`for` goes through a list, a range or the characters of a string; what may be missing, (), is (x ?? [])"
                .to_owned()
        }
        other => {
            let mut plain = String::new();
            // Without the place, which is drawn.
            let _ = write!(plain, "{other}");
            let end = plain.rfind(" (line ").unwrap_or(plain.len());
            lower(&cut(plain.get(..end).unwrap_or_default(), 300))
        }
    };
    (words, error.position())
}

/// Overflows, divisions by zero, and texts that are no numbers.
fn arithmetic(words: &str) -> String {
    if words.contains("overflow") {
        format!("{words}; doubles have more room: x.to_float()")
    } else if words.contains("zero") {
        format!("{words}; doubles give infinity, which no field can hold, so ask before")
    } else {
        words.to_owned()
    }
}

fn too_large(what: &str) -> &'static str {
    if what.contains("string") {
        "text is longer than 64 KiB, all that is in a list or a map together"
    } else if what.contains("array") {
        "a list has more than 10000 elements, with all that is in it"
    } else {
        "a map has more than 1000 entries, with all that is in it"
    }
}

/// What scripts can call besides what is ours, for what is misspelt.
const LANGUAGE: [&str; 30] = [
    "abs",
    "bytes",
    "ceiling",
    "chars",
    "cos",
    "crop",
    "ends_with",
    "exp",
    "floor",
    "hypot",
    "is_finite",
    "is_infinite",
    "is_nan",
    "ln",
    "parse_float",
    "parse_int",
    "range",
    "round",
    "sign",
    "sin",
    "sqrt",
    "starts_with",
    "sub_string",
    "tan",
    "to_float",
    "to_int",
    "to_lower",
    "to_upper",
    "trim",
    "type_of",
];

/// Of these functions, what they are called on may be made where they stand.
const MAKES_LONGER: [&str; 7] = ["append", "fill_with", "insert", "mixin", "pad", "push", "set"];

const OPERATORS: [&str; 20] = [
    "+", "-", "*", "/", "%", "**", "<", ">", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "!", "&", "|", "==",
    "!=",
];

/// `signature` is such as `+ (f64, ())`.
fn unknown_function(signature: &str) -> String {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
    let name = name.trim();
    let types: Vec<&str> =
        types.strip_suffix(')').unwrap_or(types).split(", ").filter(|word| !word.is_empty()).collect();
    if matches!(name, "eval" | "print" | "debug" | "sleep" | "timestamp" | "import") {
        return match name {
            "print" | "debug" => format!("there is no {name} here; log(\"…\") writes to the daemon's log"),
            _ => format!("there is no {name} here"),
        };
    }
    if OPERATORS.contains(&name) {
        return operator(name, &types);
    }
    let name = shown(name);
    match (&*name, types.as_slice()) {
        ("contains", [of, sought]) if *of != "()" => return contains(of, sought),
        ("min" | "max", ["()", other] | [other, "()"]) => {
            return format!("{name} does not take {}; the other one is missing, ()", type_word(other));
        }
        _ => {}
    }
    let known = || FUNCTIONS.iter().chain(&LANGUAGE).copied();
    if let Some(known) = known().find(|known| *known == name) {
        let of = types.iter().map(|name| type_word(name)).collect::<Vec<_>>().join(", ");
        let hint = match types.as_slice() {
            ["()", ..] if MAKES_LONGER.contains(&known) => {
                "; what it is called on is missing, (): `= []` or `= #{}` makes it first".to_owned()
            }
            ["()"] => format!(
                "; what it is called on is missing, (): ?? gives it a value, and `?.{known}()` reads () then"
            ),
            ["()", ..] => format!(
                "; what it is called on is missing, (): ?? gives it a value, and `?.{known}(…)` reads () then"
            ),
            types if types.contains(&"()") => "; what is missing, (), gets a value with ??".to_owned(),
            _ => String::new(),
        };
        return format!("{known} does not take ({of}){hint}");
    }
    match nearest(&name, known()) {
        Some(near) => format!("there is no function {name}; is {near} meant?"),
        None => format!("there is no function {name}"),
    }
}

/// Which is what `in` calls too.
fn contains(of: &str, sought: &str) -> String {
    let sought = type_word(sought);
    match type_word(of).as_str() {
        of @ ("a map" | "the event" | "the event's tags" | "the event's fields") => {
            format!("`in` and contains() look for a name in {of}, which is a string, and not {sought}")
        }
        "a string" => {
            format!("`in` and contains() look for a string or a character in a string, and not {sought}")
        }
        "a range" => format!("`in` and contains() look for an int in a range, and not {sought}"),
        of => format!(
            "`in` and contains() look in a list, a map, the event, a string or a range, and not in {of}"
        ),
    }
}

fn operator(name: &str, types: &[&str]) -> String {
    let sign =
        name.strip_suffix('=').filter(|sign| !matches!(*sign, "" | "<" | ">" | "=" | "!")).unwrap_or(name);
    let words: Vec<_> = types.iter().map(|name| type_word(name)).collect();
    match words.as_slice() {
        [one] if one == "()" && name == "-" => {
            "what stands right of - is missing, (): `0 - x` takes that, and -(x ?? 0) gives it a value"
                .to_owned()
        }
        [one] if one == "()" => format!("what stands right of {name} is missing, (): ?? gives it a value"),
        [one] => format!("{name} does not take {one}"),
        [left, right] if matches!(sign, "+" | "-") && left == "()" => {
            format!("{sign} does not take {right}; what stands left of it is missing, ()")
        }
        [left, right] if matches!(sign, "+" | "-") && right == "()" => {
            format!("{sign} does not take {left}; what stands right of it is missing, ()")
        }
        [left, right] if left == "()" || right == "()" => {
            let side = if left == "()" { "left" } else { "right" };
            format!(
                "what stands {side} of {sign} is missing, (): only + - min max take that; give it a value, such as (event.x ?? 0)"
            )
        }
        [left, right] => format!("{sign} does not take {left} and {right}"),
        _ => format!("{name} does not take these"),
    }
}

/// `words` are such as `Unknown property 'b' - a getter is not registered for type '()'`.
fn property(words: &str) -> String {
    let mut quoted = words.split('\'').skip(1).step_by(2);
    let (Some(name), Some(of)) = (quoted.next(), quoted.next()) else { return lower(&cut(words, 200)) };
    let name = shown(name);
    if of == "()" {
        return format!(
            "what .{name} is asked of is missing, (): `?.{name}` reads () then, and `= #{{}}` makes a map first"
        );
    }
    format!("{} has no .{name}", type_word(of))
}

/// `types` are such as `map [i64]`.
fn index(types: &str) -> String {
    let (of, by) = types.split_once(" [").unwrap_or((types, ""));
    let by = by.split(']').next().unwrap_or_default();
    if of == "()" {
        return "what is indexed is missing, (): `?[…]` reads () then, and `= []` or `= #{}` makes it first"
            .to_owned();
    }
    format!("{} can't be indexed by {}", type_word(of), type_word(by))
}

fn type_word(name: &str) -> String {
    match name.trim() {
        "i64" => "an int",
        "f64" => "a double",
        "bool" => "a bool",
        "array" => "a list",
        "map" => "a map",
        "Fn" => "a function",
        "char" => "a character",
        "()" => "()",
        "event" => "the event",
        "event.tags" => "the event's tags",
        "event.fields" => "the event's fields",
        "task" => "the task",
        name if name.contains("ImmutableString") || name.contains("string") => "a string",
        name if name.contains("range") => "a range",
        name if name.contains("::") => "a value of this type",
        name => return shown(name),
    }
    .to_owned()
}

/// As messages here begin.
fn lower(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
