//! The lease (one apply at a time), receipts, and cancellation.

use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;

use saas_executor::event::{Event, Reporter, Silent};
use saas_executor::lease::LeaseGuard;
use saas_executor::{Baseline, Execution, Intent, LeaseError, LeaseOptions, Options, Session, SessionError};
use saas_model::receipt::{self, Ending};
use saas_model::{Lock, Receipt};
use saas_tests::fault_proxy::Fault;
use serde_json::Value;
use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::platform::{OVERRIDES, SPEC, TENANTS, apply, approve_all, assert_clean, edited, plan};
use crate::working_directory::{Running, WorkingDirectory};

const APPLY: Intent = Intent::Plan { deep: false };

/// Records the reported events.
#[derive(Default)]
struct RecordingReporter(Mutex<Vec<Event>>);

impl Reporter for RecordingReporter {
    fn report(&self, event: Event) {
        self.0.lock().expect("no test panics here").push(event);
    }
}

pub(crate) async fn second_apply_is_refused_while_the_lease_is_held(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    let session = Session::open(&directory.plan, cloud.options(), &Silent).await;
    let baseline = session.baseline(APPLY).await.expect("no run holds the lease");
    let work = async |_: &LeaseGuard| {
        for words in ["apply plan.msgpack --yes", "destroy plan.msgpack --yes"] {
            let (_, stderr) = directory.expect(4, cloud, words);
            assert!(
                stderr.contains("has held the lease since 20") && stderr.contains("Z; it expires at 20"),
                "{stderr}"
            );
            assert!(stderr.contains("hint: wait until that run has ended"), "{stderr}");
        }
        // Reading needs no lease.
        directory.expect(3, cloud, "status plan.msgpack");
        let (stdout, _) = directory.expect(0, cloud, "lease show plan.msgpack");
        assert!(stdout.starts_with("lease of arn:") && stdout.contains("\n  state       valid until 20"), "{stdout}");
        let (stdout, stderr) = directory.expect(4, cloud, "lease break plan.msgpack");
        assert!(stdout.starts_with("lease of arn:") && stdout.contains("\n  command     apply of plan "), "{stdout}");
        assert!(stderr.contains("confirm with --yes"), "{stderr}");
    };
    session.with_lease(baseline, receipt::Command::Apply, work).await.expect("no run holds the lease");
    let (stdout, _) = directory.expect(0, cloud, "lease show plan.msgpack");
    assert_eq!(stdout, "no run holds the lease\n");
    directory.expect(0, cloud, "apply plan.msgpack --yes");
}

pub(crate) async fn concurrent_first_applies_run_once(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    let [one, other] = [0, 1].map(|_| Session::open(&plan, cloud.options(), &Silent));
    let (one, other) = (one.await, other.await);
    let (one, other) = (&one, &other);
    // Both have looked before either begins, so to both it is a first apply.
    let (seen, seen_by_other) = (one.baseline(APPLY).await, other.baseline(APPLY).await);
    let ended = [
        apply_from(one, seen.expect("no resource exists")),
        apply_from(other, seen_by_other.expect("no resource exists yet")),
    ];
    let ended = futures::future::join_all(ended).await;
    let refused: Vec<&SessionError> = ended.iter().filter_map(|ended| ended.as_ref().err()).collect();
    assert!(matches!(refused[..], [error] if error.is_refusal()), "{ended:#?}");
    let complete = ended.iter().filter(|ended| ended.as_ref().is_ok_and(Execution::is_complete)).count();
    assert_eq!(complete, 1, "{ended:#?}");
    assert_clean(cloud, &plan).await;
    cloud.read_back(&TENANTS);
}

async fn apply_from(session: &Session<'_>, baseline: Baseline) -> Result<Execution, SessionError> {
    let proposal = session.propose(baseline, &OVERRIDES).await.expect("it can be compared");
    session.execute(approve_all(proposal)).await
}

pub(crate) async fn an_approval_is_for_the_observed_state(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    let session = Session::open(&directory.plan, cloud.options(), &Silent).await;
    let baseline = session.baseline(APPLY).await.expect("no run holds the lease");
    let proposal = session.propose(baseline, &OVERRIDES).await.expect("it can be compared");
    // While an operator reviews the change set, another run applies it.
    apply(cloud, &directory.plan).await;
    let error = session.apply(approve_all(proposal), |_| {}).await.expect_err("it has changed");
    assert!(matches!(error, SessionError::Lease(LeaseError::Changed(Some(_)))), "{error}");
}

/// Says when a run has begun with its first step.
#[derive(Default)]
struct Begun(Notify);

impl Reporter for Begun {
    fn report(&self, event: Event) {
        if matches!(event, Event::Started { .. }) {
            self.0.notify_one();
        }
    }
}

