//! Ingress: one load balancer per shard, with its listeners.
//!
//! A tenant's rule and target group are planned with the tenant.

use saas_model::cidr::Cidr;
use saas_model::names::Names;
use saas_model::plan::Draft;
use saas_model::resource::{
    DefaultAction, Direction, Listener, LoadBalancer, Peer, Protocol, SecurityGroup, SecurityGroupRule,
};
use saas_model::spec::Spec;
use saas_model::{Ref, Set};

use crate::addresses;
use crate::owner::{Owner, after};
use crate::shards::Shard;

/// TLS 1.3, and TLS 1.2 with forward secrecy.
/// Source: Application Load Balancers guide, "Security policies".
const TLS_POLICY: &str = "ELBSecurityPolicy-TLS13-1-2-2021-06";

const HTTP: &str = "http";
const HTTPS: &str = "https";

pub(crate) fn nodes(spec: &Spec, names: &Names, shards: &[Shard<'_>], owner: &Owner) -> Vec<Draft> {
    shards.iter().flat_map(|shard| self::shard(shard, spec, names, owner)).collect()
}

/// The listener that forwards requests to the tenants of a shard.
pub(crate) fn serving_listener(shard: &Shard<'_>) -> Ref<Listener> {
    addresses::listener(shard.number, if shard.certificate.is_some() { HTTPS } else { HTTP })
}

fn shard(shard: &Shard<'_>, spec: &Spec, names: &Names, owner: &Owner) -> Vec<Draft> {
    let Shard { number, tenants: _, certificate } = shard;
    let group = SecurityGroup {
        vpc: addresses::vpc(),
        name: names.load_balancer_group(*number),
        description: format!("load balancer of shard {number}"),
    };
    let load_balancer = LoadBalancer {
        name: names.load_balancer(*number),
        subnets: spec.network.zones.iter().map(|zone| addresses::public_subnet(&zone.name)).collect(),
        security_groups: [addresses::load_balancer_group(number)].into(),
        drop_invalid_header_fields: true,
        deletion_protection: spec.platform.deletion_protection,
    };
    let mut drafts = vec![
        owner.draft(&addresses::load_balancer_group(number), group),
        owner.draft(&addresses::load_balancer_rule(number, HTTP), from_anywhere(shard, Protocol::Http)),
        // AWS rejects an Internet-facing load balancer whose subnets have no route to the Internet.
        Draft {
            after: after([addresses::public_route_table().address()]),
            ..owner.draft(&addresses::load_balancer(number), load_balancer)
        },
        owner.draft(&addresses::listener(number, HTTP), http(shard)),
    ];
    if certificate.is_some() {
        drafts.push(owner.draft(&addresses::load_balancer_rule(number, HTTPS), from_anywhere(shard, Protocol::Https)));
        drafts.push(owner.draft(&addresses::listener(number, HTTPS), https(shard)));
    }
    drafts
}

fn from_anywhere(shard: &Shard<'_>, protocol: Protocol) -> SecurityGroupRule {
    SecurityGroupRule {
        group: addresses::load_balancer_group(shard.number),
        direction: Direction::Ingress,
        port: port(protocol),
        peer: Peer::Cidr(Cidr::anywhere()),
        description: format!("{protocol} from the Internet"),
    }
}

const fn port(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Http => 80,
        Protocol::Https => 443,
    }
}

/// With HTTPS it only redirects. Without, it serves requests, and hosts that match no rule get a 404.
fn http(shard: &Shard<'_>) -> Listener {
    Listener {
        load_balancer: addresses::load_balancer(shard.number),
        port: port(Protocol::Http),
        protocol: Protocol::Http,
        certificate: None,
        more_certificates: Set::new(),
        tls_policy: None,
        default_action: match shard.certificate {
            Some(_) => DefaultAction::RedirectToHttps,
            None => DefaultAction::NotFound,
        },
    }
}

fn https(shard: &Shard<'_>) -> Listener {
    let own = shard.tenants.iter().filter_map(|tenant| tenant.certificate.as_ref());
    Listener {
        load_balancer: addresses::load_balancer(shard.number),
        port: port(Protocol::Https),
        protocol: Protocol::Https,
        certificate: shard.certificate.cloned(),
        more_certificates: own.filter(|own| Some(*own) != shard.certificate).cloned().collect(),
        tls_policy: Some(TLS_POLICY.to_owned()),
        default_action: DefaultAction::NotFound,
    }
}
