//! What the permissions of the spec reach: no resource of the plan, except those of the tenant itself.
//!
//! A permission names resources by patterns, and the id that AWS gives a resource is a pattern here, too.
//! Conditions are ignored: they never make a permission acceptable.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Address;
use saas_model::arn::Place;
use saas_model::identifier::{ServiceName, TenantId};
use saas_model::plan::Draft;
use saas_model::resource::{Resource, SecretValue};
use saas_model::spec::{Permission, Placeholder, Spec, Text, TextSegment};

use crate::plan::PlanningProblem;
use crate::tenant::private_repository;

/// All resources of the plan that a permission reaches and must not, and all secrets of the plan that are
/// taken by their names.
pub(crate) fn problems(spec: &Spec, drafts: &[Draft]) -> Vec<PlanningProblem> {
    let mut problems = secrets(drafts);
    let has_permissions = spec.tenants.iter().any(|tenant| tenant.tasks().any(|(_, task)| !task.allow.is_empty()));
    if !has_permissions {
        return problems;
    }
    let protected = Protected::of(spec, drafts);
    let mut reported: BTreeSet<(&ServiceName, &Text)> = BTreeSet::new();
    for tenant in &spec.tenants {
        for (task, of_task) in tenant.tasks() {
            let resources = of_task.allow.iter().flat_map(|Permission { resources, .. }| resources);
            // `*` is allowed only for actions that have no resources.
            for resource in resources.filter(|resource| resource.to_string() != "*") {
                let pattern = filled(resource, spec, &tenant.id, task);
                let Some(address) = protected.reached_by(&pattern, &tenant.id) else { continue };
                // A pattern that reaches too much does so for every tenant.
                if reported.insert((task, resource)) {
                    problems.push(PlanningProblem::ForeignResource {
                        tenant: tenant.id.clone(),
                        task: task.clone(),
                        resource: pattern,
                        address: address.clone(),
                    });
                }
            }
        }
    }
    problems
}

/// A text with its placeholders filled in, which are names of the spec.
fn filled(text: &Text, spec: &Spec, tenant: &TenantId, task: &ServiceName) -> String {
    let platform = &spec.platform;
    let segment = |segment: &TextSegment| match segment {
        TextSegment::Literal(text) => text.clone(),
        TextSegment::Placeholder(Placeholder::TenantId) => tenant.to_string(),
        TextSegment::Placeholder(Placeholder::ServiceName) => task.to_string(),
        TextSegment::Placeholder(Placeholder::PlatformName) => platform.name.to_string(),
        TextSegment::Placeholder(Placeholder::PlatformEnvironment) => platform.environment.to_string(),
        TextSegment::Placeholder(Placeholder::PlatformRegion) => platform.region.to_string(),
        TextSegment::Placeholder(Placeholder::PlatformAccount) => platform.account.to_string(),
        // The spec has no other placeholders in resources; a wildcard reaches more than any value.
        TextSegment::Placeholder(_) => "*".to_owned(),
    };
    text.segments().iter().map(segment).collect()
}

/// The secrets of the plan that a container takes by their names.
fn secrets(drafts: &[Draft]) -> Vec<PlanningProblem> {
    let planned: BTreeMap<&str, &Address> = drafts
        .iter()
        .filter_map(|draft| match &draft.resource {
            Resource::Secret(secret) => Some((secret.name.as_str(), &draft.address)),
            _ => None,
        })
        .collect();
    let mut problems = Vec::new();
    for draft in drafts {
        let (Resource::TaskDefinition(definition), Some((tenant, rest))) =
            (&draft.resource, draft.address.within_tenant())
        else {
            continue;
        };
        // `service/<name>/task-definition` or `job/<name>/task-definition`.
        let task = rest.split('/').nth(1).unwrap_or_default();
        for value in definition.containers.values().flat_map(|container| container.secrets.values()) {
            let SecretValue::External { secret, key: _ } = value else { continue };
            let Some(address) = planned.get(secret.as_str()) else { continue };
            problems.push(PlanningProblem::OwnSecret {
                tenant: tenant.parse().expect("the address of a tenant has its id"),
                task: task.parse().expect("the address of a task definition has the name of its service or job"),
                secret: secret.to_string(),
                address: (*address).clone(),
            });
        }
    }
    problems
}

/// The ARNs of the plan's resources, as patterns, by the text before their first wildcard.
struct Protected<'a> {
    by_start: BTreeMap<String, Vec<(String, &'a Address)>>,
}

impl<'a> Protected<'a> {
    fn of(spec: &Spec, drafts: &'a [Draft]) -> Self {
        let place = Place { account: &spec.platform.account, region: &spec.platform.region };
        let mut by_start: BTreeMap<String, Vec<(String, &Address)>> = BTreeMap::new();
        for draft in drafts {
            for pattern in arns(place, spec, &draft.resource) {
                by_start.entry(start(&pattern).to_owned()).or_default().push((pattern, &draft.address));
            }
        }
        Self { by_start }
    }

    /// A resource that a pattern reaches, and that is not the tenant's.
    ///
    /// Two patterns have something in common only if the text before the first wildcard of one begins with
    /// that of the other.
    fn reached_by(&self, pattern: &str, tenant: &TenantId) -> Option<&'a Address> {
        let start = start(pattern);
        let shorter = (0..start.len()).filter_map(|length| self.by_start.get(start.get(..length)?));
        let longer = self.by_start.range(start.to_owned()..).take_while(|(other, _)| other.starts_with(start));
        let candidates = shorter.chain(longer.map(|(_, candidates)| candidates)).flatten();
        let is_foreign = |address: &Address| address.tenant() != Some(tenant.as_str());
        candidates
            .filter(|(_, address)| is_foreign(address))
            .find(|(other, _)| intersect(pattern.as_bytes(), other.as_bytes()))
            .map(|(_, address)| *address)
    }
}

