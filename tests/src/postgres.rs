//! A PostgreSQL of the system's own kind, in a directory of its own, on loopback, until it is dropped.
//!
//! It looks to its clients as Aurora does: the administrator is no superuser, may create roles and
//! owns the database; everybody authenticates with SCRAM. Only [`PostgresServer::superuser`], over
//! a socket that no other user can reach, may do more.

use std::fs;
use std::io::{self, Read};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::command::{User, command, run};
use crate::setup;

/// What a server is to have.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The database.
    pub database: String,
    /// The role that owns it and may create roles.
    pub admin: String,
    /// The administrator's password. Without one, every client on this machine is taken for the
    /// administrator: for an emulated AWS, where nothing sets the password.
    pub admin_password: Option<String>,
    /// The host names in the server's certificate. Without any, the server does not encrypt; with
    /// some, it refuses clients that do not.
    pub tls_names: Vec<String>,
    /// Parameters of the server beside the defaults.
    pub parameters: Vec<(String, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            database: "saas".into(),
            admin: "saasadmin".into(),
            admin_password: None,
            tls_names: Vec::new(),
            parameters: Vec::new(),
        }
    }
}

/// A running server. Dropping it ends it and removes everything that it wrote.
#[derive(Debug)]
pub struct PostgresServer {
    binaries: PathBuf,
    user: Option<User>,
    server: Child,
    port: u16,
    setup: Setup,
    // Dropped last, for the server's files are in it.
    directory: TempDir,
}

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(180);

