//! What `--help` shows of each command in use. `args` has a test that each line is accepted.

/// What they stand under.
pub(crate) const HEADING: &str = "Examples:\n";

pub(super) const MAIN: &str = "\
Exit codes: 0 after a graceful shutdown, 1 for a failure at run time, 64 for wrong usage or configuration.
The first SIGINT or SIGTERM shuts down gracefully, a second one at once (130 or 143).

Examples:
  # Try a function on data, without Kapacitor
  kapacitor-udfd run --table \"@aggregate().taskId('user_id').sum('amount', 'total')\" \\
    examples/data/web.lp
  # Serve all functions, with sockets in /tmp, and say what belongs in kapacitor.conf
  kapacitor-udfd
  # As configured, with one socket elsewhere
  kapacitor-udfd --config kapacitor-udfd.toml --socket mirror=/run/udf/mirror.sock
  # What a function can be told
  kapacitor-udfd describe aggregate";

pub(crate) const RUN: &str = "\
Exit codes: 0; 1 when lines could not be read or the function failed; 64 when the function refuses its options, and for \
other wrong usage.

Examples:
  # What each customer spends in a visit
  kapacitor-udfd run \\
    \"@aggregate().taskId('user_id').inactivityTimeout(10m).sum('amount', 'total')\" \\
    examples/data/web.lp
  # The node of a script, grouped as the script does
  kapacitor-udfd run --tick examples/aggregate_lost_jobs.tick --node aggregate2 \\
    --group-by job examples/data/jobs.lp
  # Batches of ten minutes, as a table
  kapacitor-udfd run --table --group-by host --window 10m \"@aggregateBatch().count('n')\" \\
    examples/data/web.lp
  # Live
  tail -f requests.lp | kapacitor-udfd run --clock real --explain \\
    \"@aggregate().taskId('user_id').timeout(10s)\"
  # What a tap has recorded
  kapacitor-udfd run --replay trouble.rec";

pub(crate) const TIMELINE: &str = "\
Exit codes: 0; 1 when lines could not be read or the function failed; 64 when the function has no tasks or refuses its \
options, and for other wrong usage.

Examples:
  # To look at in a browser
  kapacitor-udfd timeline -o web.svg \\
    \"@aggregate().taskId('user_id').inactivityTimeout(10m)\" examples/data/web.lp
  # In the terminal, the first twenty, with the node of a script
  kapacitor-udfd timeline --text --lanes 20 --group-by job \\
    --tick examples/aggregate_lost_jobs.tick --node aggregate2 examples/data/jobs.lp
  # What a tap has recorded, with another timeout
  kapacitor-udfd timeline --text --replay trouble.rec \\
    \"@aggregate().taskId('id').timeout(1m)\"";

pub(super) const SERVE: &str = "\
Examples:
  # As configured
  kapacitor-udfd serve --config /etc/kapacitor-udfd.toml
  # Sockets of one's own, and more in the log
  kapacitor-udfd serve --socket-dir /run/udf --log-level debug
  # A log for programs
  kapacitor-udfd serve --log-format json";

pub(super) const CHECK: &str = "\
Examples:
  # Is the file right, and what would be served?
  kapacitor-udfd check --config /etc/kapacitor-udfd.toml
  # What is served without a file
  kapacitor-udfd check";

pub(super) const KAPACITOR_CONF: &str = "\
Examples:
  # Once: kapacitord knows the functions when it is restarted
  kapacitor-udfd kapacitor-conf | sudo tee -a /etc/kapacitor/kapacitor.conf
  # For sockets elsewhere
  kapacitor-udfd kapacitor-conf --socket-dir /run/udf";

pub(super) const DESCRIBE: &str = "\
Examples:
  # All functions and their options
  kapacitor-udfd describe
  # One of them
  kapacitor-udfd describe aggregate
  # For a program
  kapacitor-udfd describe mirror --json | jq '.functions[0].options[].name'";

pub(super) const COMPLETIONS: &str = "\
Examples:
  # bash, for this user
  kapacitor-udfd completions bash \\
    > ~/.local/share/bash-completion/completions/kapacitor-udfd
  # zsh, in a directory of $fpath
  kapacitor-udfd completions zsh > ~/.zfunc/_kapacitor-udfd
  # fish
  kapacitor-udfd completions fish > ~/.config/fish/completions/kapacitor-udfd.fish";

pub(super) const MAN: &str = "\
Examples:
  # Read one
  kapacitor-udfd man tap | man -l -
  # Install the main one
  kapacitor-udfd man > /usr/local/share/man/man1/kapacitor-udfd.1
  # And one for each command
  for page in run timeline describe serve check kapacitor-conf tap bench completions \\
    man; do kapacitor-udfd man $page \\
    > /usr/local/share/man/man1/kapacitor-udfd-$page.1; done";

pub(crate) const BENCH: &str = "\
Exit codes: 0 when all came back as expected; 1 when anything is missing, came twice or out of order, or the function \
reported an error.

Examples:
  # A million points through @mirror()
  kapacitor-udfd bench --socket /tmp/mirror.sock
  # Batches of a hundred
  kapacitor-udfd bench --socket /tmp/mirrorBatch.sock --batch 100
  # Gathered by an id: each point is to be counted once
  kapacitor-udfd bench --socket /tmp/aggregate.sock --keys 10 --ids 100000 \\
    --expect count:n --option \"taskId('id')\" --option 'timeout(1s)' \\
    --option \"count('n')\" --hold 3s";

pub(crate) const TAP: &str = "\
Examples:
  # A function moved aside, and the tap where kapacitor.conf has it
  kapacitor-udfd --socket mirror=/tmp/mirror-behind.sock
  kapacitor-udfd tap --socket /tmp/mirror.sock --upstream /tmp/mirror-behind.sock
  # Only who starts, and what goes wrong
  kapacitor-udfd tap --socket /tmp/tap.sock --upstream /tmp/mirror.sock --only init,error
  # The names of all points
  kapacitor-udfd tap --socket /tmp/tap.sock --upstream /tmp/mirror.sock --only point \\
    --json | jq -r .name
  # Keep all of it, to be tried again without Kapacitor
  kapacitor-udfd tap --socket /tmp/tap.sock --upstream /tmp/mirror.sock \\
    --record trouble.rec";
