//! A sandbox and a PostgreSQL for `--sandbox` and for rehearsals.
//!
//! The executor only sees an HTTP client and a database address.

mod assumed;
mod directory;

use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use saas_executor::postgres::{PostgresOptions, TlsMode, VirtualTime};
use saas_executor::{AwsOptions, Options};
use saas_model::resource::{DbCluster, ResourceSpec};
use saas_model::{ExternalResources, Plan};
#[cfg(feature = "embedded-postgres")]
use saas_sandbox::postgres::EmbeddedPostgres;
use saas_sandbox::postgres::{InstalledPostgres, PostgresError, Setup};
use saas_sandbox::{Account, Dials, Pace, Sandbox, SandboxError, Settings, Time};

use crate::connect::Missing;

pub(crate) use self::assumed::{provide, warning};
use self::directory::Directory;
pub(crate) use self::directory::DirectoryError;

/// The PostgreSQL server of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    /// Built into `saas`
    #[cfg(feature = "embedded-postgres")]
    #[default]
    Embedded,
    /// Installed on this machine
    #[cfg_attr(not(feature = "embedded-postgres"), default)]
    System,
}

/// A running PostgreSQL. Dropping it stops the server.
enum Running {
    #[cfg(feature = "embedded-postgres")]
    Embedded(EmbeddedPostgres),
    System(InstalledPostgres),
}

/// A sandbox and its PostgreSQL. Dropping it stops the database.
pub(crate) struct RunningSandbox {
    sandbox: Sandbox,
    database: Running,
    /// The names in the database.
    setup: Setup,
    virtual_time: Option<VirtualTime>,
    /// Whether the sandbox throttles.
    rates: bool,
    directory: Option<Directory>,
}

/// The account and caller of a sandbox, and the initial contents of its AWS and database.
pub(crate) struct SandboxOwner {
    pub(crate) account: Account,
    pub(crate) setup: Setup,
    /// Versions of Aurora PostgreSQL to offer, even if AWS does not offer them.
    pub(crate) engine_versions: Vec<String>,
    /// What the plan does not create, and must exist.
    pub(crate) external: ExternalResources,
}

impl SandboxOwner {
    /// The owner that a plan names.
    pub(crate) fn of(plan: &Plan) -> Self {
        let header = plan.header();
        let account = Account {
            id: header.account.to_string(),
            region: header.region.to_string(),
            caller: header.provisioner.to_string(),
        };
        let cluster = plan.nodes().iter().find_map(|node| DbCluster::of(&node.resource));
        let setup = cluster.map_or_else(Setup::default, |cluster| Setup {
            database: cluster.database.to_string(),
            admin: cluster.admin.to_string(),
        });
        let clusters = plan.nodes().iter().filter_map(|node| DbCluster::of(&node.resource));
        let engine_versions = clusters.map(|cluster| cluster.engine_version.to_string()).collect();
        Self { account, setup, engine_versions, external: plan.external_resources() }
    }
}

/// The interval at which a directory's sandbox is saved, so that a killed run leaves its changes.
const KEEP_EVERY: Duration = Duration::from_millis(300);

