//! Hosts, listener rules and listeners.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use saas_model::resource::{DefaultAction, Listener, ListenerRule, Protocol};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Derivation, Derived, Facts, Proof, Refusal};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};
use crate::witness::Witness;

pub(crate) static CLAIMS: [Claim; 4] = [
    Claim {
        id: "ingress/hosts",
        channel: Channel::Ingress,
        layer: Layer::Application,
        text: "every host of T's rules is T's own label under the platform's domain or a name under it, so no \
               request for another tenant's host reaches T",
        proof: Proof::Derived(Derivation { prove: hosts, check: check_hosts, explain: explain_hosts }),
    },
    Claim {
        id: "ingress/targets",
        channel: Channel::Ingress,
        layer: Layer::Application,
        text: "T's rules send requests to T's own target groups, and each has a host condition; conditions on paths \
               only narrow it",
        proof: Proof::Tenant(targets),
    },
    Claim {
        id: "ingress/priorities",
        channel: Channel::Ingress,
        layer: Layer::Application,
        text: "no two rules of a listener have the same priority",
        proof: Proof::Platform(priorities),
    },
    Claim {
        id: "ingress/listeners",
        channel: Channel::Ingress,
        layer: Layer::Network,
        text: "tenants are served over TLS 1.2 or later, and hosts that match no rule reach no tenant",
        proof: Proof::Platform(listeners),
    },
];

/// The TLS policies that offer only TLS 1.2 and 1.3, with forward secrecy.
/// Source: Application Load Balancers guide, "Security policies".
const TLS_POLICIES: [&str; 4] = [
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
];

/// What follows `<label>.` in a host, for each place where this label is one of its labels.
fn domains_of<'h>(host: &'h str, label: &str) -> impl Iterator<Item = &'h str> {
    let starts = std::iter::once(0).chain(host.match_indices('.').map(|(at, _)| at + 1));
    starts.filter_map(move |at| host[at..].strip_prefix(label)?.strip_prefix('.'))
}

/// Whether a host is a tenant's label under a domain, or a name or a pattern under it. A pattern matches only
/// names that end as it does.
fn is_own(host: &str, label: &str, domain: &str) -> bool {
    let before = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')?.strip_suffix(label));
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The parent domain of most tenants' hosts.
fn domain_of_most<'a>(view: &View<'a>) -> Option<&'a str> {
    let mut votes: HashMap<&str, usize> = HashMap::new();
    // A plan has one domain; a sample of the tenants is enough to determine it.
    for tenant in view.tenants.iter().take(64) {
        for (_, rule) in tenant.all::<ListenerRule>() {
            for domain in rule.hosts.iter().flat_map(|host| domains_of(host.as_str(), tenant.id)) {
                *votes.entry(domain).or_default() += 1;
            }
        }
    }
    // Of several, the shortest is the parent of the others.
    let rank = |(domain, votes): &(&'a str, usize)| (*votes, Reverse(domain.len()), Reverse(*domain));
    votes.into_iter().max_by_key(rank).map(|(domain, _)| domain)
}

fn hosts(view: &View<'_>, tenant: &Tenant<'_>) -> Result<Derived, Refusal> {
    let domain = view.domain(domain_of_most).unwrap_or_default();
    let mut count = 0;
    for (node, rule) in tenant.all::<ListenerRule>() {
        for host in &rule.hosts {
            if !is_own(host.as_str(), tenant.id, domain) {
                let reason = "a host is not the tenant's own".to_owned();
                return Err(Refusal { at: format!("{}.hosts", tenant.within(node)), reason });
            }
            count += 1;
        }
    }
    Ok(Derived { witness: Witness::Domain { domain: domain.to_owned(), hosts: count }, risk: None })
}

/// Tenant ids contain no dot, so two hosts with different labels under one domain differ in that
/// label. What is before it, be it a name or a wildcard, does not change this.
fn check_hosts(view: &View<'_>, tenant: &Tenant<'_>, witness: &Witness, risk: Option<&str>) -> bool {
    let Witness::Domain { domain, hosts } = witness else { return false };
    let all = || tenant.all::<ListenerRule>().flat_map(|(_, rule)| rule.hosts.iter());
    let own = |host: &str| {
        let name = format!("{}.{domain}", tenant.id);
        host == name || host.ends_with(&format!(".{name}"))
    };
    // All tenants share one domain.
    let same = view.domain(domain_of_most).unwrap_or_default() == domain;
    risk.is_none() && same && all().count() == *hosts as usize && all().all(|host| own(host.as_str()))
}

