//! The `[network]` table.

use super::super::keys;
use super::super::keys::{network as key, zone as zone_key};
use super::super::regions::{Known, look_up, region_of};
use super::super::{Network, Zone};
use super::Reader;
use crate::cidr::Cidr;
use crate::identifier::{Region, ZoneName};
use crate::suggest::nearest;
use crate::toml::{At, Field, Section};

/// The ranges that AWS does not allow for networks.
/// Source: Amazon VPC User Guide, "VPC CIDR blocks".
const RESERVED: [&str; 5] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "198.19.0.0/16", "224.0.0.0/4"];

/// `[network]`.
pub(super) struct NetworkFields {
    span: toml_span::Span,
    cidr: Field<Cidr>,
    zones: Vec<ZoneFields>,
}

/// `[[network.zone]]`.
struct ZoneFields {
    name: Field<ZoneName>,
    public: Field<Cidr>,
    private: Field<Cidr>,
}

impl NetworkFields {
    /// The addresses of the network, if they are valid.
    pub(super) fn cidr(&self) -> Option<Cidr> {
        self.cidr.valid().map(|at| at.value)
    }

    pub(super) fn read(mut section: Section<'_>) -> Self {
        let zones = section.sections(key::ZONE, &keys::zone::TABLE);
        Self {
            span: section.span,
            cidr: section.text(key::CIDR),
            zones: zones.into_iter().map(ZoneFields::read).collect(),
        }
    }

    pub(super) fn build(self) -> Option<Network> {
        let Self { span: _, cidr, zones } = self;
        let zones: Vec<Option<Zone>> = zones.into_iter().map(ZoneFields::build).collect();
        let mut zones: Vec<Zone> = zones.into_iter().collect::<Option<_>>()?;
        zones.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Network { cidr: cidr.required()?, zones })
    }

    /// The names of the zones that are valid.
    pub(super) fn zone_names(&self) -> Vec<&str> {
        self.zones.iter().filter_map(|zone| zone.name.valid()).map(|name| name.as_str()).collect()
    }
}

impl ZoneFields {
    fn read(mut section: Section<'_>) -> Self {
        Self {
            name: section.text(zone_key::NAME),
            public: section.text(zone_key::PUBLIC),
            private: section.text(zone_key::PRIVATE),
        }
    }

    fn build(self) -> Option<Zone> {
        let Self { name, public, private } = self;
        Some(Zone { name: name.required()?, public: public.required()?, private: private.required()? })
    }
}

impl Reader<'_> {
    /// `region` is the platform's Region, if it is valid.
    pub(super) fn check_network(&self, network: &NetworkFields, region: Option<&Region>) {
        let NetworkFields { span, cidr, zones } = network;
        if zones.len() < 2 {
            let help = Some("add a `[[network.zone]]`");
            self.document.problem(*span, "an ALB and an Aurora cluster need at least two zones", "in here", help);
        }
        // An invalid range contains nothing.
        let cidr = cidr.valid().filter(|cidr| self.check_range(cidr));
        let mut subnets: Vec<&At<Cidr>> = Vec::new();
        for ZoneFields { name, public, private } in zones {
            if let (Some(name), Some(region)) = (name.valid(), region) {
                self.check_zone(name, region);
            }
            if let Some(public) = public.valid() {
                self.check_room(public);
            }
            for subnet in [public, private].into_iter().filter_map(Field::valid) {
                self.check_subnet(subnet, cidr, &subnets);
                subnets.push(subnet);
            }
        }
        self.check_unique("zone", zones.iter().filter_map(|zone| zone.name.valid()).cloned());
    }

    fn check_zone(&self, zone: &At<ZoneName>, region: &Region) {
        let (name, of) = (zone.as_str(), region_of(zone.as_str()));
        let letters = match look_up(region.as_str(), []) {
            Known::Region(letters) => letters,
            Known::New | Known::Misspelt(_) => "",
        };
        let zones: Vec<String> = letters.chars().map(|letter| format!("{region}{letter}")).collect();
        let help = || {
            let meant = nearest(name, zones.iter().map(String::as_str)).filter(|_| of != region.as_str());
            match meant {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None if zones.is_empty() => None,
                None => Some(format!("its zones are {}; an account may see only some of them", zones.join(", "))),
            }
        };
        let message = if of != region.as_str() {
            format!("the zone `{name}` is not in the Region `{region}`")
        } else if !zones.is_empty() && !zones.iter().any(|known| known == name) {
            format!("the Region `{region}` has no zone `{name}`")
        } else {
            return;
        };
        self.document.problem(zone.span, message, "this zone", help().as_deref());
    }

    /// Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks".
    fn check_range(&self, cidr: &At<Cidr>) -> bool {
        if !(16..=28).contains(&cidr.prefix_len()) {
            let message = format!("`{}` has an invalid size: AWS allows /16 to /28", **cidr);
            self.document.problem(cidr.span, message, "this range", None);
            return false;
        }
        let reserved = RESERVED.into_iter().find(|text| text.parse().is_ok_and(|range: Cidr| range.overlaps(cidr)));
        if let Some(reserved) = reserved {
            let message = format!("`{}` is in `{reserved}`, which AWS does not allow for networks", **cidr);
            let help = Some("use a private range: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
            self.document.problem(cidr.span, message, "this range", help);
        }
        reserved.is_none()
    }

    fn check_subnet(&self, subnet: &At<Cidr>, network: Option<&At<Cidr>>, others: &[&At<Cidr>]) {
        match network {
            Some(network) if !network.contains(subnet) => {
                let message = format!("the subnet `{}` is outside the network `{}`", **subnet, **network);
                self.document.problem(subnet.span, message, "this subnet", None);
            }
            // A range of a size that AWS allows may still be too small.
            _ => {
                self.check_range(subnet);
            }
        }
        if let Some(other) = others.iter().find(|other| other.overlaps(subnet)) {
            let message = format!("the subnet `{}` overlaps the subnet `{}`", **subnet, ***other);
            self.document.problem(subnet.span, message, "this subnet", None);
        }
    }

    /// Source: Elastic Load Balancing, "Subnets for your Application Load Balancer": at least a /27,
    /// with eight free addresses.
    fn check_room(&self, public: &At<Cidr>) {
        if public.prefix_len() == 28 {
            let message = format!("`{}` is too small for a load balancer, which needs at least a /27", **public);
            self.document.problem(public.span, message, "this subnet", None);
        }
    }
}
