//! Which tenants really attempt statements against which others.
//!
//! The catalog is evaluated for all pairs of tenants (`reach.rs`). The attempts check that result independently, so a
//! bounded number for each tenant is enough: against its neighbours in a ring, and wherever the catalog shows a way.

use std::collections::BTreeSet;

/// How many others each tenant attempts against, and by how many it is attempted against. With one tenant more than
/// that, these are all pairs.
pub(super) const NEIGHBOURS: usize = 8;

/// For each of `count` tenants, the others that it attempts against, because one of both was touched: its next
/// neighbours, and those of `open`, which has pairs of positions.
pub(super) fn opponents(
    count: usize,
    is_touched: impl Fn(usize) -> bool,
    open: &BTreeSet<(usize, usize)>,
) -> Vec<BTreeSet<usize>> {
    let of = |tenant: usize| {
        let next = (1..count).take(NEIGHBOURS).map(|distance| (tenant + distance) % count);
        let open = open.range((tenant, 0)..=(tenant, usize::MAX)).map(|&(_, other)| other);
        next.chain(open).filter(|&other| other != tenant && (is_touched(tenant) || is_touched(other))).collect()
    };
    (0..count).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(opponents: &[BTreeSet<usize>]) -> usize {
        opponents.iter().map(BTreeSet::len).sum()
    }

    #[test]
    fn few_tenants_attempt_against_all_others() {
        for count in 0..=NEIGHBOURS + 1 {
            let opponents = opponents(count, |_| true, &BTreeSet::new());
            assert_eq!(pairs(&opponents), count * count.saturating_sub(1), "{count}");
        }
    }

    #[test]
    fn attempts_are_linear_in_the_number_of_tenants() {
        let opponents = opponents(250, |_| true, &BTreeSet::new());
        assert_eq!(pairs(&opponents), 250 * NEIGHBOURS);
        for tenant in 0..250 {
            let attempted_by = opponents.iter().filter(|others| others.contains(&tenant)).count();
            assert_eq!(attempted_by, NEIGHBOURS, "{tenant}");
            assert!(!opponents[tenant].contains(&tenant));
        }
    }

    #[test]
    fn touched_tenant_attempts_and_is_attempted_against_by_its_neighbours() {
        let opponents = opponents(250, |tenant| tenant == 3, &BTreeSet::new());
        assert_eq!(pairs(&opponents), 2 * NEIGHBOURS);
        let active = opponents.iter().filter(|others| !others.is_empty()).count();
        assert_eq!(active, NEIGHBOURS + 1);
        assert_eq!(opponents[249], BTreeSet::from([3]));
    }

    #[test]
    fn open_pairs_are_attempted_too() {
        let open = BTreeSet::from([(0, 100), (100, 3), (100, 200)]);
        let opponents = opponents(250, |tenant| tenant < 5, &open);
        assert!(opponents[0].contains(&100));
        assert_eq!(opponents[100], BTreeSet::from([3]), "the other pair was not touched");
    }
}
