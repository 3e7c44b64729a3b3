//! Tests of the dials, the journal, and saving and loading a sandbox.

mod staleness;

use super::*;
use crate::dials::{Faults, Lag, Staleness};
use crate::services::Service;

fn sandbox(dials: Dials) -> Sandbox {
    let account = Account {
        id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        caller: "arn:aws:iam::123456789012:role/saas-provisioner".to_owned(),
    };
    Sandbox::new(Settings { account, beginning: Time::BEGINNING, pace: Pace::Realistic, dials })
}

/// A request to EC2 with a signature.
fn request(action: &str) -> Request<Bytes> {
    let scope = "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/ec2/aws4_request";
    let cidr = if action == "CreateVpc" { "&CidrBlock=10.0.0.0/16" } else { "" };
    let body = format!("Action={action}{cidr}");
    Request::builder().method("POST").uri("/").header("authorization", scope).body(Bytes::from(body)).expect("sound")
}

fn create_vpc(sandbox: &Sandbox) -> Delivery {
    sandbox.receive(&request("CreateVpc"))
}

/// The status and the body of an answer.
fn answer(delivery: Delivery) -> (u16, String) {
    match delivery {
        Delivery::Answer(answer) => (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()),
        lost => panic!("the answer was lost: {lost:?}"),
    }
}

