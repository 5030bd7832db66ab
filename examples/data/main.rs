//! Writes the bundled data, the files beside this one:
//!
//!     cargo run --example data
//!
//! or, with `-- --check`, compares them with what it would write. Knows files and arguments, not what is in the data:
//! that is `generator`'s.

#[expect(dead_code, reason = "what is known of the data is for the tests")]
mod generator;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => return Err(format!("arguments are {arguments:?}; accepted is --check or none").into()),
    };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    for (name, text) in generator::files() {
        let path = directory.join(name);
        if !check {
            fs::write(&path, &text)?;
        } else if fs::read_to_string(&path)? != text {
            return Err(format!("{} is not what the generator gives: write it anew", path.display()).into());
        }
        writeln!(io::stdout().lock(), "{name}: {} lines", text.lines().count())?;
    }
    Ok(())
}