fn explain_hosts(view: &View<'_>, tenant: &Tenant<'_>) -> Counterexample {
    let domain = view.domain(domain_of_most).unwrap_or_default();
    for (node, rule) in tenant.all::<ListenerRule>() {
        for host in &rule.hosts {
            if is_own(host.as_str(), tenant.id, domain) {
                continue;
            }
            // A host that may belong to another tenant, if one matches.
            let beneath = host.as_str().strip_prefix('*');
            let victim = view.tenants.iter().find(|other| {
                let own = format!("{}.{domain}", other.id);
                other.id != tenant.id && (own == host.as_str() || beneath.is_some_and(|end| own.ends_with(end)))
            });
            let name = victim
                .map_or_else(|| host.as_str().replacen('*', "www", 1), |victim| format!("{}.{domain}", victim.id));
            return Counterexample::Host { header: format!("Host: {name}"), reaches: node.address.to_string() };
        }
    }
    Counterexample::Undecided("no host belongs to another tenant".to_owned())
}

fn targets(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, rule) in tenant.all::<ListenerRule>() {
        let group = rule.target_group.address();
        facts.require(tenant.owns(group), || {
            let host = rule.hosts.first().map_or("*", |host| host.as_str());
            let found = Counterexample::Host { header: format!("Host: {host}"), reaches: group.to_string() };
            (
                format!("{}.target_group", tenant.within(node)),
                "requests go to a target group that is not the tenant's".to_owned(),
                found,
            )
        });
        facts.field(!rule.hosts.is_empty(), (Some(tenant), node), "hosts", "empty", "the tenant's hosts");
    }
}

fn priorities(view: &View<'_>, facts: &mut Facts) {
    let mut taken = HashSet::new();
    for tenant in &view.tenants {
        for (node, rule) in tenant.all::<ListenerRule>() {
            let free = taken.insert((rule.listener.address(), rule.priority));
            facts.field(free, (None, node), "priority", rule.priority, "unique among the rules of the listener");
        }
    }
}

fn listeners(view: &View<'_>, facts: &mut Facts) {
    let rules = view.tenants.iter().flat_map(|tenant| tenant.all::<ListenerRule>());
    let serving: HashSet<_> = rules.map(|(_, rule)| rule.listener.address()).collect();
    for (node, listener) in view.shared::<Listener>() {
        let at = (None, node);
        if listener.protocol == Protocol::Https {
            let policy = listener.tls_policy.as_deref().unwrap_or("none");
            facts.field(TLS_POLICIES.contains(&policy), at, "tls_policy", policy, "TLS 1.2 or later");
            facts.field(listener.certificate.is_some(), at, "certificate", "none", "a certificate");
        } else {
            // Without TLS, the listener has no TLS settings, and its load balancer has no HTTPS
            // listener.
            let plain = listener.certificate.is_none() && listener.tls_policy.is_none() && listener.port != 443;
            facts.field(plain, at, "protocol", listener.protocol, "HTTPS, because of a certificate or port 443");
            if serving.contains(&node.address) {
                let beside = |other: &Listener| {
                    other.load_balancer == listener.load_balancer && other.protocol == Protocol::Https
                };
                let alone = !view.shared::<Listener>().any(|(_, other)| beside(other));
                facts.field(
                    alone,
                    at,
                    "protocol",
                    listener.protocol,
                    "HTTPS, like another listener of its load balancer",
                );
                facts.open("plain-http");
            }
        }
        // A listener that only redirects must redirect to an existing listener.
        let secure = |other: &Listener| {
            other.load_balancer == listener.load_balancer && other.protocol == Protocol::Https && other.port == 443
        };
        let leads = listener.default_action == DefaultAction::NotFound
            || view.shared::<Listener>().any(|(_, other)| secure(other));
        facts.field(leads, at, "default_action", "a redirect to HTTPS", "to an existing listener");
    }
}
