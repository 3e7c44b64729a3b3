//! One run of the executor: a plan, the connections, and the operations a caller may request.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use saas_model::{Address, Kind, Plan};
use tokio::time::Instant;

use crate::apply::change_set::ChangeSet;
use crate::apply::diff::{Intent, compare};
use crate::apply::order::{LAST_STAGE, STAGES};
use crate::apply::run::{ApplyReport, act};
use crate::apply::scope::{ALL, Scope};
use crate::aws::calls::{Call, Tally};
use crate::aws::{Aws, AwsOptions};
use crate::context::{Context, Passwords, RetryPolicy};
use crate::error::{Error, Result, chain};
use crate::event::{Event, Phase, Reporter};
use crate::identity;
use crate::lease::{LeaseGuard, LeaseOptions};
use crate::login::stopped;
use crate::postgres::{Postgres, PostgresOptions};
use crate::preflight::{Check, PreflightError, preflight};
use crate::provider;
use crate::state::absence;
use crate::state::observed::{ObservedResource, ObservedState};
use crate::state::out_of_reach;
use crate::state::rivals::tell_apart;
use crate::state::tag_index::TagIndex;
use crate::stop::Stop;
use crate::verify::{Verification, compare as compare_with_plan, verify};

/// Connections to AWS and PostgreSQL, with their timeouts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How to reach AWS. The Region always comes from the plan, not from here.
    pub aws: AwsOptions,
    /// How to reach PostgreSQL.
    pub postgres: PostgresOptions,
    /// Pauses between polls, and the timeouts.
    pub pace: RetryPolicy,
    /// How long the lease of this run lasts.
    pub lease: LeaseOptions,
    /// Requests cancellation of the run.
    pub stop: Stop,
}

/// One run of the executor for one plan.
pub struct Session<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) aws: Aws,
    postgres: Postgres,
    passwords: Passwords,
    pub(crate) reporter: &'p dyn Reporter,
    pub(crate) pace: RetryPolicy,
    pub(crate) lease: LeaseOptions,
    pub(crate) stop: Stop,
}

/// The observed state of the platform at one point in time.
#[derive(Default)]
pub struct Observation {
    pub(crate) live: ObservedState,
    tag_index: TagIndex,
}

impl<'p> Session<'p> {
    /// Prepares the clients; makes no call yet.
    pub async fn open(plan: &'p Plan, options: Options, reporter: &'p dyn Reporter) -> Self {
        let Options { aws, postgres, pace, lease, stop } = options;
        let region = Some(plan.header().region.to_string());
        let aws = AwsOptions { region, patience: Some(pace.patience), stop: stop.clone(), ..aws };
        let aws = Aws::connect(&aws).await;
        if postgres.virtual_time.is_some() {
            aws.hold.keep_virtual_time();
        }
        let postgres = Postgres::new(postgres);
        Self { plan, aws, postgres, passwords: Passwords::default(), reporter, pace, lease, stop }
    }

    pub(crate) fn cx<'a>(&'a self, observation: &'a Observation) -> Context<'a> {
        Context {
            aws: &self.aws,
            postgres: &self.postgres,
            plan: self.plan,
            live: &observation.live,
            tag_index: &observation.tag_index,
            passwords: &self.passwords,
            reporter: self.reporter,
            scope: ALL,
            by_tag: None,
            pace: self.pace,
            stop: &self.stop,
            at: None,
        }
    }

    /// The plan of this run.
    #[must_use]
    pub const fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The calls sent to AWS so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Call> {
        self.aws.calls.sent()
    }

    /// The number of calls made to AWS so far.
    #[must_use]
    pub fn calls(&self) -> Tally {
        self.aws.calls.tally()
    }

    /// Checks that the credentials belong to the account and the Region of the plan. Read-only commands
    /// need this check as well: in another account, every resource would look missing.
    ///
    /// # Errors
    /// When the account or the Region differs, or cannot be determined.
    pub async fn identify(&self) -> Result<(), PreflightError> {
        preflight(&self.cx(&Observation::default()), &Check::all().collect()).await
    }

    /// Checks every condition that must hold before the first write.
    ///
    /// # Errors
    /// All conditions that do not hold or cannot be checked, at once.
    pub async fn preflight(&self, observation: &Observation, skip: &BTreeSet<Check>) -> Result<(), PreflightError> {
        self.reporter.report(Event::Phase { phase: Phase::Preflight });
        for check in skip {
            self.reporter.report(Event::PreflightSkipped { check: check.to_string() });
        }
        preflight(&self.cx(observation), skip).await
    }

    /// Lists the live resources.
    ///
    /// # Errors
    /// The kinds that cannot be listed, one error for each.
    pub async fn observe(&self) -> Result<Observation, Vec<Error>> {
        self.observe_for(Intent::Plan { deep: false }).await
    }

    /// Lists the live resources. When everything is to be destroyed, PostgreSQL need not answer: its
    /// contents are deleted with the cluster.
    ///
    /// # Errors
    /// The kinds that cannot be listed, one error for each.
    pub async fn observe_for(&self, intent: Intent) -> Result<Observation, Vec<Error>> {
        self.reporter.report(Event::Phase { phase: Phase::Observe });
        let observation = self.find(intent, BTreeSet::new()).await?;
        // Commands that write refuse this; commands that only read warn about it.
        for mismatch in identity::of_live(&observation.live, self.plan.header()) {
            self.reporter.report(Event::Warning { address: None, message: mismatch.to_string() });
        }
        Ok(observation)
    }

