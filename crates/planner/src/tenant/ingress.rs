//! A tenant's inbound and outbound traffic.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Ref;
use saas_model::cidr::Cidr;
use saas_model::identifier::ServiceName;
use saas_model::plan::Draft;
use saas_model::resource::{Direction, HealthCheck, ListenerRule, Peer, SecurityGroup, SecurityGroupRule, TargetGroup};
use saas_model::spec::{EgressRule, HealthCheckSpec, Ingress, Route};

use super::{ServiceBuilder, TenantBuilder};
use crate::addresses::{PortAddresses, ServiceAddresses, TenantAddresses};
use crate::{addresses, database};

const HTTPS: u16 = 443;

/// How long a stopping task may take to finish its requests.
const DEREGISTRATION_DELAY_SECONDS: u32 = 30;

impl TenantBuilder<'_> {
    pub(super) fn security_group(&self) -> Draft {
        let group = SecurityGroup {
            vpc: self.shared.vpc.clone(),
            name: self.names.security_group(),
            description: format!("tasks of {}", self.tenant.id),
        };
        self.owner.draft(&self.addresses.security_group, group)
    }

    /// Each connection needs a rule in the groups of both sides, because a group allows nothing by
    /// default. No rule connects two tenants. The database's side is shared: its group accepts members
    /// of the clients' group.
    pub(super) fn security_group_rules(&self) -> Vec<Draft> {
        use Direction::{Egress, Ingress};

        let own = &self.addresses.security_group;
        let database = addresses::database_group();
        let load_balancer = &self.shared.load_balancer_group;
        let group = |group: &Ref<SecurityGroup>| Peer::Group(group.clone());
        let rule = |address: &Ref<SecurityGroupRule>, of: &Ref<SecurityGroup>, direction, port, peer, description| {
            self.owner.draft(address, SecurityGroupRule { group: of.clone(), direction, port, peer, description })
        };
        let mut rules = Vec::new();
        for port in self.ports() {
            let PortAddresses { from_load_balancer, load_balancer_out } = PortAddresses::new(&self.tenant.id, &port);
            let description = "from load balancer".to_owned();
            rules.push(rule(&from_load_balancer, own, Ingress, port, group(load_balancer), description));
            let description = format!("to {}", self.tenant.id);
            rules.push(rule(&load_balancer_out, load_balancer, Egress, port, group(own), description));
        }
        let TenantAddresses { rule_https_out, rule_to_database, .. } = &self.addresses;
        let anywhere = Peer::Cidr(Cidr::anywhere());
        rules.extend([
            // Images, secrets and logs are reached over HTTPS at addresses that AWS may change.
            rule(rule_https_out, own, Egress, HTTPS, anywhere, "to AWS".to_owned()),
            rule(rule_to_database, own, Egress, database::PORT, group(&database), "to database".to_owned()),
        ]);
        for destination in super::egress(self.tenant) {
            let address = addresses::egress_rule(&self.tenant.id, &destination);
            let EgressRule { port, cidr } = destination;
            rules.push(rule(&address, own, Egress, port, Peer::Cidr(cidr), "as the spec says".to_owned()));
        }
        rules.sort_by(|a, b| a.address.cmp(&b.address));
        rules
    }

    /// The ports on which its services receive requests.
    fn ports(&self) -> BTreeSet<u16> {
        self.tenant.services.values().filter_map(|service| Some(service.ingress.as_ref()?.port)).collect()
    }

    /// A rule for each service with a port, in the order of the tenant's block of priorities.
    pub(super) fn listener_rules(&self) -> BTreeMap<&ServiceName, Draft> {
        let routes = self.tenant.routes().into_iter().zip(self.slot.priorities());
        routes.map(|(route, priority)| (route.service, self.listener_rule(&route, priority))).collect()
    }

    fn listener_rule(&self, route: &Route<'_>, priority: u32) -> Draft {
        let host = self.host(route);
        let addresses = ServiceAddresses::new(&self.tenant.id, route.service);
        let rule = ListenerRule {
            listener: self.shared.listener.clone(),
            priority,
            hosts: match route.host {
                // `*.acme.example.com` does not match `acme.example.com`.
                None => [host, self.names.hosts_beneath(&self.shared.spec.platform.domain)].into(),
                Some(_) => [host].into(),
            },
            paths: route.paths.iter().cloned().collect(),
            target_group: addresses.target_group,
        };
        self.owner.draft(&addresses.listener_rule, rule)
    }
}

impl ServiceBuilder<'_> {
    pub(super) fn target_group(&self, Ingress { port, host: _, paths: _, health_check }: &Ingress) -> Draft {
        let shared = self.tenant.shared;
        let HealthCheckSpec { path, codes, interval_seconds, timeout_seconds, healthy, unhealthy, grace_seconds: _ } =
            health_check;
        let group = TargetGroup {
            name: self.names.target_group(*port, &shared.cidr),
            vpc: shared.vpc.clone(),
            port: *port,
            health_check: HealthCheck {
                path: path.clone(),
                matcher: codes.clone(),
                interval_seconds: *interval_seconds,
                timeout_seconds: *timeout_seconds,
                healthy_threshold: *healthy,
                unhealthy_threshold: *unhealthy,
            },
            deregistration_delay_seconds: DEREGISTRATION_DELAY_SECONDS,
        };
        self.tenant.owner.draft(&self.addresses.target_group, group)
    }
}
