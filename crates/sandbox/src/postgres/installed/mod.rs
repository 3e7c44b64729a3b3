//! A PostgreSQL server that is installed on this machine, version 15 or later, with files of our
//! own: nothing of the machine's own databases is touched.
//!
//! What differs from the embedded one is that it is a server: sessions do not wait for each other,
//! time limits end what they are for, and the roles of tenants log in with their passwords. It
//! listens on a port of loopback and on no socket.
//!
//! It ends with this process, however that ends. Nothing is forced to the disk: a directory outlives
//! the processes, not a crash of the machine.
//!
//! In its directory there are:
//!
//! - `data`: PostgreSQL's own files. As root, they are those of an unprivileged user.
//! - `pg_hba.conf`: who may log in, written anew at each start.
//! - `log`: what was said since the last start. It is locked while a process uses the directory.

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
    // Dropped last, for the server's files are in it.
    temporary: Option<TempDir>,
}

impl InstalledPostgres {
    /// Starts it on a loopback port that is free. Its files are in `directory`, where a later start
    /// finds them again, or in a temporary one. What they lack of the setup is made.
    ///
    /// This takes a few seconds and blocks: in asynchronous code, call it where blocking is
    /// allowed.
    ///
    /// # Errors
    /// When no PostgreSQL is installed, when the directory cannot be used or is in use, and when the
    /// names are not for PostgreSQL.
    pub fn start(setup: &Setup, directory: Option<&Path>) -> Result<Self, PostgresError> {
        let (temporary, directory) = directory_or_temporary(directory)?;
        let is_ours = temporary.is_some() || !directory.exists();
        fs::create_dir_all(&directory).map_err(|error| cannot_start(&directory, &error))?;
        EMBEDDED.must_not_be_in(&directory)?;
        let cluster = Cluster::take_up(directory, is_ours)?;
        cluster.set_up(setup)?;
        let server = Server::start(&cluster)?;
        Ok(Self { server, temporary })
    }

    /// Where it listens: host and port.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        self.server.address().to_string()
    }

    /// Ends all sessions and then PostgreSQL, which leaves its files as after any shutdown.
    ///
    /// # Errors
    /// When it did not end as it should. What was committed is in the files nevertheless.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.server.end()?;
        // What cannot be removed is temporary all the same.
        drop(self.temporary.take());
        Ok(())
    }
}

fn cannot_start(directory: &Path, error: &io::Error) -> PostgresError {
    PostgresError::Start { directory: directory.to_owned(), reason: error.to_string() }
}
