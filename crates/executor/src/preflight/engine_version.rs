//! Whether RDS offers the planned version of the database.
//!
//! AWS withdraws versions: a plan that was right last year may not be right any more. saas never
//! substitutes a version; it names the nearest ones, and the operator decides.

use saas_model::identifier::EngineVersion;
use saas_model::resource::{DbCluster, Kind, ResourceSpec};

use super::{Check, Failure};
use crate::context::Context;
use crate::error::Result;
use crate::providers::rds::{ENGINE, is_newer};

/// How many other versions to name.
const NAMED: usize = 4;

/// The failure, if RDS does not offer a planned version or that cannot be determined.
pub(super) async fn not_offered(cx: &Context<'_>) -> Option<Failure> {
    let wanted =
        cx.plan.nodes().iter().filter_map(|node| DbCluster::of(&node.resource)).map(|node| &node.engine_version);
    for version in wanted.filter(|version| !is_live(cx, version)) {
        match offered(cx, version).await {
            Ok(offered) if offered.contains(version) => {}
            Ok(offered) => {
                return Some(Failure::NotOffered { version: version.clone(), offered: near(version, offered) });
            }
            Err(error) => {
                let what = "the availability of the database version";
                return Some(Failure::Unanswered { what, check: Some(Check::EngineVersion), error });
            }
        }
    }
    None
}

/// A live cluster needs no creation, and RDS keeps it running. If it runs a newer version than the plan,
/// the change set reports that: see [`crate::state::blocker::Blocker`].
fn is_live(cx: &Context<'_>, version: &EngineVersion) -> bool {
    cx.live.of_kind(Kind::DbCluster).iter().any(|found| {
        found
            .fields
            .as_ref()
            .and_then(DbCluster::of)
            .is_some_and(|cluster| !is_newer(version.as_str(), cluster.engine_version.as_str()))
    })
}

/// All versions that RDS offers with the same major.
async fn offered(cx: &Context<'_>, version: &EngineVersion) -> Result<Vec<EngineVersion>> {
    let family = format!("{ENGINE}{}", version.major());
    let call = cx.aws.rds.describe_db_engine_versions().engine(ENGINE).db_parameter_group_family(family);
    let mut pages = call.into_paginator().send();
    let mut offered = Vec::new();
    while let Some(page) = pages.next().await {
        let versions =
            page?.db_engine_versions.unwrap_or_default().into_iter().filter_map(|found| found.engine_version);
        // Variants such as `16.4-limitless` are another kind of database.
        offered.extend(versions.filter_map(|version| version.parse::<EngineVersion>().ok()));
    }
    Ok(offered)
}

/// The nearest few, in ascending order.
fn near(wanted: &EngineVersion, mut offered: Vec<EngineVersion>) -> Vec<EngineVersion> {
    let minor = |version: &EngineVersion| {
        version.as_str().split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok()).unwrap_or_default()
    };
    offered.retain(|version| version.major() == wanted.major());
    offered.sort_by_key(|version| (minor(version).abs_diff(minor(wanted)), minor(version)));
    offered.truncate(NAMED);
    offered.sort_by_key(minor);
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_engine_versions_are_sorted_numerically() {
        let versions =
            |list: &[&str]| list.iter().map(|text| text.parse().expect("valid")).collect::<Vec<EngineVersion>>();
        let offered = versions(&["15.13", "15.10", "15.6", "15.7", "15.12", "16.4", "15.8"]);
        assert_eq!(near(&versions(&["15.4"])[0], offered), versions(&["15.6", "15.7", "15.8", "15.10"]));
    }
}
