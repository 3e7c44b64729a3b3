//! The lease over HTTP: failures of S3, and the calls that the fence stops.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use saas_model::receipt::Command;
use saas_model::resource::{Resource, Vpc};
use saas_model::{Address, Digest};
use wiremock::matchers::{any, body_string_contains, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::LeaseError;
use super::acquire::{AcquiredLease, State, acquire, break_lease, holder, lease_snapshot};
use super::record::{Claim, KEY, Record};
use super::renewer::LeaseRenewer;
use super::state::Moment;
use super::store::{S3, is_hidden};
use crate::error::Error;
use crate::provider;
use crate::testing::Bench;

const BUCKET: &str = "saas-platform-control";
const VPC: &str = "network/vpc";

/// A failure that S3 injects into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InjectedFailure {
    None,
    /// The request fails and has no effect.
    Before,
    /// The request fails and has its effect.
    After,
    /// S3 asks the client to retry, in one of two ways.
    Conflict,
    Aborted,
    /// S3 does not show the object, and the request has no effect.
    Hidden,
    /// S3 denies access.
    Denied,
}

#[derive(Default)]
struct Bucket {
    missing: bool,
    object: Option<(String, Vec<u8>)>,
    written: u32,
    /// When the object was written and the current time, as formatted in the headers.
    modified: String,
    date: String,
    injected_failures: VecDeque<InjectedFailure>,
    /// How many reads do not show the object although it exists.
    hidden_reads: u32,
}

/// An S3 with one object.
#[derive(Clone, Default)]
struct FakeS3(Arc<Mutex<Bucket>>);

impl FakeS3 {
    fn state(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self) -> Record {
        let (_, body) = self.state().object.clone().expect("a run has written it");
        Record::decode(&body).expect("it is a record")
    }
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(format!("<Error><Code>{code}</Code></Error>"), "application/xml")
}

impl Respond for FakeS3 {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.state();
        let dated = |answer: ResponseTemplate, state: &Bucket| answer.insert_header("date", state.date.as_str());
        if state.missing {
            return dated(refusal(404, "NoSuchBucket"), &state);
        }
        if request.method.as_str() == "GET" {
            if state.hidden_reads > 0 {
                state.hidden_reads -= 1;
                return dated(refusal(404, "NoSuchKey"), &state);
            }
            let answer = match &state.object {
                None => refusal(404, "NoSuchKey"),
                Some((etag, body)) => ResponseTemplate::new(200)
                    .insert_header("etag", etag.as_str())
                    .insert_header("last-modified", state.modified.as_str())
                    .set_body_bytes(body.clone()),
            };
            return dated(answer, &state);
        }
        let failure = state.injected_failures.pop_front().unwrap_or(InjectedFailure::None);
        match failure {
            InjectedFailure::Before => return refusal(500, "InternalError"),
            InjectedFailure::Conflict => return refusal(409, "ConditionalRequestConflict"),
            InjectedFailure::Aborted => return refusal(409, "OperationAborted"),
            InjectedFailure::Hidden => return refusal(404, "NoSuchKey"),
            InjectedFailure::Denied => return refusal(403, "AccessDenied"),
            InjectedFailure::None | InjectedFailure::After => {}
        }
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
        let there = state.object.as_ref().map(|(etag, _)| etag.clone());
        let met = match (header("if-match"), header("if-none-match"), &there) {
            (Some(expected), None, Some(etag)) => expected == *etag,
            (None, Some(star), None) => star == "*",
            _ => false,
        };
        if !met {
            return refusal(412, "PreconditionFailed");
        }
        state.written += 1;
        let etag = format!("\"{}\"", state.written);
        state.object = Some((etag.clone(), request.body.clone()));
        if failure == InjectedFailure::After {
            return refusal(500, "InternalError");
        }
        ResponseTemplate::new(200)
            .insert_header("etag", etag)
            .insert_header("x-amz-version-id", state.written.to_string())
    }
}

/// The listing of the same S3, which such 404s do not affect.
struct Listing(FakeS3);