pub(crate) async fn expired_lease_is_taken_over(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    let lease = LeaseOptions { settling: Duration::from_millis(200), ..LeaseOptions::default() };
    let options = || Options { lease, ..cloud.options() };
    let begun = Begun::default();
    let first = Session::open(&plan, options(), &begun).await;
    let seen = first.baseline(APPLY).await.expect("no run holds the lease");
    // Dropped in the middle, as if the process had been killed.
    tokio::select! {
        ended = apply_from(&first, seen) => panic!("it ended before it was killed: {ended:?}"),
        () = begun.0.notified() => {}
    }

    let events = RecordingReporter::default();
    let second = Session::open(&plan, options(), &events).await;
    let error = second.baseline(APPLY).await.err();
    assert!(matches!(error, Some(SessionError::Lease(LeaseError::Held(_)))), "{error:?}");
    expire_lease(cloud);
    let seen = second.baseline(APPLY).await.expect("it has expired");
    let execution = apply_from(&second, seen).await.expect("it has expired");
    assert!(execution.is_complete(), "{execution:#?}");
    let events = events.0.into_inner().expect("no test panics here");
    let taken_over = events.iter().filter(|event| matches!(event, Event::LeaseTakenOver { .. })).count();
    assert_eq!(taken_over, 1, "{events:#?}");
    assert_clean(cloud, &plan).await;
    cloud.read_back(&TENANTS);
}

/// Waits until the lease has expired, with a term that a test can wait for: the times of S3 are whole seconds.
fn expire_lease(cloud: &Cloud) {
    cloud.edit_lease("{'term_seconds': 0}");
    sleep(Duration::from_secs(2));
}

pub(crate) async fn resources_in_flight_are_looked_up(cloud: &Cloud) {
    let (first, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &first).await;
    // As a run leaves it that was killed while it was making a subnet that is not there yet.
    cloud.edit_lease("{'in_flight': ['network/subnet/public/us-east-1d'], 'released': None, 'term_seconds': 0}");
    sleep(Duration::from_secs(2));
    let zone = "[[network.zone]]\nname = \"us-east-1d\"\npublic = \"10.0.4.0/24\"\nprivate = \"10.0.14.0/24\"\n\n";
    let (second, _) = plan(&edited(SPEC, "# One Aurora", &format!("{zone}# One Aurora")), &lock);
    let events = RecordingReporter::default();
    let lease = LeaseOptions { settling: Duration::from_millis(300), ..LeaseOptions::default() };
    let session = Session::open(&second, Options { lease, ..cloud.options() }, &events).await;
    session.baseline(APPLY).await.expect("the lease has expired");
    let events = events.0.into_inner().expect("no test panics here");
    let looked: Vec<_> = events.iter().filter(|event| matches!(event, Event::LookingAgain { .. })).collect();
    assert!(!looked.is_empty(), "{events:#?}");
    let Event::LookingAgain { addresses, .. } = looked[0] else { unreachable!("they were filtered") };
    assert_eq!(addresses.len(), 1, "{addresses:?}");
    // There is no wait for resources that are found.
    let events = RecordingReporter::default();
    let session = Session::open(&first, cloud.options(), &events).await;
    session.baseline(APPLY).await.expect("the lease has expired");
    assert!(
        !events
            .0
            .into_inner()
            .expect("no test panics here")
            .iter()
            .any(|event| matches!(event, Event::LookingAgain { .. }))
    );
}

/// Kills an apply that holds the lease and cannot end before: one of its calls is never answered.
fn kill_an_apply(directory: &WorkingDirectory, cloud: &Cloud) {
    let proxy = cloud.proxy(Fault::Silent("Action=CreateDBCluster&"));
    let mut apply = Running::start(directory.command_through(&proxy, cloud, "apply plan.msgpack --yes"));
    apply.until(" created ");
    apply.signal("-KILL");
    apply.child.wait().expect("it has been killed");
}

pub(crate) async fn next_apply_continues_after_a_kill(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    kill_an_apply(&directory, cloud);
    let (_, stderr) = directory.expect(4, cloud, "apply plan.msgpack --yes");
    assert!(stderr.contains("has held the lease since"), "{stderr}");
    cloud.edit_lease("{'in_flight': []}");
    expire_lease(cloud);
    let (_, stderr) = directory.expect(0, cloud, "apply plan.msgpack --yes");
    assert!(stderr.contains(" taking over the lease of `arn:"), "{stderr}");
    assert_clean(cloud, &directory.plan).await;
    cloud.read_back(&TENANTS);
}

pub(crate) async fn lease_break_frees_the_lease(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    kill_an_apply(&directory, cloud);
    let (stdout, _) = directory.expect(0, cloud, "lease break plan.msgpack --yes");
    assert!(
        stdout.starts_with("lease of arn:") && stdout.ends_with("the lease is broken; the next apply can acquire it\n"),
        "{stdout}"
    );
    directory.expect(0, cloud, "lease break plan.msgpack --yes");
    // What the killed one had in flight is still known. moto would show it at once.
    let lease = LeaseOptions { settling: Duration::ZERO, ..LeaseOptions::default() };
    let session = Session::open(&directory.plan, Options { lease, ..cloud.options() }, &Silent).await;
    session.baseline(APPLY).await.expect("no run holds the lease");
}

