//! The ARNs of the planned resources, and whether a pattern can match one of them.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::arn::Arn;
use saas_model::resource::{EcsCluster, Migrator};
use saas_model::{Node, Resource};

use super::identity::repositories;
use crate::view::View;

/// The ARNs of all planned resources and of what belongs to them, as patterns: `*` stands for what only AWS knows.
/// The key is the literal text before the first wildcard.
pub(crate) struct PlannedArns<'a> {
    by_start: BTreeMap<String, Vec<(String, &'a Node)>>,
    services: BTreeSet<String>,
}

impl<'a> PlannedArns<'a> {
    pub(crate) fn of(view: &View<'a>) -> Self {
        let clusters: Vec<&EcsCluster> = view.shared::<EcsCluster>().map(|(_, cluster)| cluster).collect();
        let mut by_start: BTreeMap<String, Vec<(String, &Node)>> = BTreeMap::new();
        for node in view.plan.nodes() {
            for arn in arns(view, &clusters, node) {
                by_start.entry(start(&arn).to_owned()).or_default().push((arn, node));
            }
        }
        let services = by_start.keys().filter_map(|arn| Some(Arn::of(arn)?.service.to_owned())).collect();
        Self { by_start, services }
    }

    /// Whether a service has one of them.
    pub(super) fn has_service(&self, service: &str) -> bool {
        self.services.contains(&service.to_ascii_lowercase())
    }

    /// A planned resource of some that a pattern can match, and its ARN.
    ///
    /// Two patterns have a text in common only if the literal start of one begins with that of the other.
    pub(super) fn met_by(&self, pattern: &str, among: impl Fn(&Node) -> bool) -> Option<(&str, &'a Node)> {
        let begins = start(pattern);
        let shorter = (0..begins.len()).filter_map(|length| self.by_start.get(begins.get(..length)?));
        let longer = self.by_start.range(begins.to_owned()..).take_while(|(other, _)| other.starts_with(begins));
        let mut candidates = shorter.chain(longer.map(|(_, candidates)| candidates)).flatten();
        candidates.find(|(arn, node)| among(node) && meet(pattern, arn)).map(|(arn, node)| (arn.as_str(), *node))
    }
}

