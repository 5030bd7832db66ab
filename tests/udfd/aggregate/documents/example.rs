//! A document's examples: its blocks of scripts, each with what stands behind it.

/// One of them.
pub struct Example {
    /// Where it begins in the document.
    pub line: usize,
    pub script: &'static str,
    pub expected: Expected,
}

pub enum Expected {
    Played(Vec<Turn>),
    Refused(&'static str),
    Taken,
}

/// Something that happens, and what comes of it: lines, those of one message together.
pub struct Turn {
    pub what: String,
    pub then: Vec<String>,
}

struct Block {
    line: usize,
    language: &'static str,
    text: &'static str,
}

pub fn examples(document: &'static str) -> Vec<Example> {
    let blocks = blocks(document);
    let behind = blocks.iter().skip(1).map(Some).chain([None]);
    let scripts = blocks.iter().zip(behind).filter(|(block, _)| block.language == "tick");
    let example = |(block, behind): (&Block, Option<&Block>)| {
        let expected = match behind {
            Some(Block { language: "console", text, .. }) => Expected::Played(turns(text)),
            Some(Block { language: "text", text, .. }) => Expected::Refused(text),
            _ => Expected::Taken,
        };
        Example { line: block.line, script: block.text, expected }
    };
    scripts.map(example).collect()
}

/// The document's fenced blocks.
fn blocks(document: &'static str) -> Vec<Block> {
    let (mut blocks, mut line) = (vec![], 1);
    let mut rest = document;
    while let Some((before, after)) = rest.split_once("```") {
        line += before.matches('\n').count();
        let (language, after) = after.split_once('\n').expect("a line");
        let (text, after) = after.split_once("```").expect("the fence is closed");
        blocks.push(Block { line, language, text });
        line += 1 + text.matches('\n').count();
        rest = after;
    }
    blocks
}

fn turns(text: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = vec![];
    for line in text.lines() {
        if let Some(what) = line.strip_prefix("> ") {
            turns.push(Turn { what: what.to_owned(), then: vec![] });
            continue;
        }
        let then = &mut turns.last_mut().expect("something happens first").then;
        match then.last_mut() {
            // The lines that a message shows of a script.
            Some(last) if line.starts_with(|c: char| c == ' ' || c.is_ascii_digit()) => {
                *last = format!("{last}\n{line}");
            }
            _ => then.push(line.to_owned()),
        }
    }
    turns
}
