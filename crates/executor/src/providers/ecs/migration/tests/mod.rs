//! Migrations against a real PostgreSQL, which has their record, and a small ECS.

mod endings;
mod fake;
mod kills;

use saas_model::resource::{Kind, Migration, TaskDefinition, TaskRun};
use saas_model::{Address, Resource, Set};
use saas_tests::postgres::PostgresServer;

use super::*;
use crate::postgres::tests::stage::{address, bench_at, options, setup};
use crate::provider;
use crate::testing::Bench;
use crate::testing::application::{self, CLUSTER, CLUSTER_ARN, LOGS, ROLE, ROLE_ARN, to};
use fake::FakeEcs;

const TENANT: &str = "acme-corp";
const JOB: &str = "tenant/acme-corp/job/migrate";
const DEFINITION: &str = "tenant/acme-corp/job/migrate/task-definition";
const SCHEMA: &str = "tenant/acme-corp/schema";
const DEFINITION_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme-corp--migrate:1";

fn definition() -> TaskDefinition {
    let mut container = application::container();
    container.port = None;
    container.log_prefix = "migrate".into();
    TaskDefinition {
        family: "saas-platform-acme-corp--migrate".parse().expect("valid"),
        containers: [("migrate".to_owned(), container)].into(),
        ..application::task_definition()
    }
}

fn migration() -> Migration {
    let task = TaskRun {
        cluster: to(CLUSTER),
        task_definition: to(DEFINITION),
        platform_version: "1.4.0".into(),
        capacity: CapacityProvider::FargateSpot,
        subnets: Set::new(),
        security_groups: Set::new(),
        public_ip: false,
    };
    Migration { schema: to(SCHEMA), task, timeout_seconds: 60 }
}

/// A server with the schema of a tenant, and an ECS.
struct Stage {
    postgres: PostgresServer,
    ecs: FakeEcs,
    bench: Bench,
}

impl Stage {
    async fn new() -> Self {
        let postgres = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
        let ecs = FakeEcs::start().await;
        let bench = plan(&ecs, &postgres, &[(JOB, migration().into())]).await;
        let stage = Self { postgres, ecs, bench };
        for address in ["database/access", &address(TENANT)] {
            provider::create(&stage.bench.cx(), stage.bench.node(address)).await.expect("it can be made");
        }
        stage
    }

    /// The same servers, with another plan.
    async fn replanned(self, jobs: &[(&str, Resource)]) -> Self {
        let bench = plan(&self.ecs, &self.postgres, jobs).await;
        Self { bench, ..self }
    }

    /// An apply of the migration.
    async fn run(&self) -> Result<()> {
        let node = self.bench.node(JOB);
        provider::create(&self.bench.cx().at(&node.address), node).await.map(drop)
    }

    /// The migrations that a listing finds.
    async fn found(&self) -> Vec<ObservedResource> {
        provider::list(Kind::Migration, &self.bench.cx()).await.expect("the server answers")
    }

    /// Whether a listing finds the migration of the plan complete.
    async fn is_complete(&self) -> bool {
        let node = self.bench.node(JOB);
        let found = self.found().await;
        let complete = |found: &ObservedResource| {
            found.digest == Some(node.digest)
                && found.resolved_inputs == self.bench.cx().resolved_inputs(node).ok()
                && found.fields.as_ref() == Some(&node.resource)
                && found.unmodelled.is_empty()
        };
        found.iter().any(complete)
    }

    /// The record of the migration is lost, as with a schema that is created again.
    fn lose_record(&self) {
        let record = "COMMENT ON SCHEMA acme_corp IS 'saas:platform=saas-platform \
            saas:address=tenant/acme-corp/schema saas:part=schema'";
        self.postgres.superuser("saas", record).expect("the superuser may do everything");
    }
}

async fn plan(ecs: &FakeEcs, postgres: &PostgresServer, jobs: &[(&str, Resource)]) -> Bench {
    let mut others: Vec<(String, Resource)> = application::nodes()
        .into_iter()
        .filter(|(address, _)| [CLUSTER, LOGS, ROLE].contains(address))
        .map(|(address, resource)| (address.to_owned(), resource))
        .collect();
    others.push((DEFINITION.to_owned(), definition().into()));
    others.extend(jobs.iter().map(|(address, resource)| ((*address).to_owned(), resource.clone())));
    let bench = bench_at(&ecs.server.uri(), &[TENANT], others, options(postgres)).await;
    for (address, arn) in [(CLUSTER, CLUSTER_ARN), (ROLE, ROLE_ARN), (DEFINITION, DEFINITION_ARN)] {
        bench.assume(address, Identity::of_arn(arn));
    }
    bench.assume(LOGS, Identity::of_id("/ecs/tenant/acme"));
    bench.assume("database/access", Identity::of_id("saas"));
    bench.assume(SCHEMA, Identity::of_id("acme_corp"));
    bench
}

/// A later revision of the task definition.
fn revise(bench: &Bench, revision: u32) {
    let (family, _) = DEFINITION_ARN.rsplit_once(':').expect("it has a revision");
    bench.assume(DEFINITION, Identity::of_arn(format!("{family}:{revision}")));
}
