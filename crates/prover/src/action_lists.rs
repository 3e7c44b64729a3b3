//! The sets of actions that the lists of a plan's statements denote. A plan repeats a few lists for
//! all of its tenants, so each distinct list is evaluated once.

use std::collections::HashMap;
use std::rc::Rc;

use saas_model::policy::Actions;

use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
use crate::policy::Names;

/// The number of lists that are compared before hashing. Most plans have fewer, and comparing two
/// lists is cheaper than hashing one.
const COMPARED: usize = 16;

/// The distinct lists of actions with their sets.
pub(crate) struct ActionLists<'a> {
    unlisted: Unlisted,
    lists: Vec<(&'a Actions, Rc<ActionSet>)>,
    numbers: HashMap<&'a Actions, usize>,
}

impl<'a> ActionLists<'a> {
    pub(crate) fn new(unlisted: Unlisted) -> Self {
        Self { unlisted, lists: Vec::new(), numbers: HashMap::new() }
    }

    /// The number of a list; equal lists have equal numbers.
    pub(crate) fn number(&mut self, list: &'a Actions) -> usize {
        let same = |(known, _): &(&Actions, Rc<ActionSet>)| std::ptr::eq(*known, list) || *known == list;
        if let Some(number) = self.lists.iter().take(COMPARED).position(same) {
            return number;
        }
        *self.numbers.entry(list).or_insert_with(|| {
            self.lists.push((list, Rc::new(CATALOGUE.named(Names::from(list), self.unlisted))));
            self.lists.len() - 1
        })
    }

    /// The set of the list with this number.
    pub(crate) fn set(&self, number: usize) -> &Rc<ActionSet> {
        &self.lists[number].1
    }
}
