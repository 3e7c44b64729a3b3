//! What a plan refers to and does not create: it must exist before the plan is applied.

use std::collections::{BTreeMap, BTreeSet};

use crate::identifier::{CertificateArn, ParameterName, PolicyArn, QueueName, SecretKey, SecretName};
use crate::plan::Plan;
use crate::resource::{Container, Listener, Resource, Role, ScalableTarget, ScalingMetric, SecretValue};

/// Resources outside of plans, in the account and the Region of the platform.
///
/// Resources that the spec's permissions name are not among them: an apply succeeds without them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalResources {
    /// The certificates of listeners, which ACM must have issued.
    pub certificates: BTreeSet<CertificateArn>,
    /// The secrets of Secrets Manager that containers receive, each with the keys that its JSON content must
    /// have. Without keys, containers receive the whole content.
    pub secrets: BTreeMap<SecretName, BTreeSet<SecretKey>>,
    /// The parameters of SSM Parameter Store that containers receive.
    pub parameters: BTreeSet<ParameterName>,
    /// The policies that are permissions boundaries of roles.
    pub permissions_boundaries: BTreeSet<PolicyArn>,
    /// The SQS queues whose length scaling follows.
    pub queues: BTreeSet<QueueName>,
}

impl Plan {
    /// What this plan refers to and does not create.
    #[must_use]
    pub fn external_resources(&self) -> ExternalResources {
        ExternalResources::of(self.nodes().iter().map(|node| &node.resource))
    }
}

impl ExternalResources {
    /// What these resources refer to outside of their plans.
    pub fn of<'r>(resources: impl IntoIterator<Item = &'r Resource>) -> Self {
        let mut found = Self::default();
        resources.into_iter().for_each(|resource| found.add(resource));
        found
    }

    fn add(&mut self, resource: &Resource) {
        match resource {
            Resource::Listener(Listener { certificate, more_certificates, .. }) => {
                self.certificates.extend(certificate.iter().chain(more_certificates.iter()).cloned());
            }
            Resource::Role(Role { permissions_boundary, .. }) => {
                self.permissions_boundaries.extend(permissions_boundary.clone());
            }
            Resource::ScalableTarget(ScalableTarget { policies, .. }) => {
                let metrics = policies.values().map(|policy| &policy.metric);
                self.queues.extend(metrics.filter_map(queue).cloned());
            }
            Resource::TaskDefinition(definition) => {
                definition.containers.values().for_each(|container| self.add_values(container));
            }
            // What these refer to is in the plan.
            Resource::Vpc(_)
            | Resource::Subnet(_)
            | Resource::InternetGateway(_)
            | Resource::ElasticIp(_)
            | Resource::NatGateway(_)
            | Resource::RouteTable(_)
            | Resource::VpcEndpoint(_)
            | Resource::SecurityGroup(_)
            | Resource::SecurityGroupRule(_)
            | Resource::DbSubnetGroup(_)
            | Resource::DbClusterParameterGroup(_)
            | Resource::DbCluster(_)
            | Resource::DbInstance(_)
            | Resource::DatabaseAccess(_)
            | Resource::TenantSchema(_)
            | Resource::Bucket(_)
            | Resource::Secret(_)
            | Resource::LogGroup(_)
            | Resource::LoadBalancer(_)
            | Resource::TargetGroup(_)
            | Resource::ListenerRule(_)
            | Resource::EcsCluster(_)
            | Resource::Service(_)
            | Resource::ScheduleGroup(_)
            | Resource::Schedule(_)
            | Resource::Migration(_) => {}
        }
    }

    fn add_values(&mut self, container: &Container) {
        for value in container.secrets.values() {
            match value {
                SecretValue::Whole(_) | SecretValue::Key { .. } => {}
                SecretValue::External { secret, key } => {
                    self.secrets.entry(secret.clone()).or_default().extend(key.clone());
                }
                SecretValue::Parameter(name) => {
                    self.parameters.insert(name.clone());
                }
            }
        }
    }
}

const fn queue(metric: &ScalingMetric) -> Option<&QueueName> {
    match metric {
        ScalingMetric::Messages { queue } => Some(queue),
        ScalingMetric::Cpu | ScalingMetric::Memory | ScalingMetric::Requests { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plan: &[u8]) -> ExternalResources {
        Plan::decode(plan).expect("the fixture is a plan").external_resources()
    }

    #[test]
    fn everything_that_a_plan_does_not_create_is_found() {
        let found = of(include_bytes!("../../../fixtures/real-application/plan.msgpack"));
        let ExternalResources { certificates, secrets, parameters, permissions_boundaries, queues } = &found;
        let names = |names: &BTreeSet<QueueName>| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(queues), ["harbor-work-acme", "harbor-work-globex", "harbor-work-initech"]);
        let keys = |keys: &BTreeSet<SecretKey>| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        let secrets: Vec<_> = secrets.iter().map(|(name, of)| (name.as_str(), keys(of))).collect();
        let licences = ["harbor/license/acme", "harbor/license/globex", "harbor/license/initech"];
        assert_eq!(secrets, licences.map(|name| (name, vec!["license".to_owned()])));
        assert_eq!((certificates.len(), parameters.len(), permissions_boundaries.len()), (1, 1, 1));
    }

    #[test]
    fn plan_that_creates_everything_has_none() {
        let found = of(include_bytes!("../../../fixtures/saas-platform/plan.msgpack"));
        assert_eq!(found, ExternalResources::default());
    }
}
