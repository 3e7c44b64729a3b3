//! Collections with a history, so that reads can be stale.
//!
//! Most of AWS is eventually consistent: for some time a read does not show a creation, an update or a
//! deletion. Services change an [`Eventual`] like any map. It records the state of each item before
//! each change. Reads that [`crate::services::consistency`] marks as eventual see the collection as it
//! was some time ago.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::ops::Deref;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::dials::Lag;

/// The length of the history: longer than any delay that AWS documents, of which the longest is the
/// five minutes of `ListSecrets`.
const MEMORY: Duration = Duration::from_secs(600);

/// Items by key, with their history. Only the current items are saved to a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Eventual<T> {
    present: BTreeMap<String, T>,
    /// The state of each item that changed in the current moment, before its first change.
    #[serde(skip, default = "BTreeMap::new")]
    before: BTreeMap<String, Option<T>>,
    /// All recorded changes, the latest last.
    #[serde(skip, default = "VecDeque::new")]
    past: VecDeque<Change<T>>,
    /// The current items, while the collection shows a past state.
    #[serde(skip, default = "Option::default")]
    aside: Option<BTreeMap<String, T>>,
}

/// A change of an item: its time, and the item before it. `None` means that the change created the
/// item.
#[derive(Clone, Debug)]
struct Change<T> {
    at: Time,
    key: String,
    before: Option<T>,
}

/// The times after which a read does not see changes and creations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    changes: Time,
    creations: Time,
}

impl View {
    /// The view of a read with this lag.
    pub(crate) fn new(now: Time, lag: Lag) -> Self {
        Self { changes: now.before(lag.changes), creations: now.before(lag.creations) }
    }

    /// How a change that is not visible yet affects the item that a read sees.
    fn unseen<'c, T>(self, change: &'c Change<T>) -> Unseen<'c, T> {
        match &change.before {
            None if change.at > self.creations => Unseen::Hidden,
            None if change.at > self.changes => Unseen::AsMade,
            Some(before) if change.at > self.changes => Unseen::As(before),
            _ => Unseen::Nothing,
        }
    }
}

enum Unseen<'c, T> {
    /// The creation is not visible: the item is hidden.
    Hidden,
    /// The creation is visible, later changes are not: the read sees the item as it was created.
    AsMade,
    /// The read sees this earlier state.
    As(&'c T),
    /// The change is visible.
    Nothing,
}

/// A collection with a history, of any type of item.
pub(crate) trait Versioned {
    /// Ends the current moment: records its changes with this time.
    fn settle(&mut self, at: Time);
    /// Shows the past state of a view, until [`Versioned::leave`].
    fn enter(&mut self, view: View);
    /// Shows the current state again.
    fn leave(&mut self);
    /// Drops the history, so that all reads see the current state.
    #[cfg(test)]
    fn forget(&mut self);
}

impl<T: Clone> Eventual<T> {
    /// The item as a read with this view sees it.
    pub(crate) fn seen(&self, key: &str, view: View) -> Option<&T> {
        let mut item = self.present.get(key);
        if self.aside.is_some() {
            return item;
        }
        for change in self.past.iter().rev().filter(|change| change.key == key) {
            match view.unseen(change) {
                Unseen::Hidden => item = None,
                Unseen::AsMade => break,
                Unseen::As(before) => item = Some(before),
                Unseen::Nothing => {}
            }
        }
        item
    }

    /// All items as a read with this view sees them.
    fn all_seen(&self, view: View) -> BTreeMap<String, T> {
        let mut items = self.present.clone();
        let mut as_made = BTreeSet::new();
        for change in self.past.iter().rev() {
            if as_made.contains(&change.key) {
                continue;
            }
            match view.unseen(change) {
                Unseen::Hidden => drop(items.remove(&change.key)),
                Unseen::AsMade => drop(as_made.insert(&change.key)),
                Unseen::As(before) => drop(items.insert(change.key.clone(), before.clone())),
                Unseen::Nothing => {}
            }
        }
        items
    }

    /// Records the state of an item before it changes.
    fn note(&mut self, key: &str) {
        if self.aside.is_none() && !self.before.contains_key(key) {
            self.before.insert(key.to_owned(), self.present.get(key).cloned());
        }
    }

    pub(crate) fn insert(&mut self, key: String, item: T) -> Option<T> {
        self.note(&key);
        self.present.insert(key, item)
    }

