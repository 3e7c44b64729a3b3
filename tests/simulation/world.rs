//! An AWS and a PostgreSQL in which scenarios are played repeatedly from the same initial state.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use saas_executor::apply::change_set::{AllowedDataLoss, ChangeSet};
use saas_executor::event::Silent;
use saas_executor::postgres::{PostgresOptions, TlsMode, VirtualTime};
use saas_executor::verify::Scope;
use saas_executor::{Approval, AwsOptions, Execution, Intent, Options, Overrides, Session, SessionError};
use saas_model::Plan;
use saas_model::plan::TAG_ADDRESS;
use saas_sandbox::postgres::EmbeddedPostgres;
use saas_sandbox::{Account, Call, Dials, Pace, Sandbox, Settings, Snapshot, Time};
use saas_tests::statements::{InjectedFailures, StatementProxy};
use tokio::sync::Notify;

use crate::application;
use crate::database;
use crate::inventory::{differences, inventory};

/// The PostgreSQL that all scenarios of a process share, behind a proxy.
pub(crate) struct Database {
    _postgres: EmbeddedPostgres,
    hostaddr: String,
    statements: StatementProxy,
}

/// The duration of a lease, and so the time for which a dead process blocks other runs.
const TERM: Duration = Duration::from_secs(60);

/// The access key that signs the calls of a single executor.
const KEY: &str = "alone";

/// The state of one played scenario.
pub(crate) struct World<'d> {
    pub(crate) sandbox: Sandbox,
    database: &'d Database,
    death: Arc<Notify>,
    time: VirtualTime,
    /// The migrations of which two tasks ran at once.
    ran_twice: Mutex<BTreeSet<String>>,
}

/// The outcome of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was done.
    Complete,
    /// The process died.
    Died,
    /// Another run holds the lease, or has changed something in between. Nothing was done.
    Refused,
    /// Something failed, with the messages.
    Failed(String),
}

impl Database {
    pub(crate) fn start() -> Result<Self> {
        let postgres = EmbeddedPostgres::start(None)?;
        let upstream: SocketAddr = postgres.hostaddr().parse()?;
        let hostaddr = postgres.hostaddr();
        Ok(Self { _postgres: postgres, hostaddr, statements: StatementProxy::start(upstream)? })
    }

    /// The number of requests since the count was last reset.
    pub(crate) fn request_count(&self) -> u64 {
        self.statements.request_count()
    }
}

/// The account of the fixture.
fn account() -> Account {
    Account {
        id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        caller: "arn:aws:iam::123456789012:role/saas-provisioner".to_owned(),
    }
}

impl<'d> World<'d> {
    /// A world with an empty AWS account.
    pub(crate) async fn empty(database: &'d Database) -> Result<Self> {
        database::empty(&database.hostaddr).await?;
        let settings =
            Settings { account: account(), beginning: Time::BEGINNING, pace: Pace::Realistic, dials: Dials::default() };
        let sandbox = Sandbox::new(settings);
        // The plans name a version that AWS has withdrawn.
        sandbox.offer_engine_version("15.4");
        application::assume(&sandbox);
        Ok(Self::with(database, sandbox))
    }

    /// A world whose AWS has the state of a snapshot.
    pub(crate) fn of(database: &'d Database, snapshot: &Snapshot) -> Self {
        Self::with(database, Sandbox::from_snapshot(snapshot, Dials::default()))
    }

    fn with(database: &'d Database, sandbox: Sandbox) -> Self {
        let (death, time, ran_twice) = (Arc::default(), VirtualTime::default(), Mutex::default());
        Self { sandbox, database, death, time, ran_twice }
    }

    /// Sets the conditions of the next apply: the dials of AWS, and the failures of PostgreSQL.
    pub(crate) fn arrange(&self, dials: Dials, failures: InjectedFailures) {
        self.sandbox.turn(dials);
        let death = Arc::clone(&self.death);
        self.database.statements.inject(failures, move || death.notify_one());
    }

    /// The executor's options, with calls signed by this key.
    fn options(&self, key: &str) -> Options {
        Options {
            aws: AwsOptions {
                http_client: Some(self.sandbox.http_client()),
                endpoint_url: Some("http://sandbox.invalid".to_owned()),
                credentials: Some((key.to_owned(), "sandbox".to_owned())),
                ..AwsOptions::default()
            },
            postgres: PostgresOptions {
                hostaddr: Some(self.database.statements.hostaddr()),
                tls: TlsMode::Disable,
                catches_errors: false,
                virtual_time: Some(self.time.clone()),
                ..PostgresOptions::default()
            },
            ..Options::default()
        }
    }

    /// Runs an executor after another one died: first waits for the lease to expire.
    pub(crate) async fn run_after(&self, plan: &Plan, intent: Intent) -> Outcome {
        self.wait_for_lease_expiry().await;
        self.run(plan, intent).await
    }

