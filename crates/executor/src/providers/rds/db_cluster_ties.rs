//! Blockers of a cluster's deletion: RDS deletes no cluster that is in a global database, is replicated, or
//! is the source of a blue/green deployment.
//!
//! Source: Amazon Aurora User Guide, "Deleting Aurora DB clusters and DB instances" and "Deleting a
//! blue/green deployment".

use aws_sdk_rds::types::{DbCluster as LiveCluster, Filter, GlobalCluster};
use saas_model::Kind;

use crate::apply::blockers::if_answered;
use crate::context::Context;
use crate::error::Result;
use crate::state::blocker::Blocker;
use crate::state::observed::ObservedResource;

/// The blockers of a cluster to be deleted.
pub(crate) async fn of(cx: &Context<'_>, found: &ObservedResource, live: &LiveCluster) -> Result<Vec<Blocker>> {
    let blocker = |id: &str, what: &str, remedy: &str| {
        Blocker::new(found.address.clone(), Kind::DbCluster, id, what.to_owned(), remedy.to_owned())
    };
    let mut blockers = Vec::new();
    for replica in live.read_replica_identifiers() {
        let what = "this is a replica of the cluster";
        blockers.push(blocker(replica, what, "promote or delete the replica first"));
    }
    for global in global_databases(cx, live).await? {
        let what = "the cluster is part of this global database";
        blockers.push(blocker(&global, what, "remove the cluster from the global database first"));
    }
    for deployment in deployments(cx, live).await? {
        let what = "the cluster is the source of this blue/green deployment";
        blockers.push(blocker(&deployment, what, "delete the blue/green deployment first"));
    }
    Ok(blockers)
}

/// The global databases of a cluster. RDS has not always returned them with the cluster.
async fn global_databases(cx: &Context<'_>, live: &LiveCluster) -> Result<Vec<String>> {
    if let Some(global) = live.global_cluster_identifier().filter(|global| !global.is_empty()) {
        return Ok(vec![global.to_owned()]);
    }
    let Some(arn) = live.db_cluster_arn() else { return Ok(Vec::new()) };
    let listed = cx.aws.rds.describe_global_clusters().into_paginator().items().send().try_collect().await;
    let listed: Vec<GlobalCluster> = if_answered(cx, "global databases", listed)?.unwrap_or_default();
    let has_it = |global: &&GlobalCluster| {
        global
            .global_cluster_members()
            .iter()
            .any(|member| member.db_cluster_arn() == Some(arn) || member.readers().iter().any(|reader| reader == arn))
    };
    Ok(listed.iter().filter(has_it).filter_map(|global| global.global_cluster_identifier.clone()).collect())
}

async fn deployments(cx: &Context<'_>, live: &LiveCluster) -> Result<Vec<String>> {
    let Some(arn) = live.db_cluster_arn() else { return Ok(Vec::new()) };
    let source = Filter::builder().name("source").values(arn).build();
    let call = cx.aws.rds.describe_blue_green_deployments().filters(source);
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed = if_answered(cx, "blue/green deployments", listed)?.unwrap_or_default();
    let stays = listed.into_iter().filter(|deployment| deployment.status() != Some("DELETING"));
    Ok(stays.filter_map(|deployment| deployment.blue_green_deployment_identifier).collect())
}