    /// Inserts an item unless the key exists.
    pub(crate) fn insert_new(&mut self, key: String, item: T) {
        if !self.present.contains_key(&key) {
            self.insert(key, item);
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        self.note(key);
        self.present.remove(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        self.note(key);
        self.present.get_mut(key)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let keys: Vec<String> = self.present.keys().cloned().collect();
        keys.iter().for_each(|key| self.note(key));
        self.present.values_mut()
    }

    pub(crate) fn retain(&mut self, mut stays: impl FnMut(&String, &T) -> bool) {
        let gone: Vec<String> =
            self.present.iter().filter(|(key, item)| !stays(key, item)).map(|(key, _)| key.clone()).collect();
        for key in gone {
            self.remove(&key);
        }
    }
}

impl<T: Clone> Versioned for Eventual<T> {
    fn settle(&mut self, at: Time) {
        let changes = mem::take(&mut self.before);
        self.past.extend(changes.into_iter().map(|(key, before)| Change { at, key, before }));
        while self.past.front().is_some_and(|change| at.since(change.at) > MEMORY) {
            self.past.pop_front();
        }
    }

    fn enter(&mut self, view: View) {
        let seen = self.all_seen(view);
        self.aside = Some(mem::replace(&mut self.present, seen));
    }

    fn leave(&mut self) {
        if let Some(present) = self.aside.take() {
            self.present = present;
        }
    }

    #[cfg(test)]
    fn forget(&mut self) {
        self.before.clear();
        self.past.clear();
    }
}

impl<T> Default for Eventual<T> {
    fn default() -> Self {
        Self { present: BTreeMap::new(), before: BTreeMap::new(), past: VecDeque::new(), aside: None }
    }
}

impl<T> Deref for Eventual<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.present
    }
}

impl<T: Clone> Extend<(String, T)> for Eventual<T> {
    fn extend<I: IntoIterator<Item = (String, T)>>(&mut self, items: I) {
        for (key, item) in items {
            self.insert(key, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::BEGINNING + Duration::from_secs(seconds)
    }

    fn lag(creations: u64, changes: u64) -> Lag {
        Lag { creations: Duration::from_secs(creations), changes: Duration::from_secs(changes) }
    }

    /// Created as 1 at 10, changed to 2 at 20, deleted at 30, created again as 4 at 40.
    fn eventful() -> Eventual<u32> {
        let mut items = Eventual::default();
        items.insert("a".to_owned(), 1);
        items.settle(at(10));
        *items.get_mut("a").expect("it is there") = 2;
        items.settle(at(20));
        items.remove("a");
        items.settle(at(30));
        items.insert("a".to_owned(), 4);
        items.settle(at(40));
        items
    }

    /// What a read at 45 sees. Reading one item and reading all must agree.
    fn seen(items: &mut Eventual<u32>, lag: Lag) -> Option<u32> {
        let view = View::new(at(45), lag);
        let one = items.seen("a", view).copied();
        items.enter(view);
        assert_eq!(items.get("a").copied(), one, "{lag:?}");
        items.leave();
        one
    }

    #[test]
    fn changes_are_visible_after_the_lag() {
        let mut items = eventful();
        let seen_after = |items: &mut _, seconds| seen(items, lag(seconds, seconds));
        assert_eq!(seen_after(&mut items, 0), Some(4));
        assert_eq!(seen_after(&mut items, 5), Some(4), "it was made five seconds ago");
        assert_eq!(seen_after(&mut items, 6), None, "that it was made again is not seen");
        assert_eq!(seen_after(&mut items, 16), Some(2), "that it was deleted is not seen");
        assert_eq!(seen_after(&mut items, 26), Some(1), "that it was changed is not seen");
        assert_eq!(seen_after(&mut items, 36), None, "that it was made at all is not seen");
        assert_eq!(items.get("a"), Some(&4), "what is there is there");
    }

    #[test]
    fn creations_and_changes_have_separate_lags() {
        let mut items = eventful();
        assert_eq!(seen(&mut items, lag(20, 0)), None, "it was made again lately, and that it went is seen");
        assert_eq!(seen(&mut items, lag(0, 20)), Some(4), "it was made again and looks as it did then");
        let mut changed = Eventual::default();
        changed.insert("a".to_owned(), 1);
        changed.settle(at(10));
        *changed.get_mut("a").expect("it is there") = 2;
        changed.settle(at(20));
        assert_eq!(seen(&mut changed, lag(30, 0)), Some(2));
        assert_eq!(seen(&mut changed, lag(40, 0)), None);
        assert_eq!(seen(&mut changed, lag(0, 30)), Some(1));
        assert_eq!(seen(&mut changed, lag(0, 40)), Some(1), "it is seen as it was made");
    }

    #[test]
    fn every_kind_of_change_is_recorded() {
        let mut items: Eventual<u32> = Eventual::default();
        items.extend([("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 3)]);
        items.insert_new("a".to_owned(), 9);
        items.settle(at(10));
        items.values_mut().for_each(|item| *item += 10);
        items.retain(|key, _| key != "b");
        items.settle(at(20));
        let mut all = |seconds| {
            items.enter(View::new(at(20), lag(seconds, seconds)));
            let seen: Vec<_> = items.values().copied().collect();
            items.leave();
            seen
        };
        assert_eq!((all(0), all(1), all(11)), (vec![11, 13], vec![1, 2, 3], vec![]));
    }

    #[test]
    fn old_changes_are_dropped() {
        let mut items = eventful();
        items.insert("b".to_owned(), 1);
        items.settle(at(2_000));
        assert_eq!(items.past.len(), 1);
    }

    #[test]
    fn only_current_items_are_serialized() {
        let text = serde_json::to_string(&eventful()).expect("it can be written");
        assert_eq!(text, r#"{"a":4}"#);
        let read: Eventual<u32> = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(read.get("a"), Some(&4));
    }
}
