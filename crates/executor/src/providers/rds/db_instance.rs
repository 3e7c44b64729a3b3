//! Instances of Aurora clusters. Created by one call; complete when the instance is available and the
//! parameters of its cluster are in effect on it, which the listing of clusters shows.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{DbClusterMember, DbInstance as LiveInstance, Filter};
use saas_model::Node;
use saas_model::identifier::InstanceClass;
use saas_model::resource::{DbCluster, DbInstance, DbInstanceField, Field, Kind, ResourceSpec};
use tokio::time::Instant;

use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::{TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::parse::parse;
use crate::providers::rds::{ENGINE, LINKED_ROLE, cluster, commit, in_state, look};
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

/// The codes while RDS is still changing an instance or its cluster.
const BUSY: &[Transient] = &[
    Transient { code: "InvalidDBInstanceState", message: "", why: "RDS is still working on the instance" },
    Transient { code: "InvalidDBClusterStateFault", message: "", why: "RDS is still working on the cluster" },
    Transient { code: "DBClusterNotFoundFault", message: "", why: "the new cluster is not visible everywhere yet" },
];

/// The status of a member whose parameters are in effect, and of one that needs a reboot for them.
///
/// Source: Amazon Aurora User Guide, "DB cluster parameter groups", apply status.
const IN_SYNC: &str = "in-sync";
const PENDING_REBOOT: &str = "pending-reboot";

const DESCRIBE: &str = "rds DescribeDBInstances";

impl ResourceProvider for DbInstance {
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
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["rds:DescribeDBInstances", "rds:DescribeDBClusters"],
            describe: &[],
            create: &["rds:CreateDBInstance", "rds:RebootDBInstance"],
            update: &["rds:ModifyDBInstance", "rds:RebootDBInstance", "rds:AddTagsToResource"],
            delete: &["rds:DeleteDBInstance"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        let holder = async |name: &str| {
            let instance = instance(cx, name).await?;
            Ok(instance.map(|instance| owner(cx, Self::KIND, name, &from_sdk(instance.tag_list))))
        };
        taken_among::<Self>(cx, async |names| each(names, holder).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let clusters: Vec<String> =
            cx.live.of_kind(Kind::DbCluster).into_iter().map(|found| found.identity.id).collect();
        if clusters.is_empty() {
            return Ok(Vec::new());
        }
        let in_clusters = Filter::builder().name("db-cluster-id").set_values(Some(clusters)).build();
        let stale = stale_members(cx, &in_clusters).await?;
        let mut pages = cx.aws.rds.describe_db_instances().filters(in_clusters).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for live in page?.db_instances.unwrap_or_default() {
                found_in(cx, &live);
                found.extend(shown(cx, live, &stale)?);
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for wanted in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            if let Some(live) = instance(cx, wanted.name.as_str()).await? {
                found.extend(shown(cx, live, &BTreeMap::new())?);
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let cluster = cx.id(&self.cluster)?;
        let call = cx
            .aws
            .rds
            .create_db_instance()
            .engine(ENGINE)
            .db_instance_identifier(name)
            .db_cluster_identifier(&cluster)
            .db_instance_class(self.class.as_str())
            .auto_minor_version_upgrade(self.auto_minor_version_upgrade)
            .publicly_accessible(self.publicly_accessible)
            .set_tags(Some(to_sdk(&cx.tags(node)?)));
        let transients = [BUSY, &LINKED_ROLE].concat();
        let make = async || {
            cx.retry(&transients, async || {
                identity(&call.clone().send().await?.db_instance.required("rds CreateDBInstance", "DBInstance")?)
            })
            .await
        };
        let look = async || {
            let live = instance(cx, name).await?.required(DESCRIBE, "DBInstances")?;
            Ok((identity(&live)?, from_sdk(live.tag_list)))
        };
        let made = cx.create_or_adopt(node, &["DBInstanceAlreadyExists"], name, make, look).await?;
        settled(cx, self).await?;
        bring_in_sync(cx, &cluster).await?;
        Ok(made)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        if changes.touch_updatable::<Self>() {
            cx.retry(BUSY, async || {
                cx.aws
                    .rds
                    .modify_db_instance()
                    .db_instance_identifier(self.name.as_str())
                    .apply_immediately(true)
                    .db_instance_class(self.class.as_str())
                    .auto_minor_version_upgrade(self.auto_minor_version_upgrade)
                    .publicly_accessible(self.publicly_accessible)
                    .send()
                    .await?;
                Ok(())
            })
            .await?;
        }
        settled(cx, self).await?;
        bring_in_sync(cx, &cx.id(&self.cluster)?).await?;
        commit(cx, node, found.identity.arn.as_deref().required(DESCRIBE, "DBInstanceArn")?).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let name = &found.identity.id;
        // The data is the cluster's: an Aurora instance has no snapshot of its own.
        let call = cx.aws.rds.delete_db_instance().db_instance_identifier(name).skip_final_snapshot(true);
        let asked = cx.retry(BUSY, async || match call.clone().send().await.map_err(Error::from) {
            Err(error) if error.is(&["InvalidDBInstanceState"]) && is_deleting(cx, name).await? => Ok(()),
            other => other.map(drop),
        });
        match asked.await {
            Err(error) if error.is(&["DBInstanceNotFound"]) => return Ok(()),
            other => other?,
        }
        cx.wait("the database instance to be deleted", async || match instance(cx, name).await? {
            None => Ok(Readiness::Ready(())),
            Some(live) => Ok(Readiness::NotYet(live.db_instance_status.unwrap_or_default())),
        })
        .await
    }
}

/// Records an instance of a cluster with what it opens if it is none of the platform's.
fn found_in(cx: &Context<'_>, live: &LiveInstance) {
    let name = live.db_instance_identifier().unwrap_or_default();
    let cluster = cx.live.address_of(Kind::DbCluster, live.db_cluster_identifier().unwrap_or_default());
    let reach = if live.publicly_accessible() == Some(true) { ", and has a public address" } else { "" };
    let what = format!("this database instance answers with the data of all tenants{reach}");
    let remedy = format!("delete it: aws rds delete-db-instance --db-instance-identifier {name} --skip-final-snapshot");
    if live.db_instance_status() != Some("deleting") {
        cx.live.found_inside(Kind::DbInstance, Exposure::new((&cluster, Kind::DbCluster), name, what, remedy));
    }
}

/// A described instance; `None` when its tags name another platform. `stale` has the instances on which the
/// parameters of their cluster are not in effect, with their status.
fn shown(
    cx: &Context<'_>,
    mut live: LiveInstance,
    stale: &BTreeMap<String, String>,
) -> Result<Option<ObservedResource>> {
    let tags = from_sdk(live.tag_list.take());
    let Some(mine) = ObservedResource::by_tags(cx.plan, Kind::DbInstance, identity(&live)?, tags) else {
        return Ok(None);
    };
    let mine = in_state(mine, live.db_instance_status.as_deref());
    let mine = match stale.get(&mine.identity.id) {
        Some(status) => mine.incomplete().differs("parameters", status.as_str(), IN_SYNC),
        None => mine,
    };
    let wanted = cx.plan.node(&mine.address).and_then(|node| DbInstance::of(&node.resource));
    // A class that the model cannot represent, such as `db.serverless`, was set by hand.
    let class = live.db_instance_class.clone().unwrap_or_default();
    let mine = match wanted.filter(|_| class.parse::<InstanceClass>().is_err()) {
        Some(wanted) => {
            live.db_instance_class = Some(wanted.class.to_string());
            mine.incomplete().differs(DbInstanceField::Class.as_str(), class, wanted.class.as_str())
        }
        None => mine,
    };
    let resource = resource(cx, live);
    Ok(Some(mine.with_fields_or_unreadable(resource)))
}

fn identity(instance: &LiveInstance) -> Result<Identity> {
    let name = instance.db_instance_identifier.as_deref().required(DESCRIBE, "DBInstanceIdentifier")?;
    Ok(Identity::of_id(name).with_arn(instance.db_instance_arn.as_deref()))
}

fn resource(cx: &Context<'_>, live: LiveInstance) -> Result<DbInstance> {
    let name = live.db_instance_identifier.unwrap_or_default();
    Ok(DbInstance {
        name: parse(&name, format_args!("the database instance {name}"))?,
        cluster: cx.reference::<DbCluster>(&live.db_cluster_identifier.unwrap_or_default()),
        class: parse(&live.db_instance_class.unwrap_or_default(), format_args!("the database instance {name}"))?,
        auto_minor_version_upgrade: live.auto_minor_version_upgrade == Some(true),
        publicly_accessible: live.publicly_accessible == Some(true),
    })
}

/// Describes an instance; `None` when no instance has this name.
async fn instance(cx: &Context<'_>, name: &str) -> Result<Option<LiveInstance>> {
    match cx.aws.rds.describe_db_instances().db_instance_identifier(name).send().await.map_err(Error::from) {
        Ok(answer) => Ok(answer.db_instances.unwrap_or_default().pop()),
        Err(error) if error.is(&["DBInstanceNotFound"]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an instance is deleted, or is being deleted.
pub(crate) async fn is_deleting(cx: &Context<'_>, name: &str) -> Result<bool> {
    Ok(instance(cx, name).await?.is_none_or(|live| live.db_instance_status.as_deref() == Some("deleting")))
}

/// Waits until an instance is available.
async fn available(cx: &Context<'_>, name: &str, is_ready: impl Fn(&LiveInstance) -> bool) -> Result<()> {
    let what = format!("the database instance {name}");
    let start = Instant::now();
    cx.wait(&what, async || {
        let live = match instance(cx, name).await? {
            Some(live) => live,
            // A new instance may not be visible everywhere yet.
            None if start.elapsed() < cx.retry_policy.visible_within => {
                return Ok(Readiness::NotYet("not visible yet".to_owned()));
            }
            None => return Err(gone(name)),
        };
        match look(&what, live.db_instance_status.as_deref(), ())? {
            Readiness::Ready(()) if !is_ready(&live) => Ok(Readiness::NotYet("changes are pending".to_owned())),
            other => Ok(other),
        }
    })
    .await
}

/// Waits until an instance is available and has the planned class.
async fn settled(cx: &Context<'_>, wanted: &DbInstance) -> Result<()> {
    let class = wanted.class.as_str();
    available(cx, wanted.name.as_str(), |live| live.db_instance_class.as_deref() == Some(class)).await
}

/// The instances of some clusters on which the parameters are not in effect, with their status.
async fn stale_members(cx: &Context<'_>, in_clusters: &Filter) -> Result<BTreeMap<String, String>> {
    let mut pages = cx.aws.rds.describe_db_clusters().filters(in_clusters.clone()).into_paginator().send();
    let mut stale = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let members = page?.db_clusters.unwrap_or_default().into_iter().flat_map(|cluster| {
            cluster.db_cluster_members.unwrap_or_default().into_iter().filter(|member| !is(member, IN_SYNC))
        });
        let status = |member: &DbClusterMember| member.db_cluster_parameter_group_status.clone().unwrap_or_default();
        stale.extend(members.filter_map(|member| Some((member.db_instance_identifier.clone()?, status(&member)))));
    }
    Ok(stale)
}

/// Reboots the members of a cluster that need a reboot for their parameters, and waits until these are in
/// effect on all members.
async fn bring_in_sync(cx: &Context<'_>, name: &str) -> Result<()> {
    let stale: Vec<_> =
        decided_members(cx, name).await?.into_iter().filter(|member| is(member, PENDING_REBOOT)).collect();
    if stale.is_empty() {
        return Ok(());
    }
    reboot(cx, stale).await?;
    in_force(cx, name).await
}

/// Reboots all members of a cluster for parameters that require it, and waits until these are in effect.
pub(crate) async fn reboot_members(cx: &Context<'_>, name: &str) -> Result<()> {
    let members = decided_members(cx, name).await?;
    reboot(cx, members).await?;
    in_force(cx, name).await
}

async fn reboot(cx: &Context<'_>, members: Vec<DbClusterMember>) -> Result<()> {
    for name in members.into_iter().filter_map(|member| member.db_instance_identifier) {
        cx.retry(BUSY, async || {
            cx.aws.rds.reboot_db_instance().db_instance_identifier(&name).send().await?;
            Ok(())
        })
        .await?;
        available(cx, &name, |_| true).await?;
    }
    Ok(())
}

/// The members of a cluster, once RDS has determined for each whether it needs a reboot.
async fn decided_members(cx: &Context<'_>, name: &str) -> Result<Vec<DbClusterMember>> {
    members_when(cx, name, |member| is(member, IN_SYNC) || is(member, PENDING_REBOOT)).await
}

/// Waits until the parameters of a cluster are in effect on all its members.
async fn in_force(cx: &Context<'_>, name: &str) -> Result<()> {
    members_when(cx, name, |member| is(member, IN_SYNC)).await.map(drop)
}

async fn members_when(
    cx: &Context<'_>,
    name: &str,
    good: impl Fn(&DbClusterMember) -> bool,
) -> Result<Vec<DbClusterMember>> {
    cx.wait("the parameters of the database cluster to be in sync", async || {
        let members = cluster(cx, name).await?.and_then(|live| live.db_cluster_members).unwrap_or_default();
        Ok(match members.iter().find(|member| !good(member)) {
            None => Readiness::Ready(members),
            Some(member) => Readiness::NotYet(member.db_cluster_parameter_group_status.clone().unwrap_or_default()),
        })
    })
    .await
}

fn is(member: &DbClusterMember, status: &str) -> bool {
    member.db_cluster_parameter_group_status.as_deref() == Some(status)
}

fn gone(name: &str) -> Error {
    Error::Failed {
        what: format!("the database instance {name}"),
        reason: "it was being deleted and no longer exists: apply again".into(),
    }
}
