//! How requests come in: load balancers, listeners, rules and target groups.

use serde::{Deserialize, Serialize};

use super::network::{SecurityGroup, Subnet, Vpc};
use super::wanted;
use crate::identifier::{CertificateArn, HostPattern, LoadBalancerName, TargetGroupName};
use crate::impact::{NAMED, NONE, REPLACED, impacts, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// An application load balancer that faces the Internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its name.
    pub name: LoadBalancerName,
    /// Its subnets, in two zones at least.
    pub subnets: Set<Ref<Subnet>>,
    /// Who may reach it, and whom it may reach.
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether malformed header fields are dropped (`routing.http.drop_invalid_header_fields.enabled`).
    pub drop_invalid_header_fields: bool,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
}
wanted!(LoadBalancer, subnets, security_groups);
impacts!(LoadBalancer, change {
    name => NAMED,
    subnets => NONE,
    security_groups => NONE,
    drop_invalid_header_fields => NONE,
    deletion_protection => NONE,
});

/// A port on which a load balancer listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The load balancer.
    pub load_balancer: Ref<LoadBalancer>,
    /// The port.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The certificate for clients that name no host, or one without a certificate of its own.
    pub certificate: Option<CertificateArn>,
    /// The certificates for other hosts.
    pub more_certificates: Set<CertificateArn>,
    /// Which TLS versions and ciphers are offered.
    pub tls_policy: Option<String>,
    /// What happens to requests that no rule matches.
    pub default_action: DefaultAction,
}
wanted!(Listener, load_balancer);
impacts!(Listener, change {
    load_balancer => replaced_after("no host of the shard answers for some seconds"),
    port => interrupts("clients of the old port are refused"),
    protocol => interrupts("clients of the old protocol are refused"),
    // Connections that are open keep what they began with.
    certificate => NONE,
    more_certificates => NONE,
    tls_policy => NONE,
    default_action => NONE,
});

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroup {
    /// Its name.
    pub name: TargetGroupName,
    /// The network of its targets.
    pub vpc: Ref<Vpc>,
    /// The port on which targets listen.
    pub port: u16,
    /// How it is found out whether a target is well.
    pub health_check: HealthCheck,
    /// For how many seconds a leaving target may finish its requests.
    pub deregistration_delay_seconds: u32,
}
wanted!(TargetGroup, vpc);
impacts!(TargetGroup, change {
    // The name carries what cannot be changed, so the new group is there before the old one goes.
    name => REPLACED,
    vpc => REPLACED,
    port => REPLACED,
    health_check => HealthCheck::impact(&change.within()),
    deregistration_delay_seconds => NONE,
});

/// How it is found out whether a target is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// The path that is asked for.
    pub path: String,
    /// The status codes that mean well, such as `200-399`.
    pub matcher: String,
    /// How many seconds lie between two checks.
    pub interval_seconds: u32,
    /// After how many seconds without an answer a check has failed.
    pub timeout_seconds: u32,
    /// After how many good checks a target is well.
    pub healthy_threshold: u32,
    /// After how many failed checks it is not.
    pub unhealthy_threshold: u32,
}
impacts!(HealthCheck, change {
    path => NONE,
    matcher => NONE,
    interval_seconds => NONE,
    timeout_seconds => NONE,
    healthy_threshold => NONE,
    unhealthy_threshold => NONE,
});

/// Which requests go to which target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerRule {
    /// The listener.
    pub listener: Ref<Listener>,
    /// Its place among the rules of the listener, 1 to 50,000, unique.
    pub priority: u32,
    /// The hosts it is for.
    pub hosts: Set<HostPattern>,
    /// Where their requests go.
    pub target_group: Ref<TargetGroup>,
}
wanted!(ListenerRule, listener, target_group);
impacts!(ListenerRule, change {
    listener => replaced_after("the tenant's hosts are not found for some seconds"),
    priority => NONE,
    hosts => interrupts("hosts that are no longer among them are not found"),
    target_group => NONE,
});
