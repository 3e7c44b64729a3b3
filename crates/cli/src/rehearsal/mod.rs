//! A rehearsal applies a plan to a sandbox in virtual time, and reports what a reviewer needs to know
//! before the apply to AWS.

pub(crate) mod proof;
mod reviewed;
mod run;
pub(crate) mod timeline;

pub(crate) use reviewed::is_of_lease;
pub(crate) use run::in_virtual_time;

use std::collections::BTreeSet;
use std::time::Duration;

use saas_executor::apply::change_set::{Action, AllowedDataLoss, Change};
use saas_executor::aws::calls::Call;
use saas_executor::event::Silent;
use saas_executor::preflight::Check;
use saas_executor::state::blocker::Blocker;
use saas_executor::verify::{Scope, Verification};
use saas_executor::{Approval, ChangeSet, Execution, FailedStep, Intent, Options, Overrides, Session, protected_nodes};
use saas_model::identifier::EngineVersion;
use saas_model::impact::{FieldImpact, immutable_changes};
use saas_model::resource::{DbCluster, Resource, ResourceSpec};
use saas_model::{Address, Digest, ExternalResources, Plan};
use saas_prover::Certificate;
use saas_review::Proven;
use saas_sandbox::{Dials, Floor, Item, Sandbox, floors, is_known_region, unoffered_engine_version};
use serde::Serialize;

use self::proof::RehearsedProof;
use self::timeline::{Leg, Timed, Timeline, seconds};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sandbox;

/// The result of a rehearsal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rehearsal {
    /// The id of the rehearsed plan.
    pub(crate) plan: Digest,
    /// The plan's file, for the printed apply command.
    #[serde(skip)]
    pub(crate) file: String,
    /// The id of the plan that was live before, if any.
    pub(crate) from: Option<Digest>,
    /// The digest of the change set, which `apply --approve` takes.
    pub(crate) change_set: Digest,
    /// The change set.
    pub(crate) changes: ChangeSet,
    /// What is proven of the tenants' isolation, and what of it differs from the live plan.
    pub(crate) proof: RehearsedProof,
    /// The impact of the change set on the platform's users.
    pub(crate) impact: Vec<FieldImpact>,
    /// The changes that no live platform can make. If there are any, nothing was applied.
    pub(crate) cannot_change: Vec<FieldImpact>,
    /// The deleted or replaced nodes whose kind holds data.
    pub(crate) at_stake: Vec<Address>,
    /// The mutating calls, in the order in which they were sent.
    pub(crate) calls: Vec<Call>,
    /// The duration on AWS.
    #[serde(serialize_with = "seconds", rename = "seconds")]
    pub(crate) took: Duration,
    /// The steps of the longest chain.
    pub(crate) critical_path: Vec<Leg>,
    /// All steps, in the order in which they began.
    #[serde(skip)]
    pub(crate) steps: Vec<Timed>,
    /// The lower bounds of the duration by AWS's rates, the highest first.
    pub(crate) floors: Vec<Floor>,
    /// Warnings for the operator.
    pub(crate) warnings: Vec<String>,
    /// Those that the live plan has as well.
    #[serde(skip)]
    pub(crate) warnings_before: Vec<String>,
    /// The failures. If there are any, the remaining parts of the rehearsal did not run.
    pub(crate) failures: Vec<NodeFailure>,
    /// Parts of calls that the sandbox does not model, so the rehearsal says nothing about them; must
    /// be empty.
    pub(crate) unmodelled: Vec<String>,
    /// The verification; `None` if the apply failed.
    pub(crate) verification: Option<Verification>,
    /// The mutating calls of a second apply; must be empty.
    pub(crate) second_apply: Vec<Call>,
    /// Whether a destroy requires deletion protection to be switched off.
    pub(crate) protected: bool,
    /// The resources that remained after a destroy; `None` if no destroy ran.
    pub(crate) left: Option<Vec<String>>,
    /// The resources that a destroy keeps by design outside of development: a final snapshot of the
    /// database, and secrets within their recovery window.
    pub(crate) kept: Vec<String>,
}

/// A failure at a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct NodeFailure {
    /// The node.
    pub(crate) address: Address,
    /// The error.
    pub(crate) error: String,
}

