//! Aurora PostgreSQL clusters, without their instances. Created by one call, which returns before they are
//! available.

use std::cell::Cell;

use aws_sdk_rds::types::{ActivityStreamStatus, ClusterPendingModifiedValues, DbCluster as LiveCluster};
use saas_model::plan::Header;
use saas_model::resource::{DbCluster, DbClusterField, Kind, ResourceSpec, Secret, SecurityGroup};
use saas_model::{Node, Ref};
use serde_json::Value;

use crate::apply::change_set::{Action, Change};
use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::{TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, DeletionProtection, Identification, Listing, NamesOfTenant,
    Naming, ResourceProvider, UniqueWithin,
};
use crate::providers::parse::parse;
use crate::providers::rds::db_cluster_ties;
use crate::providers::rds::db_instance::{self, reboot_members};
use crate::providers::rds::{ENGINE, LINKED_ROLE, cluster, commit, in_state, is_newer, look, rebound};
use crate::providers::secrets::secret::admin_password;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::blocker::Blocker;
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

/// Transient errors of a creation.
const NOT_YET_POSSIBLE: &[Transient] = &[
    Transient {
        code: "DBSubnetGroupNotFoundFault",
        message: "",
        why: "the new subnet group is not visible everywhere yet",
    },
    Transient {
        code: "DBClusterParameterGroupNotFound",
        message: "",
        why: "the new parameter group is not visible everywhere yet",
    },
    Transient {
        code: "InvalidParameterValue",
        message: "Invalid security group",
        why: "RDS does not see the new security group yet",
    },
];

/// The code while RDS is still changing a cluster.
const BUSY: &[Transient] =
    &[Transient { code: "InvalidDBClusterStateFault", message: "", why: "RDS is still working on the cluster" }];

/// The unmodelled field for the secret in which RDS manages the administrator's password. saas never turns
/// that on.
const MANAGED: &str = "master_user_secret";

const DESCRIBE: &str = "rds DescribeDBClusters";

const PROTECTED: &str = "deletion protection of the cluster is enabled";