impl Respond for Listing {
    fn respond(&self, _request: &Request) -> ResponseTemplate {
        let version = "<Version><Key>lease.json</Key><VersionId>1</VersionId><IsLatest>true</IsLatest></Version>";
        let version = self.0.state().object.as_ref().map_or("", |_| version);
        let listing = format!("<ListVersionsResult>{version}</ListVersionsResult>");
        ResponseTemplate::new(200).set_body_raw(listing, "application/xml")
    }
}

/// A server with an S3, and a bench that uses it.
struct Stage {
    server: MockServer,
    s3: FakeS3,
    bench: Bench,
}

impl Stage {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let s3 = FakeS3::default();
        at(&s3, "Mon, 23 Nov 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 GMT");
        Mock::given(path(format!("/{BUCKET}/{KEY}"))).respond_with(s3.clone()).mount(&server).await;
        Mock::given(query_param("versions", "")).respond_with(Listing(s3.clone())).mount(&server).await;
        let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: false };
        let bench = Bench::new(&server.uri(), vec![(VPC, Resource::from(vpc))]).await;
        Self { server, s3, bench }
    }

    fn store(&self) -> S3<'_> {
        S3 { client: &self.bench.aws.control, bucket: BUCKET, owner: "123456789012" }
    }

    async fn acquired(&self) -> AcquiredLease {
        let snapshot = lease_snapshot(&self.store()).await.expect("no run holds it");
        acquire(&self.store(), snapshot, claim("mine")).await.expect("no other run is faster")
    }

    fn renewer<'s>(&self, store: &'s S3<'s>, acquired: AcquiredLease) -> LeaseRenewer<'s, S3<'s>> {
        LeaseRenewer::new(store, self.bench.aws.lease.clone(), BUCKET, acquired)
    }

    /// The requests in order: the operation of EC2, or the HTTP method for the lease.
    async fn sent(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.expect("requests are recorded");
        let name = |request: &Request| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=").map(str::to_owned));
            action.unwrap_or_else(|| request.method.to_string())
        };
        requests.iter().map(name).collect()
    }
}

/// Sets S3's clock and the modification time of the object.
fn at(s3: &FakeS3, now: &str, modified: &str) {
    let mut state = s3.state();
    (state.date, state.modified) = (now.to_owned(), modified.to_owned());
}

fn claim(run: &str) -> Claim {
    Claim {
        run: run.to_owned(),
        holder: format!("arn:aws:iam::123456789012:role/{run}"),
        plan: Digest::from_bytes([7; 32]),
        command: Command::Apply,
        platform: crate::testing::platform(),
        term_seconds: 60,
    }
}

#[tokio::test]
async fn write_without_response_is_resolved_by_reading_the_object() {
    for failure in [
        InjectedFailure::Before,
        InjectedFailure::After,
        InjectedFailure::Conflict,
        InjectedFailure::Aborted,
        InjectedFailure::Hidden,
    ] {
        let stage = Stage::new().await;
        stage.s3.state().injected_failures = [failure].into();
        let acquired = stage.acquired().await;
        assert_eq!(stage.s3.record().run, "mine", "{failure:?}");
        assert_eq!(stage.s3.state().written, 1, "{failure:?}: it is written once");
        assert_eq!(acquired.written.etag, "\"1\"");
    }
}

#[tokio::test]
async fn denied_lease_write_is_not_retried() {
    let stage = Stage::new().await;
    stage.s3.state().injected_failures = [InjectedFailure::Denied].into();
    let snapshot = lease_snapshot(&stage.store()).await.expect("no run holds it");
    let error = acquire(&stage.store(), snapshot, claim("mine")).await.expect_err("it is denied");
    assert!(matches!(&error, LeaseError::Call(call) if call.is(&["AccessDenied"])), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("storage.bucket_suffix")));
    assert_eq!(stage.sent().await, ["GET", "GET", "PUT"], "it is looked for, also in the listing");
}