impl Rehearsal {
    /// Whether the plan is proven, its apply succeeds and verifies clean, and it can be destroyed without leftovers.
    pub(crate) fn is_clean(&self) -> bool {
        let Self { proof, failures, unmodelled, verification, second_apply, left, .. } = self;
        proof.is_proven()
            && failures.is_empty()
            && unmodelled.is_empty()
            && verification.as_ref().is_some_and(Verification::is_clean)
            && second_apply.is_empty()
            && left.as_ref().is_none_or(Vec::is_empty)
    }

    /// The exit code of what was found.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            rehearsal if rehearsal.is_clean() => Exit::Done,
            rehearsal if !rehearsal.proof.is_proven() || !rehearsal.cannot_change.is_empty() => Exit::Refused,
            _ => Exit::Failed,
        }
    }
}

/// Rehearses `plan`, with `from` live before if given. `options` connect to `sandbox`, which must be
/// empty, and throttles if `rates` is set. The runtime's clock must be paused.
///
/// # Errors
/// If live resources cannot be listed, or `from` cannot be applied. Failures to apply `plan` are in the
/// result.
pub(crate) async fn rehearse(
    (plan, certificate): Proven<'_>,
    live: Option<Proven<'_>>,
    sandbox: &Sandbox,
    rates: bool,
    options: &Options,
) -> Result<Rehearsal, Failure> {
    let from = live.map(|(from, _)| from);
    let plans = || [Some(plan), from].into_iter().flatten();
    plans().flat_map(engine_versions).for_each(|version| sandbox.offer_engine_version(version.as_ref()));
    let external = ExternalResources::of(plans().flat_map(Plan::nodes).map(|node| &node.resource));
    sandbox::provide(&external, sandbox);
    if let Some((from, certificate)) = live {
        offer_live_versions(from, sandbox);
        apply_base_plan(from, certificate, options).await?;
        sandbox.call_as(&caller(from, plan));
    }
    // Calls are counted from here.
    sandbox.turn(Dials { latency: true, rates, ..Dials::default() });

    let overrides = overrides(certificate);
    let options = &with_certificate(options, certificate);
    let timeline = Timeline::begin();
    let session = Session::open(plan, options.clone(), &timeline).await;
    let cannot_change = from.map(|from| immutable_changes(from, plan)).unwrap_or_default();
    let (changes, execution) = if cannot_change.is_empty() {
        run(&session, APPLY, &overrides).await?
    } else {
        let baseline = session.baseline(APPLY).await?;
        (session.change_set(baseline.observation(), APPLY).await?, Execution::default())
    };
    let failed = [blocked(&changes), failures(&execution)].concat();
    let mut rehearsal = Rehearsal {
        plan: plan.id(),
        file: crate::plan_files::PLAN.to_owned(),
        from: from.map(Plan::id),
        change_set: changes.digest(),
        at_stake: changes.changes.iter().filter(|change| loses_data(change)).map(|c| c.address.clone()).collect(),
        proof: RehearsedProof::of(certificate, live.map(|(_, certificate)| certificate)),
        impact: changes.impact(),
        cannot_change,
        changes,
        calls: session.sent().into_iter().filter(|call| !call.is_read()).collect(),
        took: timeline.elapsed(),
        critical_path: timeline.critical_path(plan),
        steps: timeline.steps(),
        floors: floors(&sandbox.journal()),
        warnings: [warnings(plan), provisioner_change(from, plan), timeline.warnings()].concat(),
        warnings_before: from.map(warnings).unwrap_or_default(),
        failures: failed,
        unmodelled: Vec::new(),
        verification: None,
        second_apply: Vec::new(),
        protected: !protected_nodes(plan).is_empty(),
        left: None,
        kept: Vec::new(),
    };
    if rehearsal.failures.is_empty() && rehearsal.cannot_change.is_empty() {
        rehearsal.verification = Some(session.verify(&Scope::All).await?);
        rehearsal.second_apply = second_apply_calls(plan, options, &overrides).await?;
        let (left, kept) = destroy_leftovers(plan, sandbox, options, &overrides).await?;
        (rehearsal.left, rehearsal.kept) = (Some(left), kept);
    }
    rehearsal.unmodelled = unmodelled(sandbox);
    Ok(rehearsal)
}

