//! An immutable ordered set in one shared allocation.
//!
//! A large plan has hundreds of thousands of sets. Most have one to three elements, and many are equal.
//! A B-tree allocates space for eleven elements in each; here a copy increments a counter.

use std::borrow::Borrow;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Sorted elements without duplicates.
///
/// It serializes as the list of its elements. Deserializing sorts them, so a reader that requires the
/// canonical form compares the input with the encoded result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T>(Arc<[T]>);

impl<T> Set<T> {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Ord> Set<T> {
    /// Whether the set contains `element`.
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.binary_search_by(|one| one.borrow().cmp(element)).is_ok()
    }
}

impl<T: Ord + Clone> Set<T> {
    /// The elements that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.iter().filter(|element| !other.contains(*element)).cloned().collect())
    }
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Deref for Set<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> From<Vec<T>> for Set<T> {
    fn from(mut elements: Vec<T>) -> Self {
        elements.sort();
        elements.dedup();
        Self(elements.into())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Set<T> {
    fn from(mut elements: [T; N]) -> Self {
        elements.sort();
        // Duplicates are rare; without them the array becomes the set unchanged.
        if elements.windows(2).any(|pair| pair[0] == pair[1]) {
            return Vec::from(elements).into();
        }
        Self(Arc::new(elements))
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        elements.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (*self.0).serialize(serializer)
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Set;

    proptest! {
        #[test]
        fn behaves_like_a_btree_set(elements: Vec<u8>, others: Vec<u8>, probe: u8) {
            let (tree, other_tree): (BTreeSet<u8>, BTreeSet<u8>) = (elements.iter().copied().collect(), others.iter().copied().collect());
            let (set, other_set): (Set<u8>, Set<u8>) = (elements.into_iter().collect(), others.into());
            prop_assert!(set.minus(&other_set).iter().eq(tree.difference(&other_tree)));
            prop_assert_eq!(set.contains(&probe), tree.contains(&probe));
            prop_assert_eq!(rmp_serde::to_vec(&set).ok(), rmp_serde::to_vec(&tree).ok());
            prop_assert!(set.iter().eq(&tree));
        }
    }

    #[test]
    fn array_with_duplicates_is_deduplicated() {
        assert_eq!(Set::from([2, 1, 2]), Set::from(vec![1, 2]));
        assert_eq!(Set::from([2, 1, 2]).len(), 2);
    }
}