/// Why a sandbox cannot be started or saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SandboxFailure {
    #[error("cannot load or save the sandbox")]
    Sandbox(#[from] SandboxError),
    #[error("cannot start the sandbox's PostgreSQL")]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl RunningSandbox {
    /// An empty sandbox with AWS's durations, and its rates if `rates` is set. The runtime's clock must
    /// be paused.
    pub(crate) fn for_rehearsal(plan: &Plan, rates: bool, database: Database) -> Result<Self, SandboxFailure> {
        let dials = Dials { latency: true, rates, ..Dials::default() };
        let SandboxOwner { account, setup, .. } = SandboxOwner::of(plan);
        // Virtual times are not shown. A fixed start gives the same rehearsal the same ids.
        let settings = Settings { account, beginning: Time::BEGINNING, pace: Pace::Realistic, dials };
        Ok(Self {
            sandbox: Sandbox::new(settings),
            database: start(&setup, database, None)?,
            setup,
            virtual_time: Some(VirtualTime::default()),
            rates,
            directory: None,
        })
    }

    /// An interactive sandbox with instant pace: the directory's, or an empty one.
    pub(crate) fn interactive(
        plan: &Plan,
        database: Database,
        directory: Option<&Path>,
        missing: Missing,
    ) -> Result<Self, SandboxFailure> {
        let take = match missing {
            Missing::Create => Directory::take,
            Missing::Refuse => Directory::existing,
        };
        let directory = directory.map(take).transpose()?;
        let running = Self::open_in(SandboxOwner::of(plan), Pace::Instant, database, directory)?;
        // As on AWS, the plan's provisioner applies the plan.
        if plan.header().account.as_str() == running.sandbox.account().id {
            running.sandbox.call_as(plan.header().provisioner.as_str());
        }
        Ok(running)
    }

    /// The directory's sandbox, or an empty one, with this pace.
    pub(crate) fn open(
        owner: SandboxOwner,
        pace: Pace,
        database: Database,
        directory: Option<&Path>,
    ) -> Result<Self, SandboxFailure> {
        Self::open_in(owner, pace, database, directory.map(Directory::take).transpose()?)
    }

    fn open_in(
        SandboxOwner { account, setup, engine_versions, external }: SandboxOwner,
        pace: Pace,
        database: Database,
        directory: Option<Directory>,
    ) -> Result<Self, SandboxFailure> {
        let path = directory.as_ref().map(Directory::path);
        let kept = path.map(|path| Sandbox::load(path, Dials::default())).transpose()?.flatten();
        let empty = || Sandbox::new(Settings { account, beginning: now(), pace, dials: Dials::default() });
        let sandbox = kept.unwrap_or_else(empty);
        sandbox.set_pace(pace);
        // AWS's time passes between commands, too.
        sandbox.advance_to(now());
        engine_versions.iter().for_each(|version| sandbox.offer_engine_version(version));
        provide(&external, &sandbox);
        // An existing database keeps its name and administrator, even if the plan has others.
        let kept = sandbox.databases().into_iter().next().map(|(database, admin)| Setup { database, admin });
        let setup = kept.unwrap_or(setup);
        let database = start(&setup, database, path)?;
        Ok(Self { sandbox, database, setup, virtual_time: None, rates: false, directory })
    }

    pub(crate) const fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The database and the administrator of its PostgreSQL.
    pub(crate) const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The host and port of its PostgreSQL.
    pub(crate) fn database_hostaddr(&self) -> String {
        self.database.hostaddr()
    }

    /// The executor's options to connect to it.
    pub(crate) fn options(&self) -> Options {
        Options {
            aws: AwsOptions {
                http_client: Some(self.sandbox.http_client()),
                // Requests stay in the process; the host must only differ from AWS's.
                endpoint_url: Some("http://sandbox.invalid".to_owned()),
                credentials: Some(("sandbox".to_owned(), "sandbox".to_owned())),
                unpaced: !self.rates,
                ..AwsOptions::default()
            },
            postgres: PostgresOptions {
                hostaddr: Some(self.database.hostaddr()),
                tls: TlsMode::Disable,
                catches_errors: self.database.catches_errors(),
                virtual_time: self.virtual_time.clone(),
                ..PostgresOptions::default()
            },
            ..Options::default()
        }
    }

    /// Runs `work` with the sandbox. If it has a directory, saves the state at intervals and at the
    /// end, also if `work` fails: changes on AWS would stay, too.
    pub(crate) async fn play<T, E: From<SandboxFailure>>(
        self,
        work: impl AsyncFnOnce(Options) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut work = std::pin::pin!(work(self.options()));
        let mut kept = 0;
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(KEEP_EVERY) => {
                    let calls = self.sandbox.calls();
                    if calls != kept {
                        self.save()?;
                        kept = calls;
                    }
                }
            }
        };
        self.save()?;
        self.database.stop().map_err(SandboxFailure::from)?;
        done
    }

    fn save(&self) -> Result<(), SandboxFailure> {
        match &self.directory {
            Some(directory) => {
                directory.keep();
                Ok(self.sandbox.save(directory.path())?)
            }
            None => Ok(()),
        }
    }
}

impl Running {
    /// The embedded PostgreSQL runs in WebAssembly; see [`PostgresOptions::catches_errors`].
    const fn catches_errors(&self) -> bool {
        match self {
            #[cfg(feature = "embedded-postgres")]
            Self::Embedded(_) => false,
            Self::System(_) => true,
        }
    }

    fn hostaddr(&self) -> String {
        match self {
            #[cfg(feature = "embedded-postgres")]
            Self::Embedded(postgres) => postgres.hostaddr(),
            Self::System(postgres) => postgres.hostaddr(),
        }
    }

    fn stop(self) -> Result<(), PostgresError> {
        match self {
            #[cfg(feature = "embedded-postgres")]
            Self::Embedded(postgres) => postgres.stop(),
            Self::System(postgres) => postgres.stop(),
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::from_millis(u64::try_from(since.as_millis()).unwrap_or_default())
}

/// Starts a PostgreSQL that resembles Aurora: one database, owned by its administrator.
fn start(setup: &Setup, database: Database, directory: Option<&Path>) -> Result<Running, SandboxFailure> {
    let directory = directory.map(|directory| directory.join("postgres"));
    Ok(match database {
        #[cfg(feature = "embedded-postgres")]
        Database::Embedded => Running::Embedded(EmbeddedPostgres::start_with(setup, directory.as_deref())?),
        Database::System => Running::System(InstalledPostgres::start(setup, directory.as_deref())?),
    })
}
