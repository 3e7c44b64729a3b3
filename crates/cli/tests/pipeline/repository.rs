//! A repository of a team that uses saas.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const FLAGS: &str =
    "init --name shop --account 123456789012 --region eu-west-1 --domain shop.example.com --tenant acme";

/// A repository whose Git has the settings that `saas init` prints.
pub(crate) struct Repository(TempDir);

impl Repository {
    /// A repository with a first plan on the branch `main`.
    pub(crate) fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        repository.git("init --quiet --initial-branch main", 0);
        std::fs::write(repository.path(".git/info/exclude"), "made\naws\n").expect("the file can be written");
        let (stdout, _) = repository.run("saas", FLAGS, 0);
        let (_, settings) = stdout.split_once("\nonce for each clone:\n").expect("it prints the settings");
        for line in settings.lines() {
            let (key, value) =
                line.trim().trim_start_matches("git config ").split_once(' ').expect("a key and a value");
            let mut git = repository.command("git");
            let status = git.args(["config", key, value.trim_matches('"')]).status().expect("git runs");
            assert!(status.success(), "{line}");
        }
        repository.run("saas", "plan", 0);
        repository.commit("First plan");
        repository
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("the file is there")
    }

    /// A command with this `saas` on its path, and without the user's settings of Git.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let saas = Path::new(env!("CARGO_BIN_EXE_saas"));
        let program = if program.as_ref() == "saas" { saas.as_os_str() } else { program.as_ref() };
        let mut command = Command::new(program);
        let programs = saas.parent().expect("a program is in a directory").to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
        command.env_clear().env("PATH", path.expect("directories have plain names")).current_dir(self.0.path());
        command.env("HOME", self.0.path()).env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null());
        for (key, value) in [("NAME", "Test"), ("EMAIL", "test@example.com")] {
            command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
        }
        command
    }

    /// Runs a command that must exit with `code`; returns its stdout and stderr.
    pub(crate) fn run(&self, program: &str, words: &str, code: i32) -> (String, String) {
        let output = self.command(program).args(words.split_whitespace()).output().expect("the command starts");
        let Output { status, stdout, stderr } = output;
        let text = |bytes| String::from_utf8(bytes).expect("the command writes text");
        let (stdout, stderr) = (text(stdout), text(stderr));
        assert_eq!(status.code(), Some(code), "{program} {words}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    pub(crate) fn git(&self, words: &str, code: i32) -> (String, String) {
        self.run("git", words, code)
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git("add --all", 0);
        let mut git = self.command("git");
        assert!(git.args(["commit", "--quiet", "--message", message]).status().expect("git runs").success());
    }

    /// Replaces `from` in the spec, plans and commits, on a new branch of `main`.
    pub(crate) fn branch(&self, name: &str, from: &str, to: &str) {
        self.git(&format!("checkout --quiet -b {name} main"), 0);
        self.change(name, from, to);
    }

    /// Replaces `from` in the spec, plans and commits.
    fn change(&self, message: &str, from: &str, to: &str) {
        let spec = self.read("saas.toml");
        assert!(spec.contains(from), "{from}\n{spec}");
        std::fs::write(self.path("saas.toml"), spec.replacen(from, to, 1)).expect("the spec can be written");
        self.run("saas", "plan", 0);
        self.commit(message);
    }

    /// A branch of `main` that onboards a tenant.
    pub(crate) fn onboard(&self, tenant: &str) {
        self.git(&format!("checkout --quiet -b {tenant} main"), 0);
        self.onboard_here(tenant);
    }

    /// Onboards a tenant on the present branch.
    pub(crate) fn onboard_here(&self, tenant: &str) {
        let spec = self.read("saas.toml");
        let last = spec.trim_end();
        let added =
            format!("{last}\n\n# Signed in {tenant}.\n[[tenant]]\nid = \"{tenant}\"\ncost_center = \"cc-{tenant}\"");
        self.change(tenant, last, &added);
    }

    /// The slots in the lock.
    pub(crate) fn slots(&self) -> Vec<String> {
        let lock = self.read("saas.lock");
        lock.lines().filter(|line| line.contains("slot =")).map(|line| line.trim().to_owned()).collect()
    }
}
