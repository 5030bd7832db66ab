//! From the tables `[functions.NAME]`, the defaults and the command line to the functions that are
//! served. Looks at no file system: whether a path can be bound is found out when it is.

use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;

use super::error::{Located, Problem};
use super::handler::{Edges, HandlerKind};
use super::limits::within;
use super::overrides::SocketOverride;
use super::raw::{RawFunction, RawFunctions};
use super::value::{Count, FunctionName, Mode, OneOf, Time, Uid, Uids};
use super::{FunctionConfig, SocketConfig};
use crate::edge::Edge;
use crate::script::Budget;

/// The longest path in bytes that `sun_path` takes: 108 on Linux, with a NUL at the end.
pub(super) const SUN_PATH: usize = 107;

/// The owner and the group may connect.
const MODE: u32 = 0o660;

/// The functions that are served unless a file says otherwise.
const DEFAULTS: [DefaultFunction; 6] = [
    DefaultFunction { name: "mirror", handler: HandlerKind::Mirror, edges: Edges::STREAM },
    DefaultFunction { name: "mirrorBatch", handler: HandlerKind::Mirror, edges: Edges::BATCH },
    DefaultFunction { name: "aggregate", handler: HandlerKind::Aggregate, edges: Edges::STREAM },
    DefaultFunction { name: "aggregateBatch", handler: HandlerKind::Aggregate, edges: Edges::BATCH },
    DefaultFunction { name: "session", handler: HandlerKind::Session, edges: Edges::STREAM_TO_BATCH },
    DefaultFunction { name: "script", handler: HandlerKind::Script, edges: Edges::STREAM },
];

/// What one call of a script may be allowed: enough for any that is meant, and little enough to be over before
/// somebody waits for it.
const OPERATIONS: RangeInclusive<Count> = Count(1)..=Count(10_000_000);
const TIME: RangeInclusive<Time> = Time(Duration::from_millis(1))..=Time(Duration::from_millis(500));

struct DefaultFunction {
    name: &'static str,
    handler: HandlerKind,
    edges: Edges,
}

pub(super) fn defaults(socket_dir: &Path) -> Vec<FunctionConfig> {
    let config = |f: &DefaultFunction| FunctionConfig::new(f.name, f.handler, f.edges, socket_dir);
    DEFAULTS.iter().map(config).collect()
}

/// The enabled functions, the defaults first and then by name.
pub(super) fn validate(
    raw: RawFunctions,
    socket_dir: &Path,
    overrides: &[SocketOverride],
) -> Result<Vec<FunctionConfig>, Located> {
    let mut drafts: Vec<_> = defaults(socket_dir).into_iter().map(Draft::new).collect();
    for (name, table) in raw {
        match drafts.iter_mut().find(|draft| draft.function.name == name.get_ref().0) {
            Some(draft) => draft.change(table, socket_dir)?,
            None => drafts.push(Draft::define(&name, table, socket_dir)?),
        }
    }
    let disabled: Vec<_> = drafts.extract_if(.., |draft| draft.disabled.is_some()).collect();
    if drafts.is_empty() {
        return Err(Problem::NothingEnabled.at(disabled.into_iter().filter_map(|draft| draft.disabled)));
    }
    override_sockets(&mut drafts, overrides)?;
    drafts.iter().try_for_each(Draft::check_path)?;
    check_shared(&drafts)?;
    Ok(drafts.into_iter().map(|draft| draft.function).collect())
}

impl FunctionConfig {
    fn new(name: &str, handler: HandlerKind, edges: Edges, socket_dir: &Path) -> Self {
        let path = socket_dir.join(format!("{name}.sock"));
        Self {
            name: name.to_owned(),
            handler,
            wants: edges.wants,
            provides: edges.provides,
            socket: SocketConfig { path, mode: MODE, group: None, allowed_uids: None },
            budget: Budget::default(),
        }
    }
}

/// A function while the file and the command line still change it.
struct Draft {
    function: FunctionConfig,
    /// Where the file says that it is not enabled, if it does.
    disabled: Option<Range<usize>>,
    /// Where the file says the socket's path, if it does.
    path_mark: Option<Range<usize>>,
}

impl Draft {
    fn new(function: FunctionConfig) -> Self {
        Self { function, disabled: None, path_mark: None }
    }

    /// A function that is none of the defaults.
    fn define(name: &Spanned<FunctionName>, table: RawFunction, socket_dir: &Path) -> Result<Self, Located> {
        let FunctionName(function) = name.get_ref();
        let handler = table.handler.as_ref().map(|handler| handler.get_ref().0);
        let first = handler.and_then(|handler| Some((handler, handler.choose(None, None)?)));
        let Some((handler, edges)) = first else {
            return Err(Problem::NoHandler { function: function.clone() }.at([name.span()]));
        };
        let mut draft = Self::new(FunctionConfig::new(function, handler, edges, socket_dir));
        draft.change(table, socket_dir)?;
        Ok(draft)
    }

    fn change(&mut self, table: RawFunction, socket_dir: &Path) -> Result<(), Located> {
        self.disabled = table.enabled.filter(|enabled| !enabled.get_ref().0).map(|enabled| enabled.span());
        self.change_edges(table.handler, table.wants, table.provides)?;
        self.change_budget(table.script_operations, table.script_time)?;
        if let Some(path) = table.socket {
            self.move_to(socket_dir.join(&path.get_ref().0), Some(path.span()));
        }
        let socket = &mut self.function.socket;
        socket.mode = table.mode.map_or(socket.mode, |Mode(bits)| bits);
        socket.group = table.group.map(|group| group.to_string());
        self.change_uids(table.allowed_uids)
    }

