//! Ingress: load balancers, listeners, rules and target groups.

use std::fmt;

use itertools::Itertools as _;
use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::network::{SecurityGroup, Subnet, Vpc};
use super::without_references;
use crate::identifier::{CertificateArn, HostPattern, LoadBalancerName, PathPattern, TargetGroupName};
use crate::impact::{NAMED, NONE, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// An Internet-facing application load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn, DnsName), holds_data = false, revisions = false, removal = NONE)]
pub struct LoadBalancer {
    /// Its name.
    #[replaces(NAMED)]
    pub name: LoadBalancerName,
    /// Its subnets, in at least two zones.
    #[updates(NONE)]
    pub subnets: Set<Ref<Subnet>>,
    /// Its security groups.
    #[updates(NONE)]
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether invalid header fields are dropped (`routing.http.drop_invalid_header_fields.enabled`).
    #[updates(NONE)]
    pub drop_invalid_header_fields: bool,
    /// Whether AWS refuses to delete it (deletion protection).
    #[updates(NONE)]
    pub deletion_protection: bool,
}

impl fmt::Display for LoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// A port on which a load balancer listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct Listener {
    /// The load balancer.
    #[replaces(replaced_after("the hosts of the shard are unavailable for some seconds"))]
    pub load_balancer: Ref<LoadBalancer>,
    /// The port.
    #[updates(interrupts("connections to the old port are refused"))]
    pub port: u16,
    /// The protocol.
    #[updates(interrupts("connections with the old protocol are refused"))]
    pub protocol: Protocol,
    /// The default certificate, for clients that send no SNI host name and for hosts without a
    /// certificate of their own.
    // Open connections keep their TLS session.
    #[updates(NONE)]
    pub certificate: Option<CertificateArn>,
    /// The certificates for other hosts.
    #[updates(NONE)]
    pub more_certificates: Set<CertificateArn>,
    /// The TLS policy: protocol versions and ciphers.
    #[updates(NONE)]
    pub tls_policy: Option<String>,
    /// The action for requests that match no rule.
    #[updates(NONE)]
    pub default_action: DefaultAction,
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.protocol, self.port)
    }
}

/// The protocol of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Protocol {
    /// Plain text.
    Http,
    /// With TLS.
    Https,
}

/// The action for requests that match no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultAction {
    /// Responds with status 404.
    NotFound,
    /// Redirects to port 443 of the same host with status 301.
    RedirectToHttps,
}

/// The targets that a load balancer sends requests to: tasks by IP address, over HTTP.
///
/// The name contains a digest of port and network, because AWS cannot change these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = false, revisions = false, removal = NONE)]
pub struct TargetGroup {
    /// Its name.
    // The name contains the fields that cannot be changed, so the new group exists before the old one
    // is deleted. But a service accepts only a group that a listener already forwards to, so requests
    // arrive before the tasks do.
    // Source: Elastic Load Balancing User Guide, "Troubleshoot your Application Load Balancers", HTTP 503.
    #[replaces(replaced_after(NO_TARGETS))]
    pub name: TargetGroupName,
    /// The network of its targets.
    #[replaces(replaced_after(NO_TARGETS))]
    pub vpc: Ref<Vpc>,
    /// The port on which targets listen.
    #[replaces(replaced_after(NO_TARGETS))]
    pub port: u16,
    /// The health check.
    #[updates(HealthCheck::impact(&change.within()))]
    pub health_check: HealthCheck,
    /// The deregistration delay: how many seconds a target may take to finish its requests.
    #[updates(NONE)]
    pub deregistration_delay_seconds: u32,
}

impl fmt::Display for TargetGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, port {}", self.name, self.port)
    }
}

const NO_TARGETS: &str = "requests get a 503 until the new tasks are healthy, which takes minutes at most";

/// The health check of a target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// The path of the request.
    #[impact(NONE)]
    pub path: String,
    /// The status codes of a healthy target, such as `200-399`.
    #[impact(NONE)]
    pub matcher: String,
    /// The seconds between two checks.
    #[impact(NONE)]
    pub interval_seconds: u32,
    /// The seconds without a response after which a check fails.
    #[impact(NONE)]
    pub timeout_seconds: u32,
    /// The number of consecutive successes that make a target healthy.
    #[impact(NONE)]
    pub healthy_threshold: u32,
    /// The number of consecutive failures that make it unhealthy.
    #[impact(NONE)]
    pub unhealthy_threshold: u32,
}

/// A rule that forwards requests for some hosts and paths to a target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct ListenerRule {
    /// The listener.
    #[replaces(replaced_after("requests to the tenant's hosts get a 404 for some seconds"))]
    pub listener: Ref<Listener>,
    /// Its priority on the listener, 1 to 50,000, unique.
    #[updates(NONE)]
    pub priority: u32,
    /// The host names that it matches.
    #[updates(interrupts("requests to removed hosts get a 404"))]
    #[security]
    pub hosts: Set<HostPattern>,
    /// The paths that it matches; empty for all.
    #[updates(interrupts("requests to removed paths reach another service, or get a 404"))]
    #[security]
    pub paths: Set<PathPattern>,
    /// The target group.
    #[updates(NONE)]
    #[security]
    pub target_group: Ref<TargetGroup>,
}

impl fmt::Display for ListenerRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "priority {}, {}", self.priority, self.hosts.iter().join(" "))?;
        self.paths.iter().try_for_each(|path| write!(f, " {path}"))
    }
}

without_references!(Protocol, DefaultAction);
