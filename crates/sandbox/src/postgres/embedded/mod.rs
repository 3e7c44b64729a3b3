//! A PostgreSQL inside this process.
//!
//! It is the original PostgreSQL, version 17, compiled to WebAssembly and then to machine code: see
//! [`pglite_oxide`]. It needs no network. Its program is part of this one and is unpacked once into
//! the user's cache directory (`pglite-oxide`, 100 MB).
//!
//! It has a single backend, whereas a server starts one process per client. Sessions therefore take
//! turns, one transaction at a time, each with its own settings.
//! Differences from a server:
//!
//! - Passwords are stored as verifiers but never checked. Connections are not encrypted.
//! - An open transaction blocks all other sessions, so no session ever waits for a lock. The same
//!   applies to a session with temporary tables, advisory locks, open cursors or channels that it
//!   listens to. A session that waits for half a minute gets SQLSTATE 55P03.
//! - Timeouts for statements, locks and idle sessions can be set and read but have no effect.
//!   Cancel requests are ignored.
//! - `pg_stat_activity` shows the one backend, as its superuser's, and `pg_terminate_backend` has
//!   no effect. The session of a dropped role ends with its next request.
//! - Clients can connect to one database only. They can create others, which the catalog lists.
//! - `RESET` of one parameter restores the server's default, not the role's.
//! - `COPY FROM STDIN` and `SET SESSION AUTHORIZATION` are rejected.
//! - The extensions that Aurora offers to tenants exist by their names alone: they have no functions and types.
//! - Nothing is synced to disk: a directory outlives the process, but not a crash of the machine.

mod answer;
mod backend;
mod extensions;
mod front;
mod guard;
mod login;
mod session;
#[cfg(test)]
mod tests;
mod turns;
mod wire;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

use super::{INSTALLED, PostgresError, Setup, directory_or_temporary, quote};
use backend::Backend;
use front::Front;
use turns::{Request, Turns};

/// A PostgreSQL that runs on its own threads until it is stopped or dropped.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    address: SocketAddr,
    requests: mpsc::Sender<Request>,
    front: Front,
    turns: Option<JoinHandle<Result<(), PostgresError>>>,
    /// The temporary directory of its files, if any.
    temporary: Option<TempDir>,
}

/// The stack size of PostgreSQL's thread: the same as that of a process's main thread.
const STACK: usize = 8 << 20;

impl EmbeddedPostgres {
    /// Starts it on a free loopback port. Its files are in `directory`, where a later start reuses
    /// them, or in a temporary directory.
    ///
    /// This takes about a second and blocks: asynchronous code must call it where blocking is
    /// allowed.
    ///
    /// # Errors
    /// When the directory cannot be used, or is in use.
    pub fn start(directory: Option<&Path>) -> Result<Self, PostgresError> {
        Self::start_with(&Setup::default(), directory)
    }

    /// Starts it with other names. Creates the database and the administrator if the directory
    /// lacks them.
    ///
    /// # Errors
    /// As [`EmbeddedPostgres::start`], and when PostgreSQL does not accept the names.
    pub fn start_with(setup: &Setup, directory: Option<&Path>) -> Result<Self, PostgresError> {
        let (temporary, directory) = directory_or_temporary(directory)?;
        fs::create_dir_all(&directory)?;
        INSTALLED.reject_directory(&directory)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (requests, inbox) = mpsc::channel();
        let turns = run(setup.clone(), directory, inbox)?;
        let front = Front::open(listener, requests.clone())?;
        Ok(Self { address, requests, front, turns: Some(turns), temporary })
    }

    /// The address that it listens on: host and port.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        self.address.to_string()
    }

    /// Ends all sessions, then shuts PostgreSQL down.
    ///
    /// # Errors
    /// When the shutdown fails. Committed data is in the files nevertheless.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), PostgresError> {
        let Some(turns) = self.turns.take() else { return Ok(()) };
        self.front.begin_to_close();
        // If the thread has already ended, `join` returns the reason.
        let _ = self.requests.send(Request::Stop);
        let ended = turns.join().unwrap_or_else(|_| Err(PostgresError::Broken("it panicked".into())));
        self.front.close(self.address);
        self.temporary = None;
        ended
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        // Callers that need the error call `stop`.
        let _ = self.end();
    }
}

/// Starts PostgreSQL on a thread that it never leaves, and waits until it is ready.
fn run(
    setup: Setup,
    directory: PathBuf,
    inbox: mpsc::Receiver<Request>,
) -> Result<JoinHandle<Result<(), PostgresError>>, PostgresError> {
    let (ready, is_ready) = mpsc::channel();
    let thread = thread::Builder::new().name("postgres".into()).stack_size(STACK);
    let turns = thread.spawn(move || {
        let started = Backend::set_up(&directory, &setup);
        let (backend, started) = match started {
            Ok(backend) => (Some(backend), Ok(())),
            Err(error) => (None, Err(error)),
        };
        // The caller of `run` waits for this.
        let _ = ready.send(started);
        match backend {
            Some(backend) => Turns::new(backend, setup.database).serve_all(&inbox),
            None => Ok(()),
        }
    })?;
    is_ready.recv().unwrap_or_else(|_| Err(PostgresError::Broken("it panicked while it was starting".into())))?;
    Ok(turns)
}
