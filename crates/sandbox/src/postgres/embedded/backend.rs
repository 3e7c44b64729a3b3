//! The single PostgreSQL backend: not a process, but a WebAssembly module that is called with a
//! client's messages and returns the answers.

use std::fs;
use std::path::{Path, PathBuf};

use pglite_oxide::{ExecProtocolOptions, Pglite};

use super::answer::{self, Refusal};
use super::extensions;
use super::quote::{identifier, literal};
use super::session::become_user;
use super::wire::Message;
use super::{PostgresError, Setup};

/// The superuser's name if the administrator takes the name `postgres`, as a master user of Aurora
/// may.
const OTHER_SUPERUSER: &str = "rdsadmin";
/// The superuser while its role is renamed: a session cannot rename its own role.
const RENAMING: &str = "rdsrenaming";
/// The database that always exists.
const FIRST_DATABASE: &str = "postgres";
/// The file with the name of the database that was created in the directory.
const MADE: &str = "database";

/// Settings that differ from PostgreSQL's defaults.
const SETTINGS: [(&str, &str); 3] = [
    // As on a server.
    ("search_path", "\"$user\", public"),
    ("allow_system_table_mods", "off"),
    // A rehearsal stores little data, and this buffer is memory of this process.
    ("shared_buffers", "16MB"),
];

/// The number of errors after which the backend is reopened. Each error leaves some data on the
/// module's stack, which overflows after about ten thousand: `out of bounds memory access`.
const REFUSALS: usize = 2_000;

/// PostgreSQL crashed, or could not be opened.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl From<Broken> for PostgresError {
    fn from(Broken(reason): Broken) -> Self {
        Self::Broken(reason)
    }
}

/// Rows of text, or an error.
pub(super) type Answer = Result<Vec<Vec<Option<String>>>, Refusal>;

/// The backend. It cannot leave the thread that opened it.
pub(super) struct Backend {
    directory: PathBuf,
    database: String,
    superuser: String,
    /// `None` after it crashed.
    postgres: Option<Pglite>,
    /// The number of errors that it returned since it was opened.
    refusals: usize,
}

/// The answer to a client's messages.
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    /// Whether the backend is idle: neither in a transaction nor within a series of messages.
    pub(super) idle: bool,
}

impl Backend {
    /// Opens a directory, and creates the database and its administrator if they do not exist.
    pub(super) fn set_up(directory: &Path, setup: &Setup) -> Result<Self, PostgresError> {
        let Setup { database, admin } = setup;
        let start = |reason: String| PostgresError::Start { directory: directory.to_owned(), reason };
        extensions::provide(directory)?;
        let made = directory.join(MADE);
        let is_made = fs::read_to_string(&made).is_ok_and(|name| name == *database);
        let first = if is_made { database } else { FIRST_DATABASE };
        let mut backend = Self::open(directory, first).map_err(|Broken(reason)| start(reason))?;
        if *admin == backend.superuser {
            backend.rename_superuser().map_err(|Broken(reason)| start(reason))?;
        }
        backend.make(&format!("SELECT 1 FROM pg_roles WHERE rolname = {}", literal(admin)), &setup.create_admin())?;
        for (name, give) in setup.give_databases() {
            let is_given = "SELECT 1 FROM pg_database WHERE datname =";
            let owner = format!("pg_get_userbyid(datdba) = {}", literal(admin));
            backend.make(&format!("{is_given} {} AND {owner}", literal(name)), &give)?;
        }
        if is_made {
            return Ok(backend);
        }
        backend.make(
            &format!("SELECT 1 FROM pg_database WHERE datname = {}", literal(database)),
            // Copying files is faster here.
            &format!("CREATE DATABASE {} OWNER {} STRATEGY file_copy", identifier(database), identifier(admin)),
        )?;
        backend.shut_down().map_err(|Broken(reason)| start(reason))?;
        fs::write(&made, database)?;
        Self::open(directory, database).map_err(|Broken(reason)| start(reason))
    }

