//! Amazon RDS: Aurora PostgreSQL clusters with their instances, groups and snapshots.
//!
//! No database is behind it: a cluster has a name, an endpoint and a status. The offerings of RDS
//! are data ([`catalogue`]); its durations are estimates ([`timing`]).

mod catalogue;
mod cluster;
mod credentials;
mod engine;
mod faults;
mod instance;
mod names;
mod network;
mod pages;
mod parameter_group;
mod parameters;
mod snapshot;
mod stored;
mod subnet_group;
mod tagging;
#[cfg(test)]
mod tests;
mod timing;
mod window;

use super::iam::{self, Linked};
use crate::services::prelude::*;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon RDS",
    signing_name: "rds",
    protocol: Protocol::AwsQuery { namespace: "http://rds.amazonaws.com/doc/2014-10-31/", operations: OPERATIONS },
    model: include_str!("../../../models/rds.json"),
    errors: Errors {
        // Source: terraform-aws-modules/terraform-aws-rds#129 and #210.
        missing_parameter: "InvalidParameterValue",
        ..Errors::QUERY
    },
    consistency,
    latency: Latency { read: 150, change: 500, slow: &[("CreateDBCluster", 2_000), ("CreateDBInstance", 2_000)] },
    collections: |cloud| {
        let State { subnet_groups, parameter_groups, clusters, instances, snapshots, .. } = &mut cloud.rds;
        vec![subnet_groups, parameter_groups, clusters, instances, snapshots]
    },
    inventory,
    tagged,
};

const OPERATIONS: &[(&str, XmlOperation)] = &[
    ("AddTagsToResource", tagging::add),
    ("CreateDBCluster", cluster::create),
    ("CreateDBClusterParameterGroup", parameter_group::create),
    ("CreateDBClusterSnapshot", snapshot::create),
    ("CreateDBInstance", instance::create),
    ("CreateDBSubnetGroup", subnet_group::create),
    ("DeleteDBCluster", cluster::delete),
    ("DeleteDBClusterParameterGroup", parameter_group::delete),
    ("DeleteDBClusterSnapshot", snapshot::delete),
    ("DeleteDBInstance", instance::delete),
    ("DeleteDBSubnetGroup", subnet_group::delete),
    ("DescribeDBClusterParameterGroups", parameter_group::describe),
    ("DescribeDBClusterParameters", parameters::describe),
    ("DescribeDBClusterSnapshots", snapshot::describe),
    ("DescribeDBClusters", cluster::describe),
    ("DescribeDBEngineVersions", engine::describe_versions),
    ("DescribeDBInstances", instance::describe),
    ("DescribeDBSnapshots", snapshot::describe_of_instances),
    ("DescribeDBSubnetGroups", subnet_group::describe),
    ("DescribeEngineDefaultClusterParameters", parameters::describe_defaults),
    ("DescribeOrderableDBInstanceOptions", engine::describe_options),
    ("ListTagsForResource", tagging::list),
    ("ModifyDBCluster", cluster::modify),
    ("ModifyDBClusterParameterGroup", parameters::modify),
    ("ModifyDBInstance", instance::modify),
    ("ModifyDBSubnetGroup", subnet_group::modify),
    ("RebootDBInstance", instance::reboot),
    ("RemoveTagsFromResource", tagging::remove),
    ("ResetDBClusterParameterGroup", parameters::reset),
];

/// Source: Amazon RDS API reference, `CreateDBClusterParameterGroup`, which advises to wait for
/// five minutes before a new group is used.
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        // These are AWS's own data and do not change.
        "DescribeDBEngineVersions"
        | "DescribeEngineDefaultClusterParameters"
        | "DescribeOrderableDBInstanceOptions" => Some(Consistency::Strong),
        "ListTagsForResource" => Some(Consistency::Eventual),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

/// The state of the service. Each collection is keyed by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    subnet_groups: Eventual<subnet_group::SubnetGroup>,
    parameter_groups: Eventual<parameter_group::ParameterGroup>,
    clusters: Eventual<cluster::Cluster>,
    instances: Eventual<instance::Instance>,
    snapshots: Eventual<snapshot::Snapshot>,
    /// The engine versions, instance classes and libraries on offer.
    #[serde(default)]
    catalogue: catalogue::Catalogue,
}

