//! One run of the executor: a plan, the connections, and what may be asked for.

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

/// How AWS and PostgreSQL are reached, and how patiently.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How AWS is reached. The region is the plan's, whatever is given here.
    pub aws: AwsOptions,
    /// How PostgreSQL is reached.
    pub postgres: PostgresOptions,
    /// How long to wait between two looks, and how long in all.
    pub pace: RetryPolicy,
    /// How long the lease lasts, for whoever takes it.
    pub lease: LeaseOptions,
    /// What tells the run to stop.
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

/// What was found at one time.
#[derive(Default)]
pub struct Observation {
    pub(crate) live: ObservedState,
    tag_index: TagIndex,
}

impl<'p> Session<'p> {
    /// Prepares the clients; no call is made yet.
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

    /// The plan that this is a run for.
    #[must_use]
    pub const fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The calls that were sent to AWS so far, in their order.
    #[must_use]
    pub fn sent(&self) -> Vec<Call> {
        self.aws.calls.sent()
    }

    /// The calls that were made to AWS so far.
    #[must_use]
    pub fn calls(&self) -> Tally {
        self.aws.calls.tally()
    }

    /// Checks that this is the account and the region of the plan, which a command that only reads
    /// must know as well: in another account, everything would look as if it were missing.
    ///
    /// # Errors
    /// When it is another, or cannot be found out.
    pub async fn identify(&self) -> Result<(), PreflightError> {
        preflight(&self.cx(&Observation::default()), &Check::all().collect()).await
    }

    /// Checks what must hold before the first write.
    ///
    /// # Errors
    /// Everything that does not hold, or could not be found out, at once.
    pub async fn preflight(&self, observation: &Observation, skip: &BTreeSet<Check>) -> Result<(), PreflightError> {
        self.reporter.report(Event::Phase { phase: Phase::Preflight });
        for check in skip {
            self.reporter.report(Event::PreflightSkipped { check: check.to_string() });
        }
        preflight(&self.cx(observation), skip).await
    }

    /// Finds what is live.
    ///
    /// # Errors
    /// What could not be found out, kind by kind.
    pub async fn observe(&self) -> Result<Observation, Vec<Error>> {
        self.observe_for(Intent::Plan { deep: false }).await
    }

    /// Finds what is live. Where everything is to go, PostgreSQL need not answer: what is in it
    /// goes with the cluster.
    ///
    /// # Errors
    /// What could not be found out, kind by kind.
    pub async fn observe_for(&self, intent: Intent) -> Result<Observation, Vec<Error>> {
        self.reporter.report(Event::Phase { phase: Phase::Observe });
        let observation = self.find(intent, BTreeSet::new()).await?;
        // What writes refuses this; what only reads says what it looks at.
        for mismatch in identity::of_live(&observation.live, self.plan.header()) {
            self.reporter.report(Event::Warning { address: None, message: mismatch.to_string() });
        }
        Ok(observation)
    }

    /// Finds what is live, and does not say so, after a run that may have been making what was in
    /// flight.
    pub(crate) async fn find(&self, intent: Intent, in_flight: BTreeSet<Address>) -> Result<Observation, Vec<Error>> {
        self.find_within(intent, ALL, in_flight).await
    }

    /// Finds what is live, as far as it matters.
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

    /// What would have to be done.
    ///
    /// # Errors
    /// When a resource cannot be read.
    pub async fn change_set(&self, observation: &Observation, intent: Intent) -> Result<ChangeSet> {
        compare(&self.cx(observation), intent).await
    }

    /// Does it, while the lease is held. What fails is in the result; nothing that does not depend
    /// on it is stopped.
    pub async fn act(&self, _held: &LeaseGuard, observation: &Observation, changes: &ChangeSet) -> ApplyReport {
        self.reporter.report(Event::Phase { phase: Phase::Act });
        act(&self.cx(observation), changes).await
    }

    /// Proves that live equals plan as far as `scope` goes, from an observation of its own.
    ///
    /// What was just changed may not be seen everywhere yet. So what an apply touched, and everything
    /// while that apply is young, is looked at again for a while before it is said to be missing or wrong.
    ///
    /// # Errors
    /// When something cannot be read.
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
                // An apply looks at all that it touched, and this is what it sees.
                self.aws.hold.has_seen();
            }
            return verify(&cx, compared).await.map_err(|error| vec![error]);
        }
    }

    /// The outputs of the plan, with every value of AWS in them.
    ///
    /// # Errors
    /// When one refers to what is not live.
    pub fn outputs(&self, observation: &Observation) -> Result<BTreeMap<Address, String>> {
        let cx = self.cx(observation);
        self.plan.outputs().iter().map(|(name, text)| Ok((name.clone(), cx.text(text)?))).collect()
    }
}

/// What is found of a kind, and of several with the tags of one address the one that is used.
async fn observe(cx: &Context<'_>, kind: Kind) -> Result<Vec<ObservedResource>> {
    let mut found = provider::list(kind, cx).await?;
    tell_apart(cx, kind, &mut found).await?;
    Ok(found)
}

const fn is_in_postgres(kind: Kind) -> bool {
    matches!(kind, Kind::DatabaseAccess | Kind::TenantSchema)
}
