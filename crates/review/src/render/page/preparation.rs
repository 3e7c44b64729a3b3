//! What to do before an apply, in words.

use super::super::layout::Block;
use crate::preparation::{Hosts, Preparation};
use crate::words::{count, names};

pub(super) fn blocks(preparation: &Preparation) -> Vec<Block> {
    if preparation.is_empty() {
        return Vec::new();
    }
    let Preparation { quotas, warnings, hosts_added, hosts_removed: _, https, certificates_change } = preparation;
    let mut items: Vec<(&'static str, String)> = quotas.iter().map(|quota| ("Quota", quota.clone())).collect();
    if let Some(hosts) = hosts(hosts_added) {
        items.push((
            "DNS",
            format!("{hosts} must lead to the load balancer: its name is the output `ingress/…/dns-name`"),
        ));
        if *https {
            let state = if *certificates_change {
                "the certificates change with this"
            } else {
                "the certificates stay as they are"
            };
            items.push(("Certificates", format!("{state}; they must be valid for {hosts}")));
        }
    }
    items.extend(warnings.iter().map(|warning| ("Warning", warning.clone())));
    vec![Block::Items(items)]
}

/// The hosts that come. A host beneath another one is not named.
fn hosts(added: &[Hosts]) -> Option<String> {
    const NAMED: usize = 3;
    let is_beneath =
        |hosts: &&Hosts| hosts.host.strip_prefix("*.").is_some_and(|host| added.iter().any(|other| other.host == host));
    let plain: Vec<&Hosts> = added.iter().filter(|hosts| !is_beneath(hosts)).collect();
    let named = |Hosts { host, tenants }: &Hosts| match tenants.len() {
        0 | 1 => format!("`{host}`"),
        number => format!("`{host}` of {} ({})", count(number, "tenant"), names(tenants)),
    };
    let mut texts: Vec<String> = plain.iter().take(NAMED).map(|hosts| named(hosts)).collect();
    if plain.len() > NAMED {
        texts.push(count(plain.len() - NAMED, "other host"));
    }
    (!texts.is_empty()).then(|| texts.join(", "))
}