#[tokio::test]
async fn lease_is_acquired_by_one_of_two_runs_and_the_other_gets_the_holder() {
    let stage = Stage::new().await;
    let first = lease_snapshot(&stage.store()).await.expect("no run holds it");
    let second = lease_snapshot(&stage.store()).await.expect("no run holds it yet");
    acquire(&stage.store(), first, claim("first")).await.expect("it is the first");
    let error = acquire(&stage.store(), second, claim("second")).await.expect_err("the first holds it");
    assert!(matches!(&error, LeaseError::Held(holder) if holder.run == "first"), "{error}");
    assert!(error.is_refusal());
    assert!(error.to_string().contains("role/first` has held the lease since 2026-11-23T10:00:0"), "{error}");
    let error = lease_snapshot(&stage.store()).await.expect_err("the first holds it");
    assert!(matches!(error, LeaseError::Held(_)), "{error}");
}

/// Listings may still show changed and deleted resources in their old state.
#[tokio::test]
async fn released_lease_records_whether_listings_showed_the_changes() {
    let half_a_minute = Duration::from_secs(30);
    for (changes, has_seen, is_waited_for) in [(false, false, false), (true, false, true), (true, true, false)] {
        let stage = Stage::new().await;
        let store = stage.store();
        let renewer = stage.renewer(&store, stage.acquired().await);
        let lease = stage.bench.aws.lease.clone();
        if changes {
            lease.record_change();
        }
        if has_seen {
            lease.confirm_listed();
        }
        renewer.release().await;
        let next = lease_snapshot(&store).await.expect("it was given back");
        assert_eq!(!next.changes_visible_in(half_a_minute).is_zero(), is_waited_for, "{changes} {has_seen}");
        assert!(next.changes_visible_in(Duration::ZERO).is_zero(), "the time is over");
    }
    let stage = Stage::new().await;
    stage.acquired().await;
    break_lease(&stage.store(), "mine", "me").await.expect("it can be written");
    let next = lease_snapshot(&stage.store()).await.expect("it was taken away");
    assert!(!next.changes_visible_in(half_a_minute).is_zero(), "of a run that was killed nothing is known");
}

#[tokio::test]
async fn acquisition_fails_if_another_run_held_the_lease_since_the_snapshot() {
    let stage = Stage::new().await;
    let early = lease_snapshot(&stage.store()).await.expect("no run holds it");
    let store = stage.store();
    stage.renewer(&store, stage.acquired().await).release().await;
    let error = acquire(&store, early, claim("early")).await.expect_err("what it has seen is old");
    assert!(matches!(error, LeaseError::Changed(Some(_))), "{error}");
    assert!(error.is_refusal());
    // A run that reads the lease again may acquire it.
    stage.acquired().await;
}

#[tokio::test]
async fn lease_expiry_is_decided_by_the_clock_of_s3() {
    let stage = Stage::new().await;
    stage.acquired().await;
    let written = "Wed, 01 Jan 2020 00:00:00 GMT";
    at(&stage.s3, "Wed, 01 Jan 2020 00:01:00 GMT", written);
    assert!(matches!(lease_snapshot(&stage.store()).await, Err(LeaseError::Held(_))));
    at(&stage.s3, "Wed, 01 Jan 2020 00:01:01 GMT", written);
    let snapshot = lease_snapshot(&stage.store()).await.expect("it has expired");
    assert!(matches!(snapshot.state, State::Expired(_)));
}

#[tokio::test]
async fn late_renewal_keeps_the_lease() {
    let stage = Stage::new().await;
    let (store, acquired) = (stage.store(), stage.acquired().await);
    at(&stage.s3, "Wed, 01 Jan 2020 00:02:00 GMT", "Wed, 01 Jan 2020 00:00:00 GMT");
    let snapshot = lease_snapshot(&store).await.expect("it has expired");
    // The same holder with the same resources in flight: only the counter differs.
    let renewed = acquired.written.record.next(acquired.written.record.in_flight.clone());
    {
        let mut state = stage.s3.state();
        state.object = Some(("\"renewed\"".to_owned(), renewed.encode()));
        assert_ne!(renewed.encode(), acquired.written.record.encode());
    }
    at(&stage.s3, "Wed, 01 Jan 2020 00:02:10 GMT", "Wed, 01 Jan 2020 00:02:05 GMT");
    let error = acquire(&store, snapshot, claim("second")).await.expect_err("it was renewed");
    assert!(matches!(&error, LeaseError::Held(holder) if holder.run == "mine"), "{error}");
}