/// The text before the first wildcard.
fn start(pattern: &str) -> &str {
    pattern.split(['*', '?']).next().unwrap_or_default()
}

/// The ARNs of a resource and of what belongs to it. `*` stands for an id that only AWS knows.
fn arns(place: Place<'_>, spec: &Spec, resource: &Resource) -> Vec<String> {
    let of_ec2 = |kind: &str| vec![place.arn("ec2", format_args!("{kind}/*"))];
    match resource {
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
            place.arn("rds", format_args!("cluster-snapshot:*")),
        ],
        Resource::DbInstance(instance) => vec![
            place.arn("rds", format_args!("db:{}", instance.name)),
            // Its statements, in Performance Insights.
            place.arn("pi", "metrics/rds/*"),
        ],
        Resource::DatabaseAccess(_) => vec![place.arn("rds-db", "dbuser:*")],
        Resource::TenantSchema(schema) => {
            let migrator = schema.migrator.as_ref().map(|migrator| &migrator.role);
            let roles = [&schema.owner, &schema.app].into_iter().chain(migrator);
            roles.map(|role| place.arn("rds-db", format_args!("dbuser:*/{role}"))).collect()
        }
        Resource::Bucket(bucket) => {
            let bucket = place.bucket_arn(&bucket.name);
            // An access point of the account can be one of any of its buckets, in this Region or in several.
            let points = [place.arn("s3", "accesspoint/*"), place.global_arn("s3", "accesspoint/*")];
            [format!("{bucket}/*"), bucket].into_iter().chain(points).collect()
        }
        Resource::Secret(secret) => vec![place.arn("secretsmanager", format_args!("secret:{}-??????", secret.name))],
        Resource::LogGroup(group) => {
            let group = place.arn("logs", format_args!("log-group:{}", group.name));
            vec![format!("{group}:*"), group]
        }
        Resource::Role(role) => vec![place.global_arn("iam", format_args!("role{}{}", role.path, role.name))],
        Resource::LoadBalancer(load_balancer) => {
            let kinds = ["loadbalancer", "listener", "listener-rule"];
            let arn = |kind| place.arn("elasticloadbalancing", format_args!("{kind}/app/{}/*", load_balancer.name));
            kinds.map(arn).into()
        }
        Resource::TargetGroup(group) => {
            vec![place.arn("elasticloadbalancing", format_args!("targetgroup/{}/*", group.name))]
        }
        Resource::EcsCluster(cluster) => {
            // Tasks and their sets are not told apart by tenant.
            let kinds = ["task", "task-set", "container-instance", "service-deployment", "service-revision"];
            let arn = |kind| place.arn("ecs", format_args!("{kind}/{}/*", cluster.name));
            kinds.map(arn).into_iter().chain([place.arn("ecs", format_args!("cluster/{}", cluster.name))]).collect()
        }
        Resource::TaskDefinition(definition) => {
            let images = definition.containers.values().filter_map(|container| private_repository(&container.image));
            images.chain([place.arn("ecs", format_args!("task-definition/{}:*", definition.family))]).collect()
        }
        Resource::Service(service) => {
            vec![place.arn("ecs", format_args!("service/{}/{}", spec.platform.name, service.name))]
        }
        Resource::ScalableTarget(target) => vec![
            place.arn("application-autoscaling", "scalable-target/*"),
            // Source: Application Auto Scaling User Guide, "Target tracking scaling policies": the names of its
            // alarms.
            place.arn("cloudwatch", format_args!("alarm:TargetTracking-{}-*", target.resource_id)),
        ],
        Resource::ScheduleGroup(group) => vec![
            place.arn("scheduler", format_args!("schedule-group/{}", group.name)),
            place.arn("scheduler", format_args!("schedule/{}/*", group.name)),
        ],
        // These are covered by the resource that they belong to, or are no resources of AWS.
        Resource::Listener(_) | Resource::ListenerRule(_) | Resource::Schedule(_) | Resource::Migration(_) => {
            Vec::new()
        }
    }
}

/// Whether some text matches both patterns, in which `*` stands for any text and `?` for one character.
fn intersect(a: &[u8], b: &[u8]) -> bool {
    // `row[j]`: whether the rest of `a` and the rest of `b` from `j` have a text in common.
    let mut row = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        let below = std::mem::replace(&mut row, vec![false; b.len() + 1]);
        for j in (0..=b.len()).rev() {
            let (left, right) = (a.get(i).copied(), b.get(j).copied());
            row[j] = match (left, right) {
                (None, None) => true,
                (Some(b'*'), _) if below[j] => true,
                (_, Some(b'*')) if row[j + 1] => true,
                (Some(b'*'), Some(_)) => row[j + 1],
                (Some(_), Some(b'*')) => below[j],
                (Some(left), Some(right)) => (left == right || left == b'?' || right == b'?') && below[j + 1],
                (Some(_), None) | (None, Some(_)) => false,
            };
        }
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_a_common_text_intersect() {
        for (a, b, expected) in [
            ("", "", true),
            ("a", "a", true),
            ("a", "b", false),
            ("*", "", true),
            ("a*", "*b", true),
            ("a*c", "ab*", true),
            ("a?c", "a*", true),
            ("a?", "a", false),
            ("secret:app-*", "secret:app-acme-??????", true),
            ("secret:app-acme-??????", "secret:app-acme-corp-??????", false),
            ("secret:app-acme*", "secret:app-acme-corp-??????", true),
            ("x*y", "*z", false),
        ] {
            assert_eq!(intersect(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(intersect(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }
}
