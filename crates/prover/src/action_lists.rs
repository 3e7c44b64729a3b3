//! The sets of actions that the lists of a plan's statements denote. A plan repeats a few lists for
//! all of its tenants, so each distinct list is evaluated once.

use std::collections::HashMap;
use std::rc::Rc;

use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};

/// The number of lists that are compared before hashing. Most plans have fewer, and comparing two
/// lists is cheaper than hashing one.
const COMPARED: usize = 16;

/// The distinct lists of actions with their sets.
pub(crate) struct ActionLists<'a> {
    unlisted: Unlisted,
    lists: Vec<(&'a [String], Rc<ActionSet>)>,
    numbers: HashMap<&'a [String], usize>,
}

impl<'a> ActionLists<'a> {
    pub(crate) fn new(unlisted: Unlisted) -> Self {
        Self { unlisted, lists: Vec::new(), numbers: HashMap::new() }
    }

    /// The number of a list; equal lists have equal numbers.
    pub(crate) fn number(&mut self, list: &'a [String]) -> usize {
        let same = |(known, _): &(&[String], Rc<ActionSet>)| std::ptr::eq(*known, list) || *known == list;
        if let Some(number) = self.lists.iter().take(COMPARED).position(same) {
            return number;
        }
        *self.numbers.entry(list).or_insert_with(|| {
            self.lists.push((list, Rc::new(CATALOGUE.like(list, self.unlisted))));
            self.lists.len() - 1
        })
    }

    /// The set of the list with this number.
    pub(crate) fn set(&self, number: usize) -> &Rc<ActionSet> {
        &self.lists[number].1
    }
}
