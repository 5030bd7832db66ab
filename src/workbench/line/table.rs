//! Points as aligned columns, for people. Knows how a table looks; what there is in a row is `row`'s.

use kapacitor_udfd::value::Value;
use kapacitor_udfd::wire::WireError;
use kapacitor_udfd::wire::point::PointView;

use super::print::{write_double, write_int};
use super::row::{Batch, Row};
use super::terminal::{cut, shown};
use crate::workbench::when::When;

/// So many rows are held back to see how wide their columns are. Output may be endless, memory isn't.
const HELD: usize = 200;

/// A text is cut behind so many columns: one long log message would make all other rows as wide.
const MAX_WIDTH: usize = 120;

/// Points in columns: time, measurement, tags and fields by name, a header above them. Another measurement or a new
/// column begins a new header; what a point doesn't have is empty. Columns are as wide as the first rows need it, and
/// grow when a later one needs more.
#[derive(Debug, Default)]
pub(crate) struct Table {
    measurement: Vec<u8>,
    /// In the order in which they came up.
    columns: Vec<Column>,
    held: Vec<Held>,
    /// The header of these columns is written.
    headed: bool,
    /// Something else than a note was written last.
    in_rows: bool,
}

#[derive(Debug)]
struct Column {
    place: Place,
    heading: String,
    /// The heading stands to the right, above numbers.
    right: bool,
    width: usize,
}

/// Where a column stands among others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Time,
    Measurement,
    Tag(Vec<u8>),
    Field(Vec<u8>),
}

#[derive(Debug)]
enum Held {
    /// A cell for each column, as far as they were known.
    Row(Vec<Option<Cell>>),
    Note(String),
}

#[derive(Debug)]
struct Cell {
    text: String,
    width: usize,
    right: bool,
}

impl Table {
    /// Takes a point. What is ready is appended to `out`. Fails only for a message that is broken.
    pub(crate) fn row(
        &mut self,
        point: &PointView<'_>,
        batch: Option<&Batch>,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let row = Row::of(point, batch)?;
        let cells = cells(&row);
        let is_new = |(place, _): &(Place, Cell)| self.column(place).is_none();
        if row.name != self.measurement || self.headed && cells.iter().any(is_new) {
            self.begin_anew(row.name, out);
        }
        self.hold(cells);
        self.write_if_due(out);
        Ok(())
    }

    /// Takes a line of another kind, like `# begin …`, that stands between the rows.
    pub(crate) fn note(&mut self, text: &str, out: &mut Vec<u8>) {
        self.held.push(Held::Note(text.chars().map(shown).collect()));
        self.write_if_due(out);
    }

    /// Appends all rows that are held back. More may follow: a good moment is when nothing else will come for a while.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        for held in std::mem::take(&mut self.held) {
            match held {
                Held::Row(cells) => self.write_row(&cells, out),
                Held::Note(text) => {
                    out.extend_from_slice(text.as_bytes());
                    out.push(b'\n');
                    self.in_rows = false;
                }
            }
        }
    }

    fn write_if_due(&mut self, out: &mut Vec<u8>) {
        if self.headed || self.held.len() >= HELD {
            self.finish(out);
        }
    }

    fn begin_anew(&mut self, measurement: &[u8], out: &mut Vec<u8>) {
        if !self.columns.is_empty() {
            self.finish(out);
        }
        self.columns.clear();
        self.headed = false;
        self.measurement = measurement.to_vec();
    }

    fn column(&self, place: &Place) -> Option<usize> {
        self.columns.iter().position(|column| column.place == *place)
    }

    fn hold(&mut self, cells: Vec<(Place, Cell)>) {
        let mut row = Vec::new();
        for (place, cell) in cells {
            let number = self.column(&place).unwrap_or(self.columns.len());
            if number == self.columns.len() {
                self.columns.push(Column::new(place, &cell));
            }
            if let Some(column) = self.columns.get_mut(number) {
                column.width = column.width.max(cell.width);
            }
            row.resize_with(row.len().max(number + 1), || None);
            if let Some(place) = row.get_mut(number) {
                *place = Some(cell);
            }
        }
        self.held.push(Held::Row(row));
    }

    fn write_row(&mut self, cells: &[Option<Cell>], out: &mut Vec<u8>) {
        let mut order: Vec<_> = self.columns.iter().enumerate().collect();
        order.sort_by(|(_, a), (_, b)| a.place.cmp(&b.place));
        if !self.headed {
            if self.in_rows {
                out.push(b'\n');
            }
            let headings = order.iter().map(|(_, column)| {
                let heading = Cell::new(&column.heading, column.right);
                (column.width, Some(heading))
            });
            write_cells(headings, out);
        }
        let cells = order.iter().map(|(number, column)| {
            let cell = cells.get(*number).and_then(Option::as_ref);
            (column.width, cell)
        });
        write_cells(cells, out);
        (self.headed, self.in_rows) = (true, true);
    }
}

impl Column {
    fn new(place: Place, cell: &Cell) -> Self {
        let heading = match &place {
            Place::Time => "time".into(),
            Place::Measurement => "measurement".into(),
            Place::Tag(name) | Place::Field(name) => String::from_utf8_lossy(name),
        };
        let (heading, width) = cut(&heading, MAX_WIDTH);
        Self { place, heading, right: cell.right, width }
    }
}

impl Cell {
    fn new(text: &str, right: bool) -> Self {
        let (text, width) = cut(text, MAX_WIDTH);
        Self { text, width, right }
    }

    fn of(value: Value<'_>) -> Self {
        let mut text = Vec::new();
        match value {
            Value::Text(text) => return Self::new(&String::from_utf8_lossy(text), false),
            Value::Bool(bool) => return Self::new(if bool { "true" } else { "false" }, false),
            Value::Int(int) => write_int(int, &mut text),
            Value::Double(double) if double.is_finite() => write_double(double, &mut text),
            Value::Double(double) => return Self::new(&double.to_string(), true),
        }
        Self::new(&String::from_utf8_lossy(&text), true)
    }
}

fn cells(row: &Row<'_>) -> Vec<(Place, Cell)> {
    let text = |bytes: &[u8]| Cell::new(&String::from_utf8_lossy(bytes), false);
    let mut cells = vec![
        (Place::Time, Cell::new(&When(row.time).to_string(), false)),
        (Place::Measurement, text(row.name)),
    ];
    cells.extend(row.tags.iter().map(|(name, value)| (Place::Tag(name.to_vec()), text(value))));
    cells.extend(row.fields.iter().map(|(name, value)| (Place::Field(name.to_vec()), Cell::of(*value))));
    cells
}

/// Writes cells in columns of these widths, and nothing behind the last.
fn write_cells<C: std::borrow::Borrow<Cell>>(
    cells: impl Iterator<Item = (usize, Option<C>)>,
    out: &mut Vec<u8>,
) {
    /// Between two columns.
    const GAP: usize = 2;
    let mut spaces = 0;
    for (width, cell) in cells {
        let cell = cell.as_ref().map(std::borrow::Borrow::borrow);
        let (text, wide, right) = cell.map_or(("", 0, false), |cell| (&*cell.text, cell.width, cell.right));
        let padding = width.saturating_sub(wide);
        let (before, behind) = if right { (padding, 0) } else { (0, padding) };
        if wide > 0 {
            out.resize(out.len() + spaces + before, b' ');
            out.extend_from_slice(text.as_bytes());
            spaces = behind + GAP;
        } else {
            spaces += width + GAP;
        }
    }
    out.push(b'\n');
}
