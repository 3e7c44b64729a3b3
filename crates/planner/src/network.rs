//! The network: a public and a private subnet in each zone, and the ways out of them.
//!
//! Security groups stand with what they protect.

use saas_model::plan::Draft;
use saas_model::resource::{
    DefaultRoute, ElasticIp, InternetGateway, NatGateway, RouteTable, Subnet, Vpc, VpcEndpoint,
};
use saas_model::spec::{Spec, Zone};

use crate::addresses as at;
use crate::owner::{Owner, after};

pub(crate) fn nodes(spec: &Spec, owner: &Owner) -> Vec<Draft> {
    let zones = &spec.network.zones;
    let vpc = Vpc { cidr: spec.network.cidr, dns_support: true, dns_hostnames: true };
    let public_routes = RouteTable {
        vpc: at::vpc(),
        default_route: Some(DefaultRoute::InternetGateway(at::internet_gateway())),
        subnets: zones.iter().map(|zone| at::public_subnet(&zone.name)).collect(),
    };
    // The layers of container images come from S3; the endpoint keeps them off the NAT gateways.
    let endpoint = VpcEndpoint {
        vpc: at::vpc(),
        service: format!("com.amazonaws.{}.s3", spec.platform.region),
        route_tables: zones
            .iter()
            .map(|zone| at::private_route_table(&zone.name))
            .chain([at::public_route_table()])
            .collect(),
    };
    let mut drafts = vec![
        owner.draft(&at::vpc(), vpc),
        owner.draft(&at::internet_gateway(), InternetGateway { vpc: at::vpc() }),
        owner.draft(&at::public_route_table(), public_routes),
        owner.draft(&at::s3_endpoint(), endpoint),
    ];
    drafts.extend(zones.iter().flat_map(|zone| self::zone(zone, owner)));
    drafts
}

/// A zone goes out through a NAT gateway of its own, so that no zone depends on another.
fn zone(Zone { name, public, private }: &Zone, owner: &Owner) -> [Draft; 5] {
    let subnet = |cidr| Subnet { vpc: at::vpc(), cidr, zone: name.clone(), public_ip_on_launch: false };
    let nat_gateway = NatGateway { subnet: at::public_subnet(name), elastic_ip: at::elastic_ip(name) };
    let private_routes = RouteTable {
        vpc: at::vpc(),
        default_route: Some(DefaultRoute::NatGateway(at::nat_gateway(name))),
        subnets: [at::private_subnet(name)].into(),
    };
    [
        owner.draft(&at::public_subnet(name), subnet(*public)),
        owner.draft(&at::private_subnet(name), subnet(*private)),
        owner.draft(&at::elastic_ip(name), ElasticIp {}),
        // AWS fails a NAT gateway whose network has no Internet gateway attached.
        Draft { after: after([at::internet_gateway().address()]), ..owner.draft(&at::nat_gateway(name), nat_gateway) },
        owner.draft(&at::private_route_table(name), private_routes),
    ]
}