impl PostgresServer {
    /// Initialises a server and starts it on a port of loopback that is free.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start; the error says what it said.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let binaries = setup::postgres().map_err(io::Error::other)?;
        // Sockets have short paths, so this is not where temporary files usually are.
        let directory = tempfile::Builder::new().prefix("saas-pg-").tempdir_in("/tmp")?;
        let we_are_root = fs::metadata(directory.path())?.uid() == 0;
        let user = if we_are_root { Some(User::unprivileged()?) } else { None };
        own(directory.path(), user)?;
        initialise(&binaries, user, directory.path(), setup)?;
        // Between finding a free port and taking it, another process may take it.
        let mut last = io::Error::other("no attempt was made");
        for _ in 0..5 {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            match launch(&binaries, user, directory.path(), setup, port) {
                Ok(server) => {
                    let server = Self { binaries, user, server, port, setup: setup.clone(), directory };
                    server.populate(setup)?;
                    return Ok(server);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, as `--database-hostaddr` takes them.
    #[must_use]
    pub fn hostaddr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    /// The authority of the server's certificate in PEM, when it encrypts.
    ///
    /// # Errors
    /// When the server does not encrypt.
    pub fn authority(&self) -> io::Result<Vec<u8>> {
        fs::read(self.directory.path().join("authority.crt"))
    }

    /// Everything that the server logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> io::Result<String> {
        log(self.directory.path())
    }

    /// Stops the server in the middle of whatever it does, and starts it again on the same port after
    /// a while.
    ///
    /// # Errors
    /// When it does not start again; the error says what it said.
    pub fn restart(&mut self, after: Duration) -> io::Result<()> {
        self.stop()?;
        self.server.wait()?;
        std::thread::sleep(after);
        self.server = launch(&self.binaries, self.user, self.directory.path(), &self.setup, self.port)?;
        Ok(())
    }

    /// Runs SQL in a database as the superuser, and gives the values of what it returned: rows as
    /// lines, columns separated by `|`.
    ///
    /// # Errors
    /// The first error of the SQL.
    pub fn superuser(&self, database: &str, sql: &str) -> io::Result<String> {
        psql(&self.binaries, self.user, self.directory.path(), self.port, database, sql)
    }

    fn stop(&self) -> io::Result<()> {
        let mut stop = command(&self.binaries.join("pg_ctl"), self.user, self.directory.path());
        stop.args(["stop", "--mode=immediate", "--wait", "--pgdata=data"]);
        run(stop, "").map(drop)
    }

    fn populate(&self, setup: &Setup) -> io::Result<()> {
        let Setup { database, admin, admin_password, .. } = setup;
        let password = admin_password.as_ref().map(|text| format!("PASSWORD {}", literal(text))).unwrap_or_default();
        // As the master user of Aurora: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
        // UsingWithRDS.MasterAccounts.html, without the privileges that only Amazon RDS knows.
        self.superuser(
            "postgres",
            &format!("CREATE ROLE {0} LOGIN NOSUPERUSER CREATEROLE CREATEDB {password};", identifier(admin)),
        )?;
        self.superuser("postgres", &format!("CREATE DATABASE {} OWNER {};", identifier(database), identifier(admin)))?;
        Ok(())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.stop().is_err() {
            // It may have ended by itself; nothing more can be done while dropping.
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

/// Gives a path to the user that the server runs as.
fn own(path: &Path, user: Option<User>) -> io::Result<()> {
    user.map_or(Ok(()), |user| chown(path, Some(user.uid), Some(user.gid)))
}

fn initialise(binaries: &Path, user: Option<User>, directory: &Path, setup: &Setup) -> io::Result<()> {
    let mut initdb = command(&binaries.join("initdb"), user, directory);
    initdb.args(["--pgdata=data", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    run(initdb, "")?;
    write(&directory.join("data/pg_hba.conf"), user, &access(setup))?;
    if setup.tls_names.is_empty() { Ok(()) } else { certify(directory, user, &setup.tls_names) }
}

/// Who may connect, and how they prove who they are.
fn access(setup: &Setup) -> String {
    let host = if setup.tls_names.is_empty() { "host" } else { "hostssl" };
    let admin = if setup.admin_password.is_some() { "scram-sha-256" } else { "trust" };
    format!(
        "local all postgres trust\n\
         {host} all {} 127.0.0.1/32 {admin}\n\
         {host} all all 127.0.0.1/32 scram-sha-256\n",
        identifier(&setup.admin)
    )
}

/// Makes an authority and a certificate of it for the server, for a day.
fn certify(directory: &Path, user: Option<User>, names: &[String]) -> io::Result<()> {
    let names: Vec<String> = names.iter().map(|name| format!("DNS:{name}")).collect();
    write(&directory.join("names"), user, &format!("subjectAltName={}", names.join(",")))?;
    let new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    for arguments in [
        format!("req -x509 {new_key} -days 1 -subj /CN=authority -keyout authority.key -out authority.crt"),
        format!("req {new_key} -subj /CN=server -keyout server.key -out server.csr"),
        "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 1 -extfile names \
         -out server.crt"
            .to_owned(),
    ] {
        let mut openssl = command(Path::new("openssl"), user, directory);
        openssl.args(arguments.split_whitespace());
        run(openssl, "")?;
    }
    fs::set_permissions(directory.join("server.key"), fs::Permissions::from_mode(0o600))
}

/// Starts the server and waits until it answers.
fn launch(binaries: &Path, user: Option<User>, directory: &Path, setup: &Setup, port: u16) -> io::Result<Child> {
    let log = fs::File::options().create(true).append(true).open(directory.join("log"))?;
    let mut postgres = command(&binaries.join("postgres"), user, directory);
    postgres.arg("-D").arg("data").arg("-k").arg(directory).arg("-p").arg(port.to_string());
    // Nothing of this outlives the test, so nothing needs to reach the disk.
    let mut parameters =
        vec!["listen_addresses=127.0.0.1".to_owned(), "fsync=off".into(), "max_connections=200".into()];
    if !setup.tls_names.is_empty() {
        parameters.extend(["ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"].map(String::from));
    }
    parameters.extend(setup.parameters.iter().map(|(name, value)| format!("{name}={value}")));
    for parameter in parameters {
        postgres.arg("-c").arg(parameter);
    }
    let mut server = postgres.stdout(Stdio::null()).stderr(log).spawn()?;
    let start = Instant::now();
    loop {
        if let Some(status) = server.try_wait()? {
            let said = self::log(directory).unwrap_or_default();
            return Err(io::Error::other(format!("postgres ended with {status}: {}", said.trim())));
        }
        let answer = psql(binaries, user, directory, port, "postgres", "SELECT 1");
        match answer {
            Ok(_) => return Ok(server),
            Err(error) if start.elapsed() > PATIENCE => {
                server.kill()?;
                server.wait()?;
                return Err(error);
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Runs SQL as the superuser over the socket. The SQL goes through standard input, for arguments
/// are seen by everybody.
fn psql(
    binaries: &Path,
    user: Option<User>,
    directory: &Path,
    port: u16,
    database: &str,
    sql: &str,
) -> io::Result<String> {
    let mut psql = command(&binaries.join("psql"), user, directory);
    psql.args([
        "--no-psqlrc",
        "--quiet",
        "--no-align",
        "--tuples-only",
        "--set=ON_ERROR_STOP=1",
        "--username=postgres",
    ])
    .arg("--host")
    .arg(directory)
    .arg(format!("--port={port}"))
    .arg(format!("--dbname={database}"));
    run(psql, sql).map(|printed| printed.trim_end().to_owned())
}

fn log(directory: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(directory.join("log"))?.read_to_string(&mut text)?;
    Ok(text)
}

fn write(path: &Path, user: Option<User>, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    own(path, user)
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrator_owns_the_database_without_superuser() {
        let server = PostgresServer::start(&Setup::default()).expect("PostgreSQL is installed");
        let admin = server
            .superuser("saas", "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = 'saasadmin'")
            .expect("the superuser may look");
        assert_eq!(admin, "f|t");
        let owner = server
            .superuser("saas", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'saas'")
            .expect("the superuser may look");
        assert_eq!(owner, "saasadmin");
    }

    #[test]
    fn drop_ends_the_process_and_removes_its_files() {
        let server = PostgresServer::start(&Setup::default()).expect("PostgreSQL is installed");
        let (address, directory) = (server.hostaddr(), server.directory.path().to_owned());
        assert!(std::net::TcpStream::connect(&address).is_ok());
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err());
        assert!(!directory.exists());
    }
}
