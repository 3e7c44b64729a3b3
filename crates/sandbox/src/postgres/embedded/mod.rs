//! A PostgreSQL inside this process.
//!
//! It is a real PostgreSQL, version 17, that was compiled to WebAssembly and from that to machine
//! code: see [`pglite_oxide`]. It needs no network. Its program is in this one, and is unpacked once
//! into the user's directory for caches (`pglite-oxide`, 100 MB).
//!
//! It has one process that does the work (a backend), where a server starts one for each client.
//! So sessions take turns with it, one transaction at a time, each with its own settings.
//! What differs from a server:
//!
//! - Passwords are stored as verifiers and never asked for. Nothing is encrypted.
//! - A transaction that is open keeps all others waiting, so none ever waits for a lock. So does a
//!   session that has temporary tables, advisory locks, open cursors or channels that it listens
//!   to. Who has waited for half a minute is told so with SQLSTATE 55P03.
//! - Time limits of statements, locks and idle sessions can be set and read, and end nothing.
//!   Requests to cancel are not heard.
//! - `pg_stat_activity` shows the one backend, as its superuser's, and `pg_terminate_backend` ends
//!   nothing. The session of a role that is dropped ends with the next thing that it asks for.
//! - There is one database to connect to. Others can be made and are shown in the catalog.
//! - `RESET` of one parameter gives the server's default, not the role's.
//! - `COPY FROM STDIN` and `SET SESSION AUTHORIZATION` are refused.
//! - Nothing is forced to the disk: a directory outlives the process, not a crash of the machine.

mod answer;
mod backend;
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

/// A PostgreSQL that runs on threads of its own, until it is stopped or dropped.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    address: SocketAddr,
    requests: mpsc::Sender<Request>,
    front: Front,
    turns: Option<JoinHandle<Result<(), PostgresError>>>,
    /// Where temporary files are.
    temporary: Option<TempDir>,
}

/// The thread that PostgreSQL runs on has as much stack as the main thread of a process.
const STACK: usize = 8 << 20;

impl EmbeddedPostgres {
    /// Starts it on a loopback port that is free. Its files are in `directory`, where a later start
    /// finds them again, or in a temporary one.
    ///
    /// This takes a second or so and blocks: in asynchronous code, call it where blocking is
    /// allowed.
    ///
    /// # Errors
    /// When the directory cannot be used, or is in use.
    pub fn start(directory: Option<&Path>) -> Result<Self, PostgresError> {
        Self::start_with(&Setup::default(), directory)
    }

    /// The same with other names. What a directory lacks of them is made.
    ///
    /// # Errors
    /// As [`EmbeddedPostgres::start`], and when the names are not for PostgreSQL.
    pub fn start_with(setup: &Setup, directory: Option<&Path>) -> Result<Self, PostgresError> {
        let (temporary, directory) = directory_or_temporary(directory)?;
        fs::create_dir_all(&directory)?;
        INSTALLED.must_not_be_in(&directory)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (requests, inbox) = mpsc::channel();
        let turns = run(setup.clone(), directory, inbox)?;
        let front = Front::open(listener, requests.clone())?;
        Ok(Self { address, requests, front, turns: Some(turns), temporary })
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        self.address.to_string()
    }

    /// Ends all sessions and then PostgreSQL, which leaves its files as after any shutdown.
    ///
    /// # Errors
    /// When it did not end as it should. What was committed is in the files nevertheless.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), PostgresError> {
        let Some(turns) = self.turns.take() else { return Ok(()) };
        self.front.begin_to_close();
        // It may have ended by itself; joining tells.
        let _ = self.requests.send(Request::Stop);
        let ended = turns.join().unwrap_or_else(|_| Err(PostgresError::Broken("it panicked".into())));
        self.front.close(self.address);
        self.temporary = None;
        ended
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        // Who wants to know calls `stop`.
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
        // Who started it waits for this.
        let _ = ready.send(started);
        match backend {
            Some(backend) => Turns::new(backend, setup.database).attend(&inbox),
            None => Ok(()),
        }
    })?;
    is_ready.recv().unwrap_or_else(|_| Err(PostgresError::Broken("it panicked while it was starting".into())))?;
    Ok(turns)
}