/// A call with this fault: its delivery, the number of VPCs afterwards, and the recorded outcome.
fn call_with_fault(fault: Fault) -> (Delivery, usize, Outcome) {
    let sandbox = sandbox(Dials { faults: Faults::At(0, fault), ..Dials::default() });
    let delivery = create_vpc(&sandbox);
    let journal = sandbox.journal();
    assert_eq!(journal.len(), 1);
    (delivery, sandbox.inventory().len(), journal[0].outcome.clone())
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_before_its_effect_changes_nothing() {
    let (delivery, made, outcome) = call_with_fault(Fault::ErrorBefore);
    let (status, text) = answer(delivery);
    assert!(status == 500 && text.contains("<Code>InternalError</Code>"), "{text}");
    assert_eq!((made, outcome), (0, Outcome::LostBefore));

    let (delivery, made, outcome) = call_with_fault(Fault::ResetBefore);
    assert!(matches!(delivery, Delivery::Reset));
    assert_eq!((made, outcome), (0, Outcome::LostBefore));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_after_its_effect_changes_the_state() {
    let (delivery, made, outcome) = call_with_fault(Fault::ErrorAfter);
    assert_eq!((answer(delivery).0, made, outcome), (500, 1, Outcome::LostAfter));

    for (fault, is_so) in [
        (Fault::ResetAfter, (|delivery| matches!(delivery, Delivery::Reset)) as fn(&Delivery) -> bool),
        (Fault::Truncated, |delivery| matches!(delivery, Delivery::Truncated(_))),
        (Fault::Silence, |delivery| matches!(delivery, Delivery::Silence)),
    ] {
        let (delivery, made, outcome) = call_with_fault(fault);
        assert!(is_so(&delivery), "{fault:?} gives {delivery:?}");
        assert_eq!((made, outcome), (1, Outcome::LostAfter), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_and_denied_calls_change_nothing() {
    for (fault, status, code) in
        [(Fault::Throttled, 503, "RequestLimitExceeded"), (Fault::AccessDenied, 403, "UnauthorizedOperation")]
    {
        let (delivery, made, outcome) = call_with_fault(fault);
        let (found, text) = answer(delivery);
        assert!(found == status && text.contains(&format!("<Code>{code}</Code>")), "{text}");
        assert_eq!((made, outcome), (0, Outcome::Refused(code.to_owned())));
    }
}

/// The status and the error code with which a service answers a call with this fault.
fn error_with_fault(service: Service, fault: Fault) -> (u16, String) {
    let sandbox = sandbox(Dials { faults: Faults::OneIn(1, vec![fault]), ..Dials::default() });
    let scope = format!("AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{}/aws4_request", service.signing_name());
    let request = Request::builder().method("GET").uri("/").header("authorization", scope);
    let (status, text) = answer(sandbox.receive(&request.body(Bytes::new()).expect("sound")));
    let code = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => value["__type"].as_str().unwrap_or_default().to_owned(),
        Err(_) => crate::testing::first(&text, "Code").unwrap_or_default(),
    };
    (status, code)
}

#[tokio::test(start_paused = true)]
async fn throttling_and_denial_use_the_error_codes_of_each_service() {
    for (service, throttling, denied) in [
        (Service::Acm, (400, "ThrottlingException"), (400, "AccessDeniedException")),
        (Service::Ec2, (503, "RequestLimitExceeded"), (403, "UnauthorizedOperation")),
        (Service::Ecs, (400, "ThrottlingException"), (400, "AccessDeniedException")),
        (Service::Elb, (400, "ThrottlingException"), (403, "AccessDenied")),
        (Service::Iam, (400, "Throttling"), (403, "AccessDenied")),
        (Service::Logs, (400, "ThrottlingException"), (400, "AccessDeniedException")),
        (Service::Rds, (400, "Throttling"), (403, "AccessDenied")),
        (Service::S3, (503, "SlowDown"), (403, "AccessDenied")),
        (Service::Scaling, (400, "ThrottlingException"), (400, "AccessDeniedException")),
        (Service::Secrets, (400, "ThrottlingException"), (400, "AccessDeniedException")),
        (Service::Sts, (400, "Throttling"), (403, "AccessDenied")),
        (Service::Tagging, (400, "ThrottledException"), (400, "AccessDeniedException")),
    ] {
        let told = |(status, code): (u16, &str)| (status, code.to_owned());
        assert_eq!(error_with_fault(service, Fault::Throttled), told(throttling), "{service:?}");
        assert_eq!(error_with_fault(service, Fault::AccessDenied), told(denied), "{service:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn death_completes_when_the_fault_occurs() {
    for (fault, there) in [(Fault::DeathBefore, 0), (Fault::DeathAfter, 1)] {
        let sandbox = sandbox(Dials { faults: Faults::At(1, fault), ..Dials::default() });
        sandbox.receive(&request("DescribeVpcs"));
        assert!(matches!(create_vpc(&sandbox), Delivery::Silence));
        sandbox.death().await;
        assert_eq!(sandbox.inventory().len(), there, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_affects_only_its_call_number_and_dials_can_be_changed() {
    let dials = Dials { faults: Faults::At(1, Fault::ErrorBefore), ..Dials::default() };
    let sandbox = sandbox(dials.clone());
    let statuses = |sandbox: &Sandbox| [0; 3].map(|_| answer(create_vpc(sandbox)).0);
    assert_eq!(statuses(&sandbox), [200, 500, 200]);
    sandbox.turn(Dials::default());
    assert!(sandbox.journal().is_empty());
    assert_eq!(statuses(&sandbox), [200, 200, 200], "five VPCs there may be");
    sandbox.turn(dials);
    assert_eq!(statuses(&sandbox), [400, 500, 400], "the number of a call starts again");
}

#[tokio::test(start_paused = true)]
async fn calls_are_throttled_if_rates_are_enabled() {
    let nat = |sandbox: &Sandbox| answer(sandbox.receive(&request("CreateNatGateway"))).0;
    let slow = sandbox(Dials { rates: true, ..Dials::default() });
    // Calls that fail for another reason count towards the rate, too.
    assert_eq!((0..12).map(|_| nat(&slow)).filter(|status| *status == 503).count(), 2);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!([nat(&slow), nat(&slow)], [400, 503]);
    let quick = sandbox(Dials::default());
    assert_eq!((0..12).map(|_| nat(&quick)).filter(|status| *status == 503).count(), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_take_time_if_latency_is_enabled() {
    let latency = |latency| sandbox(Dials { latency, ..Dials::default() }).latency(&request("CreateVpc"));
    assert_eq!((latency(false), latency(true)), (Duration::ZERO, Duration::from_millis(600)));
}

#[tokio::test(start_paused = true)]
async fn new_resources_are_not_visible_during_the_lag() {
    let sandbox =
        sandbox(Dials { staleness: Staleness::everywhere(Lag::of(Duration::from_secs(60))), ..Dials::default() });
    let sees = |sandbox: &Sandbox| answer(sandbox.receive(&request("DescribeVpcs"))).1.contains("<vpcId>");
    create_vpc(&sandbox);
    assert!(!sees(&sandbox));
    sandbox.turn(Dials::default());
    assert!(sees(&sandbox));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_ids() {
    let first = |seed| answer(create_vpc(&sandbox(Dials { seed, ..Dials::default() }))).1;
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
}

#[tokio::test(start_paused = true)]
async fn the_journal_records_the_outcome_of_each_call() {
    let sandbox = sandbox(Dials::default());
    create_vpc(&sandbox);
    tokio::time::sleep(Duration::from_secs(60)).await;
    sandbox.receive(&request("DeleteVpc"));
    let journal = sandbox.journal();
    let told: Vec<_> = journal.iter().map(|call| (call.service, call.operation.as_str(), call.is_read())).collect();
    assert_eq!(told, [(Service::Ec2, "CreateVpc", false), (Service::Ec2, "DeleteVpc", false)]);
    assert_eq!(journal[0].outcome, Outcome::Done);
    assert_eq!(journal[1].outcome, Outcome::Refused("MissingParameter".to_owned()));
    assert_eq!(journal[1].at.since(journal[0].at), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn unknown_operations_return_501() {
    let sandbox = sandbox(Dials::default());
    let (status, text) = answer(sandbox.receive(&request("RunInstances")));
    assert!(status == 501 && text.contains("<Code>UnknownOperationException</Code>"), "{text}");
    let unsigned = Request::builder().uri("/").body(Bytes::new()).expect("sound");
    assert_eq!(answer(sandbox.receive(&unsigned)).0, 501);
}

#[tokio::test(start_paused = true)]
async fn a_malformed_json_body_is_refused() {
    let scope = "AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/ecs/aws4_request";
    let request = Request::builder().method("POST").uri("/").header("authorization", scope);
    let request = request.header("x-amz-target", "AmazonEC2ContainerServiceV20141113.ListClusters");
    let (status, text) =
        answer(sandbox(Dials::default()).receive(&request.body(Bytes::from("{")).expect("a sound request")));
    assert!(status == 400 && text.contains("SerializationException"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_saved_sandbox_is_restored_from_its_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let load = || Sandbox::load(directory.path(), Dials::default());
    assert!(load().expect("nothing is wrong with it").is_none());
    let kept = sandbox(Dials::default());
    create_vpc(&kept);
    tokio::time::sleep(Duration::from_secs(60)).await;
    kept.save(directory.path()).expect("it can be written");
    let again = load().expect("it can be read").expect("it was kept");
    assert_eq!((again.inventory(), again.now(), again.account()), (kept.inventory(), kept.now(), kept.account()));
    // The sequence of ids continues, so the next id is a new one.
    assert_eq!(answer(create_vpc(&again)).1, answer(create_vpc(&kept)).1.replace("00000001", "00000000"));
    fs::write(directory.path().join(FILE), "{}").expect("it can be written");
    assert!(matches!(load(), Err(SandboxError::Content { .. })));
}

#[tokio::test(start_paused = true)]
async fn several_sandboxes_continue_from_one_snapshot() {
    let one = sandbox(Dials::default());
    create_vpc(&one);
    let other = Sandbox::from_snapshot(&one.snapshot(), Dials::default());
    create_vpc(&one);
    assert_eq!((one.inventory().len(), other.inventory().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_clock_is_advanced_and_never_set_back() {
    let sandbox = sandbox(Dials::default());
    let later = Time::BEGINNING + Duration::from_secs(3_600);
    sandbox.advance_to(later);
    sandbox.advance_to(Time::BEGINNING);
    assert_eq!(sandbox.now(), later);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sandbox.now(), later + Duration::from_secs(60));
}