/// Request members that the sandbox did not read, without duplicates: names, never values.
fn unmodelled(sandbox: &Sandbox) -> Vec<String> {
    let faults = sandbox.journal().into_iter().flat_map(|call| {
        let (service, operation) = (call.service.name(), call.operation);
        call.faults.into_iter().map(move |fault| format!("{service}, {operation}: {fault}"))
    });
    faults.collect::<BTreeSet<_>>().into_iter().collect()
}

const APPLY: Intent = Intent::Plan { deep: false };

/// What a rehearsal overrides: it destroys protected resources, applies older plans, and reports what is not
/// proven instead of refusing it.
fn overrides(certificate: &Certificate) -> Overrides {
    let refuted = certificate.body().refuted().map(|(obligation, _)| obligation.id.clone());
    Overrides { rollback: true, deletion_protection: true, accepted_risks: refuted.collect() }
}

/// The options of sessions that check this certificate instead of proving the plan.
fn with_certificate(options: &Options, certificate: &Certificate) -> Options {
    Options { certificate: Some(certificate.clone()), ..options.clone() }
}

/// Does what `apply` and `destroy` do, and approves every proposal.
async fn run(session: &Session<'_>, intent: Intent, overrides: &Overrides) -> Result<(ChangeSet, Execution), Failure> {
    let baseline = session.baseline(intent).await?;
    // The caller is the only preflight check that a sandbox can answer.
    let skipped = Check::all().filter(|check| *check != Check::Caller).collect();
    session.preflight(baseline.observation(), &skipped).await?;
    let proposal = session.propose(baseline, overrides).await?;
    let changes = proposal.changes().clone();
    // With blockers, nothing is applied; the rehearsal reports them.
    if changes.is_empty() || !changes.blockers.is_empty() {
        return Ok((changes, Execution::default()));
    }
    let lost = changes.at_stake(&[]);
    let approval = Approval::all().with_data_loss(lost.iter().map(AllowedDataLoss::from));
    let execution = session.execute(proposal.approve(&approval)?).await?;
    Ok((changes, execution))
}

