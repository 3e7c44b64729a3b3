//! The order in which kinds are listed and deleted, and how many operations run concurrently. All of it is
//! computed from what the kinds declare.
//!
//! For creations, the references in the plan give the order. For deletions there may be no plan any more, so
//! the kinds that a field may refer to replace it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use saas_model::Kind;
use strum::IntoEnumIterator;

use crate::provider::{Concurrency, declaration};

static NEEDS: LazyLock<BTreeMap<Kind, BTreeSet<Kind>>> = LazyLock::new(|| {
    let needs = |kind: Kind| kind.reference_targets().into_iter().chain(declaration(kind).needs.iter().copied());
    Kind::iter().map(|kind| (kind, needs(kind).collect())).collect()
});

static STAGES: LazyLock<Vec<Vec<Kind>>> = LazyLock::new(|| {
    let mut stages: Vec<Vec<Kind>> = Vec::new();
    let mut listed: BTreeSet<Kind> = BTreeSet::new();
    loop {
        let ready = |kind: &Kind| !listed.contains(kind) && needs(*kind).is_subset(&listed);
        let stage: Vec<Kind> = Kind::iter().filter(ready).collect();
        if stage.is_empty() {
            return stages;
        }
        listed.extend(&stage);
        stages.push(stage);
    }
});

/// The kinds that a resource of this kind may depend on: those that its fields refer to, and those that it
/// declares. They cannot be deleted while it exists.
pub(crate) fn needs(kind: Kind) -> &'static BTreeSet<Kind> {
    &NEEDS[&kind]
}

/// Kinds that are listed concurrently; each stage comes after the kinds that it depends on.
pub(crate) fn listing_stages() -> &'static [Vec<Kind>] {
    &STAGES
}

/// Steps in the same group share a concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConcurrencyGroup {
    /// Everything in PostgreSQL.
    Postgres,
    /// Creations and updates of a kind.
    Creations(Kind),
    /// Deletions of a kind.
    Deletions(Kind),
    /// Work that no other step waits for.
    Finishing,
}

impl ConcurrencyGroup {
    /// The group of creations and updates of a kind.
    pub(crate) fn of_creations(kind: Kind) -> Self {
        match declaration(kind).concurrency {
            Concurrency::Postgres => Self::Postgres,
            Concurrency::Aws { .. } => Self::Creations(kind),
        }
    }

    /// The group of deletions of a kind.
    pub(crate) fn of_deletions(kind: Kind) -> Self {
        match declaration(kind).concurrency {
            Concurrency::Postgres => Self::Postgres,
            Concurrency::Aws { .. } => Self::Deletions(kind),
        }
    }

    /// How many steps may run concurrently.
    pub(crate) fn width(self) -> usize {
        let of = |kind: Kind| match declaration(kind).concurrency {
            Concurrency::Postgres => (1, 1),
            Concurrency::Aws { creations, deletions } => (creations, deletions),
        };
        match self {
            Self::Postgres => 1,
            // Enough to use the rates, and few enough to give way to steps that others depend on.
            Self::Finishing => 4,
            Self::Creations(kind) => of(kind).0,
            Self::Deletions(kind) => of(kind).1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cycle of needs would leave kinds without a stage.
    #[test]
    fn each_kind_is_listed_once_after_its_dependencies() {
        let order: Vec<Kind> = listing_stages().iter().flatten().copied().collect();
        let position = |kind: Kind| order.iter().position(|listed| *listed == kind).expect("the kind has a stage");
        assert_eq!(order.len(), Kind::iter().count());
        for kind in Kind::iter() {
            for &needed in needs(kind) {
                assert!(position(needed) < position(kind), "{kind} is listed before {needed}");
            }
        }
    }

    /// A reference says it already, so the list stays short.
    #[test]
    fn declared_needs_do_not_repeat_references_in_fields() {
        for kind in Kind::iter() {
            let targets = kind.reference_targets();
            let repeated: Vec<&Kind> = declaration(kind).needs.iter().filter(|need| targets.contains(need)).collect();
            assert!(repeated.is_empty(), "{kind}: {repeated:?}");
        }
    }

    #[test]
    fn resources_written_to_by_a_service_are_deleted_after_it() {
        for kind in Kind::iter().filter(|&kind| kind.holds_data() && kind != Kind::DbCluster) {
            assert!(needs(Kind::Service).contains(&kind), "{kind} is deleted while tasks still write to it");
        }
    }
}
