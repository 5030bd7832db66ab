//! What `serve` tells the operator before it accepts: what is served, who may connect, and what Kapacitor
//! has to be told.

use std::fmt::Write;

use kapacitor_udfd::config::{Config, FunctionConfig};
use kapacitor_udfd::socket::{BoundSocket, User};

use super::kapacitor_conf;

/// The user that Kapacitor's packages create and run kapacitord as.
const KAPACITOR: &str = "kapacitor";

/// The sockets already listen, so the last line is true: what connects from now on waits to be accepted.
pub(super) fn text(config: &Config, bound: &[(FunctionConfig, BoundSocket)]) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("kapacitor-udfd {version}\n\n");
    for (function, socket) in bound {
        describe(&mut text, function, socket);
    }
    // Writing to a String cannot fail.
    let _ = write!(text, "\nIn kapacitor.conf:\n\n{}\n", kapacitor_conf::block(config));
    if let Some(hint) = hint(bound, User::named(KAPACITOR).as_ref()) {
        let _ = write!(text, "{hint}\n\n");
    }
    text.push_str("Ready.\n");
    text
}

fn describe(text: &mut String, function: &FunctionConfig, socket: &BoundSocket) {
    let FunctionConfig { name, handler, wants, provides, socket: config, .. } = function;
    let (path, access) = (config.path.display(), socket.access());
    let _ = write!(text, "@{name}: {handler}, {wants} -> {provides}\n    {path}\n    {access}\n");
}

/// What to do if Kapacitor will probably not be able to connect.
fn hint(bound: &[(FunctionConfig, BoundSocket)], kapacitor: Option<&User>) -> Option<String> {
    let Some(kapacitor) = kapacitor else {
        let open = bound.iter().all(|(_, socket)| socket.access().admits_everyone());
        return (!open).then(|| GENERAL_HINT.to_owned());
    };
    let remedies: Vec<_> =
        bound.iter().filter_map(|(function, socket)| remedy(function, socket, kapacitor)).collect();
    (!remedies.is_empty()).then(|| {
        let user = &kapacitor.name;
        format!(
            "kapacitord usually runs as user {user}, who cannot connect; to let it in, set\n{}",
            remedies.join("\n")
        )
    })
}

const GENERAL_HINT: &str = "\
kapacitord must be able to connect. It usually runs as user kapacitor, who does not exist here; if it runs
as a user without access, set group = \"kapacitor\" (or its group) in each [functions.NAME].";

fn remedy(function: &FunctionConfig, socket: &BoundSocket, kapacitor: &User) -> Option<String> {
    let (name, access) = (&function.name, socket.access());
    if access.admits(kapacitor) {
        None
    } else if access.lists(kapacitor) {
        Some(format!("    group = \"{KAPACITOR}\" and mode = \"0660\" in [functions.{name}]"))
    } else {
        Some(format!("    {} among allowed_uids in [functions.{name}]", kapacitor.uid))
    }
}

#[cfg(test)]
mod tests {
    use kapacitor_udfd::{config::Overrides, socket};
    use tempfile::TempDir;

    use super::*;

    const NO_GROUP: u32 = u32::MAX - 1;

    /// The hint for the mirrors with these lines in `[functions]`, and for a user without access.
    fn hint_for(lines: &str) -> Option<String> {
        let dir = TempDir::new().unwrap();
        let overrides = Overrides { socket_dir: Some(dir.path().to_owned()), ..Overrides::default() };
        let others = ["aggregate", "aggregateBatch", "session", "script"]
            .map(|name| format!("{name}.enabled = false\n"));
        let file = format!("[functions]\n{}{lines}", others.concat());
        let config = Config::parse(&file, "udfd.toml".as_ref(), &overrides).unwrap();
        let bind = |function: FunctionConfig| (function.clone(), socket::bind(&function.socket).unwrap());
        let bound: Vec<_> = config.functions.into_iter().map(bind).collect();
        let kapacitor = User { name: KAPACITOR.to_owned(), uid: 997, gid: NO_GROUP };
        hint(&bound, Some(&kapacitor))
    }

    #[test]
    fn each_function_has_its_own_remedy() {
        let hint = hint_for("mirror.mode = \"0666\"\nmirrorBatch.mode = \"0660\"\n").unwrap();
        let remedies: Vec<_> = hint.lines().skip(1).collect();
        assert_eq!(remedies, ["    group = \"kapacitor\" and mode = \"0660\" in [functions.mirrorBatch]"]);

        let hint =
            hint_for("mirror = { mode = \"0666\", allowed_uids = [0] }\nmirrorBatch.enabled = false\n");
        let hint = hint.unwrap();
        assert!(hint.ends_with("set\n    997 among allowed_uids in [functions.mirror]"), "{hint}");
        assert_eq!(hint_for("mirror.mode = \"0666\"\nmirrorBatch.enabled = false\n"), None);
    }
}
