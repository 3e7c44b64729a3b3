//! Shell completion of addresses: the addresses of the plan on the command line.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap_complete::engine::CompletionCandidate;
use itertools::Itertools as _;
use saas_model::Plan;

use crate::plan_files::{PLAN, read_plan};

/// Completes `current` one path segment at a time: `tenant/acme-corp` (the node or everything under
/// it), and `tenant/acme-corp/` to continue.
pub(crate) fn addresses(current: &OsStr) -> Vec<CompletionCandidate> {
    let (Some(current), Some(plan)) = (current.to_str(), named_or_default_plan(std::env::args_os())) else {
        return Vec::new();
    };
    next_parts(&plan, current).into_iter().map(CompletionCandidate::new).collect()
}

fn next_parts(plan: &Plan, current: &str) -> BTreeSet<String> {
    let depth = current.matches('/').count() + 1;
    let matching = plan.nodes().iter().map(|node| node.address.as_str()).filter(|address| address.starts_with(current));
    matching
        .flat_map(|address| {
            let head = address.split('/').take(depth).join("/");
            let more = (head.len() < address.len()).then(|| format!("{head}/"));
            std::iter::once(head).chain(more)
        })
        .collect()
}

/// The first word that names a plan, otherwise the plan under its default name. The shell passes the
/// whole line.
fn named_or_default_plan(words: impl Iterator<Item = OsString>) -> Option<Plan> {
    let mut named = words.skip_while(|word| word != "--").filter(|word| Path::new(word).extension().is_some());
    named.find_map(|word| read_plan(Path::new(&word)).ok()).or_else(|| read_plan(Path::new(PLAN)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURE: &[u8] = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");

    fn offered(current: &str) -> Vec<String> {
        let plan = Plan::decode(FIXTURE).expect("the fixture is a plan");
        next_parts(&plan, current).into_iter().collect()
    }

    #[test]
    fn addresses_complete_one_segment_at_a_time() {
        assert_eq!(offered("te"), ["tenant", "tenant/"]);
        assert_eq!(offered("tenant/a"), ["tenant/acme-corp", "tenant/acme-corp/"]);
        assert!(offered("tenant/acme-corp/").contains(&"tenant/acme-corp/bucket".to_owned()));
        assert_eq!(offered("nowhere"), Vec::<String>::new());
    }
}
