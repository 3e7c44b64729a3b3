//! Runs `saas` as a process in a temporary directory.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use saas_model::{Lock, Plan};
use saas_tests::fault_proxy::Proxy;
use saas_tests::setup;
use tempfile::TempDir;

use crate::cloud::Cloud;
use crate::platform::{SPEC, plan};

/// A directory with the fixture's plan, and the `saas` program.
pub(crate) struct WorkingDirectory {
    pub(crate) work: TempDir,
    saas: PathBuf,
    pub(crate) plan: Plan,
}

impl WorkingDirectory {
    pub(crate) fn new() -> Self {
        Self::of(plan(SPEC, &Lock::default()).0)
    }

    /// The same with another plan.
    pub(crate) fn of(plan: Plan) -> Self {
        let work = tempfile::tempdir().expect("a directory");
        fs_err::write(work.path().join("plan.msgpack"), plan.encode()).expect("the plan is written");
        let target = setup::target_directory().expect("tests run out of cargo's directory");
        Self { work, saas: target.join("debug/saas"), plan }
    }

    pub(crate) fn command(&self, cloud: &Cloud, words: &str) -> Command {
        self.command_with(&cloud.arguments(), words)
    }

    /// A command that reaches the cloud through a proxy.
    pub(crate) fn command_through(&self, proxy: &Proxy, cloud: &Cloud, words: &str) -> Command {
        self.command_with(&cloud.arguments_at(&proxy.url()), words)
    }

    fn command_with(&self, arguments: &[&str], words: &str) -> Command {
        let mut command = Command::new(&self.saas);
        command
            .args(words.split_whitespace())
            .args(arguments)
            .current_dir(self.work.path())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `saas`, checks its exit code, and returns its output.
    pub(crate) fn expect(&self, code: i32, cloud: &Cloud, words: &str) -> (String, String) {
        let ended = self.command(cloud, words).output().expect("saas is built with the tests");
        ended_with(code, words, ended)
    }
}

pub(crate) fn ended_with(code: i32, words: &str, ended: Output) -> (String, String) {
    let [stdout, stderr] = [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert_eq!(ended.status.code(), Some(code), "saas {words}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// A running process, and its standard error so far.
pub(crate) struct Running {
    pub(crate) child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    messages: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("saas is built with the tests");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        Self { child, stderr, messages: String::new() }
    }

    /// Waits until standard error contains this text.
    pub(crate) fn until(&mut self, text: &str) {
        while !self.messages.contains(text) {
            let read = self.stderr.read_line(&mut self.messages).expect("it is text");
            assert!(read > 0, "the process ended without `{text}`:\n{}", self.messages);
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("every Unix has it").success());
    }

    pub(crate) fn end(mut self, code: i32) -> (String, String) {
        while self.stderr.read_line(&mut self.messages).expect("it is text") > 0 {}
        let mut ended = self.child.wait_with_output().expect("it ends");
        ended.stderr = self.messages.into_bytes();
        ended_with(code, "in the background", ended)
    }
}
