//! The files of a server, and the initial content of its database.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::access::{self, SUPERUSER};
use super::command::run;
use super::hold::Hold;
use super::programs::Programs;
use super::quote::identifier;
use super::user::User;
use super::{INSTALLED, PostgresError, Setup, cannot_start};

/// The directory in which the files are created before they are complete.
const INCOMPLETE: &str = "data.incomplete";

/// A database that every server has.
const FIRST_DATABASE: &str = "postgres";

/// The parameters that the server is started with. They override its configuration files.
const SETTINGS: [&str; 7] = [
    "hba_file=pg_hba.conf",
    "listen_addresses=127.0.0.1",
    // Clients use TCP, and the path of a Unix socket in a persistent directory may be too long.
    "unix_socket_directories=",
    "max_connections=200",
    // A directory does not have to outlive a crash of the machine.
    "fsync=off",
    // As on Aurora.
    "timezone=UTC",
    // Statements may contain passwords.
    "log_min_error_statement=panic",
];

/// The SQLSTATEs for a role and a database that already exist.
/// Source: PostgreSQL documentation, appendix A.
const ALREADY_THERE: [&str; 2] = ["42710", "42P04"];

/// A locked directory with the files of a stopped server.
#[derive(Debug)]
pub(super) struct Cluster {
    directory: PathBuf,
    programs: Programs,
    user: Option<User>,
    hold: Hold,
}

impl Cluster {
    /// Opens a directory, or creates its files. `is_created_here` states whether this process created the
    /// directory, and therefore may open it to the user that PostgreSQL runs as.
    pub(super) fn open_or_create(directory: PathBuf, is_created_here: bool) -> Result<Self, PostgresError> {
        let failed = |error| cannot_start(&directory, &error);
        let hold = Hold::take(&directory).map_err(failed)?;
        let data = directory.join(INSTALLED.name);
        let user = User::other_than_root(&data).map_err(failed)?;
        if is_created_here && user.is_some() {
            fs::set_permissions(&directory, Permissions::from_mode(0o711)).map_err(failed)?;
        }
        let version = version_of(&data).map_err(failed)?;
        let programs = Programs::find(version)?;
        let cluster = Self { directory, programs, user, hold };
        let ready = if version.is_some() { cluster.make_usable(&data) } else { cluster.make(&data) };
        ready.map_err(|error| cluster.failed(&error))?;
        Ok(cluster)
    }

    /// Creates the database and its administrator, if they do not exist, and writes the access
    /// rules.
    pub(super) fn set_up(&self, setup: &Setup) -> Result<(), PostgresError> {
        let Setup { database, admin } = setup;
        if [database, admin].iter().any(|name| name.contains(char::is_control)) {
            // A control character would end a statement or a rule.
            let message = "a name contains a control character".to_owned();
            return Err(PostgresError::SetUp { code: "42602".to_owned(), message });
        }
        access::write(&self.directory, admin).map_err(|error| self.failed(&error))?;
        let (database, admin) = (identifier(database), identifier(admin));
        let [(_, postgres), (_, template)] = setup.give_databases();
        let statements =
            format!("{};\n{postgres};\n{template};\nCREATE DATABASE {database} OWNER {admin};\n", setup.create_admin());
        // Single-user mode avoids a login as the superuser.
        let said = self.alone(&statements).map_err(|error| self.failed(&error))?;
        // Existing objects are accepted as they are.
        refusals(&said).find(|(code, _)| !ALREADY_THERE.contains(code)).map_or(Ok(()), |(code, message)| {
            Err(PostgresError::SetUp { code: code.to_owned(), message: message.to_owned() })
        })
    }

    /// The command that starts the server on a port.
    pub(super) fn server(&self, port: u16) -> io::Result<Command> {
        let mut postgres = self.command(&self.programs.path("postgres"))?;
        postgres.args(["-D", INSTALLED.name, "-p", &port.to_string()]);
        postgres.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        postgres.stderr(self.hold.share()?);
        Ok(postgres)
    }

    /// A command in the directory, run as PostgreSQL's user.
    pub(super) fn command(&self, program: &Path) -> io::Result<Command> {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).stdin(Stdio::null()).stdout(self.hold.share()?);
        // The output is parsed here.
        command.env("LC_ALL", "C");
        if let Some(User { uid, gid }) = self.user {
            command.uid(uid).gid(gid);
        }
        Ok(command)
    }

    pub(super) const fn hold(&self) -> &Hold {
        &self.hold
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn failed(&self, error: &io::Error) -> PostgresError {
        match self.user {
            Some(User { uid, .. }) if error.kind() == io::ErrorKind::PermissionDenied => {
                let reason = format!(
                    "{error}; PostgreSQL cannot run as root, and the user {uid} must be able to enter this directory \
                     and all above it"
                );
                PostgresError::Start { directory: self.directory.clone(), reason }
            }
            _ => cannot_start(&self.directory, error),
        }
    }

    fn make(&self, data: &Path) -> io::Result<()> {
        // Left by a process that was killed.
        let incomplete = self.directory.join(INCOMPLETE);
        if incomplete.exists() {
            fs::remove_dir_all(&incomplete)?;
        }
        fs::create_dir(&incomplete)?;
        if let Some(user) = self.user {
            user.take_ownership_from_root(&incomplete)?;
        }
        let mut initdb = self.command(&self.programs.path("initdb"))?;
        initdb.args(["--pgdata", INCOMPLETE, "--username", SUPERUSER]);
        initdb.args(["--auth=reject", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        run(initdb, "")?;
        fs::rename(incomplete, data)
    }

    fn make_usable(&self, data: &Path) -> io::Result<()> {
        if let Some(user) = self.user {
            user.take_ownership_from_root(data)?;
        }
        // PostgreSQL uses this file to detect that files are in use. The lock already proves that
        // they are not, while PostgreSQL mistakes any process with the id of a dead server for that
        // server.
        match fs::remove_file(data.join("postmaster.pid")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Runs statements, one per line, in single-user mode. Returns the output.
    fn alone(&self, statements: &str) -> io::Result<String> {
        let mut postgres = self.command(&self.programs.path("postgres"))?;
        postgres.args(["--single", "-D", INSTALLED.name]);
        postgres.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        postgres.args(["-c", "log_error_verbosity=verbose", "-c", "log_line_prefix=", FIRST_DATABASE]);
        run(postgres, statements)
    }
}

/// The PostgreSQL version of the files, if they exist.
fn version_of(data: &Path) -> io::Result<Option<u32>> {
    if !data.exists() {
        return Ok(None);
    }
    let of_postgres =
        |reason: String| io::Error::other(format!("its `data` is not a PostgreSQL data directory: {reason}"));
    let text = fs::read_to_string(data.join("PG_VERSION")).map_err(|error| of_postgres(error.to_string()))?;
    text.trim().parse().map(Some).map_err(|_| of_postgres(format!("its version is {}", text.trim())))
}

/// The SQLSTATE and the message of each error in the output.
fn refusals(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines().filter_map(|line| line.strip_prefix("ERROR:  ")?.split_once(": "))
}
