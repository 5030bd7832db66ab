//! A kapacitord as a child process, and its HTTP API. Knows nothing of who serves its functions.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{Request, Response};

/// How long anything may take that a test waits for. Far more than it takes on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(15);

const LOG: &str = "kapacitord.log";

/// A kapacitord whose data, configuration and log are in `dir`. Killed when dropped.
pub struct Kapacitord {
    child: Child,
    dir: PathBuf,
    agent: Agent,
    /// Where the API is, from when it listens.
    url: String,
}

/// Calls `look` until it gives something.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Kapacitord {
    /// Starts one whose configuration has this `[udf]` section.
    pub fn spawn(dir: &Path, udf: &str, snapshot_interval: &str) -> Self {
        fs::write(dir.join("kapacitor.conf"), configuration(dir, udf, snapshot_interval)).unwrap();
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let agent = agent.build().new_agent();
        Self { child: spawn(dir), dir: dir.to_owned(), agent, url: String::new() }
    }

    /// Waits until it listens. It does so last: all functions have answered and all tasks have started.
    pub fn wait_until_ready(&mut self) {
        let address = eventually("kapacitord listens", || {
            let log = self.log();
            assert!(!self.has_ended(), "kapacitord ended:\n{log}");
            let line = log.lines().find(|line| line.contains(r#"msg="listening on" service=http"#))?;
            line.split(' ').find_map(|word| word.strip_prefix("addr=")).map(str::to_owned)
        });
        self.url = format!("http://{address}/kapacitor/v1");
    }

    /// Ends it, gracefully or not, and starts it again on the same data.
    pub fn restart(&mut self, signal: Signal) {
        self.stop(signal);
        self.start_again();
    }

    /// Once it has ended.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.dir);
        self.wait_until_ready();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub fn stop(&mut self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
        eventually("kapacitord ends", || self.has_ended().then_some(()));
        assert!(!self.log().contains("panic:"), "kapacitord crashed:\n{}", self.log());
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// What it has logged since it was started last.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.join(LOG)).unwrap()).into_owned()
    }

    /// Defines a task over `telegraf.autogen` and enables it.
    #[track_caller]
    pub fn define(&self, task: &str, script: &str) {
        self.try_define(task, json!({ "script": script })).unwrap();
    }

    /// As `define`, for a task with more to it than a script over a stream: the API's error, if any.
    pub fn try_define(&self, task: &str, more: Value) -> Result<Value, String> {
        let mut definition = json!({
            "id": task, "type": "stream", "status": "enabled",
            "dbrps": [{ "db": "telegraf", "rp": "autogen" }],
        });
        let Value::Object(more) = more else { panic!("{more}") };
        definition.as_object_mut().unwrap().extend(more);
        definition.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.post("/tasks", &definition)
    }

    pub fn enable(&self, task: &str) {
        self.set_status(task, "enabled");
    }

    pub fn disable(&self, task: &str) {
        self.set_status(task, "disabled");
    }

    pub fn delete(&self, task: &str) {
        self.call(Request::delete(format!("{}/tasks/{task}", self.url)), "").unwrap();
    }

    /// The task as the API has it: `status`, `executing`, `error`, …
    pub fn task(&self, task: &str) -> Value {
        self.get(&format!("/tasks/{task}"))
    }

    /// The task's error, if it has failed.
    pub fn has_failed(&self, task: &str) -> Option<String> {
        let task = self.task(task);
        let error = task["error"].as_str().filter(|error| !error.is_empty())?;
        (task["executing"] == false).then(|| error.to_owned())
    }

    /// Waits until the task has failed: its error.
    pub fn failure(&self, task: &str) -> String {
        eventually(&format!("task {task} fails"), || self.has_failed(task))
    }

    /// Fails unless the task runs and has met no error.
    #[track_caller]
    pub fn runs(&self, name: &str) {
        let task = self.task(name);
        assert!(task["executing"] == true && task["error"] == "", "{name}: {task}");
    }

    /// Writes line protocol to `telegraf.autogen`.
    pub fn write(&self, lines: impl AsRef<[u8]>) {
        let request = Request::post(format!("{}/write?db=telegraf&rp=autogen", self.url));
        self.call(request, lines.as_ref()).unwrap();
    }

    /// What the task's `|httpOut(name)` shows once it shows `series` of them.
    pub fn http_out(&self, task: &str, name: &str, series: usize) -> Vec<Value> {
        eventually(&format!("{series} series in {name}"), || {
            // Before the first point there is a null, and before the task runs there is nothing.
            let out = self.call(Request::get(format!("{}/tasks/{task}/{name}", self.url)), "").ok()?;
            let out = out["series"].as_array()?.clone();
            (out.len() == series && out.iter().all(Value::is_object)).then_some(out)
        })
    }

    /// Starts to record what the task would get, up to `stop` (RFC 3339) in the points' own time.
    pub fn record(&self, recording: &str, task: &str, stop: &str) {
        let options = json!({ "id": recording, "task": task, "stop": stop });
        self.post("/recordings/stream", &options).unwrap();
        // The answer comes before the recording has its edge, and what is written until then is missed.
        eventually("the recording listens", || {
            self.get("/debug/vars").to_string().contains(&format!("\"task\":\"{recording}\"")).then_some(())
        });
    }

    pub fn wait_for_recording(&self, recording: &str) {
        let path = format!("/recordings/{recording}");
        eventually(&format!("{path} is finished"), || finished(&self.get(&path)));
    }

    /// Replays a recording through a disabled task, as fast as it can, until all is processed.
    pub fn replay(&self, replay: &str, task: &str, recording: &str) {
        self.start_replay(replay, task, recording);
        self.wait_for_replay(replay);
    }

    /// Starts a replay: what the API has of it.
    pub fn start_replay(&self, replay: &str, task: &str, recording: &str) -> Value {
        self.start_replay_by("fast", replay, task, recording)
    }

    /// As `start_replay`, by the clock `real`, at the pace of the points' times, or `fast`.
    pub fn start_replay_by(&self, clock: &str, replay: &str, task: &str, recording: &str) -> Value {
        let options = json!({
            "id": replay, "task": task, "recording": recording, "clock": clock, "recording-time": true,
        });
        self.post("/replays", &options).unwrap()
    }

    /// Waits until all that a replay plays is processed.
    pub fn wait_for_replay(&self, replay: &str) {
        eventually(&format!("{replay} is finished"), || finished(&self.replay_state(replay).unwrap()));
    }

    /// What the API has of a replay; nothing if there is no answer.
    pub fn replay_state(&self, replay: &str) -> Option<Value> {
        let request = Request::get(format!("{}/replays/{replay}", self.url));
        self.send(request, "").ok()?.ok()
    }

    fn set_status(&self, task: &str, status: &str) {
        let request = Request::patch(format!("{}/tasks/{task}", self.url));
        self.call(request, json!({ "status": status }).to_string()).unwrap();
    }

    fn get(&self, path: &str) -> Value {
        self.call(Request::get(format!("{}{path}", self.url)), "").unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.call(Request::post(format!("{}{path}", self.url)), body.to_string())
    }

    /// The answer's JSON, or the text of its `error`.
    fn call(&self, request: ureq::http::request::Builder, body: impl AsRef<[u8]>) -> Result<Value, String> {
        self.send(request, body).unwrap()
    }

    /// As `call`, of a kapacitord that may have ended.
    fn send(
        &self,
        request: ureq::http::request::Builder,
        body: impl AsRef<[u8]>,
    ) -> Result<Result<Value, String>, ureq::Error> {
        let mut response: Response<ureq::Body> = self.agent.run(request.body(body.as_ref())?)?;
        let text = response.body_mut().read_to_string()?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        if response.status().is_success() {
            return Ok(Ok(json));
        }
        Ok(Err(json["error"].as_str().map_or(text, str::to_owned)))
    }
}

impl Drop for Kapacitord {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let odd = log.lines().filter(|line| !line.contains("lvl=debug") && !line.contains("lvl=info"));
            #[expect(clippy::print_stderr, reason = "the test's own output, shown when it has failed")]
            {
                eprintln!("kapacitord's log:\n{}", odd.collect::<Vec<_>>().join("\n"));
            }
        }
    }
}