    /// Without a word about it an edge stays as it is, or another handler brings its own; if the handler can't
    /// stand there, it follows the edge that is given.
    fn change_edges(
        &mut self,
        handler: Option<Spanned<OneOf<HandlerKind>>>,
        wants: Option<Spanned<OneOf<Edge>>>,
        provides: Option<Spanned<OneOf<Edge>>>,
    ) -> Result<(), Located> {
        let (wants, wants_mark) = split(wants);
        let (provides, provides_mark) = split(provides);
        let (handler, handler_mark) = split(handler);
        let function = &mut self.function;
        let handler = handler.unwrap_or(function.handler);
        if handler == function.handler && wants.is_none() && provides.is_none() {
            return Ok(());
        }
        let own = if handler == function.handler {
            Some(Edges { wants: function.wants, provides: function.provides })
        } else {
            handler.choose(None, None)
        };
        let (own_wants, own_provides) = own.map(|own| (own.wants, own.provides)).unzip();
        let closest = handler.choose(wants.or(own_wants), provides.or(own_provides));
        let Some(edges) = closest.or_else(|| handler.choose(wants, provides)) else {
            let function = function.name.clone();
            let marks = [provides_mark, wants_mark, handler_mark].into_iter().flatten();
            return Err(Problem::Edges { function, handler, wants, provides }.at(marks));
        };
        (function.handler, function.wants, function.provides) = (handler, edges.wants, edges.provides);
        Ok(())
    }

    fn change_budget(
        &mut self,
        operations: Option<Spanned<Count>>,
        time: Option<Spanned<Time>>,
    ) -> Result<(), Located> {
        let operations_mark = operations.as_ref().map(|it| ("script_operations", it.span()));
        let time_mark = time.as_ref().map(|it| ("script_time", it.span()));
        let FunctionConfig { name, handler, budget, .. } = &mut self.function;
        if let Some((key, mark)) = operations_mark.or(time_mark).filter(|_| !handler.runs_scripts()) {
            let (function, handler) = (name.clone(), *handler);
            return Err(Problem::NoScripts { function, handler, key }.at([mark]));
        }
        let operations = within("script_operations", operations, OPERATIONS)?;
        let operations = operations.and_then(|Count(number)| u64::try_from(number).ok());
        let time = within("script_time", time, TIME)?.map(|Time(time)| time);
        *budget =
            Budget { operations: operations.unwrap_or(budget.operations), time: time.unwrap_or(budget.time) };
        Ok(())
    }

    fn change_uids(&mut self, uids: Option<Spanned<Uids>>) -> Result<(), Located> {
        let Some(uids) = uids else { return Ok(()) };
        let mark = uids.span();
        let Uids(uids) = uids.into_inner();
        if uids.is_empty() {
            let function = self.function.name.clone();
            return Err(Problem::NoUids { function }.at([mark]));
        }
        self.function.socket.allowed_uids = Some(uids.into_iter().map(|Uid(uid)| uid).collect());
        Ok(())
    }

    fn move_to(&mut self, path: PathBuf, mark: Option<Range<usize>>) {
        self.function.socket.path = path;
        self.path_mark = mark;
    }

    fn check_path(&self) -> Result<(), Located> {
        let path = &self.function.socket.path;
        let (function, path, mark) = (self.function.name.clone(), path.clone(), self.path_mark.clone());
        if path.to_str().is_none_or(|text| text.contains('\0')) {
            return Err(Problem::OddPath { function, path }.at(mark));
        }
        if path.is_relative() {
            return Err(Problem::RelativePath { function, path }.at(mark));
        }
        if path.as_os_str().len() > SUN_PATH {
            return Err(Problem::LongPath { function, path }.at(mark));
        }
        Ok(())
    }
}

/// A word, and where the file says it.
fn split<T>(word: Option<Spanned<OneOf<T>>>) -> (Option<T>, Option<Range<usize>>) {
    word.map(|word| {
        let mark = word.span();
        (word.into_inner().0, mark)
    })
    .unzip()
}

fn override_sockets(drafts: &mut [Draft], overrides: &[SocketOverride]) -> Result<(), Located> {
    for SocketOverride { function, path } in overrides {
        let Some(draft) = drafts.iter_mut().find(|draft| draft.function.name == *function) else {
            let known = drafts.iter().map(|draft| draft.function.name.clone()).collect();
            return Err(Problem::UnknownFunction { name: function.clone(), known }.at(None));
        };
        draft.move_to(path.clone(), None);
    }
    Ok(())
}

fn check_shared(drafts: &[Draft]) -> Result<(), Located> {
    let mut seen: HashMap<&Path, &Draft> = HashMap::new();
    for second in drafts {
        let path = second.function.socket.path.as_path();
        let Some(first) = seen.insert(path, second) else { continue };
        let marks = [second.path_mark.clone(), first.path_mark.clone()].into_iter().flatten();
        let (path, first, second) =
            (path.to_owned(), first.function.name.clone(), second.function.name.clone());
        return Err(Problem::SharedSocket { path, first, second }.at(marks));
    }
    Ok(())
}