fn start(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

/// The ARNs of a resource and of what belongs to it.
/// Source: Service Authorization Reference, "Resource types defined by" each service.
fn arns(view: &View<'_>, clusters: &[&EcsCluster], node: &Node) -> Vec<String> {
    let place = view.at();
    let of_ec2 = |kind: &str| vec![place.arn("ec2", format_args!("{kind}/*"))];
    match &node.resource {
        Resource::Vpc(_) => ["vpc", "network-acl"].into_iter().flat_map(of_ec2).collect(),
        // The interfaces of tasks are in subnets.
        Resource::Subnet(_) => ["subnet", "network-interface"].into_iter().flat_map(of_ec2).collect(),
        Resource::InternetGateway(_) => of_ec2("internet-gateway"),
        Resource::ElasticIp(_) => of_ec2("elastic-ip"),
        Resource::NatGateway(_) => of_ec2("natgateway"),
        Resource::RouteTable(_) => of_ec2("route-table"),
        Resource::VpcEndpoint(_) => of_ec2("vpc-endpoint"),
        Resource::SecurityGroup(_) => of_ec2("security-group"),
        Resource::SecurityGroupRule(_) => of_ec2("security-group-rule"),
        Resource::DbSubnetGroup(group) => vec![place.arn("rds", format_args!("subgrp:{}", group.name))],
        Resource::DbClusterParameterGroup(group) => vec![place.arn("rds", format_args!("cluster-pg:{}", group.name))],
        Resource::DbCluster(cluster) => vec![
            place.arn("rds", format_args!("cluster:{}", cluster.name)),
            // Its snapshots, those that AWS makes and those that people make.
            place.arn("rds", "cluster-snapshot:*"),
        ],
        Resource::DbInstance(instance) => vec![
            place.arn("rds", format_args!("db:{}", instance.name)),
            // Its statements, in Performance Insights.
            place.arn("pi", "metrics/rds/*"),
        ],
        Resource::DatabaseAccess(_) => vec![place.arn("rds-db", "dbuser:*")],
        Resource::TenantSchema(schema) => {
            let migrator = schema.migrator.as_ref().map(|Migrator { role, .. }| role);
            let roles = [&schema.owner, &schema.app].into_iter().chain(migrator);
            roles.map(|role| place.arn("rds-db", format_args!("dbuser:*/{role}"))).collect()
        }
        Resource::Bucket(bucket) => {
            let arn = view.bucket_arn(bucket);
            // An access point of the account can be one of any of its buckets, in this Region or in several.
            let points = [place.arn("s3", "accesspoint/*"), place.global_arn("s3", "accesspoint/*")];
            [format!("{arn}/*"), arn].into_iter().chain(points).collect()
        }
        Resource::Secret(secret) => vec![place.arn("secretsmanager", format_args!("secret:{}-??????", secret.name))],
        Resource::LogGroup(group) => {
            let arn = place.arn("logs", format_args!("log-group:{}", group.name));
            vec![format!("{arn}:*"), arn]
        }
        Resource::Role(role) => vec![view.role_arn(role)],
        Resource::LoadBalancer(load_balancer) => ["loadbalancer", "listener", "listener-rule"]
            .map(|kind| place.arn("elasticloadbalancing", format_args!("{kind}/app/{}/*", load_balancer.name)))
            .into(),
        Resource::TargetGroup(group) => {
            vec![place.arn("elasticloadbalancing", format_args!("targetgroup/{}/*", group.name))]
        }
        Resource::EcsCluster(cluster) => {
            // The ARN of a task does not tell its tenant.
            let kinds = ["task", "task-set", "container-instance", "service-deployment", "service-revision"];
            let of_kinds = kinds.map(|kind| place.arn("ecs", format_args!("{kind}/{}/*", cluster.name)));
            of_kinds.into_iter().chain([place.arn("ecs", format_args!("cluster/{}", cluster.name))]).collect()
        }
        Resource::TaskDefinition(definition) => {
            let own = place.arn("ecs", format_args!("task-definition/{}:*", definition.family));
            repositories(definition).chain([own]).collect()
        }
        Resource::Service(service) => {
            let arn =
                |cluster: &&EcsCluster| place.arn("ecs", format_args!("service/{}/{}", cluster.name, service.name));
            clusters.iter().map(arn).collect()
        }
        Resource::ScalableTarget(target) => vec![
            place.arn("application-autoscaling", "scalable-target/*"),
            // Source: Application Auto Scaling User Guide, "Target tracking scaling policies": it makes an alarm
            // for each policy, and names it so.
            place.arn("cloudwatch", format_args!("alarm:TargetTracking-{}-*", target.resource_id)),
        ],
        Resource::ScheduleGroup(group) => vec![
            place.arn("scheduler", format_args!("schedule-group/{}", group.name)),
            place.arn("scheduler", format_args!("schedule/{}/*", group.name)),
        ],
        // Their ARNs begin with that of the load balancer or of the group that they belong to.
        Resource::Listener(_) | Resource::ListenerRule(_) | Resource::Schedule(_) => Vec::new(),
        // It is a run of a task, whose ARN is beneath that of the cluster.
        Resource::Migration(_) => Vec::new(),
    }
}

/// Whether some text matches both patterns, in which `*` stands for any text and `?` for one character: for each
/// place in one, whether the rest of it and each rest of the other have a text in common.
fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut after = vec![false; other.len() + 1];
    for at in (0..=one.len()).rev() {
        let mut row = vec![false; other.len() + 1];
        for with in (0..=other.len()).rev() {
            row[with] = match (one.get(at), other.get(with)) {
                (None, None) => true,
                // A star matches nothing, or one more character of the other pattern.
                (Some(b'*'), Some(_)) | (Some(_), Some(b'*')) => after[with] || row[with + 1],
                (Some(b'*'), None) => after[with],
                (None, Some(b'*')) => row[with + 1],
                (Some(b'?'), Some(_)) | (Some(_), Some(b'?')) => after[with + 1],
                (Some(left), Some(right)) => left == right && after[with + 1],
                (Some(_), None) | (None, Some(_)) => false,
            };
        }
        after = row;
    }
    after[0]
}

#[cfg(test)]
mod tests {
    use super::meet;
    use crate::glob::{Glob, find};

    #[test]
    fn patterns_meet_if_the_solver_finds_a_text() {
        let patterns = [
            "", "a", "b", "*", "?", "a*", "*a", "a?b", "??*", "a*b*", "*b", "ab", "*:*", "a:*", "*a*b", "?*?", "a**",
            "ba?", "*ab?", "a*a",
        ];
        for one in patterns {
            for other in patterns {
                let found = find(&[Glob::like(one), Glob::like(other)], &[]).expect("few cases");
                assert_eq!(meet(one, other), found.is_some(), "{one} {other}: {found:?}");
            }
        }
    }
}
