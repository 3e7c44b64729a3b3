//! The order of merged lists, whose items have keys.

use std::collections::{BTreeMap, BTreeSet};

/// An item with a key that is unique in its list.
pub(super) trait Keyed {
    /// The key.
    fn key(&self) -> &str;
}

/// An item on the three sides; at least one of `ours` and `theirs` is there.
pub(super) struct Sides<'a, T> {
    pub(super) base: Option<&'a T>,
    pub(super) ours: Option<&'a T>,
    pub(super) theirs: Option<&'a T>,
}

/// Pairs the items of three lists. The order is ours, unless only their side reordered; an item that the other side
/// added follows the item that it follows there, and the items that our side added at the same place.
pub(super) fn paired<'a, T: Keyed>(base: &'a [T], ours: &'a [T], theirs: &'a [T]) -> Vec<Sides<'a, T>> {
    let index = |side: &'a [T]| side.iter().map(|item| (item.key(), item)).collect::<BTreeMap<_, _>>();
    let (in_base, in_ours, in_theirs) = (index(base), index(ours), index(theirs));
    let common = |side: &'a [T]| {
        let everywhere = |key: &&str| [&in_base, &in_ours, &in_theirs].iter().all(|side| side.contains_key(key));
        side.iter().map(Keyed::key).filter(everywhere).collect::<Vec<_>>()
    };
    let only_theirs_reordered = common(ours) == common(base) && common(theirs) != common(base);
    let (first, second) = if only_theirs_reordered { (theirs, ours) } else { (ours, theirs) };
    let mut order: Vec<&str> = first.iter().map(Keyed::key).collect();
    let in_first: BTreeSet<&str> = order.iter().copied().collect();
    let in_second: BTreeSet<&str> = second.iter().map(Keyed::key).collect();
    let mut after = None;
    for key in second.iter().map(Keyed::key) {
        if !in_first.contains(key) {
            let place = after.and_then(|after| order.iter().position(|other| *other == after));
            let place = place.map_or(0, |place| place + 1);
            let is_added = |other: &&&str| !in_second.contains(**other) && !in_base.contains_key(**other);
            let place = place + order[place..].iter().take_while(is_added).count();
            order.insert(place, key);
        }
        after = Some(key);
    }
    let sides = |key| Sides {
        base: in_base.get(key).copied(),
        ours: in_ours.get(key).copied(),
        theirs: in_theirs.get(key).copied(),
    };
    order.into_iter().map(sides).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for &str {
        fn key(&self) -> &str {
            self
        }
    }

    fn order(base: &[&'static str], ours: &[&'static str], theirs: &[&'static str]) -> String {
        let key = |sides: Sides<'_, &'static str>| *sides.ours.or(sides.theirs).expect("a side has it");
        paired(base, ours, theirs).into_iter().map(key).collect()
    }

    #[test]
    fn additions_of_both_sides_follow_each_other() {
        assert_eq!(order(&["a"], &["a", "b"], &["a", "c"]), "abc");
        assert_eq!(order(&["a", "z"], &["a", "b", "z"], &["a", "c", "d", "z"]), "abcdz");
        assert_eq!(order(&[], &["b"], &["c"]), "bc");
        assert_eq!(order(&["z"], &["z"], &["c", "z"]), "cz");
    }

    #[test]
    fn reordering_of_one_side_is_kept() {
        assert_eq!(order(&["a", "b"], &["b", "a"], &["a", "b", "c"]), "bca");
        assert_eq!(order(&["a", "b"], &["a", "b", "c"], &["b", "a"]), "bca");
    }

    #[test]
    fn items_that_one_side_removed_are_paired() {
        assert_eq!(order(&["a", "b", "c"], &["a", "c"], &["a", "b", "c", "d"]), "abcd");
    }
}