/// Whether a recording or a replay is.
fn finished(work: &Value) -> Option<()> {
    assert_ne!(work["status"], "failed", "{work}");
    (work["status"] == "finished").then_some(())
}

/// Where it is: what `$KAPACITORD` says, or on PATH.
pub fn program() -> OsString {
    std::env::var_os("KAPACITORD").unwrap_or_else(|| "kapacitord".into())
}

fn spawn(dir: &Path) -> Child {
    let program = program();
    let child = Command::new(&program)
        // The API's times are in its time zone.
        .env("TZ", "UTC")
        .arg("-config")
        .arg(dir.join("kapacitor.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(dir.join(LOG)).unwrap())
        .spawn();
    child.unwrap_or_else(|error| {
        panic!("can't run {}: {error}; set KAPACITORD or put a kapacitord on PATH", program.display())
    })
}

/// No InfluxDB, nobody told, nothing listened to but the API, on a port the system chooses.
fn configuration(dir: &Path, udf: &str, snapshot_interval: &str) -> String {
    let dir = dir.display();
    format!(
        r#"
hostname = "localhost"
data_dir = "{dir}"
skip-config-overrides = true
default-retention-policy = ""
[http]
bind-address = "127.0.0.1:0"
shutdown-timeout = "1s"
[config-override]
enabled = false
[logging]
file = "STDERR"
level = "DEBUG"
[load]
enabled = false
dir = "{dir}/load"
[replay]
dir = "{dir}/replay"
[task]
dir = "{dir}/tasks"
snapshot-interval = "{snapshot_interval}"
[storage]
boltdb = "{dir}/kapacitor.db"
[[influxdb]]
enabled = false
name = "localhost"
default = true
urls = ["http://127.0.0.1:1"]
[reporting]
enabled = false
[stats]
enabled = false
[collectd]
enabled = false
[opentsdb]
enabled = false
{udf}"#
    )
}