/// The role that can replace one plan with the other: the provisioner, unless the live policies do not
/// admit it or the new ones no longer do.
fn caller(from: &Plan, plan: &Plan) -> String {
    let administrators = |plan: &'_ Plan| -> BTreeSet<String> {
        let bucket = plan.control_bucket().map(|(_, bucket)| bucket);
        bucket.map(|bucket| bucket.policy.administrators().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    let (live, planned) = (administrators(from), administrators(plan));
    let both: Vec<&String> = live.intersection(&planned).collect();
    let provisioner = plan.header().provisioner.as_str();
    match both.first() {
        Some(one) if both.iter().all(|role| *role != provisioner) => (*one).clone(),
        _ => provisioner.to_owned(),
    }
}

/// A warning if another role must apply than the one that applied the live plan.
fn provisioner_change(from: Option<&Plan>, plan: &Plan) -> Vec<String> {
    let from = from.filter(|from| from.header().provisioner != plan.header().provisioner);
    let warning = |from: &Plan| {
        format!(
            "the provisioner so far is `{}`; apply this plan with `{}`, which has access under the old and the new policies",
            from.header().provisioner,
            caller(from, plan)
        )
    };
    from.map(warning).into_iter().collect()
}

/// Makes the sandbox offer the instance classes and libraries of the live plan: live resources keep
/// them when AWS withdraws them.
fn offer_live_versions(from: &Plan, sandbox: &Sandbox) {
    for node in from.nodes() {
        match &node.resource {
            Resource::DbInstance(instance) => sandbox.offer_class(instance.class.as_str()),
            Resource::DbClusterParameterGroup(group) => {
                let libraries = group.parameters.get("shared_preload_libraries");
                let libraries = libraries.map(|libraries| libraries.value.as_str()).unwrap_or_default();
                libraries.split(',').for_each(|library| sandbox.offer_library(library));
            }
            _ => {}
        }
    }
}

/// The age of the live platform in a rehearsal.
const AGE: Duration = Duration::from_secs(3_600);

/// Applies the plan that is live before.
async fn apply_base_plan(from: &Plan, certificate: &Certificate, options: &Options) -> Result<(), Failure> {
    let session = Session::open(from, with_certificate(options, certificate), &Silent).await;
    let (_, execution) = run(&session, APPLY, &overrides(certificate)).await?;
    let failures = failures(&execution);
    // Lets the platform age: the executor would wait for delayed reads after a run that has just ended.
    tokio::time::sleep(AGE).await;
    if failures.is_empty() { Ok(()) } else { Err(Failure::Before(failures)) }
}

fn failures(execution: &Execution) -> Vec<NodeFailure> {
    let failure = |step: &FailedStep| NodeFailure { address: step.address.clone(), error: step.reason() };
    execution.failed.iter().map(failure).collect()
}

/// The blockers as failures.
fn blocked(changes: &ChangeSet) -> Vec<NodeFailure> {
    let failure = |blocker: &Blocker| NodeFailure {
        address: blocker.address.clone(),
        error: format!("`{}`: {}; {}", blocker.id, blocker.what, blocker.remedy),
    };
    changes.blockers.iter().map(failure).collect()
}

/// The mutating calls of a second apply of the same plan.
async fn second_apply_calls(plan: &Plan, options: &Options, overrides: &Overrides) -> Result<Vec<Call>, Failure> {
    let session = Session::open(plan, options.clone(), &Silent).await;
    // A step can fail only where there is one, and then its calls are reported.
    let _steps = run(&session, APPLY, overrides).await?;
    Ok(session.sent().into_iter().filter(|call| !call.is_read()).collect())
}

/// Destroys everything. Returns the resources that remain and those that are kept by design.
async fn destroy_leftovers(
    plan: &Plan,
    sandbox: &Sandbox,
    options: &Options,
    overrides: &Overrides,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let session = Session::open(plan, options.clone(), &Silent).await;
    let (changes, _) = run(&session, Intent::Nothing, overrides).await?;
    if !changes.blockers.is_empty() {
        let line = |NodeFailure { address, error }| format!("{address}, whose deletion is blocked: {error}");
        return Ok((blocked(&changes).into_iter().map(line).collect(), Vec::new()));
    }
    let may_be_kept = !plan.header().environment.is_development();
    let is_kept = |item: &Item| may_be_kept && KEPT.contains(&item.kind.as_str());
    let (kept, left): (Vec<_>, Vec<_>) = sandbox.inventory().into_iter().partition(is_kept);
    let names = |items: Vec<Item>| items.into_iter().map(|item| format!("{} {}", item.kind, item.id)).collect();
    Ok((names(left), names(kept)))
}

/// The kinds of resources that outlive a platform outside of development.
const KEPT: [&str; 2] = ["rds:db-cluster-snapshot", "secretsmanager:secret-scheduled-for-deletion"];

/// The versions of Aurora PostgreSQL in a plan.
fn engine_versions(plan: &Plan) -> impl Iterator<Item = &EngineVersion> {
    plan.nodes().iter().filter_map(|node| Some(&DbCluster::of(&node.resource)?.engine_version))
}

/// What a plan alone warns of.
fn warnings(plan: &Plan) -> Vec<String> {
    let others = unknown_zones(plan).into_iter().chain(sandbox::warning(&plan.external_resources()));
    unoffered_versions(plan).into_iter().chain(others).collect()
}

/// Warnings about versions that AWS is not known to offer. A rehearsal offers them nevertheless: a live
/// cluster keeps its version when AWS withdraws it.
fn unoffered_versions(plan: &Plan) -> Vec<String> {
    let warning = |version: &EngineVersion| {
        let others = unoffered_engine_version(version.as_ref())?;
        Some(format!(
            "AWS is not known to offer aurora-postgresql {version}, and would then refuse to create a cluster with it; the \
             nearest versions that it offers are {}",
            others.join(", ")
        ))
    };
    engine_versions(plan).filter_map(warning).collect()
}

/// A warning if the sandbox does not know the Region's Availability Zones.
fn unknown_zones(plan: &Plan) -> Option<String> {
    let region = plan.header().region.to_string();
    (!is_known_region(&region))
        .then(|| format!("the sandbox does not know the Availability Zones of {region}; it assumes a, b and c"))
}

/// Whether a change deletes a resource that may hold data. A sandbox holds none, so the kind alone
/// decides.
fn loses_data(change: &Change) -> bool {
    change.kind.holds_data() && matches!(change.action, Action::Replace { .. } | Action::Delete { .. })
}