pub(crate) async fn every_apply_writes_a_receipt(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    let (stdout, _) = directory.expect(0, cloud, "history plan.msgpack");
    assert_eq!(stdout, "no receipts yet\n");
    let (stdout, _) = directory.expect(0, cloud, "apply plan.msgpack --yes --receipt first.msgpack");
    let bytes = fs_err::read(directory.work.path().join("first.msgpack")).expect("it was written");
    let first = Receipt::decode(&bytes).expect("it is canonical");
    assert!(stdout.contains(&format!("written to the control bucket as {} and", first.object_key())), "{stdout}");
    let body = first.body();
    assert_eq!(
        (body.plan, body.ending, body.done.len()),
        (directory.plan.id(), Ending::Complete, directory.plan.nodes().len())
    );
    assert!(body.verification.as_ref().is_some_and(|verified| verified.clean));
    assert_eq!(body.outputs.len(), directory.plan.outputs().len());
    assert_eq!(body.calls["EC2"]["CreateVpc"], 1);
    // An apply without changes leaves no receipt.
    directory.expect(0, cloud, "apply plan.msgpack --yes --receipt none.msgpack");
    assert!(!directory.work.path().join("none.msgpack").exists());
    // Drift, and an apply that repairs it.
    cloud.python(&["-c", "import boto3; boto3.client('logs').delete_log_group(logGroupName='/ecs/tenant/acme-corp')"]);
    sleep(Duration::from_secs(1));
    directory.expect(0, cloud, "apply plan.msgpack --yes");
    let (stdout, _) = directory.expect(0, cloud, "history plan.msgpack --format json");
    let history: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history:#}");
    assert_eq!(history[1]["receipt"]["id"], first.id().to_string(), "the oldest receipt is last");
    assert_eq!(history[0]["receipt"]["done"][0]["address"], "tenant/acme-corp/log-group");
    let (stdout, _) = directory.expect(0, cloud, "history plan.msgpack --limit 1");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    // It also searches the receipts for secrets.
    cloud.read_back(&TENANTS);

    let destroy =
        "destroy plan.msgpack --yes --allow-data-loss tenant --allow-data-loss database --receipt last.msgpack";
    let (stdout, _) = directory.expect(0, cloud, destroy);
    assert!(stdout.contains("written to `last.msgpack`"), "{stdout}");
    let last = fs_err::read(directory.work.path().join("last.msgpack")).expect("it was written");
    let last = Receipt::decode(&last).expect("it is canonical");
    assert_eq!((last.body().command, last.body().ending), (receipt::Command::Destroy, Ending::Complete));
    assert_eq!(last.body().done.last().map(|step| step.address.as_str()), Some("tenant/initech-llc/task-role"));
    assert_eq!(cloud.inventory(), Vec::<String>::new());
}

pub(crate) async fn interrupted_apply_reports_remaining_steps(cloud: &Cloud) {
    let directory = WorkingDirectory::new();
    let calls = [("database/cluster", "Action=CreateDBCluster&"), ("database/writer", "Action=CreateDBInstance&")];
    for (signal, (address, call)) in ["-INT", "-TERM"].into_iter().zip(calls) {
        // What waits for this call has not been begun when the signal comes.
        let proxy = cloud.proxy(Fault::Held(call));
        let mut apply = Running::start(directory.command_through(&proxy, cloud, "apply plan.msgpack --yes"));
        apply.until(&format!("creating {address}"));
        apply.signal(signal);
        apply.until("stopping");
        proxy.release();
        let (stdout, stderr) = apply.end(1);
        assert!(stderr.contains("stopping after the calls in progress"), "{stderr}");
        assert!(stdout.contains("\n  not started:\n") && stdout.contains("\nincomplete: "), "{stdout}");
        assert!(!stderr.contains("verifying"), "{stderr}");
        // The lease is given back, and nothing that anybody would have to look for is in flight.
        let (stdout, _) = directory.expect(0, cloud, "lease show plan.msgpack");
        assert_eq!(stdout, "no run holds the lease\n");
    }
    let (stdout, _) = directory.expect(0, cloud, "history plan.msgpack");
    assert_eq!(stdout.matches("  interrupted  ").count(), 2, "{stdout}");
    let (_, stderr) = directory.expect(0, cloud, "apply plan.msgpack --yes");
    // Resources that are missing so soon after the last run may exist, so they are looked up again.
    assert!(!stderr.contains("taking over"), "{stderr}");
    assert_clean(cloud, &directory.plan).await;
    cloud.read_back(&TENANTS);
}

#[tokio::test]
async fn second_signal_stops_immediately() {
    let cloud = Cloud::moto().await.with_fault(Fault::Silent("Action=CreateNatGateway"));
    let directory = WorkingDirectory::new();
    let mut apply = Running::start(directory.command(&cloud, "apply plan.msgpack --yes"));
    apply.until("creating network/nat-gateway/");
    // This call never gets a response, so one signal is not enough.
    apply.signal("-INT");
    apply.until("stopping");
    apply.signal("-INT");
    let (_, stderr) = apply.end(1);
    assert!(
        stderr.contains("error: stopped immediately") && stderr.contains("hint: this run did not release its lease"),
        "{stderr}"
    );
    directory.expect(4, &cloud, "apply plan.msgpack --yes");
}