impl State {
    /// Offers an engine version in addition to those that AWS offers.
    pub(crate) fn offer(&mut self, version: &str) {
        self.catalogue.offer(version);
    }

    /// The initial database and its administrator, for each cluster that has one.
    pub(crate) fn databases(&self) -> Vec<(String, String)> {
        let clusters = self.clusters.values();
        clusters.filter_map(|cluster| Some((cluster.database.clone()?, cluster.admin.clone()))).collect()
    }

    /// Offers an instance class in addition to those that AWS offers.
    pub(crate) fn offer_class(&mut self, class: &str) {
        self.catalogue.offer_class(class);
    }

    /// Offers a library in addition to those that AWS offers.
    pub(crate) fn offer_library(&mut self, library: &str) {
        self.catalogue.offer_library(library);
    }
}

/// A scheduled change of state. It refers to a resource by its resource id, so that it does not
/// affect a later resource with the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// An event of the cluster with this resource id.
    Cluster(String, cluster::ClusterEvent),
    /// An event of the instance with this resource id.
    Instance(String, instance::InstanceEvent),
    /// The snapshot with this name, of the cluster with this resource id, completes.
    SnapshotTaken(String, String),
}

pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    match event {
        Event::Cluster(resource, event) => cluster::handle(cloud, &resource, event),
        Event::Instance(resource, event) => instance::handle(cloud, &resource, event),
        Event::SnapshotTaken(name, resource) => snapshot::taken(cloud, &name, &resource),
    }
}

/// All resources that callers created. Automated snapshots and default parameter groups belong to
/// AWS.
fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let state = &cloud.rds;
    items.extend(state.subnet_groups.values().map(|it| Item::new("rds:db-subnet-group", &it.name, &it.tags)));
    for group in state.parameter_groups.values() {
        items.push(Item::new("rds:db-cluster-parameter-group", &group.name, &group.tags));
        let parameter = |name| Item::part("rds:db-cluster-parameter", format!("{}/{name}", group.name));
        items.extend(group.settings.keys().map(parameter));
    }
    items.extend(state.clusters.values().map(|it| Item::new("rds:db-cluster", &it.name, &it.tags)));
    items.extend(state.instances.values().map(|it| Item::new("rds:db-instance", &it.name, &it.tags)));
    let manual = state.snapshots.values().filter(|it| !it.is_automated);
    items.extend(manual.map(|it| Item::new("rds:db-cluster-snapshot", &it.name, &it.tags)));
}

/// The ARNs and tags of all tagged resources, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    let state = &cloud.rds;
    let groups = state.subnet_groups.values().map(|it| ("subgrp", &it.name, &it.tags));
    let parameters = state.parameter_groups.values().map(|it| ("cluster-pg", &it.name, &it.tags));
    let clusters = state.clusters.values().map(|it| ("cluster", &it.name, &it.tags));
    let instances = state.instances.values().map(|it| ("db", &it.name, &it.tags));
    let snapshots = state.snapshots.values().map(|it| ("cluster-snapshot", &it.name, &it.tags));
    let all = groups.chain(parameters).chain(clusters).chain(instances).chain(snapshots);
    all.map(|(kind, name, tags)| (names::arn(&cloud.account, kind, name), tags)).collect()
}

/// If AWS is not known to offer this version of Aurora PostgreSQL: the nearest versions that it
/// does offer. A sandbox still offers the version after a call of
/// [`crate::Sandbox::offer_engine_version`].
#[allow(unreachable_pub, reason = "the crate is to export it")]
#[must_use]
pub fn unoffered(version: &str) -> Option<Vec<String>> {
    catalogue::unoffered(version)
}

/// Rejects a creation until RDS can assume its service-linked role.
fn needs_linked_role(cloud: &mut Cloud) -> Result<(), Refusal> {
    match iam::service_needs_its_role(cloud, "rds.amazonaws.com") {
        Linked::Usable => Ok(()),
        Linked::Made => Err(faults::no_linked_role(true)),
        Linked::Spreading => Err(faults::no_linked_role(false)),
    }
}
