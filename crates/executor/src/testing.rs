//! A test bench for one resource provider: a plan of a few nodes, and an AWS endpoint.
//!
//! The tests of providers use it with a wiremock server, which returns answers that a correct AWS would
//! not.

pub(crate) mod application;
pub(crate) mod database;
pub(crate) mod json_api;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use saas_model::plan::{Draft, Header, OwnerTags};
use saas_model::policy::Policy;
use saas_model::resource::{Bucket, BucketEncryption, HealthCheck, ObjectOwnership, PublicAccessBlock, TargetGroup};
use saas_model::{Address, Digest, Node, Plan, Ref, Resource, Set};

use crate::apply::change_set::{Action, Change, Reason};
use crate::apply::scope::ALL;
use crate::aws::{Aws, AwsOptions};
use crate::context::{Context, Passwords};
use crate::event::{Event, Reporter, Silent};
use crate::identity::PlatformIdentity;
use crate::postgres::{Postgres, PostgresOptions};
use crate::retry_policy::RetryPolicy;
use crate::state::observed::{ObservedResource, ObservedState};
use crate::state::tags_by_arn::TagIndex;
use tokio_util::sync::CancellationToken;

/// The identity of the platform of every [`Bench`].
pub(crate) fn platform() -> PlatformIdentity {
    PlatformIdentity {
        platform: "saas-platform".parse().expect("valid"),
        environment: "development".parse().expect("valid"),
        account: "123456789012".parse().expect("valid"),
        region: "us-east-1".parse().expect("valid"),
    }
}

/// A private bucket with this name and no policy.
pub(crate) fn bucket(name: &str) -> Bucket {
    Bucket {
        name: name.parse().expect("valid"),
        public_access_block: PublicAccessBlock::ALL,
        ownership: ObjectOwnership::BucketOwnerEnforced,
        encryption: BucketEncryption::Aes256,
        versioning: true,
        policy: Policy::default(),
    }
}

/// Keeps the events of a run.
#[derive(Default)]
pub(crate) struct RecordingReporter(pub(crate) Mutex<Vec<Event>>);

impl Reporter for RecordingReporter {
    fn report(&self, event: Event) {
        self.0.lock().expect("no test panics here").push(event);
    }
}

pub(crate) struct Bench {
    pub(crate) plan: Plan,
    pub(crate) aws: Aws,
    pub(crate) live: ObservedState,
    postgres: Postgres,
    tag_index: TagIndex,
    passwords: Passwords,
    pub(crate) stop: CancellationToken,
}

impl Bench {
    /// A plan of these nodes, for an apply at `endpoint`. The credentials come from the environment, or
    /// are dummies.
    pub(crate) async fn new(endpoint: &str, nodes: Vec<(&str, Resource)>) -> Self {
        let header = Header {
            platform: "saas-platform".parse().expect("valid"),
            environment: "development".parse().expect("valid"),
            account: "123456789012".parse().expect("valid"),
            region: "us-east-1".parse().expect("valid"),
            provisioner: "arn:aws:iam::123456789012:role/saas-provisioner".parse().expect("valid"),
            spec: Digest::from_bytes([1; 32]),
            lock: Digest::from_bytes([2; 32]),
            platform_tags: BTreeMap::new(),
        };
        let drafts = nodes
            .into_iter()
            .map(|(address, resource)| {
                let address = Address::literal(address);
                let tags = OwnerTags {
                    tenant_id: address.tenant().unwrap_or("shared").into(),
                    cost_center: "platform".parse().expect("valid"),
                };
                Draft { address, after: Set::new(), initial: None, tags, resource }
            })
            .collect();
        let (plan, _) = Plan::seal(header, drafts, BTreeMap::new()).expect("the test's nodes make a plan");
        let aws = Aws::connect(&AwsOptions {
            region: Some("us-east-1".into()),
            endpoint_url: Some(endpoint.into()),
            longest_pause: Some(Duration::from_millis(20)),
            credentials: Some(("test".into(), "test".into())),
            ..AwsOptions::default()
        })
        .await;
        Self {
            plan,
            aws,
            live: ObservedState::default(),
            postgres: Postgres::new(PostgresOptions::default()),
            tag_index: TagIndex::default(),
            passwords: Passwords::default(),
            stop: CancellationToken::default(),
        }
    }

    pub(crate) fn cx(&self) -> Context<'_> {
        Context {
            aws: &self.aws,
            postgres: &self.postgres,
            plan: &self.plan,
            live: &self.live,
            tag_index: &self.tag_index,
            passwords: &self.passwords,
            reporter: &Silent,
            scope: ALL,
            by_tag: None,
            retry_policy: RetryPolicy {
                first: Duration::from_millis(5),
                longest: Duration::from_millis(20),
                timeout: Duration::from_secs(5),
                visible_within: Duration::ZERO,
            },
            stop: &self.stop,
            at: None,
        }
    }

    pub(crate) fn node(&self, address: &str) -> &Node {
        self.plan.node(&Address::literal(address)).expect("the test's plan has the node")
    }

    /// This bench, with these options for PostgreSQL.
    pub(crate) fn with_postgres(self, options: PostgresOptions) -> Self {
        Self { postgres: Postgres::new(options), ..self }
    }

    /// Registers the password of a secret without a call.
    pub(crate) fn know(&self, secret: &str, password: &str) {
        self.passwords.keep(&Address::literal(secret), password.to_owned().into());
    }

    /// The deletion of the live resource at an address, as a destroy plans it.
    pub(crate) fn removal(&self, address: &str) -> Change {
        let found = self.live.get(&Address::literal(address)).expect("the test has assumed it");
        let action = Action::Delete { reason: Reason::Destroyed };
        Change { found: Some(found.clone()), ..Change::new(found.address.clone(), found.kind, action, None) }
    }

    /// Registers a resource as live without a call.
    pub(crate) fn assume(&self, address: &str, identity: crate::state::observed::Identity) {
        let node = self.node(address);
        self.live.insert(ObservedResource::at(node.kind(), node.address.clone(), identity, self.plan.tags(node)));
    }
}

/// The cluster of [`database`], in a security group.
pub(crate) fn cluster_in(group: &str) -> saas_model::resource::DbCluster {
    let cluster = database::nodes().into_iter().find_map(|(_, resource)| match resource {
        Resource::DbCluster(cluster) => Some(cluster),
        _ => None,
    });
    let cluster = cluster.expect("the database has a cluster");
    let security_groups = [Ref::to(Address::literal(group))].into_iter().collect();
    saas_model::resource::DbCluster { security_groups, ..cluster }
}

/// A target group with this name, in the network `network/vpc`.
pub(crate) fn target_group(name: &str) -> TargetGroup {
    TargetGroup {
        name: name.parse().expect("valid"),
        vpc: Ref::to(Address::literal("network/vpc")),
        port: 8080,
        health_check: HealthCheck {
            path: "/".into(),
            matcher: "200-399".into(),
            interval_seconds: 30,
            timeout_seconds: 5,
            healthy_threshold: 3,
            unhealthy_threshold: 3,
        },
        deregistration_delay_seconds: 30,
    }
}