    /// Lists the live resources without reporting a phase. `in_flight` are the resources that an earlier
    /// run may have been creating.
    pub(crate) async fn find(&self, intent: Intent, in_flight: BTreeSet<Address>) -> Result<Observation, Vec<Error>> {
        self.find_within(intent, ALL, in_flight).await
    }

    /// Lists the live resources within a scope.
    async fn find_within(
        &self,
        intent: Intent,
        scope: &Scope,
        in_flight: BTreeSet<Address>,
    ) -> Result<Observation, Vec<Error>> {
        let observation = Observation { live: ObservedState::after(in_flight), ..Observation::default() };
        for kinds in STAGES.into_iter().chain([LAST_STAGE]) {
            let cx = Context { scope, ..self.cx(&observation) };
            if intent != Intent::Nothing && kinds.iter().any(|kind| is_in_postgres(*kind)) {
                let errors = stopped(&cx);
                if !errors.is_empty() {
                    return Err(errors);
                }
            }
            let found = join_all(kinds.iter().map(|&kind| observe(&cx, kind))).await;
            let mut errors = Vec::new();
            for (&kind, found) in kinds.iter().zip(found) {
                match found {
                    Ok(found) => observation.live.observed(self.plan, found),
                    Err(error) if intent == Intent::Nothing && is_in_postgres(kind) => {
                        let message = format!(
                            "{kind}: PostgreSQL does not answer, so what is in it is not looked at: {}",
                            chain(&error)
                        );
                        self.reporter.report(Event::Warning { address: None, message });
                    }
                    Err(error)
                        if is_in_postgres(kind)
                            && (absence::is_without_password(&error) || out_of_reach::is_closed(&cx, &error)) =>
                    {
                        absence::take_as_planned(&cx, kind, &error);
                    }
                    Err(error) => errors.push(out_of_reach::explained(&cx, error)),
                }
            }
            if !errors.is_empty() {
                return Err(errors);
            }
            let asked = join_all(kinds.iter().map(|&kind| absence::ask(&cx, kind, intent))).await;
            let errors: Vec<Error> = asked.into_iter().filter_map(Result::err).collect();
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        let cx = Context { scope, ..self.cx(&observation) };
        absence::ask_for_versions(&cx).await.map_err(|error| vec![error])?;
        absence::ask_for_leavers(&cx).await.map_err(|error| vec![error])?;
        Ok(observation)
    }

    /// The changes that bring the live resources to the plan.
    ///
    /// # Errors
    /// When a resource cannot be described.
    pub async fn change_set(&self, observation: &Observation, intent: Intent) -> Result<ChangeSet> {
        compare(&self.cx(observation), intent).await
    }

    /// Applies the change set while the lease is held. The result contains the failures; a failure stops
    /// only the steps that depend on it.
    pub async fn act(&self, _held: &LeaseGuard, observation: &Observation, changes: &ChangeSet) -> ApplyReport {
        self.reporter.report(Event::Phase { phase: Phase::Act });
        act(&self.cx(observation), changes).await
    }

    /// Verifies that the live resources within `scope` equal the plan. It lists them anew.
    ///
    /// A recent change may not be visible to every read yet. So the resources that an apply touched are
    /// listed again for a while before they are reported as missing or wrong. While the last apply is
    /// recent, this holds for all resources.
    ///
    /// # Errors
    /// When a resource cannot be listed or described.
    pub async fn verify(&self, scope: &Scope) -> Result<Verification, Vec<Error>> {
        self.reporter.report(Event::Phase { phase: Phase::Verify });
        let start = Instant::now();
        let mut pauses = self.pace.pauses();
        let mut late = None;
        loop {
            let observation = self.find_within(Intent::Plan { deep: true }, scope, BTreeSet::new()).await?;
            let cx = Context { scope, ..self.cx(&observation) };
            let compared = compare_with_plan(&cx).await.map_err(|error| vec![error])?;
            let within = match scope {
                _ if compared.deviations.is_empty() => Duration::ZERO,
                Scope::All => match late {
                    Some(within) => within,
                    None => *late.insert(self.seen_within().await),
                },
                Scope::Touched(_) => self.pace.visible_within,
            };
            let may_be_late = start.elapsed() < within;
            if !compared.deviations.is_empty() && may_be_late && cx.pause(pauses.next()).await.is_continue() {
                continue;
            }
            if compared.deviations.is_empty() && *scope != Scope::All {
                // An apply verifies everything it touched, and all of it is visible now.
                self.aws.hold.has_seen();
            }
            return verify(&cx, compared).await.map_err(|error| vec![error]);
        }
    }

    /// The outputs of the plan, with the values from AWS resolved.
    ///
    /// # Errors
    /// When an output refers to a resource that is not live.
    pub fn outputs(&self, observation: &Observation) -> Result<BTreeMap<Address, String>> {
        let cx = self.cx(observation);
        self.plan.outputs().iter().map(|(name, text)| Ok((name.clone(), cx.text(text)?))).collect()
    }
}

/// Lists the resources of a kind. Where several carry the tags of one address, it selects the one in use.
async fn observe(cx: &Context<'_>, kind: Kind) -> Result<Vec<ObservedResource>> {
    let mut found = provider::list(kind, cx).await?;
    tell_apart(cx, kind, &mut found).await?;
    Ok(found)
}

const fn is_in_postgres(kind: Kind) -> bool {
    matches!(kind, Kind::DatabaseAccess | Kind::TenantSchema)
}
