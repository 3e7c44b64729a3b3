//! What the permissions of the spec reach: no resource of the plan, except those of the tenant itself.
//!
//! A permission names resources by patterns, and the id that AWS gives a resource is a pattern here, too.
//! Conditions are ignored: they never make a permission acceptable.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use saas_model::Address;
use saas_model::arn::Place;
use saas_model::identifier::{BucketName, ServiceName, TenantId};
use saas_model::plan::Draft;
use saas_model::resource::{Resource, ResourceSpec as _, Secret, SecretValue, TaskDefinition};
use saas_model::spec::{Permission, Placeholder, Spec, TaskSpec, Text, TextSegment};

use crate::plan::PlanningProblem;
use crate::tenant::private_repository;

/// All resources of the plan that a permission reaches and must not, and all secrets of the plan that are
/// taken by their names.
pub(crate) fn problems(spec: &Spec, drafts: &[Draft]) -> Vec<PlanningProblem> {
    let mut problems = secrets(drafts);
    let permitted = permitted(spec);
    let protected = Protected::of(spec, &Services::of(&permitted), drafts);
    let mut reported: BTreeSet<(&ServiceName, &Text)> = BTreeSet::new();
    for Permitted { tenant, task, resource, pattern } in permitted {
        let Some(address) = protected.reached_by(&pattern, tenant) else { continue };
        // A pattern that reaches too much does so for every tenant.
        if reported.insert((task, resource)) {
            problems.push(PlanningProblem::ForeignResource {
                tenant: tenant.clone(),
                task: task.clone(),
                resource: pattern,
                address: address.clone(),
            });
        }
    }
    problems
}

/// A resource that the spec permits a tenant's service or job to use.
struct Permitted<'a> {
    tenant: &'a TenantId,
    task: &'a ServiceName,
    /// As the spec writes it.
    resource: &'a Text,
    /// With its placeholders filled in.
    pattern: String,
}

fn permitted(spec: &Spec) -> Vec<Permitted<'_>> {
    let tasks = spec.tenants.iter().flat_map(|tenant| tenant.tasks().map(move |(name, task)| (&tenant.id, name, task)));
    let resources = tasks.flat_map(|(tenant, task, TaskSpec { allow, .. })| {
        let resources = allow.iter().flat_map(|Permission { resources, .. }| resources);
        resources.map(move |resource| (tenant, task, resource))
    });
    resources
        .map(|(tenant, task, resource)| Permitted {
            tenant,
            task,
            resource,
            pattern: filled(resource, spec, tenant, task),
        })
        // `*` is allowed only for actions that have no resources.
        .filter(|permitted| permitted.pattern != "*")
        .collect()
}

/// The services whose resources are permitted; all of them if a pattern leaves the service open.
enum Services<'a> {
    All,
    Some(BTreeSet<&'a str>),
}

