//! The network: a public and a private subnet in each zone, and their routes.
//!
//! Security groups are defined next to the resources that they protect.

use saas_model::plan::Draft;
use saas_model::resource::{
    DefaultRoute, ElasticIp, InternetGateway, NatGateway, RouteTable, Subnet, Vpc, VpcEndpoint,
};
use saas_model::spec::{Spec, Zone};

use crate::addresses;
use crate::owner::{Owner, after};

pub(crate) fn nodes(spec: &Spec, owner: &Owner) -> Vec<Draft> {
    let zones = &spec.network.zones;
    let vpc = Vpc { cidr: spec.network.cidr, dns_support: true, dns_hostnames: true };
    let public_routes = RouteTable {
        vpc: addresses::vpc(),
        default_route: Some(DefaultRoute::InternetGateway(addresses::internet_gateway())),
        subnets: zones.iter().map(|zone| addresses::public_subnet(&zone.name)).collect(),
    };
    // Layers of container images come from S3; the endpoint keeps this traffic off the NAT gateways.
    let endpoint = VpcEndpoint {
        vpc: addresses::vpc(),
        service: format!("com.amazonaws.{}.s3", spec.platform.region),
        route_tables: zones
            .iter()
            .map(|zone| addresses::private_route_table(&zone.name))
            .chain([addresses::public_route_table()])
            .collect(),
    };
    let mut drafts = vec![
        owner.draft(&addresses::vpc(), vpc),
        owner.draft(&addresses::internet_gateway(), InternetGateway { vpc: addresses::vpc() }),
        owner.draft(&addresses::public_route_table(), public_routes),
        owner.draft(&addresses::s3_endpoint(), endpoint),
    ];
    drafts.extend(zones.iter().flat_map(|zone| self::zone(zone, owner)));
    drafts
}

/// Each zone has its own NAT gateway, so that no zone depends on another.
fn zone(Zone { name, public, private }: &Zone, owner: &Owner) -> [Draft; 5] {
    let subnet = |cidr| Subnet { vpc: addresses::vpc(), cidr, zone: name.clone(), public_ip_on_launch: false };
    let nat_gateway = NatGateway { subnet: addresses::public_subnet(name), elastic_ip: addresses::elastic_ip(name) };
    let private_routes = RouteTable {
        vpc: addresses::vpc(),
        default_route: Some(DefaultRoute::NatGateway(addresses::nat_gateway(name))),
        subnets: [addresses::private_subnet(name)].into(),
    };
    [
        owner.draft(&addresses::public_subnet(name), subnet(*public)),
        owner.draft(&addresses::private_subnet(name), subnet(*private)),
        owner.draft(&addresses::elastic_ip(name), ElasticIp {}),
        // A NAT gateway fails in a network without an attached Internet gateway.
        Draft {
            after: after([addresses::internet_gateway().address()]),
            ..owner.draft(&addresses::nat_gateway(name), nat_gateway)
        },
        owner.draft(&addresses::private_route_table(name), private_routes),
    ]
}
