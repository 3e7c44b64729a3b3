//! The resources of EC2 that callers created.

use std::collections::BTreeMap;

use super::resource::Resource;
use super::route::Via;
use crate::cloud::Cloud;
use crate::inventory::Item;

/// Lists the resources, with the parts that could be left over.
pub(crate) fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let state = &cloud.ec2;
    list(items, "ec2:vpc", &state.vpcs, |_| true);
    list(items, "ec2:subnet", &state.subnets, |_| true);
    list(items, "ec2:elastic-ip", &state.addresses, |_| true);
    list(items, "ec2:internet-gateway", &state.internet_gateways, |_| true);
    for gateway in state.internet_gateways.values() {
        let vpc = gateway.vpc.iter().map(|vpc| format!("{}/{vpc}", gateway.id));
        items.extend(vpc.map(|id| Item::part("ec2:internet-gateway-attachment", id)));
    }
    list(items, "ec2:nat-gateway", &state.nat_gateways, |gateway| !gateway.is_deleted());
    list(items, "ec2:security-group", &state.groups, |group| !group.is_default());
    list(items, "ec2:security-group-rule", &state.rules, |rule| !rule.comes_with_group);
    list(items, "ec2:vpc-endpoint", &state.endpoints, |endpoint| !endpoint.is_gone);
    list(items, "ec2:route-table", &state.route_tables, |table| !table.comes_with_vpc);
    for table in state.route_tables.values() {
        // AWS adds and removes the routes to endpoints.
        let made = table.routes.iter().filter(|route| !matches!(route.via, Via::Local | Via::Endpoint(_)));
        let routes = made.map(|route| format!("{}/{}", table.id, route.destination.text()));
        items.extend(routes.map(|id| Item::part("ec2:route", id)));
        let subnets = table.associations.values().flatten().map(|subnet| format!("{}/{subnet}", table.id));
        items.extend(subnets.map(|id| Item::part("ec2:route-table-association", id)));
    }
}

fn list<R: Resource>(items: &mut Vec<Item>, kind: &str, all: &BTreeMap<String, R>, is_listed: impl Fn(&R) -> bool) {
    let listed = all.iter().filter(|(_, resource)| is_listed(resource));
    items.extend(listed.map(|(id, resource)| Item::new(kind, id, resource.tags())));
}
