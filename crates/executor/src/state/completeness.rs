//! Whether a described resource is complete: its record is that of the node and its resolved inputs.

use saas_model::plan::TAG_DIGEST;
use saas_model::{Digest, Node};

use crate::context::Context;
use crate::provider::{CommitRecord, ResourceDescription, declaration};
use crate::state::incomplete::Incomplete;
use crate::state::observed::{ObservedResource, TAG_RESOLVED_INPUTS};

/// Why a described resource is not complete for this node and its resolved inputs; `None` when it is.
pub(crate) fn why_incomplete(
    cx: &Context<'_>,
    node: &Node,
    found: &ObservedResource,
    reading: &ResourceDescription,
) -> Option<Incomplete> {
    if let Some(why) = &found.incomplete {
        return Some(why.clone());
    }
    let read = |key: &str| reading.tags.as_ref()?.get(key)?.parse::<Digest>().ok();
    let (recorded, resolved_inputs) = match &reading.tags {
        Some(_) => (read(TAG_DIGEST), read(TAG_RESOLVED_INPUTS)),
        None => match declaration(node.kind()).commit_record {
            CommitRecord::Fields => return None,
            CommitRecord::Comment | CommitRecord::Tags => (found.digest, found.resolved_inputs),
        },
    };
    let Some(recorded) = recorded.filter(|_| found.digest.is_some()) else { return Some(Incomplete::Unrecorded) };
    if recorded != node.digest {
        return Some(Incomplete::RecordedForAnother);
    }
    let wanted = cx.resolved_inputs(node).ok();
    let is_bound = resolved_inputs == wanted && (wanted.is_some() || reading.tags.is_none());
    let to = || node.dependencies().into_iter().cloned().collect();
    (!is_bound).then(|| Incomplete::BoundToAnother { to: to() })
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{DbClusterParameterGroup, LogGroup, ScalableTarget, ScalingMetric};
    use saas_model::{Kind, Resource};

    use super::*;
    use crate::state::observed::{Identity, Tags};
    use crate::testing::Bench;
    use crate::testing::application::{self, policy};

    const GROUP: &str = "tenant/acme-corp/log-group";

    async fn bench() -> Bench {
        let group = LogGroup { name: "/ecs/tenant/acme-corp".parse().expect("valid"), retention_days: 30 };
        let bench = Bench::new("http://127.0.0.1:9", vec![(GROUP, group.into())]).await;
        bench.assume(GROUP, Identity::of_id("/ecs/tenant/acme-corp"));
        bench
    }

    /// Why a group with these tags is not complete, after `change`.
    fn of(bench: &Bench, tags: Tags, change: impl Fn(ObservedResource) -> ObservedResource) -> Option<Incomplete> {
        let (cx, node) = (bench.cx(), bench.node(GROUP));
        let identity = Identity::of_id("/ecs/tenant/acme-corp");
        let found = change(ObservedResource::at(Kind::LogGroup, node.address.clone(), identity, tags.clone()));
        why_incomplete(&cx, node, &found, &ResourceDescription::new(node.resource.clone(), Some(tags)))
    }

    #[tokio::test]
    async fn each_incompleteness_reason_is_distinguished() {
        let bench = bench().await;
        let tags = || bench.cx().tags(bench.node(GROUP)).expect("it refers to nothing");
        let with = |key: &str, value: String| {
            let mut tags = tags();
            tags.insert(key.to_owned(), value);
            tags
        };
        let another = || Digest::from_bytes([7; 32]).to_string();
        assert_eq!(of(&bench, tags(), |found| found), None);
        assert_eq!(
            of(&bench, bench.cx().tags_without_digest(bench.node(GROUP)), |found| found),
            Some(Incomplete::Unrecorded)
        );
        assert_eq!(of(&bench, tags(), ObservedResource::incomplete), Some(Incomplete::Unrecorded));
        let recorded = of(&bench, with(TAG_DIGEST, another()), |found| found);
        assert_eq!(recorded, Some(Incomplete::RecordedForAnother));
        let resolved_inputs = of(&bench, with(TAG_RESOLVED_INPUTS, another()), |found| found);
        assert_eq!(resolved_inputs, Some(Incomplete::BoundToAnother { to: Vec::new() }));
        let inactive = of(&bench, tags(), |found| found.because(Incomplete::Inactive));
        assert_eq!(inactive, Some(Incomplete::Inactive));
        assert_eq!(of(&bench, tags(), ObservedResource::deleting), Some(Incomplete::Deleting));
    }

    #[test]
    fn unsupported_values_are_shown_verbatim() {
        let target = |policies: &[(&str, u32)]| {
            let policies =
                policies.iter().map(|(name, target)| ((*name).to_owned(), policy(ScalingMetric::Cpu, *target)));
            Resource::from(ScalableTarget { policies: policies.collect(), ..application::scalable_target() })
        };
        let raw_values = |field: &str, value: &str, live: &[(&str, u32)]| {
            let raw_values = vec![(field.to_owned(), value.into())];
            let changes = ResourceDescription { raw_values, ..ResourceDescription::new(target(live), None) }
                .differences_to(&target(&[("cpu", 60)]));
            let [change] = changes.as_slice() else { panic!("{changes:?}") };
            (change.field.clone(), change.before.clone(), change.after.clone())
        };
        let fractional = raw_values("policies.cpu.target", "59.5", &[("cpu", 59)]);
        assert_eq!(fractional, ("policies.cpu.target".to_owned(), "59.5".into(), 60.into()));
        let (field, before, after) = raw_values("policies.cpu", "StepScaling", &[]);
        assert_eq!((field.as_str(), before), ("policies.cpu", "StepScaling".into()));
        assert_eq!(after["target"], 60);
        // A field that the plan does not set has no planned value.
        let group = Resource::from(DbClusterParameterGroup {
            name: "a".parse().expect("valid"),
            family: "aurora-postgresql15".into(),
            description: "a".into(),
            parameters: [].into(),
        });
        let raw_values = vec![("policies.arn:aws:iam::aws:policy/A".to_owned(), "A".into())];
        let changes =
            ResourceDescription { raw_values, ..ResourceDescription::new(group.clone(), None) }.differences_to(&group);
        assert!(changes.len() == 1 && changes[0].after.is_null(), "{changes:?}");
    }
}
