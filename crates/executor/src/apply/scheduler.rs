//! Runs steps that depend on each other, as many concurrently as their groups allow.
//!
//! A failed step stops only the steps that depend on it, directly or indirectly. This module does not
//! know what steps do.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::LocalBoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};

/// A step: its concurrency group and its dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Step<G> {
    /// The group whose limit it counts against.
    pub(crate) group: G,
    /// The indexes of the steps that must finish first.
    pub(crate) after: BTreeSet<usize>,
}

/// The outcome of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<T, E> {
    /// It succeeded.
    Done(T),
    /// It ran and failed.
    Failed(E),
    /// It was skipped because this step, which it depends on, failed.
    NotReached(usize),
    /// It did not start because the run stopped starting steps.
    NotBegun,
}

/// The outcomes of all steps.
#[derive(Debug)]
pub(crate) struct Ran<T, E> {
    /// The outcome of each step, in the order of the steps.
    pub(crate) outcomes: Vec<Outcome<T, E>>,
    /// The greatest number of concurrent steps.
    pub(crate) widest: usize,
}

/// Runs all steps, and starts steps for as long as `may_continue` returns true. Of the ready steps, the one with
/// the longest chain of dependants starts first.
pub(crate) async fn run<'f, G: Ord + Copy, T, E>(
    steps: &[Step<G>],
    width: impl Fn(G) -> usize,
    may_continue: impl Fn() -> bool,
    perform: impl Fn(usize) -> LocalBoxFuture<'f, Result<T, E>>,
) -> Ran<T, E> {
    let dependents = dependents(steps);
    let urgency = urgency(steps, &dependents);
    let turn = |index: usize| (Reverse(urgency[index]), index);
    let mut waiting: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
    let mut ready: BTreeSet<_> = (0..steps.len()).filter(|&index| waiting[index] == 0).map(turn).collect();
    let mut outcomes: Vec<Option<Outcome<T, E>>> = steps.iter().map(|_| None).collect();
    let mut busy: BTreeMap<G, usize> = BTreeMap::new();
    let mut running = FuturesUnordered::new();
    let mut widest = 0;

    let mut stopped = false;
    loop {
        stopped = stopped || !ready.is_empty() && !may_continue();
        let begin = if stopped { BTreeSet::new() } else { ready.clone() };
        for (urgency, index) in begin {
            let places = busy.entry(steps[index].group).or_default();
            if *places < width(steps[index].group).max(1) {
                *places += 1;
                ready.remove(&(urgency, index));
                let step = perform(index);
                running.push(async move { (index, step.await) });
            }
        }
        widest = widest.max(running.len());
        let Some((index, result)) = running.next().await else { break };
        if let Some(places) = busy.get_mut(&steps[index].group) {
            *places -= 1;
        }
        match result {
            Ok(value) => {
                outcomes[index] = Some(Outcome::Done(value));
                for &dependent in &dependents[index] {
                    waiting[dependent] -= 1;
                    if waiting[dependent] == 0 {
                        ready.insert(turn(dependent));
                    }
                }
            }
            Err(error) => {
                outcomes[index] = Some(Outcome::Failed(error));
                stop(index, &dependents, &mut outcomes);
            }
        }
    }
    // Without a cycle, only a cancellation leaves a step that no failure has stopped.
    let outcomes = outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::NotBegun)).collect();
    Ran { outcomes, widest }
}

/// The direct dependants of each step.
fn dependents<G>(steps: &[Step<G>]) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); steps.len()];
    for (index, step) in steps.iter().enumerate() {
        step.after.iter().for_each(|&earlier| dependents[earlier].push(index));
    }
    dependents
}

/// The length of the longest chain of dependants of each step.
fn urgency<G>(steps: &[Step<G>], dependents: &[Vec<usize>]) -> Vec<usize> {
    let mut urgency = vec![0; steps.len()];
    let mut left: Vec<usize> = dependents.iter().map(Vec::len).collect();
    let mut next: Vec<usize> = (0..steps.len()).filter(|&index| left[index] == 0).collect();
    while let Some(index) = next.pop() {
        for &earlier in &steps[index].after {
            urgency[earlier] = urgency[earlier].max(urgency[index] + 1);
            left[earlier] -= 1;
            if left[earlier] == 0 {
                next.push(earlier);
            }
        }
    }
    urgency
}

