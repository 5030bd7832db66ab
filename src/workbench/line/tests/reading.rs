//! What lines give, and what errors say.

use std::fmt::Write;

use proptest::prelude::*;

use super::super::read::{read, reread};
use super::super::{BadLine, Line, Source};

/// Everything a source gives, a line of text each: `measurement|tag=value|field=value|time`, or the error.
fn read_in(input: &[u8], piece: usize) -> Vec<String> {
    let mut source = Source::in_pieces("in", input, piece);
    let mut all = Vec::new();
    while let Some(line) = source.next(either).unwrap() {
        all.push(line);
    }
    all
}

fn either(line: Result<&Line<'_>, BadLine>) -> String {
    line.map_or_else(|bad| bad.to_string(), shown)
}

fn read_all(input: impl AsRef<[u8]>) -> Vec<String> {
    read_in(input.as_ref(), 1 << 18)
}

fn shown(line: &Line<'_>) -> String {
    let mut text = format!("{:?}", line.measurement());
    for (name, value) in line.tags() {
        write!(text, "|{name:?}={value:?}").unwrap();
    }
    for (name, value) in line.fields() {
        write!(text, "|{name:?}={value:?}").unwrap();
    }
    write!(text, "|{:?}", line.time()).unwrap();
    text.replace('"', "'").replace("\\\\", "\\").replace("Some(", "(")
}

