//! The shared network: load balancers, the database, endpoints.

use saas_model::cidr::Cidr;
use saas_model::resource::{
    DbCluster, DbInstance, DbSubnetGroup, Direction, Listener, LoadBalancer, Peer, Resource, SecurityGroup, Subnet,
    Vpc, VpcEndpoint,
};

use super::{is_private, ports, require, serves};
use crate::claim::Facts;
use crate::view::{Class, View};

pub(super) fn groups(view: &View<'_>, facts: &mut Facts) {
    // A resource without a group gets the VPC's default group.
    // Source: Amazon VPC User Guide, "Default security groups for your VPCs".
    for (node, cluster) in view.shared::<DbCluster>() {
        facts.field(
            !cluster.security_groups.is_empty(),
            (None, node),
            "security_groups",
            "empty",
            "its own security group",
        );
    }
    for (node, balancer) in view.shared::<LoadBalancer>() {
        facts.field(
            !balancer.security_groups.is_empty(),
            (None, node),
            "security_groups",
            "empty",
            "its own security group",
        );
    }
    for node in view.plan.nodes() {
        let Resource::SecurityGroup(_) = &node.resource else { continue };
        let class = view.class_of(&node.address);
        let mixed = class == Some(Class::Mixed);
        facts.field(!mixed, (None, node), "attached to", super::holder(view, &node.address), "resources of one class");
        let owner = view.owner(&node.address);
        let fits = match class {
            Some(Class::Tasks(place)) => owner == Some(place),
            Some(Class::Clients | Class::LoadBalancer | Class::Database) => owner.is_none(),
            Some(Class::Mixed) => true,
            // An unused group must have no rules: it could be attached outside of the plan.
            None => view.rules_of(&node.address).is_empty(),
        };
        facts.field(fits, (None, node), "attached to", super::holder(view, &node.address), "resources of its owner");
    }
}

pub(super) fn load_balancers(view: &View<'_>, facts: &mut Facts) {
    for (group, _) in view.shared::<SecurityGroup>() {
        if view.class_of(&group.address) != Some(Class::LoadBalancer) {
            continue;
        }
        let has = |balancer: &LoadBalancer| balancer.security_groups.iter().any(|one| *one.address() == group.address);
        let listening: Vec<u16> = view
            .shared::<Listener>()
            .filter(|(_, listener)| view.get(&listener.load_balancer).is_some_and(has))
            .map(|(_, listener)| listener.port)
            .collect();
        for &(node, rule) in view.rules_of(&group.address) {
            let holds = match (rule.direction, &rule.peer) {
                (Direction::Ingress, Peer::Cidr(_)) => listening.contains(&rule.port),
                (Direction::Ingress, Peer::Group(_)) | (Direction::Egress, Peer::Cidr(_)) => false,
                (Direction::Egress, Peer::Group(peer)) => match view.class_of(peer.address()) {
                    Some(Class::Tasks(place)) => {
                        let tenant = &view.tenants[place as usize];
                        ports(tenant).contains(&rule.port) && serves(view, tenant, &rule.group)
                    }
                    _ => false,
                },
            };
            require(view, (node, rule), holds, facts);
        }
    }
    for (node, balancer) in view.shared::<LoadBalancer>() {
        let drops = balancer.drop_invalid_header_fields;
        facts.field(drops, (None, node), "drop_invalid_header_fields", drops, "true");
    }
}

pub(super) fn database(view: &View<'_>, facts: &mut Facts) {
    for (group, _) in view.shared::<SecurityGroup>() {
        match view.class_of(&group.address) {
            Some(Class::Database) => {
                for &(node, rule) in view.rules_of(&group.address) {
                    let from = match &rule.peer {
                        // In a platform without tenants, no task uses the group.
                        Peer::Group(peer) => match view.class_of(peer.address()) {
                            None => view.owner(peer.address()).is_none(),
                            class => class == Some(Class::Clients),
                        },
                        Peer::Cidr(_) => false,
                    };
                    let holds =
                        rule.direction == Direction::Ingress && from && view.database_ports.contains(&rule.port);
                    require(view, (node, rule), holds, facts);
                }
            }
            // The group of all tasks: a rule of it would apply to all of them.
            Some(Class::Clients) => {
                for &(node, rule) in view.rules_of(&group.address) {
                    require(view, (node, rule), false, facts);
                }
            }
            _ => {}
        }
    }
    for (node, instance) in view.shared::<DbInstance>() {
        facts.field(!instance.publicly_accessible, (None, node), "publicly_accessible", true, "false");
    }
    for (node, group) in view.shared::<DbSubnetGroup>() {
        for subnet in &group.subnets {
            let private = is_private(view, subnet);
            facts.field(
                private,
                (None, node),
                "subnets",
                subnet.address(),
                "a subnet without a route from the Internet",
            );
        }
    }
    for (node, subnet) in view.shared::<Subnet>() {
        facts.field(!subnet.public_ip_on_launch, (None, node), "public_ip_on_launch", true, "false");
        let inside = view.get(&subnet.vpc).is_some_and(|vpc: &Vpc| vpc.cidr.contains(&subnet.cidr));
        facts.field(inside && subnet.cidr != Cidr::anywhere(), (None, node), "cidr", subnet.cidr, "within the network");
    }
}

/// An endpoint has no policy in a plan, so it allows everything that identities are allowed.
pub(super) fn endpoints(view: &View<'_>, facts: &mut Facts) {
    for (node, endpoint) in view.shared::<VpcEndpoint>() {
        let service = format!("com.amazonaws.{}.s3", view.at().region);
        let china = format!("cn.{service}");
        let known = endpoint.service == service || endpoint.service == china;
        facts.field(known, (None, node), "service", &endpoint.service, &service);
        facts.open("endpoint-without-policy");
    }
}

/// Every VPC has a default group, which is not planned and whose members can reach each other.
pub(super) fn default_group(view: &View<'_>, facts: &mut Facts) {
    for _ in view.shared::<Vpc>() {
        facts.open("default-group-open");
    }
}
