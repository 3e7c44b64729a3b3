//! What to do before an apply: quotas to request, DNS and certificates of new hosts, and warnings that are new.

use std::collections::BTreeMap;

use saas_model::Plan;
use saas_model::resource::{Listener, ListenerRule, Protocol, ResourceSpec};
use saas_planner::findings::{Finding, Reason, findings};
use serde::Serialize;

use crate::rehearsed::Rehearsed;
use crate::words::folded;

/// What to do or to know before an apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Preparation {
    /// The quotas to have raised, which the live plan does not need yet.
    pub quotas: Vec<String>,
    /// Other warnings that the live plan did not have.
    pub warnings: Vec<String>,
    /// The hosts that come.
    pub hosts_added: Vec<Hosts>,
    /// The hosts that go.
    pub hosts_removed: Vec<Hosts>,
    /// Whether the platform serves HTTPS.
    pub https: bool,
    /// Whether the certificates of the listeners change.
    pub certificates_change: bool,
}

/// Host names, alike for several tenants but for their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hosts {
    /// The pattern, with `{tenant}` in the place of several tenants.
    pub host: String,
    /// The tenants.
    pub tenants: Vec<String>,
}

impl Preparation {
    /// What a change needs.
    #[must_use]
    pub fn of(before: &Plan, after: &Plan, rehearsed: Option<&Rehearsed>) -> Self {
        let known = findings(before);
        let mut preparation = Self::default();
        for finding in findings(after).into_iter().filter(|finding| !known.iter().any(|known| covers(known, finding))) {
            match finding.reason {
                Reason::AskForMore { .. } => preparation.quotas.push(finding.to_string()),
                _ => preparation.warnings.push(finding.to_string()),
            }
        }
        if let Some(Rehearsed { warnings, warnings_before, .. }) = rehearsed {
            let new = warnings.iter().filter(|warning| !warnings_before.contains(warning));
            preparation.warnings.extend(new.cloned());
        }
        let [old, new] = [before, after].map(hosts);
        let patterns = |of: &BTreeMap<(&str, String), String>, other: &BTreeMap<(&str, String), String>| {
            let mut alike: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for ((tenant, _), pattern) in of.iter().filter(|(key, _)| !other.contains_key(*key)) {
                alike.entry(pattern).or_default().push((*tenant).to_owned());
            }
            let hosts = |(pattern, tenants): (&str, Vec<String>)| Hosts {
                host: match tenants.as_slice() {
                    [tenant] => pattern.replace("{tenant}", tenant),
                    _ => pattern.to_owned(),
                },
                tenants,
            };
            alike.into_iter().map(hosts).collect::<Vec<_>>()
        };
        preparation.hosts_added = patterns(&new, &old);
        preparation.hosts_removed = patterns(&old, &new);
        let mut listeners = after.nodes().iter().filter_map(|node| Listener::of(&node.resource));
        preparation.https = listeners.any(|listener| listener.protocol == Protocol::Https);
        let [live, planned] = [before, after].map(|plan| plan.external_resources().certificates);
        preparation.certificates_change = live != planned;
        preparation
    }

    /// Whether there is nothing to do or to know.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.quotas.is_empty() && self.warnings.is_empty() && self.hosts_added.is_empty()
    }
}

/// Whether a known finding says all that the other says: it is the same, or needs no less of the same quota.
fn covers(known: &Finding, finding: &Finding) -> bool {
    match (&known.reason, &finding.reason) {
        (Reason::AskForMore { quota, needed }, Reason::AskForMore { quota: same, needed: now }) => {
            known.address == finding.address && quota == same && now <= needed
        }
        _ => known == finding,
    }
}

/// The hosts of tenants: for each its pattern with `{tenant}`. A host beneath another one of its tenant, such as
/// `*.acme.example.com`, is there too.
fn hosts(plan: &Plan) -> BTreeMap<(&str, String), String> {
    let rules =
        plan.nodes().iter().filter_map(|node| Some((node.address.tenant()?, ListenerRule::of(&node.resource)?)));
    let hosts = rules.flat_map(|(tenant, rule)| rule.hosts.iter().map(move |host| (tenant, host.to_string())));
    hosts.map(|(tenant, host)| ((tenant, host.clone()), folded(&host, tenant))).collect()
}