impl ResourceProvider for DbCluster {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |named| named.never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: Some(DeletionProtection {
            blocker: PROTECTED,
            is_on: |cluster| Self::of(cluster).is_some_and(|cluster| cluster.deletion_protection),
            switch_off: |cx, found| Box::pin(switch_protection_off(cx, found)),
        }),
        has_snapshots: true,
        calls: ApiCalls {
            list: &["rds:DescribeDBClusters"],
            describe: &[
                "rds:DescribeDBInstances",
                "rds:DescribeGlobalClusters",
                "rds:DescribeBlueGreenDeployments",
                "secretsmanager:GetSecretValue",
            ],
            create: &["rds:CreateDBCluster", "secretsmanager:PutSecretValue"],
            update: &[
                "rds:ModifyDBCluster",
                "rds:RebootDBInstance",
                "rds:AddTagsToResource",
                "secretsmanager:PutSecretValue",
            ],
            delete: &["rds:ModifyDBCluster", "rds:DeleteDBCluster"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        let holder = async |name: &str| {
            let cluster = cluster(cx, name).await?;
            Ok(cluster.map(|cluster| owner(cx, Self::KIND, name, &from_sdk(cluster.tag_list))))
        };
        taken_among::<Self>(cx, async |names| each(names, holder).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.rds.describe_db_clusters().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for cluster in page?.db_clusters.unwrap_or_default() {
                found.extend(shown(cx, cluster)?);
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for wanted in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            if let Some(cluster) = cluster(cx, wanted.name.as_str()).await? {
                found.extend(shown(cx, cluster)?);
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let password = admin_password(cx, &self.admin_password).await?;
        let call = cx
            .aws
            .rds_once
            .create_db_cluster()
            .engine(ENGINE)
            .engine_version(self.engine_version.as_str())
            .db_cluster_identifier(name)
            .database_name(self.database.as_str())
            .master_username(self.admin.as_str())
            .master_user_password(password.as_str())
            .port(i32::from(self.port))
            .db_subnet_group_name(cx.id(&self.subnet_group)?)
            .db_cluster_parameter_group_name(cx.id(&self.parameter_group)?)
            .set_vpc_security_group_ids(Some(cx.ids(&self.security_groups)?))
            .storage_encrypted(self.storage_encrypted)
            .deletion_protection(self.deletion_protection)
            .backup_retention_period(days(self.backup_retention_days))
            .copy_tags_to_snapshot(self.copy_tags_to_snapshots)
            .set_tags(Some(to_sdk(&cx.tags(node)?)));
        let transients = [NOT_YET_POSSIBLE, &LINKED_ROLE].concat();
        let make = async || {
            cx.retry(&transients, async || {
                call.clone().send().await?.db_cluster.required("rds CreateDBCluster", "DBCluster")
            })
            .await
        };
        let made = Cell::new(None);
        let make = async || {
            let live = cx.create_idempotently(async || cluster(cx, name).await, make).await?;
            let identity = identity(&live)?;
            made.set(Some(live));
            Ok(identity)
        };
        let look = async || {
            let live = cluster(cx, name).await?.required(DESCRIBE, "DBClusters")?;
            Ok((identity(&live)?, from_sdk(live.tag_list)))
        };
        let known = cx.create_or_adopt(node, &["DBClusterAlreadyExistsFault"], name, make, look).await?;
        match made.into_inner() {
            // Dependents need only its name; the writer waits for the cluster itself.
            Some(live) if live.endpoint().is_some() => Ok(known),
            _ => identity(&available(cx, name).await?),
        }
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let name = self.name.as_str();
        let before = available(cx, name).await?;
        let rebound = rebound(cx, node, found)?;
        let managed = before.master_user_secret.is_some();
        let port = (before.port != Some(self.port.into())).then_some(i32::from(self.port));
        if rebound || managed || changes.touch_updatable::<Self>() {
            let live = before.engine_version.as_deref().unwrap_or_default();
            if is_newer(live, self.engine_version.as_str()) {
                let what = format!("the database cluster {name}");
                let reason = format!("it runs {live}, and AWS cannot downgrade it to {}", self.engine_version);
                return Err(Error::Failed { what, reason });
            }
            let version = changes.touch(&[DbClusterField::EngineVersion]).then(|| self.engine_version.to_string());
            let mut call = cx
                .aws
                .rds
                .modify_db_cluster()
                .db_cluster_identifier(name)
                .apply_immediately(true)
                .set_allow_major_version_upgrade(version.is_some().then_some(true))
                .set_engine_version(version)
                .set_port(port)
                // RDS deletes its own secret then, and uses the password of this call.
                // Source: Amazon RDS API, `ModifyDBCluster`.
                .set_manage_master_user_password(managed.then_some(false))
                .db_cluster_parameter_group_name(cx.id(&self.parameter_group)?)
                .set_vpc_security_group_ids(Some(cx.ids(&self.security_groups)?))
                .deletion_protection(self.deletion_protection)
                .backup_retention_period(days(self.backup_retention_days))
                .copy_tags_to_snapshot(self.copy_tags_to_snapshots);
            // The secret may be another one than at the creation, or have another value.
            if rebound || managed || changes.touch(&[DbClusterField::AdminPassword]) {
                let password = admin_password(cx, &self.admin_password).await?;
                call = call.master_user_password(password.as_str());
            }
            cx.retry(BUSY, async || {
                call.clone().send().await?;
                Ok(())
            })
            .await?;
        }
        let version = changes.touch(&[DbClusterField::EngineVersion]).then_some(self.engine_version.as_str());
        let identity = identity(&settled(cx, name, version).await?)?;
        if before.db_cluster_parameter_group != Some(cx.id(&self.parameter_group)?) {
            reboot_members(cx, name).await?;
        }
        commit(cx, node, identity.arn.as_deref().required(DESCRIBE, "DBClusterArn")?).await?;
        Ok(identity)
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let name = &found.identity.id;
        let Some(live) = cluster(cx, name).await? else { return Ok(()) };
        if live.deletion_protection == Some(true) {
            return Err(Error::Failed {
                what: format!("deleting the database cluster {name}"),
                reason: "deletion protection is enabled: `saas destroy --disable-deletion-protection` disables it"
                    .into(),
            });
        }
        let snapshot = final_snapshot(cx.plan.header(), &live);
        let call = cx
            .aws
            .rds
            .delete_db_cluster()
            .db_cluster_identifier(name)
            .skip_final_snapshot(snapshot.is_none())
            .set_final_db_snapshot_identifier(snapshot);
        let asked = cx.retry(BUSY, async || match call.clone().send().await.map_err(Error::from) {
            Err(error) if error.is(&["InvalidDBClusterStateFault"]) && is_deleting(cx, name).await? => Ok(()),
            other => other.map(drop),
        });
        match asked.await {
            Err(error) if error.is(&["DBClusterNotFoundFault"]) => return Ok(()),
            other => other?,
        }
        cx.wait("the database cluster to be deleted", async || match cluster(cx, name).await? {
            None => Ok(Readiness::Ready(())),
            Some(live) => Ok(Readiness::NotYet(live.status.unwrap_or_default())),
        })
        .await
    }

    async fn data_loss(cx: &Context<'_>, _found: &ObservedResource) -> Result<Option<String>> {
        let kept = if cx.plan.header().environment.is_development() { "" } else { "; a final snapshot is kept" };
        Ok(Some(format!("the databases of all tenants and their automated backups{kept}")))
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let mut blockers: Vec<Blocker> = changes.iter().filter_map(|change| older_version(change)).collect();
        for change in changes.iter().filter(|change| change.removed().is_some()) {
            let Some(found) = &change.found else { continue };
            let Some(live) = cluster(cx, &found.identity.id).await? else { continue };
            blockers.extend(members_of_others(cx, found, &live).await?);
            blockers.extend(db_cluster_ties::of(cx, found, &live).await?);
        }
        Ok(blockers)
    }
}

/// Switches deletion protection off. RDS must finish its current operation on the cluster first.
async fn switch_protection_off(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    cx.retry(BUSY, async || {
        let call = cx.aws.rds.modify_db_cluster().db_cluster_identifier(&found.identity.id).apply_immediately(true);
        call.deletion_protection(false).send().await?;
        Ok(())
    })
    .await
}

/// A described cluster; `None` when its tags name another platform.
fn shown(cx: &Context<'_>, mut live: LiveCluster) -> Result<Option<ObservedResource>> {
    let tags = from_sdk(live.tag_list.take());
    let Some(mine) = ObservedResource::by_tags(cx.plan, Kind::DbCluster, identity(&live)?, tags) else {
        return Ok(None);
    };
    let status = live.status.clone().unwrap_or_default();
    let mine = in_state(mine, Some(&status));
    let mine = if live.deletion_protection == Some(true) {
        let remedy = "apply a plan with `deletion_protection = false` first; to destroy the whole platform, add \
                      `--disable-deletion-protection`";
        let id = mine.identity.id.clone();
        mine.blocked(id, PROTECTED, remedy)
    } else {
        mine
    };
    // RDS deletes no instance of a stopped cluster, and the cluster accepts no connections. Source: Amazon
    // Aurora User Guide, "Stopping and starting an Amazon Aurora DB cluster", limitations.
    let idle = status.starts_with("stop") || status == "starting";
    let mine = ObservedResource { stopped: idle.then(|| status.clone()), ..mine };
    let mine = match until_deletable(&status) {
        Some(remedy) => {
            let id = mine.identity.id.clone();
            mine.blocked(id, format!("the cluster is `{status}`, and RDS does not delete it in this state"), remedy)
        }
        None => mine,
    };
    let mine = match live.master_user_secret.as_ref().and_then(|secret| secret.secret_arn.as_deref()) {
        // The administrator can no longer log in with the platform's secret.
        Some(arn) => mine.incomplete().differs(MANAGED, arn, Value::Null),
        None => mine,
    };
    ways_in(&live).into_iter().for_each(|(id, what, remedy)| {
        cx.live.found_exposed(Exposure::new((&mine.address, mine.kind), id, what, remedy));
    });
    let resource = resource(cx, &mine, live);
    Ok(Some(mine.with_fields_or_unreadable(resource)))
}

/// Settings of a cluster that saas never sets, and by which data comes in or goes out beside the planned connections:
/// each with its id, what it opens and how it is closed. Source: Amazon RDS API, `DBCluster`.
fn ways_in(live: &LiveCluster) -> Vec<(String, String, String)> {
    let name = live.db_cluster_identifier().unwrap_or_default();
    let modify = |option: &str| format!("aws rds modify-db-cluster --db-cluster-identifier {name} {option}");
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut add = |id: &str, what: &str, remedy: String| found.push((id.to_owned(), what.to_owned(), remedy));
    for role in live.associated_roles().iter().filter_map(|role| role.role_arn()) {
        let remedy = format!("aws rds remove-role-from-db-cluster --db-cluster-identifier {name} --role-arn {role}");
        add(role, "the database acts with this role for statements of its users, for example to export data", remedy);
    }
    if live.http_endpoint_enabled() == Some(true) {
        let arn = live.db_cluster_arn().unwrap_or_default();
        let remedy = format!("aws rds disable-http-endpoint --resource-arn {arn}");
        add("HttpEndpointEnabled", "the Data API runs statements from outside of the network", remedy);
    }
    if live.iam_database_authentication_enabled() == Some(true) {
        let remedy = modify("--no-enable-iam-database-authentication");
        add("IAMDatabaseAuthenticationEnabled", "principals of IAM can log in without a password", remedy);
    }
    if live.activity_stream_status().is_some_and(|status| *status != ActivityStreamStatus::Stopped) {
        let stream = live.activity_stream_kinesis_stream_name().unwrap_or_default();
        let arn = live.db_cluster_arn().unwrap_or_default();
        let remedy = format!("aws rds stop-activity-stream --resource-arn {arn}");
        add(stream, "this stream has the statements of all tenants", remedy);
    }
    for domain in live.domain_memberships().iter().filter_map(|membership| membership.domain()) {
        let remedy = modify("--domain none");
        add(domain, "users of this directory can log in to the database", remedy);
    }
    for replica in live.read_replica_identifiers() {
        let remedy = "promote or delete the replica".to_owned();
        add(replica, "this replica of the cluster has the data of all tenants", remedy);
    }
    if let Some(global) = live.global_cluster_identifier().filter(|global| !global.is_empty()) {
        let remedy = "remove the cluster from the global database".to_owned();
        add(global, "this global database copies the data of all tenants to other Regions", remedy);
    }
    found
}

/// The action that a cluster in this state requires before its deletion; `None` where RDS accepts the
/// deletion at once or within minutes. A deletion waits for the states that an apply causes itself.
///
/// Source: Amazon Aurora User Guide, "Viewing DB cluster status", and "Stopping and starting an Amazon
/// Aurora DB cluster", limitations.
fn until_deletable(status: &str) -> Option<&'static str> {
    match status {
        "starting" | "stopped" | "stopping" => Some("start the cluster, and wait until it is available"),
        "backing-up"
        | "backtracking"
        | "maintenance"
        | "migrating"
        | "preparing-data-migration"
        | "promoting"
        | "upgrading" => Some("wait until it is available"),
        status if status.starts_with("inaccessible-") => {
            Some("give RDS access to the cluster's KMS key again, and wait until it is available")
        }
        _ => None,
    }
}

/// Blocks a downgrade, which RDS does not support. Source: Amazon Aurora User Guide, "Upgrading Amazon
/// Aurora PostgreSQL DB clusters".
fn older_version(change: &Change) -> Option<Blocker> {
    let (Action::Update { fields } | Action::Replace { fields, .. }) = &change.action else { return None };
    let version = fields.iter().find(|change| change.field == "engine_version")?;
    let (live, planned) = (version.before.as_str()?, version.after.as_str()?);
    if !is_newer(live, planned) {
        return None;
    }
    let id = change.found.as_ref().map_or_else(String::new, |found| found.identity.id.clone());
    Some(Blocker::new(
        change.address.clone(),
        change.kind,
        id,
        format!("the cluster runs {live}, the plan has {planned}, and AWS cannot downgrade a cluster"),
        format!("set `engine_version = \"{live}\"` under `[database]` in the spec, and plan again"),
    ))
}

/// Blockers: the foreign instances in a cluster. RDS deletes no cluster that has instances.
async fn members_of_others(cx: &Context<'_>, found: &ObservedResource, live: &LiveCluster) -> Result<Vec<Blocker>> {
    let names = live.db_cluster_members().iter().filter_map(|member| member.db_instance_identifier());
    let what = "this instance is in the cluster, but saas did not create it";
    let mut blockers = Vec::new();
    for name in names.filter(|name| !cx.live.knows(Kind::DbInstance, name)) {
        if !db_instance::is_deleting(cx, name).await? {
            let address = found.address.clone();
            blockers.push(Blocker::new(address, Kind::DbCluster, name, what, "delete the instance first"));
        }
    }
    Ok(blockers)
}

fn identity(cluster: &LiveCluster) -> Result<Identity> {
    let name = cluster.db_cluster_identifier.as_deref().required(DESCRIBE, "DBClusterIdentifier")?;
    Ok(Identity { endpoint: cluster.endpoint.clone(), ..Identity::of_id(name) }
        .with_arn(cluster.db_cluster_arn.as_deref()))
}

fn resource(cx: &Context<'_>, found: &ObservedResource, live: LiveCluster) -> Result<DbCluster> {
    let name = &found.identity.id;
    let groups =
        live.vpc_security_groups.unwrap_or_default().into_iter().filter_map(|group| group.vpc_security_group_id);
    Ok(DbCluster {
        name: parse(name, format_args!("the database cluster {name}"))?,
        engine_version: parse(&live.engine_version.unwrap_or_default(), format_args!("the database cluster {name}"))?,
        database: parse(&live.database_name.unwrap_or_default(), format_args!("the database cluster {name}"))?,
        admin: parse(&live.master_username.unwrap_or_default(), format_args!("the database cluster {name}"))?,
        admin_password: secret_of(cx, found),
        port: live.port.and_then(|port| port.try_into().ok()).unwrap_or_default(),
        subnet_group: named(cx, &live.db_subnet_group.unwrap_or_default()),
        parameter_group: named(cx, &live.db_cluster_parameter_group.unwrap_or_default()),
        security_groups: groups.map(|id| cx.reference::<SecurityGroup>(&id)).collect(),
        storage_encrypted: live.storage_encrypted == Some(true),
        deletion_protection: live.deletion_protection == Some(true),
        backup_retention_days: live.backup_retention_period.and_then(|days| days.try_into().ok()).unwrap_or_default(),
        copy_tags_to_snapshots: live.copy_tags_to_snapshot == Some(true),
    })
}

/// A reference to a group by name. RDS identifies groups by name alone, so the cluster also uses a group
/// that is created again under its name.
fn named<T: ResourceSpec>(cx: &Context<'_>, name: &str) -> Ref<T> {
    let planned = |node: &&Node| node.kind() == T::KIND && node.resource.name() == Some(name);
    let node = cx.plan.nodes().iter().find(planned);
    node.map_or_else(|| cx.reference(name), |node| Ref::to(node.address.clone()))
}

/// The planned secret, because RDS knows only the password. The resolved-inputs digest shows whether the
/// cluster has the password of this secret.
fn secret_of(cx: &Context<'_>, found: &ObservedResource) -> Ref<Secret> {
    let wanted = cx.plan.node(&found.address).and_then(|node| DbCluster::of(&node.resource));
    wanted.map_or_else(|| cx.reference(""), |wanted| wanted.admin_password.clone())
}

/// Waits until a cluster is available.
async fn available(cx: &Context<'_>, name: &str) -> Result<LiveCluster> {
    settled(cx, name, None).await
}

/// Waits until a cluster is available, has no pending changes, and has this version.
async fn settled(cx: &Context<'_>, name: &str, version: Option<&str>) -> Result<LiveCluster> {
    let what = format!("the database cluster {name}");
    let nothing = ClusterPendingModifiedValues::builder().build();
    cx.wait(&what, async || {
        let live = cluster(cx, name).await?.ok_or_else(|| gone(name))?;
        let status = live.status.clone();
        let pending = live.pending_modified_values.as_ref().is_some_and(|pending| *pending != nothing)
            || version.is_some_and(|version| live.engine_version() != Some(version));
        match look(&what, status.as_deref(), live)? {
            Readiness::Ready(_) if pending => Ok(Readiness::NotYet("changes are pending".to_owned())),
            other => Ok(other),
        }
    })
    .await
}

async fn is_deleting(cx: &Context<'_>, name: &str) -> Result<bool> {
    Ok(cluster(cx, name).await?.is_none_or(|live| live.status.as_deref() == Some("deleting")))
}

/// The name of the final snapshot; `None` in development. It contains the id that RDS gave to this cluster,
/// so a later cluster of the same name has a snapshot of its own.
fn final_snapshot(header: &Header, cluster: &LiveCluster) -> Option<String> {
    if header.environment.is_development() {
        return None;
    }
    let id = cluster.db_cluster_resource_id.as_deref().unwrap_or_default().to_ascii_lowercase();
    let name = cluster.db_cluster_identifier.as_deref().unwrap_or_default();
    Some(format!("{name}-final-{}", id.trim_start_matches("cluster-")))
}

fn days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

fn gone(name: &str) -> Error {
    Error::Failed {
        what: format!("the database cluster {name}"),
        reason: "it was being deleted and no longer exists: apply again".into(),
    }
}
