//! Tests of RDS over its wire format.

mod cluster_changes;
mod clusters;
mod engines;
mod instances;
mod parameter_groups;
mod snapshots;
mod subnet_groups;
mod tagging;

use std::time::Duration;

use crate::dials::{Dials, Lag, Staleness};
use crate::services::Service;
use crate::testing::{Bench, GROUP, SUBNETS, first, pass};

/// The answer to a call: its XML, or the error code.
type Answer = Result<String, String>;

const MINUTE: Duration = Duration::from_secs(60);

/// A valid password.
const PASSWORD: &str = "Correct-Horse_9!";

/// A call of RDS.
fn call(bench: &Bench, action: &str, input: &[(&str, &str)]) -> Answer {
    bench.query(Service::Rds, action, input)
}

/// The same with more parameters, which override the earlier ones.
fn call_with(bench: &Bench, action: &str, input: &[(&str, &str)], more: &[(&str, &str)]) -> Answer {
    let kept = input.iter().filter(|(key, _)| !more.iter().any(|(other, _)| key == other));
    let all: Vec<(&str, &str)> = kept.chain(more).filter(|(_, value)| *value != UNSET).copied().collect();
    call(bench, action, &all)
}

/// Marks a parameter to omit.
const UNSET: &str = "\0";

/// The HTTP status of a rejected call.
fn status(bench: &Bench, action: &str, input: &[(&str, &str)]) -> u16 {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).extend_pairs(input);
    bench.send(Service::Rds, "POST", "/", &[], body.finish().into_bytes()).status().as_u16()
}

/// A network with the subnet group `db` and the parameter group `params`.
fn groups() -> Bench {
    let bench = Bench::with_network();
    subnet_group(&bench, &[]).expect("a subnet group");
    parameter_group(&bench, &[]).expect("a parameter group");
    bench
}

fn subnet_group(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    let input = [
        ("DBSubnetGroupName", "db"),
        ("DBSubnetGroupDescription", "databases"),
        ("SubnetIds.SubnetIdentifier.1", SUBNETS[0]),
        ("SubnetIds.SubnetIdentifier.2", SUBNETS[1]),
    ];
    call_with(bench, "CreateDBSubnetGroup", &input, more)
}

fn parameter_group(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    let input = [
        ("DBClusterParameterGroupName", "params"),
        ("DBParameterGroupFamily", "aurora-postgresql15"),
        ("Description", "parameters"),
    ];
    call_with(bench, "CreateDBClusterParameterGroup", &input, more)
}

/// Sets one parameter of the group `params`.
fn set(bench: &Bench, name: &str, value: &str, method: &str) -> Answer {
    let input = [
        ("DBClusterParameterGroupName", "params"),
        ("Parameters.Parameter.1.ParameterName", name),
        ("Parameters.Parameter.1.ParameterValue", value),
        ("Parameters.Parameter.1.ApplyMethod", method),
    ];
    call(bench, "ModifyDBClusterParameterGroup", &input)
}

/// Creates the cluster `main`.
fn cluster(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    let input = [
        ("DBClusterIdentifier", "main"),
        ("Engine", "aurora-postgresql"),
        ("EngineVersion", "15.10"),
        ("MasterUsername", "saasadmin"),
        ("MasterUserPassword", PASSWORD),
        ("DBSubnetGroupName", "db"),
        ("DBClusterParameterGroupName", "params"),
        ("VpcSecurityGroupIds.VpcSecurityGroupId.1", GROUP),
    ];
    call_with(bench, "CreateDBCluster", &input, more)
}

/// Creates the instance `writer` of `main`.
fn instance(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    let input = [
        ("DBInstanceIdentifier", "writer"),
        ("DBClusterIdentifier", "main"),
        ("DBInstanceClass", "db.r6g.large"),
        ("Engine", "aurora-postgresql"),
    ];
    call_with(bench, "CreateDBInstance", &input, more)
}

/// A network with the cluster `main`, which is available.
async fn with_cluster() -> Bench {
    let bench = groups();
    cluster(&bench, &[]).expect("a cluster");
    pass(3 * MINUTE).await;
    assert_eq!(cluster_status(&bench), "available");
    bench
}

/// The same with the instance `writer`, which is available.
async fn with_writer() -> Bench {
    let bench = with_cluster().await;
    instance(&bench, &[]).expect("an instance");
    pass(8 * MINUTE).await;
    assert_eq!(instance_status(&bench, "writer"), "available");
    bench
}

fn describe_cluster(bench: &Bench) -> Answer {
    call(bench, "DescribeDBClusters", &[("DBClusterIdentifier", "main")])
}

/// A field of the cluster `main`, if it has the field.
fn of_cluster(bench: &Bench, field: &str) -> Option<String> {
    first(&describe_cluster(bench).expect("the cluster"), field)
}

fn cluster_status(bench: &Bench) -> String {
    of_cluster(bench, "Status").expect("every cluster has a state")
}

fn describe_instance(bench: &Bench, name: &str) -> Answer {
    call(bench, "DescribeDBInstances", &[("DBInstanceIdentifier", name)])
}

fn instance_status(bench: &Bench, name: &str) -> String {
    let instance = describe_instance(bench, name).expect("the instance");
    first(&instance, "DBInstanceStatus").expect("every instance has a state")
}

/// Whether the cluster's parameters are in effect on its first member.
fn parameter_status(bench: &Bench) -> String {
    of_cluster(bench, "DBClusterParameterGroupStatus").expect("every member has it")
}

/// A cloud whose reads are stale for a minute.
fn stale_reads() -> Dials {
    Dials { staleness: Staleness::everywhere(Lag::of(MINUTE)), ..Dials::default() }
}

fn code(text: &str) -> Answer {
    Err(text.to_owned())
}