#[tokio::test]
async fn lease_object_temporarily_missing_in_s3_does_not_lose_the_lease() {
    let stage = Stage::new().await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    {
        let mut state = stage.s3.state();
        state.injected_failures =
            [InjectedFailure::Hidden, InjectedFailure::Aborted, InjectedFailure::Conflict, InjectedFailure::Hidden]
                .into();
        state.hidden_reads = 3;
    }
    let lease = stage.bench.aws.lease.clone();
    let address = Address::literal(VPC);
    let work = async {
        lease.record_intent(&address).await.expect("it is held all the time");
        lease.finish();
    };
    tokio::join!(work, renewer.run());
    assert_eq!(stage.s3.record().in_flight, [address].into());
    stage.s3.state().injected_failures = [InjectedFailure::Hidden, InjectedFailure::Aborted].into();
    stage.s3.state().hidden_reads = 1;
    assert_eq!(renewer.release().await.not_released, None);
}

#[tokio::test]
async fn lease_object_missing_in_s3_is_neither_free_nor_deleted() {
    let stage = Stage::new().await;
    stage.acquired().await;
    stage.s3.state().hidden_reads = 3;
    for _ in 0..2 {
        let error = lease_snapshot(&stage.store()).await.expect_err("another run holds it");
        assert!(matches!(&error, LeaseError::Call(call) if is_hidden(call)), "{error}");
    }
    assert!(holder(&stage.store()).await.is_err(), "whether a run holds it is unknown");
    assert!(matches!(lease_snapshot(&stage.store()).await, Err(LeaseError::Held(_))));
}

#[tokio::test]
async fn lease_is_lost_when_its_object_is_deleted() {
    let stage = Stage::new().await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    let lease = stage.bench.aws.lease.clone();
    let work = async {
        stage.s3.state().object = None;
        let error = lease.record_intent(&Address::literal(VPC)).await.expect_err("the listing lacks it as well");
        assert!(error.to_string().contains("its object was deleted"), "{error}");
        lease.finish();
    };
    tokio::join!(work, renewer.run());
}

#[tokio::test]
async fn missing_bucket_means_no_lease() {
    let stage = Stage::new().await;
    stage.s3.state().missing = true;
    let snapshot = lease_snapshot(&stage.store()).await.expect("that is no error");
    assert!(!snapshot.has_bucket());
    assert_eq!(holder(&stage.store()).await.expect("that is no error"), None);
}

#[tokio::test]
async fn object_that_is_not_a_lease_is_not_overwritten() {
    let stage = Stage::new().await;
    stage.s3.state().object = Some(("\"x\"".to_owned(), b"held by Carl".to_vec()));
    assert!(matches!(lease_snapshot(&stage.store()).await, Err(LeaseError::Unreadable(_))));
    assert!(matches!(break_lease(&stage.store(), "mine", "me").await, Err(LeaseError::Unreadable(_))));
}

#[tokio::test]
async fn broken_lease_stops_its_run() {
    let stage = Stage::new().await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    let lease = stage.bench.aws.lease.clone();
    let address = Address::literal(VPC);
    let work = async {
        lease.record_intent(&address).await.expect("it is held");
        break_lease(&store, "mine", "arn:aws:iam::123456789012:role/operator").await.expect("it can be written");
        let error = lease.record_intent(&address).await.expect_err("the next write finds out");
        assert!(error.to_string().contains("role/operator` broke it at 2026-11-23T10:00:00Z"), "{error}");
        // From here on no call is sent, and a stopped call is not counted.
        let before = stage.bench.aws.calls.tally();
        let error = provider::create(&stage.bench.cx(), stage.bench.node(VPC)).await.expect_err("it is fenced off");
        assert!(matches!(&error, Error::LeaseLost(_)), "{error}");
        assert!(!error.effect_unknown());
        assert_eq!(stage.bench.aws.calls.tally(), before);
        lease.finish();
    };
    tokio::join!(work, renewer.run());
    assert!(renewer.release().await.not_released.is_some(), "it is not its own to give back");
    let record = stage.s3.record();
    assert!(record.released.is_some_and(|released| !released.by_holder));
    assert_eq!(record.in_flight, [address].into(), "the next run looks for it");
    assert!(!stage.sent().await.contains(&"CreateVpc".to_owned()));
}

