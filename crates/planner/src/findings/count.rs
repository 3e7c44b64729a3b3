//! Counts the usage of each quota.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::policy::Policy;
use saas_model::resource::{Direction, ListenerRule, Resource, Service};
use saas_model::{Address, Node, Plan};

use super::Quota;
use super::addresses::Peaks;

/// The usage of each quota, by the node that it applies to; `None` for quotas of an account or a
/// Region.
pub(super) type Counts<'a> = BTreeMap<(Quota, Option<&'a Address>), u64>;

pub(super) fn counts(plan: &Plan) -> Counts<'_> {
    let mut counter = Counter {
        plan,
        peaks: Peaks::of(plan),
        counts: Counts::new(),
        target_groups: BTreeSet::new(),
        targets: BTreeMap::new(),
        cpu_units: 0,
    };
    plan.nodes().iter().for_each(|node| counter.node(node));
    counter.finish()
}

struct Counter<'a> {
    plan: &'a Plan,
    peaks: Peaks<'a>,
    counts: Counts<'a>,
    /// Each load balancer with each target group that it forwards to.
    target_groups: BTreeSet<(&'a Address, &'a Address)>,
    /// The maximum number of targets of each target group.
    targets: BTreeMap<&'a Address, u64>,
    cpu_units: u64,
}

impl<'a> Counter<'a> {
    fn add(&mut self, quota: Quota, address: Option<&'a Address>, number: usize) {
        *self.counts.entry((quota, address)).or_default() += number as u64;
    }

    fn node(&mut self, node: &'a Node) {
        let address = Some(&node.address);
        match &node.resource {
            Resource::SecurityGroup(_) => self.add(Quota::SecurityGroups, None, 1),
            Resource::SecurityGroupRule(rule) => {
                let quota = match rule.direction {
                    Direction::Ingress => Quota::IngressRulesPerGroup,
                    Direction::Egress => Quota::EgressRulesPerGroup,
                };
                self.add(quota, Some(rule.group.address()), 1);
            }
            Resource::ElasticIp(_) => self.add(Quota::ElasticIps, None, 1),
            Resource::DbInstance(_) | Resource::NatGateway(_) => self.add(Quota::NetworkInterfaces, None, 1),
            Resource::Bucket(bucket) => {
                self.add(Quota::Buckets, None, 1);
                self.add(Quota::BucketPolicyBytes, address, bucket.policy.to_json().len());
            }
            Resource::Role(role) => {
                self.add(Quota::Roles, None, 1);
                self.add(Quota::InlinePolicyCharacters, address, role.policies.values().map(characters).sum());
            }
            Resource::LoadBalancer(load_balancer) => {
                self.add(Quota::LoadBalancers, None, 1);
                self.add(Quota::GroupsPerInterface, address, load_balancer.security_groups.len());
                self.add(Quota::NetworkInterfaces, None, load_balancer.subnets.len());
            }
            Resource::Listener(listener) => {
                let load_balancer = Some(listener.load_balancer.address());
                self.add(Quota::CertificatesPerLoadBalancer, load_balancer, listener.more_certificates.len());
            }
            Resource::TargetGroup(_) => self.add(Quota::TargetGroups, None, 1),
            Resource::ListenerRule(rule) => self.listener_rule(rule),
            Resource::Service(service) => {
                self.add(Quota::GroupsPerInterface, address, service.security_groups.len());
                self.add(Quota::ServicesPerCluster, Some(service.cluster.address()), 1);
                let (most, _) = self.peaks.tasks(node, service);
                *self.counts.entry((Quota::NetworkInterfaces, None)).or_default() += most;
                if let Some(attached) = &service.load_balancer {
                    *self.targets.entry(attached.target_group.address()).or_default() += most;
                }
                self.cpu_units += self.cpu_units_of_a_task(service) * most;
            }
            Resource::ScalableTarget(target) => {
                self.add(Quota::ScalableTargets, None, 1);
                // Source: Application Auto Scaling User Guide, "How target tracking works": for each policy,
                // one alarm for scaling out, one for scaling in.
                self.add(Quota::Alarms, None, 2 * target.policies.len());
            }
            // No relevant quota counts these.
            Resource::Vpc(_)
            | Resource::Subnet(_)
            | Resource::InternetGateway(_)
            | Resource::RouteTable(_)
            | Resource::VpcEndpoint(_)
            | Resource::DbSubnetGroup(_)
            | Resource::DbClusterParameterGroup(_)
            | Resource::DbCluster(_)
            | Resource::DatabaseAccess(_)
            | Resource::TenantSchema(_)
            | Resource::Secret(_)
            | Resource::LogGroup(_)
            | Resource::EcsCluster(_)
            | Resource::TaskDefinition(_)
            | Resource::Migration(_) => {}
            Resource::ScheduleGroup(_) => self.add(Quota::ScheduleGroups, None, 1),
            Resource::Schedule(_) => self.add(Quota::Schedules, None, 1),
        }
    }

    fn listener_rule(&mut self, rule: &'a ListenerRule) {
        let listener = self.plan.node(rule.listener.address()).map(|node| &node.resource);
        if let Some(Resource::Listener(listener)) = listener {
            let load_balancer = listener.load_balancer.address();
            self.add(Quota::RulesPerLoadBalancer, Some(load_balancer), 1);
            if self.target_groups.insert((load_balancer, rule.target_group.address())) {
                self.add(Quota::TargetGroupsPerLoadBalancer, Some(load_balancer), 1);
            }
        }
    }

    fn cpu_units_of_a_task(&self, service: &Service) -> u64 {
        match self.plan.node(service.task_definition.address()).map(|node| &node.resource) {
            Some(Resource::TaskDefinition(definition)) => u64::from(definition.cpu),
            _ => 0,
        }
    }

    /// Counts the targets of each target group, and of each load balancer that forwards to it.
    fn count_targets(&mut self) {
        for (&group, &targets) in &self.targets {
            self.counts.insert((Quota::TargetsPerTargetGroup, Some(group)), targets);
        }
        for (load_balancer, group) in &self.target_groups {
            let targets = self.targets.get(group).copied().unwrap_or_default();
            *self.counts.entry((Quota::TargetsPerLoadBalancer, Some(load_balancer))).or_default() += targets;
        }
    }

    fn finish(mut self) -> Counts<'a> {
        self.count_targets();
        let quota_for = |group: &[Quota]| {
            let default = group.iter().map(|quota| quota.default());
            let counted = self.counts.iter().filter(|((quota, _), _)| group.contains(quota)).map(|(_, count)| *count);
            default.chain(counted).max().unwrap_or_default()
        };
        // AWS limits the product of the two quotas, not of the usage. Source: Amazon VPC User Guide,
        // "Amazon VPC quotas", security groups.
        let rules = quota_for(&[Quota::IngressRulesPerGroup, Quota::EgressRulesPerGroup]);
        let groups = quota_for(&[Quota::GroupsPerInterface]);
        self.counts.insert((Quota::RulesPerInterface, None), rules * groups);
        self.counts.insert((Quota::FargateCpus, None), self.cpu_units.div_ceil(1_024));
        self.counts
    }
}

/// The number of characters that IAM counts: all except white space.
/// Source: IAM User Guide, "IAM and STS quotas".
fn characters(policy: &Policy) -> usize {
    policy.to_json().chars().filter(|c| !c.is_whitespace()).count()
}
