//! The PostgreSQL server that is installed on this machine, version 15 or later, with a data
//! directory of its own: it does not touch the machine's own databases.
//!
//! Unlike the embedded one, it is a complete server: sessions do not wait for each other, timeouts
//! take effect, and the tenants' roles log in with their passwords. It listens on a loopback port
//! and on no Unix socket.
//!
//! It ends with this process, even if the process is killed. Nothing is synced to disk: a directory
//! outlives the processes, but not a crash of the machine.
//!
//! The directory contains:
//!
//! - `data`: PostgreSQL's own files. If this process runs as root, an unprivileged user owns them.
//! - `pg_hba.conf`: the access rules, written at each start.
//! - `log`: the output since the last start. It is locked while a process uses the directory.

mod access;
mod cluster;
mod command;
mod hold;
mod programs;
mod server;
#[cfg(test)]
mod tests;
mod user;

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::{EMBEDDED, INSTALLED, PostgresError, Setup, directory_or_temporary, quote};
use cluster::Cluster;
use server::Server;

/// A PostgreSQL server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct InstalledPostgres {
    server: Server,
    // Dropped last, because it contains the server's files.
    temporary: Option<TempDir>,
}

impl InstalledPostgres {
    /// Starts it on a free loopback port. Its files are in `directory`, where a later start reuses
    /// them, or in a temporary directory. Creates the database and the administrator if they do not
    /// exist.
    ///
    /// This takes a few seconds and blocks: asynchronous code must call it where blocking is
    /// allowed.
    ///
    /// # Errors
    /// When no PostgreSQL is installed, when the directory cannot be used or is in use, and when
    /// PostgreSQL does not accept the names.
    pub fn start(setup: &Setup, directory: Option<&Path>) -> Result<Self, PostgresError> {
        let (temporary, directory) = directory_or_temporary(directory)?;
        let is_created_here = temporary.is_some() || !directory.exists();
        fs::create_dir_all(&directory).map_err(|error| cannot_start(&directory, &error))?;
        EMBEDDED.reject_directory(&directory)?;
        let cluster = Cluster::open_or_create(directory, is_created_here)?;
        cluster.set_up(setup)?;
        let server = Server::start(&cluster)?;
        Ok(Self { server, temporary })
    }

    /// The address that it listens on: host and port.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        self.server.address().to_string()
    }

    /// Ends all sessions, then shuts PostgreSQL down.
    ///
    /// # Errors
    /// When the shutdown fails. Committed data is in the files nevertheless.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.server.end()?;
        // If the removal fails, the directory is still a temporary one.
        drop(self.temporary.take());
        Ok(())
    }
}

fn cannot_start(directory: &Path, error: &io::Error) -> PostgresError {
    PostgresError::Start { directory: directory.to_owned(), reason: error.to_string() }
}
