//! The resources of EC2 that callers created.

use super::resource::Resource;
use super::route::Via;
use crate::cloud::Cloud;
use crate::inventory::Item;

/// Lists the resources, with the parts that could be left over.
pub(crate) fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let state = &cloud.ec2;
    list(items, "ec2:vpc", state.vpcs.values().map(|one| (&one.id, one)));
    list(items, "ec2:subnet", state.subnets.values().map(|one| (&one.id, one)));
    list(items, "ec2:elastic-ip", state.addresses.values().map(|one| (&one.id, one)));
    list(items, "ec2:internet-gateway", state.internet_gateways.values().map(|one| (&one.id, one)));
    for gateway in state.internet_gateways.values() {
        let vpc = gateway.vpc.iter().map(|vpc| format!("{}/{vpc}", gateway.id));
        items.extend(vpc.map(|id| Item::part("ec2:internet-gateway-attachment", id)));
    }
    let gateways = state.nat_gateways.values().filter(|gateway| !gateway.is_deleted());
    list(items, "ec2:nat-gateway", gateways.map(|one| (&one.id, one)));
    let groups = state.groups.values().filter(|group| !group.is_default());
    list(items, "ec2:security-group", groups.map(|one| (&one.id, one)));
    let rules = state.rules.values().filter(|rule| !rule.comes_with_group);
    list(items, "ec2:security-group-rule", rules.map(|one| (&one.id, one)));
    let endpoints = state.endpoints.values().filter(|endpoint| !endpoint.is_gone);
    list(items, "ec2:vpc-endpoint", endpoints.map(|one| (&one.id, one)));
    let tables = state.route_tables.values().filter(|table| !table.comes_with_vpc);
    list(items, "ec2:route-table", tables.map(|one| (&one.id, one)));
    for table in state.route_tables.values() {
        // AWS adds and removes the routes to endpoints.
        let made = table.routes.iter().filter(|route| !matches!(route.via, Via::Local | Via::Endpoint(_)));
        let routes = made.map(|route| format!("{}/{}", table.id, route.destination.text()));
        items.extend(routes.map(|id| Item::part("ec2:route", id)));
        let subnets = table.associations.values().flatten().map(|subnet| format!("{}/{subnet}", table.id));
        items.extend(subnets.map(|id| Item::part("ec2:route-table-association", id)));
    }
}

fn list<'a, R: Resource>(items: &mut Vec<Item>, kind: &str, found: impl Iterator<Item = (&'a String, &'a R)>) {
    items.extend(found.map(|(id, resource)| Item::new(kind, id, resource.tags())));
}
