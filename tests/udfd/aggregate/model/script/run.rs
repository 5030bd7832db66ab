//! A call: what it is about, what it says, and what it leaves.

use std::collections::BTreeSet;

use kapacitor_udfd::proto::Point;

use super::super::value::{self, Value};
use super::dynamic::{Dynamic, Map, Result, at_mut, entry, fields, look};
use super::view::View;
use super::{Condition, Expression, Script, Statement};

/// What is there when the call begins, and as the call has left it when it is over, however it ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// The event, or the finished point.
    pub event: Point,
    /// Tags that can't be set.
    pub dimensions: BTreeSet<String>,
    pub map: Map,
    /// With timeoutCode the map is.
    pub is_read_only: bool,
    pub task: View,
    pub emitted: Vec<Emitted>,
    pub is_cancelled: bool,
}

#[derive(Debug, Clone)]
pub enum Emitted {
    Fields(Vec<(String, Value)>),
    /// The event as it was then.
    Event(Box<Point>),
}

/// The way to a place in the map.
enum Key {
    Name(String),
    Number(i64),
}

impl Run {
    /// Whatever it has done until it fails stays.
    pub fn script(&mut self, script: &Script) -> Result<()> {
        self.all(&script.0)
    }

    pub fn condition(&mut self, condition: &Condition) -> Result<bool> {
        self.value(&condition.0)?.is_true()
    }

    fn all(&mut self, statements: &[Statement]) -> Result<()> {
        statements.iter().try_for_each(|statement| self.one(statement))
    }

    fn one(&mut self, statement: &Statement) -> Result<()> {
        match statement {
            Statement::Do(expression) => self.value(expression).map(drop),
            Statement::If { condition, then, otherwise } => {
                let holds = self.value(condition)?.is_true()?;
                self.all(if holds { then } else { otherwise })
            }
            Statement::Assign { place, operator, value } => {
                let value = self.value(value)?;
                let value = match operator {
                    Some(operator) => self.value(place)?.combine(operator, &value)?,
                    None => value,
                };
                self.assign(place, value)
            }
        }
    }

    fn value(&mut self, expression: &Expression) -> Result<Dynamic> {
        Ok(match expression {
            Expression::Literal(literal) => literal.clone(),
            Expression::Name(name) if name == "map" => Dynamic::Map(self.map.clone()),
            Expression::Name(name) => return Err(format!("no variable: {name}")),
            Expression::Property(on, name) => self.property(on, name)?,
            Expression::Index(on, index) => {
                let index = self.value(index)?;
                match (&**on, index) {
                    (Expression::Name(root), Dynamic::Scalar(Value::Text(name))) if root == "event" => {
                        read(&self.event, &name)
                    }
                    (Expression::Property(..), Dynamic::Scalar(Value::Text(name))) => {
                        self.property(on, &name)?
                    }
                    (_, Dynamic::Scalar(key)) => entry(&self.value(on)?, &key)?,
                    (_, index) => return Err(format!("no index: {index:?}")),
                }
            }
            Expression::Method(on, name, arguments) => self.method(on, name, arguments)?,
            Expression::Call(name, arguments) => self.call(name, arguments)?,
            Expression::List(values) => Dynamic::List(self.values(values)?),
            Expression::Map(entries) => {
                let values = entries.iter().map(|(name, value)| Ok((name.clone(), self.value(value)?)));
                Dynamic::Map(values.collect::<Result<_>>()?)
            }
            Expression::Unary('-', value) => self.value(value)?.negative()?,
            Expression::Unary(_, value) => self.value(value)?.not()?,
            Expression::Binary(operator, left, right) => self.binary(operator, left, right)?,
        })
    }

    fn values(&mut self, expressions: &[Expression]) -> Result<Vec<Dynamic>> {
        expressions.iter().map(|expression| self.value(expression)).collect()
    }

    fn binary(&mut self, operator: &str, left: &Expression, right: &Expression) -> Result<Dynamic> {
        if operator == "in" {
            let name = self.value(left)?;
            let is_in = match right {
                Expression::Name(root) if root == "event" => has(&self.event, name.as_text()?),
                _ => match self.value(right)? {
                    Dynamic::Map(map) => map.contains_key(name.as_text()?),
                    Dynamic::List(list) => list.iter().any(|known| known.is(&name)),
                    other => return Err(format!("in {other:?}")),
                },
            };
            return Ok(Dynamic::bool(is_in));
        }
        let left = self.value(left)?;
        match operator {
            "&&" => Ok(Dynamic::bool(left.is_true()? && self.value(right)?.is_true()?)),
            "||" => Ok(Dynamic::bool(left.is_true()? || self.value(right)?.is_true()?)),
            "??" if matches!(left, Dynamic::Unit) => self.value(right),
            "??" => Ok(left),
            _ => left.combine(operator, &self.value(right)?),
        }
    }

