//! How requests come in: load balancers, listeners, rules and target groups.

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::network::{SecurityGroup, Subnet, Vpc};
use super::without_references;
use crate::identifier::{CertificateArn, HostPattern, LoadBalancerName, TargetGroupName};
use crate::impact::{NAMED, NONE, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// An application load balancer that faces the Internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn, DnsName), holds_data = false, removal = NONE)]
pub struct LoadBalancer {
    /// Its name.
    #[replaces(NAMED)]
    pub name: LoadBalancerName,
    /// Its subnets, in two zones at least.
    #[updates(NONE)]
    pub subnets: Set<Ref<Subnet>>,
    /// Who may reach it, and whom it may reach.
    #[updates(NONE)]
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether malformed header fields are dropped (`routing.http.drop_invalid_header_fields.enabled`).
    #[updates(NONE)]
    pub drop_invalid_header_fields: bool,
    /// Whether AWS refuses to delete it.
    #[updates(NONE)]
    pub deletion_protection: bool,
}

/// A port on which a load balancer listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct Listener {
    /// The load balancer.
    #[replaces(replaced_after("no host of the shard answers for some seconds"))]
    pub load_balancer: Ref<LoadBalancer>,
    /// The port.
    #[updates(interrupts("clients of the old port are refused"))]
    pub port: u16,
    /// The protocol.
    #[updates(interrupts("clients of the old protocol are refused"))]
    pub protocol: Protocol,
    /// The certificate for clients that name no host, or one without a certificate of its own.
    // Connections that are open keep what they began with.
    #[updates(NONE)]
    pub certificate: Option<CertificateArn>,
    /// The certificates for other hosts.
    #[updates(NONE)]
    pub more_certificates: Set<CertificateArn>,
    /// Which TLS versions and ciphers are offered.
    #[updates(NONE)]
    pub tls_policy: Option<String>,
    /// What happens to requests that no rule matches.
    #[updates(NONE)]
    pub default_action: DefaultAction,
}

/// The protocol of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Protocol {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// What happens to requests that no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultAction {
    /// They are answered with status 404.
    NotFound,
    /// They are sent to port 443 of the same host with status 301.
    RedirectToHttps,
}

/// Where a load balancer sends requests: tasks by IP address, over HTTP.
///
/// The name carries a digest of port and network, for AWS cannot change these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Arn), holds_data = false, removal = NONE)]
pub struct TargetGroup {
    /// Its name.
    // The name carries what cannot be changed, so the new group is there before the old one goes. But a
    // service takes only a group that a listener already forwards to, so requests arrive before tasks do.
    // Source: Elastic Load Balancing User Guide, "Troubleshoot your Application Load Balancers", HTTP 503.
    #[replaces(replaced_after(NO_TARGETS))]
    pub name: TargetGroupName,
    /// The network of its targets.
    #[replaces(replaced_after(NO_TARGETS))]
    pub vpc: Ref<Vpc>,
    /// The port on which targets listen.
    #[replaces(replaced_after(NO_TARGETS))]
    pub port: u16,
    /// How it is found out whether a target is well.
    #[updates(HealthCheck::impact(&change.within()))]
    pub health_check: HealthCheck,
    /// For how many seconds a leaving target may finish its requests.
    #[updates(NONE)]
    pub deregistration_delay_seconds: u32,
}

const NO_TARGETS: &str = "requests are answered with 503 until new tasks are healthy behind it, minutes at most";

/// How it is found out whether a target is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// The path that is asked for.
    #[impact(NONE)]
    pub path: String,
    /// The status codes that mean well, such as `200-399`.
    #[impact(NONE)]
    pub matcher: String,
    /// How many seconds lie between two checks.
    #[impact(NONE)]
    pub interval_seconds: u32,
    /// After how many seconds without an answer a check has failed.
    #[impact(NONE)]
    pub timeout_seconds: u32,
    /// After how many good checks a target is well.
    #[impact(NONE)]
    pub healthy_threshold: u32,
    /// After how many failed checks it is not.
    #[impact(NONE)]
    pub unhealthy_threshold: u32,
}

/// Which requests go to which target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct ListenerRule {
    /// The listener.
    #[replaces(replaced_after("the tenant's hosts are not found for some seconds"))]
    pub listener: Ref<Listener>,
    /// Its place among the rules of the listener, 1 to 50,000, unique.
    #[updates(NONE)]
    pub priority: u32,
    /// The hosts it is for.
    #[updates(interrupts("hosts that are no longer among them are not found"))]
    pub hosts: Set<HostPattern>,
    /// Where their requests go.
    #[updates(NONE)]
    pub target_group: Ref<TargetGroup>,
}

without_references!(Protocol, DefaultAction);
