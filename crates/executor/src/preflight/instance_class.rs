//! Whether RDS offers the instance class of the database for the planned version, in at least one of the
//! planned zones.

use std::collections::BTreeSet;

use saas_model::resource::{DbCluster, DbInstance, ResourceSpec, Subnet};

use super::{Check, Failure};
use crate::context::Context;
use crate::error::Result;
use crate::providers::rds::ENGINE;

/// How many other classes to name.
const NAMED: usize = 6;

/// The failures, if RDS does not offer a planned class or that cannot be determined.
pub(super) async fn not_orderable(cx: &Context<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    for node in cx.plan.nodes() {
        let Some(wanted) = DbInstance::of(&node.resource) else { continue };
        let live = cx.live.get(&node.address).and_then(|found| found.fields);
        if live.as_ref().and_then(DbInstance::of).is_some_and(|live| live.class == wanted.class) {
            continue;
        }
        let cluster = cx.plan.node(wanted.cluster.address()).and_then(|node| DbCluster::of(&node.resource));
        let Some(version) = cluster.map(|cluster| cluster.engine_version.as_str()) else { continue };
        match look(cx, version, wanted.class.as_str()).await {
            Ok(None) => {}
            Ok(Some(offered)) => failures.push(Failure::NotOrderable {
                class: wanted.class.to_string(),
                version: version.to_owned(),
                offered,
            }),
            Err(error) => {
                let what = "the availability of the instance class";
                failures.push(Failure::Unanswered { what, check: Some(Check::EngineVersion), error });
            }
        }
    }
    failures
}

/// `None` when RDS offers the class; otherwise the classes that it offers.
async fn look(cx: &Context<'_>, version: &str, class: &str) -> Result<Option<Vec<String>>> {
    let zones: BTreeSet<&str> =
        cx.plan.nodes().iter().filter_map(|node| Some(Subnet::of(&node.resource)?.zone.as_str())).collect();
    let options = options(cx, version, Some(class)).await?;
    let in_a_zone = |(_, offered): &(String, Vec<String>)| {
        offered.is_empty() || zones.is_empty() || offered.iter().any(|zone| zones.contains(zone.as_str()))
    };
    if options.iter().any(in_a_zone) {
        return Ok(None);
    }
    let all = self::options(cx, version, None).await?;
    // RDS returns no options for a version that it does not offer. Another check reports that.
    if all.is_empty() {
        return Ok(None);
    }
    let family = class.rsplit_once('.').map_or(class, |(family, _)| family);
    let classes: BTreeSet<String> = all.into_iter().filter(in_a_zone).map(|(class, _)| class).collect();
    let (mut near, others): (Vec<_>, Vec<_>) =
        classes.into_iter().partition(|class| class.rsplit_once('.').is_some_and(|(other, _)| other == family));
    near.extend(others);
    near.truncate(NAMED);
    Ok(Some(near))
}

/// The classes that RDS offers for a version, with their zones.
async fn options(cx: &Context<'_>, version: &str, class: Option<&str>) -> Result<Vec<(String, Vec<String>)>> {
    let call = cx.aws.rds.describe_orderable_db_instance_options().engine(ENGINE).engine_version(version);
    let mut pages = call.set_db_instance_class(class.map(str::to_owned)).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let options = page?.orderable_db_instance_options.unwrap_or_default().into_iter();
        found.extend(options.filter_map(|option| {
            let zones = option.availability_zones.unwrap_or_default().into_iter();
            Some((option.db_instance_class?, zones.filter_map(|zone| zone.name).collect()))
        }));
    }
    Ok(found)
}
