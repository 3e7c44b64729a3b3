//! What S3 does with the objects of a bucket beside its policy: it copies them, tells others of them, or deletes them.
//!
//! Access control lists have no effect, because the ownership of objects is compared as a field. Access points are not
//! listed: a request through one needs the bucket policy's consent as well. Source: Amazon S3 User Guide,
//! "Configuring IAM policies for using access points".

use futures::{StreamExt, TryStreamExt, stream};
use saas_model::resource::Kind;

use super::owner;
use crate::apply::blockers::if_answered;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::state::exposure::Exposure;
use crate::state::observed::ObservedResource;

/// How many buckets are asked at a time.
const CONCURRENCY: usize = 8;

/// Where there is no replication or lifecycle, or no bucket any more.
const UNSET: &[&str] = &["ReplicationConfigurationNotFoundError", "NoSuchLifecycleConfiguration", "NoSuchBucket"];

/// The replications, inventories, notifications and lifecycles of the buckets within the scope. saas sets none.
pub(crate) async fn of_buckets(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let buckets = cx.live.of_kind(Kind::Bucket).into_iter().filter(|bucket| cx.scope.covers(&bucket.address));
    let asked = stream::iter(buckets).map(async |bucket| of_bucket(cx, &bucket).await);
    let found: Vec<Vec<Exposure>> = asked.buffered(CONCURRENCY).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn of_bucket(cx: &Context<'_>, bucket: &ObservedResource) -> Result<Vec<Exposure>> {
    let name = bucket.identity.id.as_str();
    let exposure = |id: &str, what: String, operation: &str| {
        let remedy = format!("remove it: aws s3api {operation}");
        Exposure::new((&bucket.address, bucket.kind), id, what, remedy)
    };
    let mut found = Vec::new();
    for to in replicated(cx, name).await? {
        let what = format!("a replication rule of the bucket copies its objects to {to}");
        found.push(exposure(&to, what, &format!("delete-bucket-replication --bucket {name}")));
    }
    for (id, to) in inventories(cx, name).await? {
        let what = format!("this inventory writes the keys of the bucket to {to}");
        let operation = format!("delete-bucket-inventory-configuration --bucket {name} --id {id}");
        found.push(exposure(&id, what, &operation));
    }
    for to in notified(cx, name).await? {
        let what = format!("{to} is told the keys of changed objects");
        let operation =
            format!("put-bucket-notification-configuration --bucket {name} --notification-configuration '{{}}'");
        found.push(exposure(&to, what, &operation));
    }
    for id in lifecycles(cx, name).await? {
        let what = "this lifecycle rule moves or deletes objects of the bucket".to_owned();
        found.push(exposure(&id, what, &format!("delete-bucket-lifecycle --bucket {name}")));
    }
    Ok(found)
}

/// The answer to a call; `None` where S3 has nothing to tell.
fn told<T, E>(cx: &Context<'_>, what: &str, answer: std::result::Result<T, E>) -> Result<Option<T>>
where
    Error: From<E>,
{
    match answer.map_err(Error::from) {
        Err(error) if error.is(UNSET) => Ok(None),
        answer => if_answered::<T, Error>(cx, what, answer),
    }
}

/// The buckets that objects are copied to.
async fn replicated(cx: &Context<'_>, name: &str) -> Result<Vec<String>> {
    let answer = cx.aws.s3.get_bucket_replication().bucket(name).expected_bucket_owner(owner(cx)).send().await;
    let rules = told(cx, "the replication of buckets", answer)?
        .and_then(|answer| answer.replication_configuration)
        .map(|replication| replication.rules);
    let destinations = rules.unwrap_or_default().into_iter().filter_map(|rule| rule.destination);
    Ok(destinations.map(|destination| destination.bucket).collect())
}

/// The inventories, each with the bucket that it is written to.
async fn inventories(cx: &Context<'_>, name: &str) -> Result<Vec<(String, String)>> {
    let call = cx.aws.s3.list_bucket_inventory_configurations().bucket(name).expected_bucket_owner(owner(cx));
    let listed = told(cx, "the inventories of buckets", call.send().await)?
        .and_then(|answer| answer.inventory_configuration_list)
        .unwrap_or_default();
    let one = listed.into_iter().map(|inventory| {
        let destination = inventory.destination.and_then(|destination| destination.s3_bucket_destination);
        (inventory.id, destination.map_or_else(|| "another bucket".to_owned(), |destination| destination.bucket))
    });
    Ok(one.collect())
}

/// The topics, queues, functions and event buses that are told of changes.
async fn notified(cx: &Context<'_>, name: &str) -> Result<Vec<String>> {
    let call = cx.aws.s3.get_bucket_notification_configuration().bucket(name).expected_bucket_owner(owner(cx));
    let Some(answer) = told(cx, "the notifications of buckets", call.send().await)? else { return Ok(Vec::new()) };
    let topics = answer.topic_configurations.unwrap_or_default().into_iter().map(|one| one.topic_arn);
    let queues = answer.queue_configurations.unwrap_or_default().into_iter().map(|one| one.queue_arn);
    let functions = answer.lambda_function_configurations.unwrap_or_default().into_iter();
    let functions = functions.map(|one| one.lambda_function_arn);
    let bus = answer.event_bridge_configuration.map(|_| "EventBridge".to_owned());
    Ok(topics.chain(queues).chain(functions).chain(bus).collect())
}

/// The lifecycle rules.
async fn lifecycles(cx: &Context<'_>, name: &str) -> Result<Vec<String>> {
    let call = cx.aws.s3.get_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(owner(cx));
    let rules = told(cx, "the lifecycle of buckets", call.send().await)?.and_then(|answer| answer.rules);
    Ok(rules.unwrap_or_default().into_iter().map(|rule| rule.id.unwrap_or_else(|| "a rule".to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{method, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::state::observed::Identity;
    use crate::testing::{Bench, bucket};

    const BUCKET: &str = "tenant/acme-corp/bucket";

    async fn exposed(settings: &[(&str, ResponseTemplate)]) -> Vec<Exposure> {
        let server = MockServer::start().await;
        for (setting, response) in settings {
            let asked = Mock::given(method("GET")).and(query_param(*setting, ""));
            asked.respond_with(response.clone()).mount(&server).await;
        }
        let bench = Bench::new(&server.uri(), vec![(BUCKET, bucket("saas-platform-acme-corp-data").into())]).await;
        bench.assume(BUCKET, Identity::of_id("saas-platform-acme-corp-data"));
        of_buckets(&bench.cx()).await.expect("S3 answers")
    }

    fn refusal(status: u16, code: &str) -> ResponseTemplate {
        ResponseTemplate::new(status).set_body_string(format!("<Error><Code>{code}</Code><Message>m</Message></Error>"))
    }

    fn answer(body: &str) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_string(body)
    }

    #[tokio::test]
    async fn what_leads_objects_or_their_keys_elsewhere_is_an_exposure() {
        let replication = "<ReplicationConfiguration><Role>arn:aws:iam::123456789012:role/r</Role><Rule><Status>Enabled\
                           </Status><Destination><Bucket>arn:aws:s3:::theirs</Bucket></Destination></Rule>\
                           </ReplicationConfiguration>";
        let inventory = "<ListInventoryConfigurationsResult><InventoryConfiguration><Id>all</Id><IsEnabled>true\
                         </IsEnabled><IncludedObjectVersions>All</IncludedObjectVersions><Destination>\
                         <S3BucketDestination><Bucket>arn:aws:s3:::lists</Bucket><Format>CSV</Format>\
                         </S3BucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule>\
                         </InventoryConfiguration></ListInventoryConfigurationsResult>";
        let notification = "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:us-east-1:1:q</Queue>\
                            <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>";
        let lifecycle = "<LifecycleConfiguration><Rule><ID>expire</ID><Status>Enabled</Status></Rule>\
                         </LifecycleConfiguration>";
        let found = exposed(&[
            ("replication", answer(replication)),
            ("inventory", answer(inventory)),
            ("notification", answer(notification)),
            ("lifecycle", answer(lifecycle)),
        ])
        .await;
        let told: Vec<&str> = found.iter().map(|exposure| exposure.what.as_str()).collect();
        let expected = [
            "a replication rule of the bucket copies its objects to arn:aws:s3:::theirs",
            "this inventory writes the keys of the bucket to arn:aws:s3:::lists",
            "arn:aws:sqs:us-east-1:1:q is told the keys of changed objects",
            "this lifecycle rule moves or deletes objects of the bucket",
        ];
        assert_eq!(told, expected);
        assert!(found.iter().all(|exposure| exposure.address.as_str() == BUCKET), "{found:#?}");
    }

    #[tokio::test]
    async fn bucket_without_these_settings_is_not_exposed() {
        let found = exposed(&[
            ("replication", refusal(404, "ReplicationConfigurationNotFoundError")),
            ("inventory", answer("<ListInventoryConfigurationsResult/>")),
            ("notification", answer("<NotificationConfiguration/>")),
            ("lifecycle", refusal(404, "NoSuchLifecycleConfiguration")),
        ])
        .await;
        assert_eq!(found, []);
    }
}