#[test]
fn lines_are_read_as_kapacitor_reads_them() {
    let check = |input: &str, expected: &str| assert_eq!(read_all(input), [expected], "{input}");
    check("m f=1", "'m'|'f'=Double(1.0)|None");
    check(
        "m,a=b,c=d f=1,g=2i,h=t,i=\"x\" -5",
        "'m'|'a'='b'|'c'='d'|'f'=Double(1.0)|'g'=Int(2)|'h'=Bool(true)|'i'=String('x')|(-5)",
    );
    check("  \t m   f=1   7   ", "'m'|'f'=Double(1.0)|(7)");
    check("m f=1 7\r\n", "'m'|'f'=Double(1.0)|(7)");
    check("\u{feff}m f=1", "'m'|'f'=Double(1.0)|None");
    // Values.
    check(
        "m a=.5,b=1.,c=-.5,d=1e3,e=1.5E-2",
        "'m'|'a'=Double(0.5)|'b'=Double(1.0)|'c'=Double(-0.5)|'d'=Double(1000.0)|'e'=Double(0.015)|None",
    );
    check(
        "m a=T,b=true,c=True,d=TRUE",
        "'m'|'a'=Bool(true)|'b'=Bool(true)|'c'=Bool(true)|'d'=Bool(true)|None",
    );
    check(
        "m a=f,b=F,c=false,d=False,e=FALSE",
        "'m'|'a'=Bool(false)|'b'=Bool(false)|'c'=Bool(false)|'d'=Bool(false)|'e'=Bool(false)|None",
    );
    check("m a=-0,b=1e-400", "'m'|'a'=Double(-0.0)|'b'=Double(0.0)|None");
    check(
        "m a=9223372036854775807i,b=-9223372036854775808i,c=5u",
        "'m'|'a'=Int(9223372036854775807)|'b'=Int(-9223372036854775808)|'c'=Int(5)|None",
    );
    // Strings.
    check(r#"m a="",b="x=1, y \"z\" \n \\" 3"#, r"'m'|'a'=String('')|'b'=String('x=1, y \'z\' \n \')|(3)");
    check("m a=\"one\ntwo\r\n# three\" 3", "'m'|'a'=String('one\\ntwo\\r\\n# three')|(3)");
    check("m a=\"\n\",b=\"\n\\\"\n\" 3", "'m'|'a'=String('\\n')|'b'=String('\\n\\'\\n')|(3)");
    // Escapes in names.
    check(
        r"a\ b\,c\=d,k\ e\,y\==v\ a\,l\= f\ i\,e\=ld=1",
        "'a b,c=d'|'k e,y='='v a,l='|'f i,e=ld'=Double(1.0)|None",
    );
    check(r"disk,share=\\srv\c,p=a\\,b f=1", r"'disk'|'share'='\\srv\c'|'p'='a\,b'|'f'=Double(1.0)|None");
    check("a=b,c=\"d f=1", r"'a=b'|'c'='\'d'|'f'=Double(1.0)|None");
    check(r#"a\=\"b,c\"=d\" e\"=1"#, r"'a=\'b'|'c\\''='d\\''|'e\''=Double(1.0)|None");
    check("\0 m f=1 \t\0 7 ", "'m'|'f'=Double(1.0)|(7)");
    check("m,a==b f=1", "'m'|'a'='=b'|'f'=Double(1.0)|None");
    check("größe,straße=süd f=\"ü\" 1", "'größe'|'straße'='süd'|'f'=String('ü')|(1)");
    check("m time=1,t=2 3", "'m'|'time'=Double(1.0)|'t'=Double(2.0)|(3)");
    assert_eq!(read_all("\n  \n# no\n \t#m f=1\r\n\r\n"), [""; 0]);
    assert_eq!(read_all("m f=1\n\nm f=2").len(), 2);
    // A backslash at the end of a comment doesn't take the next line along.
    assert_eq!(read_all("# C:\\\nm f=1"), ["'m'|'f'=Double(1.0)|None"]);
}

#[test]
fn errors_say_where_and_why() {
    let check = |input: &str, place: usize, words: &str| {
        let all = read_all(input);
        let expected = format!("in:1:{place}: error: {words}");
        assert!(all[0].starts_with(&expected), "{input}\n{}\n{expected}", all[0]);
        let caret = all[0].lines().last().unwrap();
        assert_eq!((all.len(), caret), (1, format!("    {:1$}^", "", place - 1).as_str()), "{input}");
    };
    check(",a=b f=1", 1, "a measurement is missing");
    check("m", 2, "fields are missing");
    check("m,a=b  ", 8, "fields are missing");
    check("m,=b f=1", 3, "a tag's name is missing");
    check("m, f=1", 3, "a tag's name is missing");
    check("m,a=b,,c=d f=1", 7, "a tag's name is missing");
    check("m,a f=1", 4, "the tag \"a\" has no value");
    check("m,a= f=1", 5, "the tag \"a\" has no value");
    check("m,a,b=c f=1", 4, "the tag \"a\" has no value");
    check("m,a==b=c f=1", 7, "a `=` in a tag's value is written `\\=`");
    check("m,a=b,c=d,a=e f=1", 11, "the tag \"a\" stands here twice");
    check("m,a=w b,c=d f=1", 8, "the field \"b\" has no value");
    check("m =1", 3, "a field's name is missing");
    check("m f=1,", 7, "a field's name is missing");
    check("m f=1, 5", 7, "a field's name is missing");
    check("m f=1,g=2, 5", 11, "a field's name is missing");
    check("m f=1,=2", 7, "a field's name is missing");
    check("m f 7", 4, "the field \"f\" has no value");
    check("m a,b=1", 4, "the field \"a\" has no value");
    check("m f=", 5, "the field \"f\" has no value");
    check("m f=,g=1", 5, "the field \"f\" has no value");
    check("m f=1,g=2,f=3 7", 11, "the field \"f\" stands here twice");
    check(r#"m f\"=1,f"=2"#, 9, "the field \"f\\\"\" stands here twice");
    check("m f=nan", 5, "`nan` is no number Kapacitor takes");
    check("m f=-Inf", 5, "`-Inf` is no number Kapacitor takes");
    check("m f=+Infinity", 5, "`+Infinity` is no number Kapacitor takes");
    check("m f=1e400 5", 5, "`1e400` is too large for a double");
    check("m f=9223372036854775808i", 5, "`9223372036854775808i` is too large for an integer");
    check("m f=18446744073709551615u", 5, "`18446744073709551615u` is too large for an integer");
    for number in
        ["-5u", "1.5i", "1i0", ".", "-", "-.", "1.2.3", "1e", "1-2", "0x1f", "--1", "-+1i", "1\t5", "1_000"]
    {
        check(&format!("m f={number} 5"), 5, &format!("`{number}` is no number"));
    }
    for value in ["yes", "tRUE", "'x'", "+1", "truex", "/a/"] {
        check(&format!("m f={value} 5"), 5, &format!("`{value}` is no value; accepted are numbers"));
    }
    check("m f=\"x", 5, "the text that begins here is not closed");
    check("m f=\"x\\\" 5", 5, "the text that begins here is not closed");
    check("m f=\"x\"y 5", 8, "after a text's closing `\"` there must be a comma or a space");
    check("m f=\"x\"\"y\" 5", 8, "after a text's closing `\"` there must be a comma or a space");
    check("m f=1 5.5", 7, "`5.5` is no time");
    check("m f=1 +5", 7, "`+5` is no time");
    check("m f=1 2020-01-01T00:00:00Z", 7, "`2020-01-01T00:00:00Z` is no time");
    check("m f=1 9223372036854775808", 7, "`9223372036854775808` is too large for a time");
    check("m f=1 5 6", 9, "nothing may follow the time");
    check("m,a=b\tc f=1", 6, "a tab or a zero byte in a name or a tag's value is not read");
    check("m\0,a=b f=1", 2, "a tab or a zero byte");
    check("m f=1,f\tg=1", 8, "a tab or a zero byte");
    // The first of several.
    check("m f=nan,g=\"x", 5, "`nan` is no number");
}

#[test]
fn an_error_shows_the_place() {
    let check = |input: &[u8], expected: &str| assert_eq!(read_all(input)[0], expected);
    check(
        b"# one\n\nrequests,host=a amount=nan 17\n",
        "in:3:24: error: `nan` is no number Kapacitor takes; leave the field out\n    \
         requests,host=a amount=nan 17\n                           ^",
    );
    // Columns are characters, the caret is below what the terminal shows, and no input sends the terminal commands.
    let wide = "m,a=\u{4e2d}\u{6587} b=\"\x1b[31m\tx\",f=?";
    let place = "in:1:22: error: `?` is no value; accepted are numbers (1, 1.5, 1i), true, false and \"text\" in double quotes";
    check(
        wide.as_bytes(),
        &format!("{place}\n    m,a=\u{4e2d}\u{6587} b=\"\u{fffd}[31m x\",f=?\n{:27}^", ""),
    );
    check(b"m,a=\xff f=1", "in:1:5: error: this is not UTF-8\n    m,a=\u{fffd} f=1\n        ^");
    // A long line is shown around the place.
    let long = format!("m {},f=?,{}", "a".repeat(200) + "=1", "b=1".repeat(100));
    let error = read_all(&long).remove(0);
    let mut lines = error.lines().skip(1);
    let (excerpt, caret) = (lines.next().unwrap(), lines.next().unwrap());
    assert!(excerpt.starts_with("    …aaaa") && excerpt.ends_with("b=1b…"), "{excerpt}");
    assert_eq!(excerpt.chars().nth(caret.len() - 1), Some('?'));
    assert_eq!(excerpt.chars().count(), 4 + 100);
}

#[test]
fn what_is_too_much_is_refused_and_the_next_line_is_read() {
    let check = |bad: &str, words: &str| {
        let all = read_all(format!("m f=1\n{bad}\nm f=2"));
        assert_eq!(
            (all.len(), &*all[0], &*all[2]),
            (3, "'m'|'f'=Double(1.0)|None", "'m'|'f'=Double(2.0)|None")
        );
        assert!(all[1].starts_with("in:2:1: error: ") && all[1].contains(words), "{}", all[1]);
    };
    check(&format!("{} f=1", "m".repeat(65_536)), "have 65536 bytes; Kapacitor takes at most 65535");
    check(&"m".repeat(1 << 21), "a line of more than 1048576 bytes is not read");
    let mut many = String::new();
    (0..100_000).for_each(|field| write!(many, "f{field}=1,").unwrap());
    let all = read_all(format!("m {many}f77=1"));
    assert!(all[0].contains("the field \"f77\" stands here twice"));
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    let check = |bad: &str| {
        let all = read_all(format!("{bad}m,a=\"b f=1 2\nm f=\"x\" 3\nm f=\"y\nz\" 4\n"));
        let lines = bad.lines().count();
        assert!(all[0].starts_with("in:1:5: error: the text that begins here is not closed"), "{bad}");
        let good =
            ["'m'|'a'='\\'b'|'f'=Double(1.0)|(2)", "'m'|'f'=String('x')|(3)", "'m'|'f'=String('y\\nz')|(4)"];
        assert_eq!(&all[lines..], good, "{bad}");
    };
    check("m f=\"x 1\n");
    check("m f=\"x 1\r\nm f=\"u\"v 1\n");
    check(&format!("m f=\"x 1\n{}", "m f=1 1\n".repeat(3000)));
    check(&format!("m f=\"x 1\n{}", "m f=1 1 1\n".repeat(50)));
    // Where both the string and what follows can be read, it is a string, as in Kapacitor.
    assert_eq!(read_all("m f=\"\nm f=\" 3\n"), ["'m'|'f'=String('\\nm f=')|(3)"]);
    assert_eq!(read_all("m f=\"\n").len(), 1);
    assert_eq!(read_all("m f=\"").len(), 1);
}

#[test]
fn lines_and_columns_are_counted_behind_strings_with_breaks() {
    let all = read_all("m f=\"\n\n\"\n\nm f=?\nm f=1");
    assert!(all.len() == 3 && all[1].starts_with("in:5:5: error"), "{all:?}");
}

const SCRAPS: &[&str] = &[
    "m", ",", ",", "a=b", " ", "f=1", ",f=1", "g=", "=", "\"", "\"x\"", "\\", "1", "5", "i", "u", "nan",
    "e3", "t", "false", "\t", "ü", "\\ ", "\\,", "\\=", "1e400", "-", ".", "\0", "#", ",c=d", " 7",
];

/// Lines that are odd in every way there is, made of what matters to a reader.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let scrap = prop_oneof![
        4 => proptest::sample::select(vec![
            "m", ",", "a=b", " ", "f=1", "=", "\"", "\\", "\n", "\r\n", "#", "1", "i", "nan", "t", "\t", "ü", "m f=1 5\n", "m f=\"x\" 5\n",
            "m,a=b f=\"", "\" 5\n", "\\ ", "\\,", "\\=", "1e400", "-", ".",
        ])
        .prop_map(|scrap| scrap.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    proptest::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn reading_in_pieces_is_reading_whole(input in scraps(), piece in 1..40_usize) {
        prop_assert_eq!(read_in(&input, piece), read_all(&input));
    }

    /// Whatever stands before them, and whatever of it can be read, lines without a quote are read.
    #[test]
    fn a_bad_line_leaves_the_next_ones_alone(mut bad in scraps()) {
        bad.extend(b"\nmark f=1 7\nmark f=2 8\n");
        let all = read_all(&bad);
        prop_assert_eq!(&all[all.len() - 2..], ["'mark'|'f'=Double(1.0)|(7)", "'mark'|'f'=Double(2.0)|(8)"]);
    }

    /// Kapacitor replaces each of its escapes where it stands, whatever is before it.
    #[test]
    fn backslashes_in_names_are_kapacitors(
        names in proptest::collection::vec("([ab\"]|\\\\[, =\"\\\\a]){0,5}[ab]", 4),
    ) {
        let [measurement, tag, value, field] = &names[..] else { panic!() };
        let kapacitors = |name: &str, escapes: &str| {
            escapes.chars().fold(name.to_owned(), |name, c| name.replace(&format!("\\{c}"), &c.to_string()))
        };
        let line = format!("{measurement},{tag}={value} {field}=1");
        let mut source = Source::new("in", line.as_bytes());
        let read = source.next(|line| {
            let line = line.unwrap_or_else(|bad| panic!("{bad}"));
            let ((tag, value), (field, _)) = (line.tags().next().unwrap(), line.fields().next().unwrap());
            [line.measurement(), tag, value, field].map(str::to_owned)
        });
        let expected = [(measurement, ", =\""), (tag, ", ="), (value, ", ="), (field, ", =\"")];
        prop_assert_eq!(read.unwrap().unwrap(), expected.map(|(name, escapes)| kapacitors(name, escapes)));
    }

    /// What the crate reads as it stands it reads in our words too, and no otherwise: it lets nothing else through.
    #[test]
    fn both_ways_to_read_a_line_agree(scraps in proptest::collection::vec(proptest::sample::select(SCRAPS), 0..12)) {
        let line = scraps.concat();
        let (mut unused, mut repaired) = Default::default();
        let agree = |one: &Line<'_>, other: Result<Line<'_>, _>| {
            prop_assert_eq!(shown(one), other.map_or_else(|fault| format!("{fault:?}"), |line| shown(&line)));
            Ok(())
        };
        for line in [line.clone(), format!("m,a=b {line}"), format!("m{line} f=1"), format!("m f=1{line}")] {
            if let Ok(read) = read(&line, &mut unused) {
                agree(&read, reread(&line, &mut repaired))?;
            }
        }
    }

    /// A line that is refused for a reason that we don't know would have no place.
    #[test]
    fn every_error_has_words_of_its_own(input in scraps()) {
        for line in read_all(&input) {
            prop_assert!(!line.contains("this is no line protocol"), "{}", line);
        }
    }
}

/// What `mod` says of the crate. When it changes, there is less to do.
#[test]
fn the_crate_reads_some_lines_otherwise() {
    let check = |line: &str, expected: &str| {
        let read = influxdb_line_protocol::parse_lines(line).next().unwrap();
        let read = format!("{:?}", read.map(|line| (line.series, line.field_set)));
        assert!(read.contains(expected), "{line}: {read}");
    };
    check(r"m,a=\\srv f=1", r#""\\srv""#);
    check(r#"m f\"=1"#, r#""f\\\"""#);
    check(r"m\=n f=1", r#""m\\=n""#);
    check("m a,b=1", "\"a,b\"");
    check("m,a=b=c f=1", "\"b=c\"");
    check("m f=1, 5", "F64(1.0)");
    check("m f=1e400", "F64(inf)");
    check("m f=1,f=2", "F64(2.0)");
    check("m,a=1,a=2 f=1", "\"2\"");
    check("m f=.5", "Err");
    check("m f=1.", "Err");
    check("m f=1 ", "Err");
    check("a\tb f=1", "Err");
}

#[test]
#[ignore = "a measurement: cargo test --release --bin kapacitor-udfd line::tests::reading::what_a_line -- --ignored --nocapture"]
#[expect(clippy::print_stderr, clippy::cast_precision_loss, reason = "a measurement is for people")]
fn what_a_line_costs() {
    let mut input = String::new();
    for line in 0..1_000_000_u64 {
        writeln!(
            input,
            "requests,host=web-{:02},region=eu-west user_id=\"u{:05}\",amount={}.25,bytes={}i {}",
            line % 20,
            line % 50_000,
            line % 100,
            line * 7,
            1_700_000_000_000_000_000 + line
        )
        .unwrap();
    }
    for _ in 0..5 {
        let begin = std::time::Instant::now();
        let mut source = Source::new("in", input.as_bytes());
        let (mut lines, mut bytes) = (0_u64, 0);
        while let Some(line) = source.next(|line| line.map(read_length)).unwrap() {
            lines += 1;
            bytes += line.unwrap();
        }
        let nanos = begin.elapsed().as_nanos() as f64 / lines as f64;
        eprintln!("{} bytes a line: {nanos:.0} ns ({bytes})", input.len() as u64 / lines);
    }
}

fn read_length(line: &Line<'_>) -> usize {
    line.tags().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        + line.fields().map(|(name, _)| name.len()).sum::<usize>()
}
