//! What a plan refers to and does not create: it must exist before an apply, and a sandbox is given it.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use saas_model::Plan;
use saas_model::resource::{Listener, Resource, Role, ScalableTarget, ScalingMetric, SecretValue, TaskDefinition};
use saas_sandbox::Sandbox;

/// How many of a kind a text names.
const NAMED: usize = 5;

/// The resources outside of plans that they refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assumed {
    /// The ARNs of certificates, which ACM has issued.
    certificates: BTreeSet<String>,
    /// The names of secrets of Secrets Manager, with the keys of their values that containers receive.
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// The names of parameters of SSM.
    parameters: BTreeSet<String>,
    /// The ARNs of policies that are permissions boundaries.
    boundaries: BTreeSet<String>,
    /// The names of the SQS queues that scaling measures.
    queues: BTreeSet<String>,
}

impl Assumed {
    /// By these plans.
    pub(crate) fn by<'p>(plans: impl IntoIterator<Item = &'p Plan>) -> Self {
        let mut assumed = Self::default();
        let nodes = plans.into_iter().flat_map(Plan::nodes);
        nodes.for_each(|node| assumed.add(&node.resource));
        assumed
    }

    fn add(&mut self, resource: &Resource) {
        match resource {
            Resource::Listener(Listener { certificate, more_certificates, .. }) => {
                self.certificates.extend(certificate.iter().chain(more_certificates.iter()).map(ToString::to_string));
            }
            Resource::Role(Role { permissions_boundary, .. }) => {
                self.boundaries.extend(permissions_boundary.as_ref().map(ToString::to_string));
            }
            Resource::ScalableTarget(ScalableTarget { policies, .. }) => {
                let queue = |metric: &ScalingMetric| match metric {
                    ScalingMetric::Messages { queue } => Some(queue.to_string()),
                    ScalingMetric::Cpu | ScalingMetric::Memory | ScalingMetric::Requests { .. } => None,
                };
                self.queues.extend(policies.values().filter_map(|policy| queue(&policy.metric)));
            }
            Resource::TaskDefinition(TaskDefinition { containers, .. }) => {
                containers
                    .values()
                    .flat_map(|container| container.secrets.values())
                    .for_each(|value| self.receive(value));
            }
            // Their references lead to resources of the plan.
            _ => {}
        }
    }

    fn receive(&mut self, value: &SecretValue) {
        match value {
            SecretValue::Whole(_) | SecretValue::Key { .. } => {}
            SecretValue::External { secret, key } => {
                self.secrets.entry(secret.to_string()).or_default().extend(key.as_ref().map(ToString::to_string));
            }
            SecretValue::Parameter(name) => {
                self.parameters.insert(name.to_string());
            }
        }
    }

    /// Adds it all to a sandbox. Scaling reads no queue there.
    pub(crate) fn provide(&self, sandbox: &Sandbox) {
        let Self { certificates, secrets, parameters, boundaries, queues: _ } = self;
        certificates.iter().for_each(|arn| sandbox.issue_certificate(arn));
        secrets.iter().for_each(|(name, keys)| sandbox.add_secret(name, keys));
        parameters.iter().for_each(|name| sandbox.add_parameter(name));
        boundaries.iter().for_each(|arn| sandbox.add_boundary(arn));
    }

    /// A warning that names it; `None` if there is nothing.
    pub(crate) fn warning(&self) -> Option<String> {
        let Self { certificates, secrets, parameters, boundaries, queues } = self;
        let secrets = secrets.iter().map(|(name, keys)| match keys.iter().map(|key| format!("`{key}`")).join(", ") {
            keys if keys.is_empty() => format!("`{name}`"),
            keys => format!("`{name}` with the key {keys}"),
        });
        let quoted = |names: &BTreeSet<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let kinds = [
            ("the secret", "secrets", secrets.collect()),
            ("the parameter", "parameters", quoted(parameters)),
            ("the queue", "queues", quoted(queues)),
            ("the certificate", "certificates", quoted(certificates)),
            ("the permissions boundary", "permissions boundaries", quoted(boundaries)),
        ];
        let kinds = kinds.into_iter().filter_map(|(one, many, names)| listed(one, many, &names)).join("; ");
        (!kinds.is_empty()).then(|| format!("this assumes that the account has what the plan does not create: {kinds}"))
    }
}

fn listed(one: &str, many: &str, names: &[String]) -> Option<String> {
    let named = names.iter().take(NAMED).join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("{one} {named}")),
        count if count <= NAMED => Some(format!("the {many} {named}")),
        count => Some(format!("{count} {many}: {named} and {} more", count - NAMED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assumed(plan: &[u8]) -> Assumed {
        Assumed::by([&Plan::decode(plan).expect("the fixture is a plan")])
    }

    #[test]
    fn everything_that_the_plan_does_not_create_is_named() {
        let assumed = assumed(include_bytes!("../../../../fixtures/real-application/plan.msgpack"));
        insta::assert_snapshot!(assumed.warning().expect("it refers to more than it creates"), @"this assumes that the account has what the plan does not create: the secrets `harbor/license/acme` with the key `license`, `harbor/license/globex` with the key `license`, `harbor/license/initech` with the key `license`; the parameter `/harbor/sentry-dsn`; the queues `harbor-work-acme`, `harbor-work-globex`, `harbor-work-initech`; the certificate `arn:aws:acm:us-west-2:345678901234:certificate/1b4e28ba-2fa1-41d2-883f-0016d3cca427`; the permissions boundary `arn:aws:iam::345678901234:policy/harbor-boundary`");
    }

    #[test]
    fn plan_that_creates_everything_has_no_warning() {
        assert_eq!(assumed(include_bytes!("../../../../fixtures/saas-platform/plan.msgpack")).warning(), None);
    }

    #[test]
    fn many_names_are_counted() {
        let parameters = (0..7).map(|number| format!("/app/{number}")).collect();
        let warning = Assumed { parameters, ..Assumed::default() }.warning().expect("there are parameters");
        assert!(
            warning.ends_with("7 parameters: `/app/0`, `/app/1`, `/app/2`, `/app/3`, `/app/4` and 2 more"),
            "{warning}"
        );
    }
}