/// Steps that depend on each other in a cycle: each on the next one, and the last on the first.
pub(crate) fn cycle<G>(steps: &[Step<G>]) -> Option<Vec<usize>> {
    let dependents = dependents(steps);
    let mut waiting: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
    let mut next: Vec<usize> = (0..steps.len()).filter(|&index| waiting[index] == 0).collect();
    while let Some(index) = next.pop() {
        for &dependent in &dependents[index] {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                next.push(dependent);
            }
        }
    }
    // Every remaining step depends on another remaining step, so following the dependencies leads into a
    // cycle.
    let mut path = vec![waiting.iter().position(|&waiting| waiting > 0)?];
    loop {
        let last = *path.last()?;
        let awaited = steps[last].after.iter().copied().find(|&awaited| waiting[awaited] > 0)?;
        if let Some(begin) = path.iter().position(|&index| index == awaited) {
            return Some(path.split_off(begin));
        }
        path.push(awaited);
    }
}

/// Marks every direct and indirect dependant of a failed step.
fn stop<T, E>(failed: usize, dependents: &[Vec<usize>], outcomes: &mut [Option<Outcome<T, E>>]) {
    let mut reached = vec![failed];
    while let Some(index) = reached.pop() {
        for &dependent in &dependents[index] {
            if outcomes[dependent].is_none() {
                outcomes[dependent] = Some(Outcome::NotReached(failed));
                reached.push(dependent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn steps(after: &[&[usize]]) -> Vec<Step<u8>> {
        after.iter().map(|after| Step { group: 0, after: after.iter().copied().collect() }).collect()
    }

    #[tokio::test]
    async fn failed_step_skips_only_its_dependents() {
        // 0 ← 1 ← 2, and 3 on its own.
        let steps = steps(&[&[], &[0], &[1], &[]]);
        let ran = run(
            &steps,
            |_| 4,
            || true,
            |index| Box::pin(async move { if index == 0 { Err("no") } else { Ok(index) } }),
        )
        .await;
        assert_eq!(
            ran.outcomes,
            [Outcome::Failed("no"), Outcome::NotReached(0), Outcome::NotReached(0), Outcome::Done(3)]
        );
    }

    #[tokio::test]
    async fn concurrency_group_never_exceeds_its_limit() {
        let steps = steps(&[[].as_slice(); 20]);
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let ran = run(
            &steps,
            |_| 3,
            || true,
            |_| {
                Box::pin(async move {
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                    tokio::task::yield_now().await;
                    now.set(now.get() - 1);
                    Ok::<(), ()>(())
                })
            },
        )
        .await;
        assert_eq!((most.get(), ran.widest), (3, 3));
    }

    #[tokio::test]
    async fn each_step_runs_after_its_dependencies() {
        let steps = steps(&[&[2], &[0], &[], &[0, 1, 2]]);
        let order = RefCell::new(Vec::new());
        let order = &order;
        run(
            &steps,
            |_| 2,
            || true,
            |index| {
                Box::pin(async move {
                    order.borrow_mut().push(index);
                    Ok::<(), ()>(())
                })
            },
        )
        .await;
        assert_eq!(*order.borrow(), [2, 0, 1, 3]);
    }

    #[tokio::test]
    async fn cancellation_finishes_running_steps_and_starts_no_others() {
        // 0 ← 1, 2 ← 3: both ready steps are running when cancellation is requested.
        let steps = steps(&[&[], &[0], &[], &[2]]);
        let begun = Cell::new(0);
        let begun = &begun;
        let perform = |_| -> LocalBoxFuture<'_, Result<(), ()>> {
            begun.set(begun.get() + 1);
            Box::pin(async {
                tokio::task::yield_now().await;
                Ok(())
            })
        };
        let ran = run(&steps, |_| 2, || begun.get() < 2, perform).await;
        assert_eq!(ran.outcomes, [Outcome::Done(()), Outcome::NotBegun, Outcome::Done(()), Outcome::NotBegun]);
    }

    #[tokio::test]
    async fn ready_step_with_the_longest_dependent_chain_runs_first() {
        // 0 and 1 on their own; 2 ← 3 ← 4.
        let steps = steps(&[&[], &[], &[], &[2], &[3]]);
        let order = RefCell::new(Vec::new());
        let order = &order;
        let perform = |index| -> LocalBoxFuture<'_, Result<(), ()>> {
            order.borrow_mut().push(index);
            Box::pin(async { Ok(()) })
        };
        run(&steps, |_| 1, || true, perform).await;
        assert_eq!(*order.borrow(), [2, 3, 0, 1, 4]);
    }

    #[test]
    fn dependency_cycle_is_detected() {
        assert_eq!(cycle(&steps(&[&[], &[0], &[0, 1]])), None);
        // 0 depends on the cycle 1 → 2 → 3 and is not part of it.
        assert_eq!(cycle(&steps(&[&[1], &[2], &[3], &[1, 4], &[]])), Some(vec![1, 2, 3]));
        assert_eq!(cycle(&steps(&[&[], &[1]])), Some(vec![1]));
    }
}
