//! The nodes of a script in the order in which Kapacitor makes them, with the numbers that it gives them. Knows which
//! methods make more than one.

use std::ops::Range;

use super::value::{Argument, Value, spread};

/// A property that was called on a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) name_span: Range<usize>,
    pub(super) arguments: Vec<Argument>,
}

/// A node as the script makes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    /// The method's or the function's name.
    pub(super) name: String,
    /// Of the name, with what stands before it.
    pub(super) span: Range<usize>,
    pub(super) arguments: Vec<Argument>,
    pub(super) properties: Vec<Property>,
    /// Whether it is a user defined function.
    pub(super) is_function: bool,
    pub(super) number: usize,
    /// By its index; of several the one whose method it is.
    pub(super) parent: Option<usize>,
    has_children: bool,
}

impl Made {
    /// As Kapacitor calls it.
    pub(super) fn id(&self) -> String {
        format!("{}{}", self.name, self.number)
    }
}

pub(super) struct Graph {
    nodes: Vec<Made>,
    /// The next number.
    next: usize,
}

impl Graph {
    /// With the node that all others hang on: `stream` or `batch`.
    pub(super) fn new() -> Self {
        let source = Made {
            name: "stream".to_owned(),
            span: 0..0,
            arguments: Vec::new(),
            properties: Vec::new(),
            is_function: false,
            number: 0,
            parent: None,
            has_children: false,
        };
        Self { nodes: vec![source], next: 1 }
    }

    pub(super) fn get(&self, index: usize) -> Option<&Made> {
        self.nodes.get(index)
    }

    /// Those that are user defined functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Made> {
        self.nodes.iter().filter(|made| made.is_function)
    }

    pub(super) fn all(&self) -> &[Made] {
        &self.nodes
    }

    /// What `|name()` makes on a node: the index of the node that it gives.
    pub(super) fn method(
        &mut self,
        parent: usize,
        name: &str,
        span: Range<usize>,
        arguments: Vec<Argument>,
    ) -> usize {
        match decapitalized(name).as_str() {
            "stats" => {
                let stats = self.add(parent, name, span, arguments);
                self.feed(parent);
                stats
            }
            "deadman" => {
                self.feed(parent);
                // Before the |alert() that it gives there are |stats() and |derivative().
                self.next += 2;
                self.add(parent, name, span, arguments)
            }
            "join" | "union" => {
                // It gets a new number with each node that it hangs on, and keeps the last.
                for other in spread(&arguments) {
                    self.next += 1;
                    if let Value::Node(other) = other.value {
                        self.mark(other);
                    }
                }
                self.mark(parent);
                self.add(parent, name, span, arguments)
            }
            _ => {
                self.mark(parent);
                self.add(parent, name, span, arguments)
            }
        }
    }

    /// What `@name()` makes on a node.
    pub(super) fn function(
        &mut self,
        parent: usize,
        name: &str,
        span: Range<usize>,
        arguments: Vec<Argument>,
    ) -> usize {
        self.mark(parent);
        let index = self.add(parent, name, span, arguments);
        if let Some(made) = self.nodes.get_mut(index) {
            made.is_function = true;
        }
        index
    }

    pub(super) fn property(&mut self, index: usize, property: Property) {
        if let Some(made) = self.nodes.get_mut(index) {
            made.properties.push(property);
        }
    }

    /// What counts a node's points is no child of it. A node that has none gets one, so that they go somewhere.
    fn feed(&mut self, node: usize) {
        if self.nodes.get(node).is_some_and(|made| !made.has_children) {
            self.next += 1;
            self.mark(node);
        }
    }

    fn mark(&mut self, node: usize) {
        if let Some(made) = self.nodes.get_mut(node) {
            made.has_children = true;
        }
    }

    fn add(&mut self, parent: usize, name: &str, span: Range<usize>, arguments: Vec<Argument>) -> usize {
        self.nodes.push(Made {
            name: name.to_owned(),
            span,
            arguments,
            properties: Vec::new(),
            is_function: false,
            number: self.next,
            parent: Some(parent),
            has_children: false,
        });
        self.next += 1;
        self.nodes.len() - 1
    }
}

/// Kapacitor looks for methods with their first letter as a capital, so that both ways are right.
pub(super) fn decapitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
