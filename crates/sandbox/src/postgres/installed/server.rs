//! The server's process: how it starts, and how it ends even if this process is killed.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::{INSTALLED, PostgresError};

/// How long the server may take to become ready, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many ports are tried.
const ATTEMPTS: usize = 5;

/// A shell script that waits for the end of its input and then requests a fast shutdown.
/// Source: PostgreSQL documentation, section 19.5, "Shutting Down the Server".
const WATCH: &str = "read -r _; kill -INT \"$1\"";

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    /// Ends the server when its input ends. This happens at the latest when this process ends,
    /// because even a killed process closes its pipes.
    watch: Child,
    address: SocketAddr,
    has_ended: bool,
}

impl Server {
    /// Starts it on a free port and waits until it is ready.
    pub(super) fn start(cluster: &Cluster) -> Result<Self, PostgresError> {
        let mut attempts = 1;
        loop {
            let mut server = Self::launch(cluster).map_err(|error| cluster.failed(&error))?;
            let Err(reason) = server.wait_until_ready(cluster.directory()) else { return Ok(server) };
            // Another process took the free port first.
            if attempts == ATTEMPTS || !reason.contains("could not bind") {
                return Err(cluster.failed(&io::Error::other(reason)));
            }
            attempts += 1;
        }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    fn launch(cluster: &Cluster) -> io::Result<Self> {
        cluster.hold().clear_log()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        // In their own process groups, they do not receive the terminal's interrupts.
        let mut process = cluster.server(address.port())?.process_group(0).spawn()?;
        let mut watch = cluster.command(Path::new("sh"))?;
        watch.args(["-c", WATCH, "sh", &process.id().to_string()]).stdin(Stdio::piped()).process_group(0);
        match watch.spawn() {
            Ok(watch) => Ok(Self { process, watch, address, has_ended: false }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }

    /// Returns the log as the error if the server does not become ready.
    fn wait_until_ready(&mut self, directory: &Path) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let log = || fs::read_to_string(directory.join("log")).unwrap_or_default().trim().to_owned();
            match self.process.try_wait() {
                Ok(None) if is_ready(directory, self.process.id()) => return Ok(()),
                Ok(None) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
                Ok(None) => return Err(format!("it did not become ready: {}", log())),
                Ok(Some(status)) => return Err(format!("it exited with {status}: {}", log())),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// Shuts it down and waits until it has ended.
    pub(super) fn end(&mut self) -> Result<(), PostgresError> {
        if self.has_ended {
            return Ok(());
        }
        self.has_ended = true;
        let broken = |error: io::Error| PostgresError::Broken(error.to_string());
        if let Some(status) = self.process.try_wait().map_err(broken)? {
            // Another process may have its id by now.
            self.watch.kill().and_then(|()| self.watch.wait()).map_err(broken)?;
            return Err(PostgresError::Broken(format!("it had exited with {status}")));
        }
        drop(self.watch.stdin.take());
        if !self.watch.wait().map_err(broken)?.success() {
            // The shell could not request the shutdown.
            self.process.kill().map_err(broken)?;
        }
        let start = Instant::now();
        loop {
            match self.process.try_wait().map_err(broken)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(PostgresError::Broken(format!("it exited with {status}"))),
                None if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
                None => {
                    self.process.kill().and_then(|()| self.process.wait()).map_err(broken)?;
                    return Err(PostgresError::Broken("it did not exit and was killed".to_owned()));
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Callers that need the error call `end`.
        let _ = self.end();
    }
}

/// Whether the server with this process id reports that it accepts clients.
///
/// The process id is in the first line of its file, the status in the eighth.
/// Source: `src/include/utils/pidfile.h` of PostgreSQL, and `pg_ctl`, which waits in the same way.
fn is_ready(directory: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(directory.join(INSTALLED.name).join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next().is_some_and(|first| first == pid.to_string()) && lines.nth(6) == Some("ready")
}
