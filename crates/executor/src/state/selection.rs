//! Which of the listed resources is the current one of its address, and which are left alone.

use std::collections::BTreeMap;

use saas_model::{Address, Plan, Resource};

use crate::state::observed::{ObservedResource, ObservedState, is_named};
use crate::state::provenance;
use crate::state::unlabelled;

/// How many references of a live resource lead to planned resources.
fn references_within(plan: &Plan, seen: &Resource) -> usize {
    let mut count = 0;
    seen.references(&mut |reference| count += usize::from(plan.node(reference.address).is_some()));
    count
}

/// How many revisions before the current one are kept.
const REVISIONS: usize = 3;

/// Removes the newest revisions from these candidates and returns them, the oldest first. Incomplete and
/// inactive revisions are of no use and stay.
fn newest_revisions(found: &mut Vec<ObservedResource>) -> Vec<ObservedResource> {
    let useful = |found: &ObservedResource| found.kind.has_revisions() && found.digest.is_some();
    let spare = found.iter().filter(|found| useful(found)).count().saturating_sub(REVISIONS);
    let (useful, useless): (Vec<_>, Vec<_>) = std::mem::take(found).into_iter().partition(useful);
    let mut useful = useful.into_iter();
    *found = useful.by_ref().take(spare).chain(useless).collect();
    useful.collect()
}

impl ObservedState {
    /// Adds listed resources. Where several have the same address, the current one is the first by this
    /// order:
    /// - the one that the rest of the platform uses;
    /// - the newest revision, or the one that has the plan's digest;
    /// - the one that has the planned name, because no other can be created with that name;
    /// - the one with the most references to planned resources;
    /// - the last by id, with a number at the end compared as a number: revision 10 is later than revision 9.
    ///
    /// A resource with the platform's tags that saas cannot have created for the address is left alone. So
    /// is one that lacks some of these tags where another resource occupies the address.
    pub(crate) fn observed(&self, plan: &Plan, found: Vec<ObservedResource>) {
        let mut by_address: BTreeMap<Address, Vec<ObservedResource>> = BTreeMap::new();
        for found in found {
            match provenance::why_foreign(plan, &found) {
                Some(why) => self.leave_alone(&found, why),
                None => by_address.entry(found.address.clone()).or_default().push(found),
            }
        }
        for (address, mut candidates) in by_address {
            let node = plan.node(&address);
            let wanted = node.map(|node| node.digest);
            let planned = node.and_then(|node| node.resource.name());
            // Every revision of a family belongs to the family.
            let is_doubtful = |found: &ObservedResource| found.unlabelled && !found.kind.has_revisions();
            if !candidates.iter().all(is_doubtful) {
                let (doubtful, labelled): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_doubtful);
                doubtful.iter().for_each(|found| self.leave_alone(found, unlabelled::ADDRESS_OCCUPIED.to_owned()));
                candidates = labelled;
            }
            candidates.sort_by_key(|found| {
                let id = &found.identity.id;
                let name = id.trim_end_matches(|c: char| c.is_ascii_digit());
                let number: Option<u64> = id[name.len()..].parse().ok();
                let named = planned.is_some_and(|planned| is_named(id, planned));
                // A reference to the family alone means its newest revision.
                let right = found.digest.is_some() && (found.kind.has_revisions() || found.digest == wanted);
                let references = found.fields.as_ref().map_or(0, |fields| references_within(plan, fields));
                (found.used, right, named, references, name.to_owned(), number, id.clone())
            });
            let Some(current) = candidates.pop() else { continue };
            self.insert(current);
            if node.is_some() {
                let kept = newest_revisions(&mut candidates);
                self.keep(kept);
            }
            for other in candidates {
                if is_doubtful(&other) {
                    self.leave_alone(&other, unlabelled::ADDRESS_OCCUPIED.to_owned());
                    continue;
                }
                match provenance::why_a_copy(plan, self, &other) {
                    Some(why) => self.leave_alone(&other, why),
                    None => self.depose(other),
                }
            }
        }
    }

    /// The revisions that are of no use once `before` is no longer the current one at its address.
    pub(crate) fn pushed_out(&self, before: &ObservedResource) -> Vec<ObservedResource> {
        let mut revisions = self.kept();
        revisions.retain(|kept| kept.address == before.address);
        revisions.push(before.clone());
        let _ = newest_revisions(&mut revisions);
        revisions
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Kind;
    use saas_model::resource::Vpc;

    use super::*;
    use crate::state::observed::{Identity, Tags};
    use crate::testing::application::{self, DEFINITION};
    use crate::testing::{Bench, target_group};

    /// A replacement was killed halfway: neither resource has the digest.
    #[tokio::test]
    async fn resource_with_the_planned_name_is_selected_among_several() {
        let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
        let nodes = vec![
            ("network/vpc", vpc.into()),
            ("tenant/acme-corp/target-group", target_group("acme-corp-67c60000").into()),
        ];
        let bench = Bench::new("http://127.0.0.1:9", nodes).await;
        let address = Address::literal("tenant/acme-corp/target-group");
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1");
        let found = ["acme-corp-fcf10000", "acme-corp-67c60000", "acme-corp-00000000"].map(|name| {
            ObservedResource::at(Kind::TargetGroup, address.clone(), Identity::of_arn(arn(name)), Tags::new())
        });
        bench.live.observed(&bench.plan, found.into());
        assert_eq!(bench.live.get(&address).expect("one stands for it").identity.id, arn("acme-corp-67c60000"));
        let others: BTreeMap<_, _> =
            bench.live.superseded().into_iter().map(|found| (found.identity.id, found.address)).collect();
        assert_eq!(others.len(), 2);
    }

    fn revision(number: u32) -> ObservedResource {
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme:{number}");
        let digest = [("saas:digest".to_owned(), format!("{number:064}"))];
        let address = Address::literal(DEFINITION);
        ObservedResource::at(Kind::TaskDefinition, address, Identity::of_arn(arn), Tags::from(digest))
    }

    fn numbers(found: Vec<ObservedResource>) -> Vec<u32> {
        let number =
            |found: ObservedResource| found.identity.id.rsplit(':').next().and_then(|number| number.parse().ok());
        found.into_iter().map(|found| number(found).expect("an ARN ends with the revision")).collect()
    }

    #[tokio::test]
    async fn newest_revision_is_selected_and_the_three_before_it_are_kept() {
        let bench = Bench::new("http://127.0.0.1:9", application::nodes()).await;
        // One was deregistered, and the apply was killed before it deleted it.
        let found = [10, 6, 9, 7, 8].map(revision).into_iter().chain([revision(5).incomplete()]);
        bench.live.observed(&bench.plan, found.collect());
        let current = bench.live.get(&Address::literal(DEFINITION)).expect("one stands for it");
        assert_eq!(numbers(vec![current.clone()]), [10]);
        assert_eq!(numbers(bench.live.kept()), [7, 8, 9]);
        assert_eq!(numbers(bench.live.superseded()), [6, 5]);
        assert_eq!(numbers(bench.live.pushed_out(&current)), [7]);
    }

    #[tokio::test]
    async fn no_revision_of_an_unplanned_task_definition_is_kept() {
        let bench = Bench::new("http://127.0.0.1:9", Vec::new()).await;
        bench.live.observed(&bench.plan, [1, 2, 3].map(revision).into());
        assert_eq!(numbers(bench.live.superseded()), [1, 2]);
        assert!(bench.live.kept().is_empty());
    }
}