    fn property(&mut self, on: &Expression, name: &str) -> Result<Dynamic> {
        match on {
            Expression::Name(root) if root == "event" => Ok(match name {
                "name" => Dynamic::text(&self.event.name),
                "time" => Dynamic::int(self.event.time),
                _ => read(&self.event, name),
            }),
            Expression::Name(root) if root == "task" => self.task.read(name),
            Expression::Property(root, part) if is_event(root) && part == "tags" => {
                Ok(value::tag(&self.event, name).map_or(Dynamic::Unit, Dynamic::Scalar))
            }
            Expression::Property(root, part) if is_event(root) && part == "fields" => {
                Ok(value::field(&self.event, name).map_or(Dynamic::Unit, Dynamic::Scalar))
            }
            _ => entry(&self.value(on)?, &Value::Text(name.to_owned())),
        }
    }

    fn assign(&mut self, place: &Expression, value: Dynamic) -> Result<()> {
        if let Some(way) = self.way(place)? {
            return self.put(&way, value);
        }
        let (on, name) = match place {
            Expression::Property(on, name) => (on, name.clone()),
            Expression::Index(on, index) => (on, self.value(index)?.as_text()?.to_owned()),
            other => return Err(format!("no place: {other:?}")),
        };
        match &**on {
            Expression::Name(root) if root == "event" => {
                let is_special = ["name", "time", "tags", "fields"].contains(&&*name);
                if is_special && matches!(place, Expression::Property(..)) {
                    return Err(format!("event.{name} can't be set"));
                }
                set_field(&mut self.event, &name, &value)
            }
            Expression::Name(root) if root == "task" => self.task.set(&name, &value),
            Expression::Property(root, part) if is_event(root) && part == "fields" => {
                set_field(&mut self.event, &name, &value)
            }
            Expression::Property(root, part) if is_event(root) && part == "tags" => {
                self.set_tag(&name, &value)
            }
            other => Err(format!("no place: {other:?}")),
        }
    }

    fn set_tag(&mut self, name: &str, value: &Dynamic) -> Result<()> {
        let is_same =
            matches!(value, Dynamic::Scalar(Value::Text(text)) if self.event.tags.get(name) == Some(text));
        if self.dimensions.contains(name) && !is_same {
            return Err(format!("{name} is the group's"));
        }
        match value {
            // An empty one is none already.
            Dynamic::Unit if value::tag(&self.event, name).is_none() => {}
            Dynamic::Unit => drop(self.event.tags.remove(name)),
            value => drop(self.event.tags.insert(name.to_owned(), value.as_text()?.to_owned())),
        }
        Ok(())
    }

    /// Where in the map, if it is there.
    fn way(&mut self, place: &Expression) -> Result<Option<Vec<Key>>> {
        let (on, key) = match place {
            Expression::Name(name) => return Ok((name == "map").then(Vec::new)),
            Expression::Property(on, name) => (on, Key::Name(name.clone())),
            Expression::Index(on, index) => match self.value(index)? {
                Dynamic::Scalar(Value::Int(int)) => (on, Key::Number(int)),
                index => (on, Key::Name(index.as_text()?.to_owned())),
            },
            _ => return Ok(None),
        };
        let way = self.way(on)?;
        Ok(way.map(|mut way| {
            way.push(key);
            way
        }))
    }

    fn put(&mut self, way: &[Key], value: Dynamic) -> Result<()> {
        let value = value.stored();
        if self.is_read_only && self.holds(way, &value) {
            return Ok(());
        }
        let (key, before) = way.split_last().ok_or("map can't be set")?;
        match (self.place(before)?, key) {
            (Place::Map(map), Key::Name(name)) if matches!(value, Dynamic::Unit) => drop(map.remove(name)),
            (Place::Map(map), Key::Name(name)) => drop(map.insert(name.clone(), value)),
            (Place::Other(Dynamic::List(list)), Key::Number(at)) => {
                *at_mut(list, *at)? = value;
            }
            _ => return Err("no such place".to_owned()),
        }
        Ok(())
    }

    /// Whether this is what is there already.
    fn holds(&self, way: &[Key], value: &Dynamic) -> bool {
        let [Key::Name(name)] = way else { return false };
        self.map.get(name).is_some_and(|held| held.is(value))
    }