    /// Waits until the lease of a dead process has expired.
    pub(crate) async fn wait_for_lease_expiry(&self) {
        tokio::time::sleep(TERM * 2).await;
    }

    /// Runs an executor until it completes or dies. Dropping the rest of it simulates a kill.
    pub(crate) async fn run(&self, plan: &Plan, intent: Intent) -> Outcome {
        self.run_as(KEY, plan, intent).await
    }

    /// The same, with an access key that distinguishes its calls from those of other runs.
    pub(crate) async fn run_as(&self, key: &str, plan: &Plan, intent: Intent) -> Outcome {
        tokio::select! {
            // In a fixed order, so that a dying process always sends the same calls.
            biased;
            () = self.sandbox.death() => Outcome::Died,
            () = self.death.notified() => Outcome::Died,
            outcome = self.run_to_end(key, plan, intent) => outcome,
            never = self.watch_migrations() => match never {},
        }
    }

    /// Looks whether two tasks of one migration run at once, for as long as the future is polled.
    async fn watch_migrations(&self) -> Infallible {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let tasks = self.sandbox.inventory().into_iter().filter(|item| item.kind == "ecs:task");
            let mut running = BTreeSet::new();
            for address in tasks.filter_map(|task| task.tags.get(TAG_ADDRESS).cloned()) {
                if !running.insert(address.clone()) {
                    self.ran_twice.lock().unwrap_or_else(PoisonError::into_inner).insert(address);
                }
            }
        }
    }

    /// The migrations of which two tasks ran at once.
    pub(crate) fn ran_twice(&self) -> Vec<String> {
        let ran_twice = self.ran_twice.lock().unwrap_or_else(PoisonError::into_inner);
        ran_twice.iter().map(|address| format!("two tasks of {address} ran at once")).collect()
    }

    async fn run_to_end(&self, key: &str, plan: &Plan, intent: Intent) -> Outcome {
        match self.execute(key, plan, intent).await {
            Ok(execution) if execution.is_complete() => Outcome::Complete,
            Ok(execution) => Outcome::Failed(format!("{:?}", execution.failed)),
            Err(SessionError::Lease(error)) if error.is_refusal() => Outcome::Refused,
            Err(error) => Outcome::Failed(format!("{error:?}")),
        }
    }

    /// Executes whatever is proposed. Older plans are applied, too, so that no receipts are read: none is
    /// stored here.
    async fn execute(&self, key: &str, plan: &Plan, intent: Intent) -> Result<Execution, SessionError> {
        let session = Session::open(plan, self.options(key), &Silent).await;
        let baseline = session.baseline(intent).await?;
        let overrides = Overrides { rollback: true, ..Overrides::default() };
        let proposal = session.propose(baseline, &overrides).await?;
        if proposal.changes().is_empty() {
            return Ok(Execution::default());
        }
        let lost = proposal.changes().at_stake(&[]);
        let approval = Approval::all().with_data_loss(lost.iter().map(AllowedDataLoss::from));
        session.execute(proposal.approve(&approval)?).await
    }

    /// What is left to do.
    ///
    /// # Errors
    /// When live resources cannot be compared.
    pub(crate) async fn remaining(&self, plan: &Plan, intent: Intent) -> Result<ChangeSet, SessionError> {
        let session = Session::open(plan, self.options(KEY), &Silent).await;
        let observation = session.observe(intent).await?;
        session.change_set(&observation, intent).await
    }

    /// Waits for background work of AWS: network interfaces are removed, tasks drain.
    pub(crate) async fn finish_background_work(&self) {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }

    /// What is wrong with the world, if it is to be as `intent` says; `expected` is the inventory of
    /// one that was brought there without trouble.
    pub(crate) async fn faults(&self, plan: &Plan, intent: Intent, expected: &[String]) -> Vec<String> {
        let mut faults = differences(expected, &inventory(&self.sandbox));
        faults.extend(self.ran_twice());
        faults.extend(unmodelled(&self.sandbox.journal()));
        if let Intent::Plan { .. } = intent {
            let session = Session::open(plan, self.options(KEY), &Silent).await;
            match session.verify(&Scope::All).await {
                Ok(verification) if verification.is_clean() => {}
                Ok(verification) => {
                    let broken = verification.probes.iter().filter(|probe| !probe.is_good());
                    faults.push(format!(
                        "not verified: {:?} {:?}",
                        verification.deviations,
                        broken.collect::<Vec<_>>()
                    ));
                }
                Err(errors) => faults.push(format!("cannot be verified: {errors:?}")),
            }
        }
        faults
    }
}

/// What calls were given and no operation of the sandbox looked at: the sandbox cannot have done what was
/// meant.
pub(crate) fn unmodelled(calls: &[Call]) -> Vec<String> {
    let unmodelled_calls = calls.iter().filter(|call| !call.faults.is_empty());
    unmodelled_calls.map(|call| format!("{:?} {}: {}", call.service, call.operation, call.faults.join(", "))).collect()
}
