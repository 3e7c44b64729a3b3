//! A tenant's inbound and outbound traffic.

use saas_model::Ref;
use saas_model::cidr::Cidr;
use saas_model::plan::Draft;
use saas_model::resource::{Direction, HealthCheck, ListenerRule, Peer, SecurityGroup, SecurityGroupRule, TargetGroup};

use super::TenantBuilder;
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
    pub(super) fn security_group_rules(&self) -> [Draft; 4] {
        use Direction::{Egress, Ingress};

        let tenant = &self.tenant.id;
        let port = self.tenant.service.port;
        let own = &self.addresses.security_group;
        let database = addresses::database_group();
        let load_balancer = &self.shared.load_balancer_group;
        let group = |group: &Ref<SecurityGroup>| Peer::Group(group.clone());
        let rule = |address, of: &Ref<SecurityGroup>, direction, port, peer, description| {
            self.owner.draft(address, SecurityGroupRule { group: of.clone(), direction, port, peer, description })
        };
        let text = |text: &str| text.to_owned();
        [
            rule(
                &self.addresses.rule_from_load_balancer,
                own,
                Ingress,
                port,
                group(load_balancer),
                text("from load balancer"),
            ),
            // Images, secrets and logs are reached over HTTPS at addresses that AWS may change.
            rule(&self.addresses.rule_https_out, own, Egress, HTTPS, Peer::Cidr(Cidr::anywhere()), text("to AWS")),
            rule(
                &self.addresses.rule_load_balancer_out,
                load_balancer,
                Egress,
                port,
                group(own),
                format!("to {tenant}"),
            ),
            rule(&self.addresses.rule_to_database, own, Egress, database::PORT, group(&database), text("to database")),
        ]
    }

    pub(super) fn target_group(&self) -> Draft {
        let service = &self.tenant.service;
        let group = TargetGroup {
            name: self.names.target_group(service.port, &self.shared.cidr),
            vpc: self.shared.vpc.clone(),
            port: service.port,
            health_check: HealthCheck {
                path: service.health_check_path.clone(),
                matcher: "200-399".to_owned(),
                interval_seconds: 15,
                timeout_seconds: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 3,
            },
            deregistration_delay_seconds: DEREGISTRATION_DELAY_SECONDS,
        };
        self.owner.draft(&self.addresses.target_group, group)
    }

    pub(super) fn listener_rule(&self) -> Draft {
        let domain = &self.shared.spec.platform.domain;
        let rule = ListenerRule {
            listener: self.shared.listener.clone(),
            priority: self.priority,
            // `*.acme.example.com` does not match `acme.example.com`.
            hosts: [self.names.host(domain), self.names.hosts_beneath(domain)].into(),
            target_group: self.addresses.target_group.clone(),
        };
        self.owner.draft(&self.addresses.listener_rule, rule)
    }
}
