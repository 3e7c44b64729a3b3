//! Throttled calls, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures::future::join_all;
use saas_model::Address;
use tokio::time::{Instant, sleep};

use crate::aws::calls::on_behalf_of;
use crate::aws::{Aws, AwsOptions};
use crate::error::{Error, Result};
use tokio_util::sync::CancellationToken;

type Answer = (u16, &'static str);

const THROTTLED: Answer = (400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#);
const QUOTA: Answer = (400, r#"{"__type": "LimitExceededException", "message": "no more"}"#);
const BROKEN: Answer = (500, r#"{"__type": "ServerException"}"#);
const TOO_MANY_REQUESTS: Answer = (429, "");
const ACCEPTED: Answer = (200, "{}");
const SLOW_DOWN: Answer = (
    503,
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>no</Message></Error></Errors></Response>",
);
const VPC: Answer = (200, "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>");

/// Returns the answers in order, and repeats the last one.
#[derive(Clone, Debug)]
struct Answers(Arc<Vec<Answer>>, Arc<AtomicUsize>);

impl HttpConnector for Answers {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let call = self.1.fetch_add(1, Ordering::SeqCst);
        let (status, body) = self.0[call.min(self.0.len() - 1)];
        HttpConnectorFuture::new(async move {
            sleep(Duration::from_millis(100)).await;
            Ok(HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body)))
        })
    }
}

/// An AWS with these answers, and its count of calls.
async fn aws(answers: Vec<Answer>, options: AwsOptions) -> (Aws, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let answers = Answers(Arc::new(answers), Arc::clone(&calls));
    let aws = Aws::connect(&AwsOptions {
        region: Some("us-east-1".into()),
        endpoint_url: Some("http://nowhere.invalid".into()),
        credentials: Some(("test".into(), "test".into())),
        http_client: Some(http_client_fn(move |_, _| SharedHttpConnector::new(answers.clone()))),
        ..options
    })
    .await;
    (aws, calls)
}

async fn deregister(aws: &Aws) -> Result<()> {
    aws.ecs.deregister_task_definition().task_definition("one:1").send().await.map(drop).map_err(Error::from)
}

#[tokio::test(start_paused = true)]
async fn throttled_call_is_retried_until_accepted_even_without_other_retries() {
    let (aws, calls) = aws([vec![SLOW_DOWN; 30], vec![VPC]].concat(), AwsOptions::default()).await;
    let made = aws.ec2_once.create_vpc().cidr_block("10.0.0.0/16").send().await.expect("throttling is no failure");
    assert_eq!(made.vpc.and_then(|vpc| vpc.vpc_id).as_deref(), Some("vpc-1"));
    assert_eq!(calls.load(Ordering::SeqCst), 31);
}

#[tokio::test(start_paused = true)]
async fn client_without_retries_retries_only_throttling() {
    let broken = (500, SLOW_DOWN.1.split("Request").next().unwrap_or_default());
    let (aws, calls) = aws(vec![SLOW_DOWN, broken, VPC], AwsOptions::default()).await;
    let error = aws.ec2_once.create_vpc().cidr_block("10.0.0.0/16").send().await.map_err(Error::from);
    assert!(error.expect_err("its effect is unknown").effect_unknown());
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn throttled_attempts_do_not_count_towards_the_retry_limit() {
    let answers = [vec![THROTTLED; 20], vec![BROKEN; 9], vec![ACCEPTED]].concat();
    let (aws, calls) = aws(answers, AwsOptions::default()).await;
    deregister(&aws).await.expect("nine broken answers of ten attempts");
    assert_eq!(calls.load(Ordering::SeqCst), 30);
}

#[tokio::test(start_paused = true)]
async fn throttling_is_returned_after_the_timeout() {
    let throttling_timeout = Some(Duration::from_secs(600));
    let (aws, _) = aws(vec![THROTTLED], AwsOptions { throttling_timeout, ..AwsOptions::default() }).await;
    let start = Instant::now();
    let error = deregister(&aws).await.expect_err("AWS never takes it");
    assert!(error.is_throttling(), "{error}");
    assert!(start.elapsed() >= Duration::from_secs(600) && start.elapsed() < Duration::from_secs(1_500));
}

#[tokio::test(start_paused = true)]
async fn exceeded_quota_is_not_throttling() {
    let (aws, calls) = aws(vec![QUOTA], AwsOptions::default()).await;
    let start = Instant::now();
    assert!(deregister(&aws).await.is_err());
    assert!(calls.load(Ordering::SeqCst) <= 10 && start.elapsed() < Duration::from_secs(300));
}

#[tokio::test(start_paused = true)]
async fn calls_are_sent_at_the_published_rate_and_do_not_time_out_while_queued() {
    let (aws, calls) = aws(vec![ACCEPTED], AwsOptions::default()).await;
    let start = Instant::now();
    let all = join_all((0..120).map(|_| deregister(&aws))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(calls.load(Ordering::SeqCst), 120, "each is sent once");
    let floor = 100.0;
    let took = start.elapsed().as_secs_f64();
    assert!((floor..floor * 1.05).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn unpaced_client_sends_without_rate_limit() {
    let (aws, _) = aws(vec![ACCEPTED], AwsOptions { unpaced: true, ..AwsOptions::default() }).await;
    let start = Instant::now();
    join_all((0..120).map(|_| deregister(&aws))).await;
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn queued_call_ends_on_cancellation() {
    let stop = CancellationToken::default();
    let (aws, calls) = aws(vec![ACCEPTED], AwsOptions { stop: stop.clone(), ..AwsOptions::default() }).await;
    let start = Instant::now();
    let all = join_all((0..120).map(|_| deregister(&aws)));
    let stops = async {
        sleep(Duration::from_secs(10)).await;
        stop.cancel();
    };
    let (all, ()) = tokio::join!(all, stops);
    assert!(start.elapsed() < Duration::from_secs(17), "{:?}", start.elapsed());
    let interrupted = all.iter().filter(|one| matches!(one, Err(Error::Interrupted { .. }))).count();
    assert_eq!(calls.load(Ordering::SeqCst) + interrupted, 120, "what is interrupted was not sent");
    assert!(interrupted > 80, "{interrupted}");
}

#[tokio::test(start_paused = true)]
async fn queued_call_ends_when_the_lease_is_lost() {
    let (aws, _) = aws(vec![ACCEPTED], AwsOptions::default()).await;
    let start = Instant::now();
    let all = join_all((0..120).map(|_| deregister(&aws)));
    let loses = async {
        sleep(Duration::from_secs(10)).await;
        aws.lease.mark_lost("another run has it".into());
    };
    let (all, ()) = tokio::join!(all, loses);
    assert!(start.elapsed() < Duration::from_secs(17), "{:?}", start.elapsed());
    assert!(all.iter().any(|one| matches!(one, Err(Error::LeaseLost(_)))));
}

#[tokio::test(start_paused = true)]
async fn lease_is_renewed_while_many_calls_are_queued() {
    let (aws, _) = aws(vec![(200, "")], AwsOptions::default()).await;
    let put = |client: &aws_sdk_s3::Client| client.put_object().bucket("control").key("lease.json").send();
    let others = join_all((0..500).map(|_| aws.s3.head_bucket().bucket("one").send()));
    let start = Instant::now();
    let renewal = async {
        sleep(Duration::from_secs(1)).await;
        put(&aws.control).await.expect("it is written");
        start.elapsed()
    };
    let mut others = std::pin::pin!(others);
    let took = tokio::select! {
        took = renewal => took,
        _ = &mut others => panic!("hundreds of calls take longer"),
    };
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn long_throttling_delay_is_reported() {
    let (aws, _) = aws(vec![ACCEPTED], AwsOptions::default()).await;
    let mut waits = aws.rates.long_waits();
    let address = Address::literal("tenant/acme/task-definition");
    join_all((0..70).map(|_| on_behalf_of(&address, deregister(&aws)))).await;
    let mut reported = Vec::new();
    while let Ok(wait) = waits.try_recv() {
        reported.push(wait);
    }
    assert!((20..40).contains(&reported.len()), "once for each that has waited for 15 seconds: {}", reported.len());
    assert_eq!((&reported[0].address, reported[0].action.as_str()), (&address, "ECS DeregisterTaskDefinition"));
}

/// A proxy returns the status alone, and every code in the SDK's own list means the same.
#[tokio::test(start_paused = true)]
async fn status_429_without_error_code_is_throttling() {
    let answers = [vec![TOO_MANY_REQUESTS; 12], vec![ACCEPTED]].concat();
    let (aws, calls) = aws(answers, AwsOptions::default()).await;
    deregister(&aws).await.expect("it is taken in the end");
    assert_eq!(calls.load(Ordering::SeqCst), 13, "twelve are more than are attempted of what fails");
}

#[tokio::test(start_paused = true)]
async fn throttling_codes_mean_that_the_call_had_no_effect() {
    for body in [
        "<Response><Errors><Error><Code>BandwidthLimitExceeded</Code><Message>no</Message></Error></Errors></Response>",
        "<Response><Errors><Error><Code>PriorRequestNotComplete</Code><Message>no</Message></Error></Errors></Response>",
        "<Response><Errors><Error><Code>TransactionInProgressException</Code><Message>no</Message></Error></Errors></Response>",
    ] {
        let throttling_timeout = Some(Duration::ZERO);
        let (aws, _) = aws(vec![(503, body)], AwsOptions { throttling_timeout, ..AwsOptions::default() }).await;
        let error = Error::from(aws.ec2_once.create_vpc().send().await.expect_err("it is throttled for ever"));
        assert!(error.is_throttling() && !error.effect_unknown(), "{error}");
    }
}
