//! Security groups, routes and addresses.
//!
//! Each side of a connection has its own claim: what a tenant's tasks accept, and what they can
//! reach. The users of a group are the services, load balancers and clusters that it is attached
//! to.

mod shared;

use saas_model::resource::{
    DefaultRoute, Direction, ListenerRule, Peer, RouteTable, SecurityGroup, SecurityGroupRule, Service, Subnet,
};
use saas_model::{Address, Node, Ref};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Class, Placement, Tenant, View};

pub(crate) static CLAIMS: [Claim; 8] = [
    claim(
        "network/ingress",
        "T's tasks accept connections only from the load balancers that serve T, on the ports of T's services",
        Proof::Tenant(ingress),
    ),
    claim(
        "network/egress",
        "T's tasks can connect only to the database, over HTTPS and to the destinations of the spec, of which none is \
         a port in the platform's network on which anything listens; and to no other security group",
        Proof::Tenant(egress),
    ),
    claim(
        "network/tasks",
        "T's tasks have T's own security group and are in private subnets: no public address, no route from the Internet",
        Proof::Tenant(tasks),
    ),
    claim(
        "network/groups",
        "no security group is shared by resources that must not reach each other",
        Proof::Platform(shared::groups),
    ),
    claim(
        "network/load-balancers",
        "load balancers can connect only to the tasks of tenants that they serve",
        Proof::Platform(shared::load_balancers),
    ),
    claim(
        "network/database",
        "the database accepts connections only from the clients' security group of all tasks, which itself accepts \
         none, and has no public address",
        Proof::Platform(shared::database),
    ),
    claim(
        "network/endpoints",
        "traffic through a VPC endpoint reaches only the platform's buckets",
        Proof::Platform(shared::endpoints),
    ),
    claim(
        "network/default-group",
        "the default security group of the VPC accepts no connections",
        Proof::Platform(shared::default_group),
    ),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Network, layer: Layer::Network, text, proof }
}

const HTTPS: u16 = 443;

/// The users of a group, for display.
fn holder(view: &View<'_>, group: &Address) -> String {
    match view.class_of(group) {
        Some(Class::Tasks(place)) => format!("tasks of {}", view.tenants[place as usize].id),
        Some(Class::Clients) => "tasks of all tenants".to_owned(),
        Some(Class::LoadBalancer) => "load balancer".to_owned(),
        Some(Class::Database) => "database".to_owned(),
        Some(Class::Mixed) => "several classes that must be separate".to_owned(),
        None => "nothing".to_owned(),
    }
}

/// The path that a rule opens.
fn path(view: &View<'_>, node: &Node, rule: &SecurityGroupRule) -> Counterexample {
    let group = rule.group.address();
    let own = format!("{group} ({})", holder(view, group));
    let peer = match &rule.peer {
        Peer::Cidr(range) => range.to_string(),
        Peer::Group(peer) => format!("{} ({})", peer.address(), holder(view, peer.address())),
    };
    let through = format!("{} (TCP {})", node.address, rule.port);
    Counterexample::Path(match rule.direction {
        Direction::Ingress => vec![peer, through, own],
        Direction::Egress => vec![own, through, peer],
    })
}

/// Checks a fact about a rule.
fn require(view: &View<'_>, (node, rule): (&Node, &SecurityGroupRule), holds: bool, facts: &mut Facts) {
    facts.require(holds, || {
        let at = node.address.within_tenant().map_or(node.address.as_str(), |(_, rest)| rest);
        (at.to_owned(), "a rule allows traffic that is not required".to_owned(), path(view, node, rule))
    });
}

/// The ports on which a tenant's services receive requests.
fn ports(tenant: &Tenant<'_>) -> Vec<u16> {
    let port = |(_, service): (&Node, &Service)| Some(service.load_balancer.as_ref()?.port);
    tenant.all::<Service>().filter_map(port).collect()
}

/// Whether a group belongs to a load balancer that serves the tenant.
fn serves(view: &View<'_>, tenant: &Tenant<'_>, group: &Ref<SecurityGroup>) -> bool {
    view.class_of(group.address()) == Some(Class::LoadBalancer)
        && tenant.all::<ListenerRule>().any(|(_, rule)| {
            view.load_balancer(rule).is_some_and(|(_, balancer)| balancer.security_groups.contains(group))
        })
}

fn rules<'v, 'a>(
    view: &'v View<'a>,
    tenant: &Tenant<'a>,
    direction: Direction,
) -> impl Iterator<Item = (&'a Node, &'a SecurityGroupRule)> + use<'v, 'a> {
    let groups = tenant.all::<SecurityGroup>();
    groups
        .flat_map(move |(node, _)| view.rules_of(&node.address).iter().copied())
        .filter(move |(_, rule)| rule.direction == direction)
}

fn ingress<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    let ports = ports(tenant);
    for (node, rule) in rules(view, tenant, Direction::Ingress) {
        let from = match &rule.peer {
            Peer::Group(group) => tenant.owns(group.address()) || serves(view, tenant, group),
            Peer::Cidr(_) => false,
        };
        require(view, (node, rule), from && ports.contains(&rule.port), facts);
    }
}

fn egress<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    for (node, rule) in rules(view, tenant, Direction::Egress) {
        let to = match &rule.peer {
            Peer::Cidr(_) if rule.port == HTTPS => true,
            Peer::Cidr(range) => {
                facts.open("egress-of-the-spec");
                !(view.listening.contains(&rule.port) && view.meets_network(range))
            }
            Peer::Group(group) if tenant.owns(group.address()) => true,
            Peer::Group(group) => {
                view.class_of(group.address()) == Some(Class::Database) && view.database_ports.contains(&rule.port)
            }
        };
        require(view, (node, rule), to, facts);
    }
}

fn tasks(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, Placement { security_groups, subnets, public_ip, path }) in tenant.placements() {
        let at = (Some(tenant), node);
        let field = |name: &str| format!("{path}{name}");
        let groups = field("security_groups");
        let own = security_groups.iter().any(|group| tenant.owns(group.address()));
        facts.field(own, at, &groups, "no security group of the tenant", "the tenant's own security group");
        for group in security_groups {
            let group = group.address();
            let class = view.class_of(group);
            let fits = class == Some(Class::Tasks(tenant.place)) || class == Some(Class::Clients);
            facts.field(
                fits,
                at,
                &groups,
                format_args!("{group} ({})", holder(view, group)),
                "a security group of tasks",
            );
        }
        facts.field(!public_ip, at, &field("public_ip"), public_ip, "false");
        for subnet in subnets {
            let private = is_private(view, subnet);
            facts.field(private, at, &field("subnets"), subnet.address(), "a subnet without a route from the Internet");
        }
    }
}

/// Whether a subnet is unreachable from the Internet: no route to an Internet gateway, and no
/// public addresses.
fn is_private(view: &View<'_>, subnet: &Ref<Subnet>) -> bool {
    let closed = |table: &&RouteTable| !matches!(table.default_route, Some(DefaultRoute::InternetGateway(_)));
    let tables = view.routes_of(subnet.address());
    let launch = view.get(subnet).is_none_or(|subnet| subnet.public_ip_on_launch);
    // A subnet without a planned route table follows the VPC's main table, which is not planned.
    !launch && tables.len() == 1 && tables.iter().all(closed)
}