#[tokio::test]
async fn fence_allows_reads_and_calls_of_the_lease_itself() {
    let stage = Stage::new().await;
    let vpcs = "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>";
    Mock::given(body_string_contains("Action=DescribeVpcs"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(vpcs, "text/xml"))
        .mount(&stage.server)
        .await;
    stage.bench.aws.lease.begin(BUCKET, Moment::now(), std::time::Duration::ZERO);
    let read = stage.bench.aws.ec2.describe_vpcs().send().await;
    assert!(read.is_ok(), "{read:?}");
    let written = stage.bench.aws.ec2.create_vpc().send().await.map_err(Error::from);
    assert!(matches!(written, Err(Error::LeaseLost(_))), "{written:?}");
    stage.acquired().await;
}

/// The answers to EC2's `CreateVpc`.
async fn networks(server: &MockServer, answers: Vec<ResponseTemplate>) {
    for answer in answers {
        Mock::given(body_string_contains("Action=CreateVpc")).respond_with(answer).up_to_n_times(1).mount(server).await;
    }
    let none = "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>";
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_raw(none, "text/xml")).mount(server).await;
}

#[tokio::test]
async fn creation_without_idempotency_token_is_recorded_before_the_call() {
    let stage = Stage::new().await;
    let made = "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>";
    networks(&stage.server, vec![ResponseTemplate::new(200).set_body_raw(made, "text/xml")]).await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    let work = async {
        let (node, cx) = (stage.bench.node(VPC), stage.bench.cx());
        provider::create(&cx.at(&node.address), node).await.expect("it is made");
        assert_eq!(stage.s3.record().in_flight, [node.address.clone()].into());
        stage.bench.aws.lease.finish();
    };
    tokio::join!(work, renewer.run());
    // Read, acquired, recorded, created; at the release, nothing is in flight.
    assert_eq!(stage.sent().await, ["GET", "GET", "PUT", "PUT", "CreateVpc"]);
    let kept = renewer.release().await;
    assert_eq!((kept.not_released, kept.outdated), (None, vec!["1".to_owned(), "2".to_owned()]));
    let record = stage.s3.record();
    assert!(record.in_flight.is_empty() && record.was_given_back());
}

#[tokio::test]
async fn resource_with_uncertain_creation_stays_recorded_as_in_flight() {
    let stage = Stage::new().await;
    let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
    let denied = ResponseTemplate::new(403).set_body_raw(denied, "text/xml");
    networks(&stage.server, vec![ResponseTemplate::new(500), denied]).await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    let work = async {
        let (node, cx) = (stage.bench.node(VPC), stage.bench.cx());
        let error = provider::create(&cx.at(&node.address), node).await.expect_err("it cannot be made any more");
        assert!(error.is(&["UnauthorizedOperation"]), "{error}");
        stage.bench.aws.lease.finish();
    };
    tokio::join!(work, renewer.run());
    renewer.release().await;
    // The first call may have created a network that is not visible yet.
    assert_eq!(stage.s3.record().in_flight, [Address::literal(VPC)].into());
    let next = lease_snapshot(&stage.store()).await.expect("it was given back");
    assert_eq!(next.in_flight().map(|in_flight| in_flight.len()), Some(1));
}

#[tokio::test]
async fn concurrent_intents_share_one_write() {
    let stage = Stage::new().await;
    let store = stage.store();
    let mut renewer = stage.renewer(&store, stage.acquired().await);
    let lease = stage.bench.aws.lease.clone();
    let addresses: Vec<Address> = (0..20).map(|n| Address::literal(format!("network/subnet/{n}"))).collect();
    let work = async {
        let waiting = addresses.iter().map(|address| lease.record_intent(address));
        for waited in futures::future::join_all(waiting).await {
            waited.expect("it is held");
        }
        lease.finish();
    };
    tokio::join!(work, renewer.run());
    assert_eq!(stage.s3.state().written, 2);
    assert_eq!(stage.s3.record().in_flight.len(), 20);
}
