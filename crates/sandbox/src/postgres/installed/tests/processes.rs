//! Processes end when they should, and processes that were killed do not prevent a restart.

use std::env;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{admin, room, run_program, start, text};

/// The variable with the directory of the server whose process is killed.
const VICTIM: &str = "SAAS_SANDBOX_TEST_VICTIM";

fn postmaster_pid(directory: &Path) -> String {
    let text = fs::read_to_string(directory.join("data/postmaster.pid")).expect("it is running");
    text.lines().next().expect("it has a number").to_owned()
}

fn is_running(pid: &str) -> bool {
    Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status().expect("every system has it").success()
}

#[test]
fn stopping_ends_the_process() {
    let room = room();
    let postgres = start(Some(room.path()));
    let (address, pid) = (postgres.hostaddr(), postmaster_pid(room.path()));
    assert!(TcpStream::connect(&address).is_ok());
    assert!(is_running(&pid));
    postgres.stop().expect("it ends as it should");
    assert!(TcpStream::connect(&address).is_err());
    assert!(!is_running(&pid));
    let log = fs::read_to_string(room.path().join("log")).expect("it has a log");
    assert!(log.trim_end().ends_with("database system is shut down"), "{log}");
}

#[test]
fn temporary_directories_are_removed() {
    let postgres = start(None);
    let address = postgres.hostaddr();
    let directory = postgres.temporary.as_ref().expect("it is temporary").path().to_owned();
    let pid = postmaster_pid(&directory);
    drop(postgres);
    assert!(TcpStream::connect(&address).is_err());
    assert!(!is_running(&pid));
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_killed_server_is_restarted() {
    let room = room();
    let postgres = start(Some(room.path()));
    admin(&postgres).await.batch_execute("CREATE TABLE t AS SELECT 7 AS id").await.expect("it may");
    run_program("kill", &["-9", &postmaster_pid(room.path())]);
    let error = loop {
        // The process needs a moment to die.
        if TcpStream::connect(postgres.hostaddr()).is_err() {
            break postgres.stop().expect_err("it had ended");
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(error.to_string().contains("signal: 9"), "{error}");
    // By now, its process id belongs to another process that could be a server.
    let file = room.path().join("data/postmaster.pid");
    let stale = fs::read_to_string(&file).expect("the file is still there");
    let (_, rest) = stale.split_once('\n').expect("it has lines");
    fs::write(&file, format!("{}\n{rest}", process::id())).expect("there is room");
    let postgres = start(Some(room.path()));
    assert_eq!(text(&admin(&postgres).await, "SELECT id FROM t").await, "7");
}

/// The process that the next test kills. Does nothing by itself.
#[test]
fn process_to_be_killed() {
    if let Some(directory) = env::var_os(VICTIM) {
        let _postgres = start(Some(Path::new(&directory)));
        thread::sleep(Duration::from_secs(600));
    }
}

#[test]
fn the_server_stops_when_its_parent_process_is_killed() {
    let room = room();
    let mut victim = Command::new(env::current_exe().expect("it runs"));
    victim.args(["--exact", "postgres::installed::tests::processes::process_to_be_killed"]);
    let mut victim = victim.env(VICTIM, room.path()).stdout(Stdio::null()).spawn().expect("it runs");
    let is_ready = || {
        let log = fs::read_to_string(room.path().join("log")).unwrap_or_default();
        log.contains("listening on") && log.contains("ready to accept connections")
    };
    while !is_ready() {
        assert_eq!(victim.try_wait().expect("it is ours"), None, "it goes on");
        thread::sleep(Duration::from_millis(20));
    }
    let file = fs::read_to_string(room.path().join("data/postmaster.pid")).expect("it is running");
    let port: u16 = file.lines().nth(3).and_then(|line| line.parse().ok()).expect("it has a port");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    victim.kill().expect("it is ours");
    victim.wait().expect("it is ours");
    // The new server waits for the old one to end.
    let postgres = start(Some(room.path()));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    postgres.stop().expect("it ends as it should");
}
