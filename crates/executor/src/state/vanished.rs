//! Warns of a database cluster that no longer exists although no run deleted it.

use std::pin::pin;

use futures::stream::{self, StreamExt};
use saas_model::Address;
use saas_model::receipt::{Body, Step, Verb};
use saas_model::time::UtcTime;

use crate::apply::change_set::{Action, Change, ChangeSet};
use crate::event::Event;
use crate::lease::LeaseError;
use crate::platform::Platform;
use crate::provider::declaration;
use crate::receipts;

/// How many receipts are read at a time, and how many at most.
const WIDTH: usize = 8;
const MOST: usize = 400;

/// Warns of each resource with snapshots that apply would create although receipts show that it existed: the
/// new one would be empty.
///
/// # Errors
/// When the receipts cannot be listed or read.
pub(crate) async fn warn_of_vanished(platform: &Platform<'_>, changes: &ChangeSet) -> Result<(), LeaseError> {
    let created = |change: &&Change| declaration(change.kind).has_snapshots && matches!(change.action, Action::Create);
    for change in changes.changes.iter().filter(created) {
        if let Some(seen) = last_seen(platform, &change.address).await? {
            let message = format!(
                "it existed at {seen} according to a receipt, but does not exist now: apply would create an empty one. If it \
                 was deleted by mistake, restore a snapshot under its name first"
            );
            platform.reporter.report(Event::Warning { address: Some(change.address.clone()), message });
        }
    }
    Ok(())
}

/// When a node last existed, by the receipts; `None` when no receipt has it, or the last of them deleted it.
async fn last_seen(platform: &Platform<'_>, address: &Address) -> Result<Option<UtcTime>, LeaseError> {
    let newest_first = receipts::keys(platform).await?.into_iter().rev().take(MOST);
    let mut receipts = pin!(stream::iter(newest_first).map(|key| receipts::read(platform, key)).buffered(WIDTH));
    while let Some(kept) = receipts.next().await {
        let Ok(receipt) = kept?.receipt else { continue };
        let Body { done, when, .. } = receipt.body();
        let last = done.iter().rev().find(|Step { address: of, .. }| of == address);
        match last.map(|step| step.verb) {
            Some(Verb::Delete) => return Ok(None),
            Some(Verb::Create | Verb::Update | Verb::Settle) => return Ok(Some(when.began)),
            None => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use saas_model::receipt::{Command, Ending, Receipt, When, Who};
    use saas_model::{Digest, Kind, Resource};
    use wiremock::matchers::{method, path_regex, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::aws::AwsOptions;
    use crate::options::Options;
    use crate::testing::{Bench, RecordingReporter, bucket, database};

    /// The receipt of a run that began at this second and did this to the cluster.
    fn receipt(plan: &saas_model::Plan, second: u64, verb: Verb) -> Receipt {
        let header = plan.header().clone();
        Receipt::new(Body {
            plan: plan.id(),
            platform: header.platform,
            environment: header.environment,
            account: header.account,
            region: header.region,
            command: Command::Apply,
            change_set: Digest::from_bytes([3; 32]),
            who: Who { caller: "arn:aws:iam::123456789012:role/ci".to_owned(), run: "a".repeat(32) },
            when: When { began: UtcTime::from_unix(1_790_000_000 + second), acted_millis: 1 },
            ending: Ending::Complete,
            done: vec![Step { address: Address::literal(database::CLUSTER), verb }],
            failed: Vec::new(),
            not_reached: Vec::new(),
            not_begun: Vec::new(),
            calls: BTreeMap::new(),
            verification: None,
            outputs: BTreeMap::new(),
            isolation: None,
            previous: None,
        })
    }

    /// The warnings when the cluster would be created, after runs that did this to it.
    async fn warnings(before: &[Verb]) -> Vec<String> {
        let control = bucket("saas-platform-control").into();
        let control: Vec<(&str, Resource)> = vec![(saas_model::plan::CONTROL_BUCKET, control)];
        let server = MockServer::start().await;
        let bench = Bench::new(&server.uri(), [database::nodes(), control].concat()).await;
        let mut keys = String::new();
        for (second, verb) in (0..).zip(before) {
            let receipt = receipt(&bench.plan, second, *verb);
            let key = receipt.object_key();
            keys.push_str(&format!("<Contents><Key>{key}</Key></Contents>"));
            Mock::given(method("GET"))
                .and(path_regex(format!("{key}$")))
                .respond_with(ResponseTemplate::new(200).set_body_bytes(receipt.encode()))
                .mount(&server)
                .await;
        }
        let listed = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>");
        Mock::given(method("GET"))
            .and(query_param("list-type", "2"))
            .respond_with(ResponseTemplate::new(200).set_body_raw(listed, "application/xml"))
            .mount(&server)
            .await;
        let events = RecordingReporter::default();
        let aws = AwsOptions {
            endpoint_url: Some(server.uri()),
            credentials: Some(("test".into(), "test".into())),
            ..AwsOptions::default()
        };
        let platform = Platform::connect(&bench.plan, Options { aws, ..Options::default() }, &events).await;
        let cluster = Change::new(Address::literal(database::CLUSTER), Kind::DbCluster, Action::Create, None);
        let changes = ChangeSet { changes: vec![cluster], ..ChangeSet::empty(bench.plan.id()) };
        warn_of_vanished(&platform, &changes).await.expect("the receipts can be read");
        let events = events.0.into_inner().expect("no test panics here").into_iter();
        let warning = |event| match event {
            Event::Warning { address: Some(address), message } => Some(format!("{address}: {message}")),
            _ => None,
        };
        events.filter_map(warning).collect()
    }

    #[tokio::test]
    async fn vanished_db_cluster_without_recorded_deletion_is_warned_about() {
        let warned = warnings(&[Verb::Create, Verb::Update]).await;
        let [warning] = warned.as_slice() else { panic!("{warned:?}") };
        let seen = UtcTime::from_unix(1_790_000_001);
        let expected = format!("database/cluster: it existed at {seen} according to a receipt, but does not exist now");
        assert!(warning.starts_with(&expected), "{warning}");
        assert!(warning.contains("apply would create an empty one"), "{warning}");
    }

    #[tokio::test]
    async fn deleted_or_never_created_db_cluster_is_not_warned_about() {
        assert_eq!(warnings(&[]).await, Vec::<String>::new());
        assert_eq!(warnings(&[Verb::Create, Verb::Delete]).await, Vec::<String>::new());
        assert_eq!(warnings(&[Verb::Delete, Verb::Create]).await.len(), 1, "it was made again");
    }
}