    /// Renames the superuser, so that the administrator can take its name. The function can be
    /// repeated if the process is killed during it.
    fn rename_superuser(&mut self) -> Result<(), Broken> {
        let superuser = identifier(&self.superuser);
        for sql in [
            format!("DROP ROLE IF EXISTS {RENAMING}"),
            format!("CREATE ROLE {RENAMING} SUPERUSER"),
            become_user(RENAMING),
            format!("ALTER ROLE {superuser} RENAME TO {OTHER_SUPERUSER}"),
            become_user(OTHER_SUPERUSER),
            format!("DROP ROLE {RENAMING}"),
        ] {
            self.run(&sql)?.map_err(|refusal| Broken(refusal.message))?;
        }
        OTHER_SUPERUSER.clone_into(&mut self.superuser);
        Ok(())
    }

    /// The superuser that the backend runs as between client sessions.
    pub(super) fn superuser(&self) -> &str {
        &self.superuser
    }

    fn open(directory: &Path, database: &str) -> Result<Self, Broken> {
        let postgres = Pglite::builder()
            .path(directory)
            .database(database)
            .postgres_configs(SETTINGS)
            .open()
            .map_err(|error| Broken(format!("{error:#}")))?;
        let (directory, database) = (directory.to_owned(), database.to_owned());
        let mut backend = Self { directory, database, superuser: String::new(), postgres: Some(postgres), refusals: 0 };
        // The first answer contains the parameters that a client gets when it logs in.
        backend.exchange(&[Message::query("SELECT 1")])?;
        // A standalone backend runs as the first role; that role may have been renamed.
        let rows = backend.run("SELECT current_user")?.map_err(|refusal| Broken(refusal.message))?;
        backend.superuser = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        Ok(backend)
    }

    /// Opens it again after a crash. Committed data is kept.
    pub(super) fn reopen_after_crash(&mut self) -> Result<(), PostgresError> {
        // The files are released when it is dropped.
        self.postgres = None;
        *self = Self::open(&self.directory, &self.database)?;
        Ok(())
    }

    /// Whether it should be reopened before its stack overflows.
    pub(super) const fn needs_reopening(&self) -> bool {
        self.refusals >= REFUSALS
    }

    /// Shuts it down and opens it again.
    pub(super) fn renew(&mut self) -> Result<(), Broken> {
        self.shut_down()?;
        *self = Self::open(&self.directory, &self.database)?;
        Ok(())
    }

    /// Shuts it down.
    pub(super) fn shut_down(&mut self) -> Result<(), Broken> {
        let closed = self.postgres.take().map_or(Ok(()), |mut postgres| postgres.close());
        closed.map_err(|error| Broken(format!("{error:#}")))
    }

    /// Sends messages up to one that the client expects an answer to.
    pub(super) fn exchange(&mut self, messages: &[Message]) -> Result<Reply, Broken> {
        // Data counts as committed when it reaches the operating system; syncing would not change
        // that.
        let options = ExecProtocolOptions { sync_to_fs: false, throw_on_error: false, ..Default::default() };
        let postgres = self.postgres.as_mut().ok_or_else(|| Broken("it is closed".into()))?;
        let bytes = messages.iter().flat_map(Message::bytes).copied().collect::<Vec<u8>>();
        let bytes = postgres.exec_protocol_raw(&bytes, options).map_err(|error| Broken(format!("{error:#}")))?;
        let refusals = &mut self.refusals;
        let counted = answer::answers(&bytes).inspect(|(kind, _)| *refusals += usize::from(*kind == b'E'));
        let idle = counted.last() == Some((b'Z', b"I"));
        Ok(Reply { bytes, idle })
    }

    /// Runs internal SQL as the user of the session. The outer error means that the backend
    /// crashed.
    pub(super) fn run(&mut self, sql: &str) -> Result<Answer, Broken> {
        let reply = self.exchange(&[Message::query(sql)])?;
        let mut rows = Vec::new();
        for (kind, body) in answer::answers(&reply.bytes) {
            match kind {
                b'D' => rows.push(answer::row(body)),
                b'E' => return Ok(Err(Refusal::read(body))),
                _ => {}
            }
        }
        Ok(Ok(rows))
    }

    /// Runs `statement` unless the query `unless` returns a row.
    fn make(&mut self, unless: &str, statement: &str) -> Result<(), PostgresError> {
        let mut run =
            |sql: &str| self.run(sql)?.map_err(|Refusal { code, message }| PostgresError::SetUp { code, message });
        if run(unless)?.is_empty() {
            run(statement)?;
        }
        Ok(())
    }
}