    fn place(&mut self, way: &[Key]) -> Result<Place<'_>> {
        if self.is_read_only {
            return Err("map can't be changed here".to_owned());
        }
        let mut place = Place::Map(&mut self.map);
        for key in way {
            let next = match (place, key) {
                (Place::Map(map), Key::Name(name)) => map.get_mut(name).ok_or(format!("no {name}"))?,
                (Place::Other(Dynamic::List(list)), Key::Number(at)) => at_mut(list, *at)?,
                _ => return Err("no such place".to_owned()),
            };
            place = match next {
                Dynamic::Map(map) => Place::Map(map),
                other => Place::Other(other),
            };
        }
        Ok(place)
    }

    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<Dynamic> {
        if let ("emit", [Expression::Name(root)]) = (name, arguments)
            && root == "event"
        {
            self.emitted.push(Emitted::Event(self.event.clone().into()));
            return Ok(Dynamic::Unit);
        }
        let values = self.values(arguments)?;
        match (name, &values[..]) {
            ("emit", [Dynamic::Map(map)]) => {
                let fields = fields(map);
                if fields.is_empty() || fields.iter().any(|(_, value)| !value.is_finite()) {
                    return Err(format!("emit: {fields:?}"));
                }
                self.emitted.push(Emitted::Fields(fields));
                Ok(Dynamic::Unit)
            }
            ("log", [_]) => Ok(Dynamic::Unit),
            ("min" | "max", [Dynamic::Unit, some] | [some, Dynamic::Unit]) => Ok(some.clone()),
            ("min" | "max", [a, b]) => {
                let operator = if name == "min" { "<" } else { ">" };
                Ok(if b.combine(operator, a)?.is_true()? { b.clone() } else { a.clone() })
            }
            _ => Err(format!("no function: {name}")),
        }
    }

    fn method(&mut self, on: &Expression, name: &str, arguments: &[Expression]) -> Result<Dynamic> {
        let arguments = self.values(arguments)?;
        if is_event(on) {
            return self.event_method(name, &arguments);
        }
        if let (Expression::Name(root), "end", []) = (on, name, &arguments[..])
            && root == "task"
        {
            self.task.ends = true;
            return Ok(Dynamic::Unit);
        }
        if let (Dynamic::Scalar(value @ (Value::Int(_) | Value::Bool(_) | Value::Text(_))), "to_string") =
            (self.value(on)?, name)
        {
            return Ok(Dynamic::text(&value.text()));
        }
        if let Some(result) = look(&self.value(on)?, name, &arguments) {
            return Ok(result);
        }
        let way = self.way(on)?.ok_or(format!("no method: {name}"))?;
        match (self.place(&way)?, name, &arguments[..]) {
            (Place::Other(Dynamic::List(list)), "push", [value]) => list.push(value.clone()),
            (Place::Other(Dynamic::List(list)), "pop", []) => return Ok(list.pop().unwrap_or(Dynamic::Unit)),
            (Place::Other(Dynamic::List(list)), "shift", []) if !list.is_empty() => {
                return Ok(list.remove(0));
            }
            (Place::Other(Dynamic::List(_)), "shift", []) => {}
            (Place::Other(Dynamic::List(list)), "clear", []) => list.clear(),
            (Place::Map(map), "clear", []) => map.clear(),
            (Place::Map(map), "remove", [key]) => {
                return Ok(map.remove(key.as_text()?).unwrap_or(Dynamic::Unit));
            }
            (Place::Map(_), "set", [key, value]) => {
                let last = Key::Name(key.as_text()?.to_owned());
                self.put(&way.into_iter().chain([last]).collect::<Vec<_>>(), value.clone())?;
            }
            _ => return Err(format!("no method: {name}")),
        }
        Ok(Dynamic::Unit)
    }

    fn event_method(&mut self, name: &str, arguments: &[Dynamic]) -> Result<Dynamic> {
        match (name, arguments) {
            ("cancel", []) => self.is_cancelled = true,
            ("get", [name]) => return Ok(read(&self.event, name.as_text()?)),
            ("set", [name, value]) => set_field(&mut self.event, name.as_text()?, value)?,
            _ => return Err(format!("no method: event.{name}")),
        }
        Ok(Dynamic::Unit)
    }
}

enum Place<'a> {
    Map(&'a mut Map),
    Other(&'a mut Dynamic),
}

fn is_event(expression: &Expression) -> bool {
    matches!(expression, Expression::Name(name) if name == "event")
}

fn has(event: &Point, name: &str) -> bool {
    value::field(event, name).is_some() || value::tag(event, name).is_some()
}

/// A field, else a tag.
fn read(event: &Point, name: &str) -> Dynamic {
    let value = value::field(event, name).or_else(|| value::tag(event, name));
    value.map_or(Dynamic::Unit, Dynamic::Scalar)
}

fn set_field(event: &mut Point, name: &str, value: &Dynamic) -> Result<()> {
    // What it is already it may stay, though no field could become so.
    if let (Some(held), Dynamic::Scalar(value)) = (value::field(event, name), value)
        && held.is(value)
    {
        return Ok(());
    }
    let value = if let Dynamic::Unit = value { None } else { Some(value.field()?) };
    if value.is_some() && ["time", ""].contains(&name) {
        return Err(format!("no name of a field: {name:?}"));
    }
    value::remove_field(event, name);
    if let Some(value) = value {
        value.put(event, name);
    }
    Ok(())
}