impl<'a> Services<'a> {
    fn of(permitted: &'a [Permitted<'_>]) -> Self {
        let services = permitted.iter().map(|Permitted { pattern, .. }| {
            // What is not ended by a colon can go on with a wildcard.
            start(pattern).split_inclusive(':').nth(2)?.strip_suffix(':')
        });
        services.collect::<Option<_>>().map_or(Self::All, Self::Some)
    }

    fn contain(&self, service: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(services) => services.contains(service),
        }
    }
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
    let planned: BTreeMap<&str, &Address> =
        drafts.iter().filter_map(|draft| Some((Secret::of(&draft.resource)?.name.as_str(), &draft.address))).collect();
    let mut problems = Vec::new();
    for draft in drafts {
        let Some(definition) = TaskDefinition::of(&draft.resource) else { continue };
        let Some((tenant, rest)) = draft.address.within_tenant() else { continue };
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
    fn of(spec: &Spec, services: &Services<'_>, drafts: &'a [Draft]) -> Self {
        let place = Place { account: &spec.platform.account, region: &spec.platform.region };
        let mut arns = Arns { place, services, found: Vec::new() };
        let mut by_start: BTreeMap<String, Vec<(String, &Address)>> = BTreeMap::new();
        for draft in drafts {
            arns.of(spec, &draft.resource);
            for pattern in arns.found.drain(..) {
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

/// Collects the ARNs of resources and of what belongs to them, if they are of these services. `*` stands for an id
/// that only AWS knows.
struct Arns<'a> {
    place: Place<'a>,
    services: &'a Services<'a>,
    found: Vec<String>,
}

impl Arns<'_> {
    fn add(&mut self, service: &str, resource: fmt::Arguments<'_>) {
        if self.services.contain(service) {
            self.found.push(self.place.arn(service, resource));
        }
    }

    fn add_global(&mut self, service: &str, resource: fmt::Arguments<'_>) {
        if self.services.contain(service) {
            self.found.push(self.place.global_arn(service, resource));
        }
    }

    fn add_bucket(&mut self, bucket: &BucketName) {
        if self.services.contain("s3") {
            let bucket = self.place.bucket_arn(bucket);
            self.found.extend([format!("{bucket}/*"), bucket]);
        }
    }

    fn of(&mut self, spec: &Spec, resource: &Resource) {
        match resource {
            Resource::Vpc(_) => {
                self.add("ec2", format_args!("vpc/*"));
                self.add("ec2", format_args!("network-acl/*"));
            }
            Resource::Subnet(_) => {
                self.add("ec2", format_args!("subnet/*"));
                // The interfaces of tasks are in subnets.
                self.add("ec2", format_args!("network-interface/*"));
            }
            Resource::InternetGateway(_) => self.add("ec2", format_args!("internet-gateway/*")),
            Resource::ElasticIp(_) => self.add("ec2", format_args!("elastic-ip/*")),
            Resource::NatGateway(_) => self.add("ec2", format_args!("natgateway/*")),
            Resource::RouteTable(_) => self.add("ec2", format_args!("route-table/*")),
            Resource::VpcEndpoint(_) => self.add("ec2", format_args!("vpc-endpoint/*")),
            Resource::SecurityGroup(_) => self.add("ec2", format_args!("security-group/*")),
            Resource::SecurityGroupRule(_) => self.add("ec2", format_args!("security-group-rule/*")),
            Resource::DbSubnetGroup(group) => self.add("rds", format_args!("subgrp:{}", group.name)),
            Resource::DbClusterParameterGroup(group) => self.add("rds", format_args!("cluster-pg:{}", group.name)),
            Resource::DbCluster(cluster) => {
                self.add("rds", format_args!("cluster:{}", cluster.name));
                self.add("rds", format_args!("cluster-snapshot:*"));
            }
            Resource::DbInstance(instance) => {
                self.add("rds", format_args!("db:{}", instance.name));
                // Its statements, in Performance Insights.
                self.add("pi", format_args!("metrics/rds/*"));
            }
            Resource::DatabaseAccess(_) => self.add("rds-db", format_args!("dbuser:*")),
            Resource::TenantSchema(schema) => {
                let migrator = schema.migrator.as_ref().map(|migrator| &migrator.role);
                for role in [&schema.owner, &schema.app].into_iter().chain(migrator) {
                    self.add("rds-db", format_args!("dbuser:*/{role}"));
                }
            }
            Resource::Bucket(bucket) => {
                self.add_bucket(&bucket.name);
                // An access point of the account can be one of any of its buckets, in this Region or in several.
                self.add("s3", format_args!("accesspoint/*"));
                self.add_global("s3", format_args!("accesspoint/*"));
            }
            Resource::Secret(secret) => self.add("secretsmanager", format_args!("secret:{}-??????", secret.name)),
            Resource::LogGroup(group) => {
                self.add("logs", format_args!("log-group:{}", group.name));
                self.add("logs", format_args!("log-group:{}:*", group.name));
            }
            Resource::Role(role) => self.add_global("iam", format_args!("role{}{}", role.path, role.name)),
            Resource::LoadBalancer(load_balancer) => {
                for kind in ["loadbalancer", "listener", "listener-rule"] {
                    self.add("elasticloadbalancing", format_args!("{kind}/app/{}/*", load_balancer.name));
                }
            }
            Resource::TargetGroup(group) => {
                self.add("elasticloadbalancing", format_args!("targetgroup/{}/*", group.name));
            }
            Resource::EcsCluster(cluster) => {
                // Tasks and their sets are not told apart by tenant.
                for kind in ["task", "task-set", "container-instance", "service-deployment", "service-revision"] {
                    self.add("ecs", format_args!("{kind}/{}/*", cluster.name));
                }
                self.add("ecs", format_args!("cluster/{}", cluster.name));
            }
            Resource::TaskDefinition(definition) => {
                let images = definition.containers.values().map(|container| &container.image);
                if self.services.contain("ecr") {
                    self.found.extend(images.filter_map(private_repository));
                }
                self.add("ecs", format_args!("task-definition/{}:*", definition.family));
            }
            Resource::Service(service) => {
                self.add("ecs", format_args!("service/{}/{}", spec.platform.name, service.name));
            }
            Resource::ScalableTarget(target) => {
                self.add("application-autoscaling", format_args!("scalable-target/*"));
                // Source: Application Auto Scaling User Guide, "Target tracking scaling policies": the names of its
                // alarms.
                self.add("cloudwatch", format_args!("alarm:TargetTracking-{}-*", target.resource_id));
            }
            Resource::ScheduleGroup(group) => {
                self.add("scheduler", format_args!("schedule-group/{}", group.name));
                self.add("scheduler", format_args!("schedule/{}/*", group.name));
            }
            // These are covered by the resource that they belong to, or are no resources of AWS.
            Resource::Listener(_) | Resource::ListenerRule(_) | Resource::Schedule(_) | Resource::Migration(_) => {}
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
    fn services_of_patterns_are_known_only_up_to_a_wildcard() {
        let (tenant, task) = ("acme".parse().expect("valid"), "web".parse().expect("valid"));
        let resource: Text = "arn:aws:s3:::a".parse().expect("valid");
        let services = |patterns: &[&str]| {
            let permitted: Vec<Permitted<'_>> = patterns
                .iter()
                .map(|pattern| Permitted {
                    tenant: &tenant,
                    task: &task,
                    resource: &resource,
                    pattern: (*pattern).to_owned(),
                })
                .collect();
            let services = Services::of(&permitted);
            ["s3", "sqs", "ses"].map(|service| services.contain(service))
        };
        assert_eq!(services(&[]), [false, false, false]);
        assert_eq!(services(&["arn:aws:s3:::a", "arn:aws:sqs:*:1:a"]), [true, true, false]);
        for open in ["arn:aws:s*:::a", "arn:aws:s3*:::a", "arn:*:s3:::a", "arn:aws:*", "arn:aws:s3"] {
            assert_eq!(services(&["arn:aws:s3:::a", open]), [true, true, true], "{open}");
        }
    }

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
