//! Migrations: tasks that an apply runs and waits for, between a tenant's schema and its services.
//!
//! ECS forgets a task an hour after its end, so the record of what succeeded is in the comment on the schema, in
//! which also the start of a task is recorded before it happens. An apply that finds a start without success
//! looks for its task: first among the running ones, by the value that all tasks of the schema were started
//! with, then among the stopped ones. So there is never a second task beside a running one, and a task that
//! succeeded after its apply was killed does not run again. The token of the start makes `RunTask` idempotent,
//! where neither listing shows the task yet.
//!
//! A task that failed, and one whose outcome is unknown, runs again with the next apply. So migrations
//! must be idempotent.

mod find;
mod run;
#[cfg(test)]
mod tests;
mod wait;

use saas_model::digest::Domain;
use saas_model::resource::{CapacityProvider, Kind, Migration, ResourceSpec, TaskRun};
use saas_model::{Address, Digest, Node, Ref, Set};
use serde_json::Value;

use crate::context::Context;
use crate::error::Result;
use crate::postgres::{Database, MigrationRecord, migrations, record_migration};
use crate::preflight::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::state::observed::{Identity, ObservedResource};

/// The field that differs while the planned task has not succeeded.
const TASK: &str = "task";

impl ResourceProvider for Migration {
    const DECLARATION: Declaration = Declaration {
        // What its task uses beside the targets of its fields.
        needs: &[Kind::DbInstance, Kind::SecurityGroupRule, Kind::LogGroup, Kind::Secret, Kind::Bucket],
        // A task runs for minutes, with a call every few seconds, and each is a client of the database.
        concurrency: Concurrency::WIDE,
        identification: Identification::Property,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Comment,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &[],
            describe: &["ecs:ListTasks", "ecs:DescribeTasks", "iam:GetRole", "logs:GetLogEvents"],
            create: &["ecs:RunTask", "ecs:StopTask"],
            update: &["ecs:RunTask", "ecs:StopTask"],
            delete: &["ecs:StopTask"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
        let seen = cx.postgres.administer(cx, async |transaction| migrations(cx, transaction, None).await).await;
        let Some(records) = database.unless_unserved(seen)? else { return Ok(Vec::new()) };
        let within = records.into_iter().filter(|(_, record)| cx.scope.looks_at(&record.address));
        Ok(within.map(|(schema, record)| observed(cx, schema, &record)).collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let schema = self.schema.address();
        let task = task_digest(cx, node, self)?;
        let read = cx.postgres.administer(cx, async |transaction| migrations(cx, transaction, Some(schema)).await);
        let record = read.await?.into_iter().map(|(_, record)| record).find(|record| record.address == node.address);
        if record.as_ref().and_then(|record| record.succeeded) == Some(task) {
            return Ok(identity(&node.address));
        }
        let attempt = run::until_success(cx, self, node, task, record.as_ref()).await?;
        let succeeded = MigrationRecord { address: node.address.clone(), succeeded: Some(attempt.task), started: None };
        write(cx, schema, Some(&succeeded)).await?;
        Ok(identity(&node.address))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        _found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        self.create(cx, node).await
    }

    /// Stops a task that a killed apply left, which would keep its tenant's security group and use its schema,
    /// and removes the record.
    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let Some(tenant) = found.address.tenant() else { return Ok(()) };
        for cluster in cx.live.of_kind(Kind::EcsCluster) {
            wait::stop_all(cx, &cluster.identity.id, &started_by(cx, tenant)).await?;
        }
        let schema = found.fields.as_ref().and_then(Self::of).map(|migration| migration.schema.clone());
        match schema.filter(|_| Database::live(cx).is_some()) {
            Some(schema) => write(cx, schema.address(), None).await,
            None => Ok(()),
        }
    }
}

fn identity(address: &Address) -> Identity {
    Identity::of_id(address.as_str())
}

async fn write(cx: &Context<'_>, schema: &Address, record: Option<&MigrationRecord>) -> Result<()> {
    cx.postgres.administer(cx, async |transaction| record_migration(cx, transaction, schema, record).await).await
}

/// The value that all tasks of a tenant's migrations are started with, independent of plan and job, because
/// only one of them may run. Source of its characters: Amazon ECS API, `RunTask`, `startedBy`.
fn started_by(cx: &Context<'_>, tenant: &str) -> String {
    format!("{}/{tenant}/migration", cx.plan.header().platform)
}

/// The digest of the task with the ids that its references resolve to. A timeout is no part of it.
///
/// # Errors
/// When a target is not live.
fn task_digest(cx: &Context<'_>, node: &Node, migration: &Migration) -> Result<Digest> {
    let TaskRun {
        cluster: _,
        task_definition: _,
        platform_version,
        capacity,
        subnets: _,
        security_groups: _,
        public_ip,
    } = &migration.task;
    let mut hasher = Domain::Bound.hasher();
    hasher.field(cx.resolved_inputs(node)?.as_bytes()).field(platform_version.as_bytes());
    hasher.field(capacity.to_string().as_bytes()).field(&[u8::from(*public_ip)]);
    Ok(hasher.finish())
}

/// The migration of a schema. It is complete when the planned task is the one that succeeded; the model has no
/// other state of it.
fn observed(cx: &Context<'_>, schema: Address, record: &MigrationRecord) -> ObservedResource {
    let bare = ObservedResource::bare(Kind::Migration, record.address.clone(), identity(&record.address));
    let node = cx.plan.node(&record.address);
    let Some((node, planned)) = node.and_then(|node| Some((node, Migration::of(&node.resource)?))) else {
        return bare.with_fields(unplanned(schema));
    };
    let found = bare.with_fields(Migration { schema: Ref::to(schema), ..planned.clone() });
    let task = task_digest(cx, node, planned).ok();
    if task.is_some() && record.succeeded == task {
        let resolved_inputs = cx.resolved_inputs(node).ok();
        return ObservedResource { digest: Some(node.digest), resolved_inputs, ..found };
    }
    let before = record.succeeded.map_or_else(|| Value::from(UNFINISHED), |digest| digest.to_string().into());
    found.differs(TASK, before, task.map_or_else(|| NOT_YET.to_owned(), |digest| digest.to_string()))
}

/// The reported value of a task that was started, where no task has succeeded before.
const UNFINISHED: &str = "no success is recorded";
/// The reported value of a task whose inputs do not exist yet.
const NOT_YET: &str = "the planned task";

/// The migration of a schema that is not planned any more, of which only the schema is known.
fn unplanned(schema: Address) -> Migration {
    let unknown = || Address::literal("unmanaged/task/none");
    Migration {
        schema: Ref::to(schema),
        task: TaskRun {
            cluster: Ref::to(unknown()),
            task_definition: Ref::to(unknown()),
            platform_version: String::new(),
            capacity: CapacityProvider::Fargate,
            subnets: Set::new(),
            security_groups: Set::new(),
            public_ip: false,
        },
        timeout_seconds: 0,
    }
}
