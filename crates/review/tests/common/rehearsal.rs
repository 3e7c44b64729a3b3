//! A rehearsal as data: each step takes its kind's time, and begins when what it depends on is done.

use std::collections::BTreeMap;

use saas_model::{Address, Digest, Kind, Plan};
use saas_planner::diff;
use saas_review::Rehearsed;
use saas_review::rehearsed::{Floor, Span, Step};

/// A rehearsal of a plan, with `from` live before.
pub fn rehearsed(from: Option<&Plan>, plan: &Plan) -> Rehearsed {
    let changed = from.map(|from| diff(from, plan));
    let is_changed = |address: &Address| changed.as_ref().is_none_or(|changed| changed.nodes.contains_key(address));
    let mut ends: BTreeMap<&Address, u64> = BTreeMap::new();
    let mut steps: Vec<Span> = Vec::new();
    for node in plan.generations().into_iter().flatten().filter(|node| is_changed(&node.address)) {
        let needed = node.dependencies();
        let began_millis = needed.iter().filter_map(|address| ends.get(*address)).copied().max().unwrap_or(0);
        let ended_millis = began_millis + millis(node.kind());
        ends.insert(&node.address, ended_millis);
        let is_new = from.is_none_or(|from| from.node(&node.address).is_none());
        let verb = if is_new { "create" } else { "update" }.to_owned();
        steps.push(Span { address: node.address.clone(), verb, began_millis, ended_millis, on_chain: false });
    }
    let chain = chain(plan, &mut steps);
    steps.sort_by(|one, other| (one.began_millis, &one.address).cmp(&(other.began_millis, &other.address)));
    Rehearsed {
        change_set: Digest::from_bytes([7; 32]),
        clean: true,
        seconds: steps.iter().map(|step| step.ended_millis).max().unwrap_or(0) / 1_000,
        chain,
        calls: steps.len() * 3,
        lease_calls: 4,
        floors: vec![Floor { what: "Ecs, RegisterTaskDefinition".to_owned(), calls: 3, seconds: 12, assumed: true }],
        steps,
        data_lost: Vec::new(),
        warnings: Vec::new(),
        warnings_before: Vec::new(),
        failures: Vec::new(),
    }
}

/// The steps that the last one waits for, in order.
fn chain(plan: &Plan, steps: &mut [Span]) -> Vec<Step> {
    let mut chain = Vec::new();
    let mut next = (0..steps.len()).max_by_key(|index| steps[*index].ended_millis);
    while let Some(index) = next {
        let step = &mut steps[index];
        step.on_chain = true;
        let (began, address) = (step.began_millis, step.address.clone());
        let seconds = (step.ended_millis - began) / 1_000;
        chain.push(Step { address: address.clone(), verb: step.verb.clone(), seconds });
        let needed = plan.node(&address).map(saas_model::Node::dependencies).unwrap_or_default();
        next = steps.iter().position(|other| other.ended_millis == began && needed.contains(&other.address));
    }
    chain.reverse();
    chain
}

/// About how long AWS takes.
fn millis(kind: Kind) -> u64 {
    match kind {
        Kind::DbInstance => 360_000,
        Kind::DbCluster | Kind::NatGateway | Kind::LoadBalancer => 90_000,
        Kind::Service => 75_000,
        Kind::Vpc | Kind::Subnet | Kind::Bucket => 2_000,
        _ => 700,
    }
}
