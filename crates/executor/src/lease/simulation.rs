//! Simulates runs that compete for one lease, on an S3 in memory: slow, eventually consistent, with
//! clocks that differ.
//!
//! Time is virtual. A run may pause for longer than its term, its requests may take effect after it gave
//! them up, answers get lost, and runs are killed. Two invariants must hold in every case: at most one
//! run may write at any time, and a run that acquires the lease finds the world unchanged since it listed
//! it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::join_all;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use saas_model::{Address, Digest};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::LeaseError;
use super::acquire::{acquire, lease_snapshot};
use super::record::Claim;
use super::renewer::LeaseRenewer;
use super::state::LeaseState;
use super::store::{BucketState, Expected, Object, Put, Store};
use crate::error::{CallError, Error, Result};

const TERM: u64 = 60;

/// Random numbers, reproducible from a seed (SplitMix64).
struct Dice(Cell<u64>);

impl Dice {
    fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut z = self.0.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn millis(&self, most: u64) -> Duration {
        Duration::from_millis(self.below(most))
    }

    /// Mostly short, sometimes longer than any timeout.
    fn latency(&self) -> Duration {
        if self.once_in(12) { self.millis(40_000) } else { self.millis(400) }
    }
}

/// The content that a request writes, and its precondition.
type Request = (Vec<u8>, Expected);

/// S3 with one object, and the runs that use it.
struct World {
    start: Instant,
    dice: Dice,
    object: RefCell<Option<Object>>,
    /// Requests in transit, by the time of their arrival.
    under_way: RefCell<BTreeMap<(Instant, u64), Request>>,
    /// Results of requests that arrived: the `ETag` of the new object.
    arrived: RefCell<BTreeMap<u64, Option<String>>>,
    requests: Cell<u64>,
    leases: RefCell<Vec<LeaseState>>,
    /// The number of writes, by any run, that the lease protects.
    writes: Cell<u64>,
    acquisitions: Cell<u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            start: Instant::now(),
            dice: Dice(Cell::new(seed)),
            object: RefCell::default(),
            under_way: RefCell::default(),
            arrived: RefCell::default(),
            requests: Cell::new(0),
            leases: RefCell::default(),
            writes: Cell::new(0),
            acquisitions: Cell::new(0),
        }
    }

    /// The time on a clock of S3 at `at`: whole seconds, off by up to four.
    fn shows(&self, at: Instant) -> UtcTime {
        UtcTime::from_unix(1_000_000 + (at - self.start).as_secs() + self.dice.below(5))
    }

    /// Applies every request that has arrived by now.
    fn proceed(&self) {
        while let Some(entry) = self.under_way.borrow_mut().first_entry() {
            let (at, id) = *entry.key();
            if at > Instant::now() {
                break;
            }
            let (body, expected) = entry.remove();
            let mut object = self.object.borrow_mut();
            let met = match (&*object, &expected) {
                (None, Expected::Absent) => true,
                (Some(object), Expected::Unchanged(etag)) => object.etag == *etag,
                _ => false,
            };
            let etag = String::from_utf8(body.clone()).expect("records are JSON");
            if met {
                *object = Some(Object { etag: etag.clone(), version: None, modified: self.shows(at), body });
            }
            self.arrived.borrow_mut().insert(id, met.then_some(etag));
        }
    }

    /// Whether S3 hides the object from a read: sometimes, within a quarter of an hour after versioning
    /// was enabled.
    fn hides(&self) -> bool {
        self.start.elapsed() < Duration::from_secs(15 * 60) && self.dice.once_in(3)
    }

    /// Panics when two runs may write now.
    fn assert_one_writer(&self) {
        let writers = self.leases.borrow().iter().filter(|lease| lease.may_write()).count();
        assert!(writers <= 1, "{writers} runs may write");
    }
}

fn hidden() -> Error {
    Error::Call(Box::new(CallError {
        operation: "s3 GetObject".into(),
        code: Some("NoSuchKey".into()),
        message: "the specified key does not exist".into(),
        effect_unknown: false,
        hint: None,
    }))
}

fn lost() -> Error {
    Error::Failed { what: "a request".into(), reason: "it was lost".into() }
}

/// The connection of one run to S3.
struct Line<'w>(&'w World);

impl Store for Line<'_> {
    async fn get(&self) -> Result<BucketState> {
        let Self(world) = self;
        sleep(world.dice.latency()).await;
        world.proceed();
        if world.object.borrow().is_some() && world.hides() {
            return Err(hidden());
        }
        let seen =
            BucketState { now: world.shows(Instant::now()), bucket: true, object: world.object.borrow().clone() };
        sleep(world.dice.latency()).await;
        if world.dice.once_in(10) { Err(lost()) } else { Ok(seen) }
    }

    async fn put(&self, body: &[u8], expected: &Expected) -> Put {
        let Self(world) = self;
        if world.dice.once_in(15) {
            return Put::Unknown(lost());
        }
        if matches!(expected, Expected::Unchanged(_)) && world.hides() {
            return Put::Unknown(hidden());
        }
        let id = world.requests.replace(world.requests.get() + 1);
        let at = Instant::now() + world.dice.latency();
        // The request arrives then, even if its sender has stopped waiting.
        world.under_way.borrow_mut().insert((at, id), (body.to_vec(), expected.clone()));
        sleep_until(at).await;
        world.proceed();
        let etag = world.arrived.borrow_mut().remove(&id).flatten();
        sleep(world.dice.latency()).await;
        match etag {
            Some(etag) if !world.dice.once_in(10) => Put::Written { etag, version: None },
            _ => Put::Unknown(lost()),
        }
    }
}

/// A future that is not polled for a while now and then, as on a suspended machine.
struct Stopped<'w, F> {
    world: &'w World,
    inner: Pin<Box<F>>,
    until: Option<Pin<Box<Sleep>>>,
}

impl<F: Future> Future for Stopped<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if self.until.is_none() && self.world.dice.once_in(400) {
            self.until = Some(Box::pin(sleep(self.world.dice.millis(3 * TERM * 1_000))));
        }
        if let Some(until) = &mut self.until {
            if until.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.until = None;
        }
        self.inner.as_mut().poll(cx)
    }
}

/// A run that intends several changes.
async fn run(world: &World, name: String) {
    let (store, dice) = (Line(world), &world.dice);
    for attempt in 0..12 {
        sleep(dice.millis(30_000)).await;
        let Ok(snapshot) = lease_snapshot(&store).await else { continue };
        // Here it lists the world, and an operator reads the change set.
        let before = world.writes.get();
        sleep(if dice.once_in(3) { dice.millis(200_000) } else { dice.millis(2_000) }).await;
        let claim = Claim {
            run: format!("{name}/{attempt}"),
            holder: name.clone(),
            plan: Digest::from_bytes([7; 32]),
            command: Command::Apply,
            platform: crate::testing::platform(),
            term_seconds: TERM,
        };
        let acquired = match acquire(&store, snapshot, claim).await {
            Ok(acquired) => acquired,
            Err(LeaseError::Unreadable(reason)) => panic!("{reason}"),
            Err(_) => continue,
        };
        world.acquisitions.set(world.acquisitions.get() + 1);
        let lease = LeaseState::default();
        let mut renewer = LeaseRenewer::new(&store, lease.clone(), "bucket", acquired);
        if lease.check().is_ok() {
            assert_eq!(world.writes.get(), before, "another run has written since it was read");
        }
        world.leases.borrow_mut().push(lease.clone());
        let address = Address::literal(format!("{name}/{attempt}").to_lowercase());
        let work = async {
            for _ in 0..dice.below(40) {
                sleep(dice.millis(5_000)).await;
                let intended = if dice.once_in(3) { lease.record_intent(&address).await } else { Ok(()) };
                if intended.is_ok() && lease.check().is_ok() {
                    world.assert_one_writer();
                    world.writes.set(world.writes.get() + 1);
                }
            }
            lease.finish();
        };
        if dice.once_in(4) {
            // Killed at a random point. A killed run writes nothing.
            let _ = tokio::time::timeout(dice.millis(90_000), async { tokio::join!(work, renewer.run()) }).await;
            world.leases.borrow_mut().retain(|other| !other.is_same(&lease));
            continue;
        }
        tokio::join!(work, renewer.run());
        drop(renewer.release().await);
        world.leases.borrow_mut().retain(|other| !other.is_same(&lease));
    }
}

#[tokio::test(start_paused = true)]
async fn two_runs_never_hold_the_lease_at_the_same_time() {
    let mut acquisitions = 0;
    for seed in 0..80 {
        let world = World::new(seed);
        let runs = ["a", "b", "c"].map(|name| {
            let inner = Box::pin(run(&world, name.to_owned()));
            Stopped { world: &world, inner, until: None }
        });
        let done = Cell::new(false);
        let all = async {
            join_all(runs).await;
            done.set(true);
        };
        let watch = async {
            while !done.get() {
                sleep(Duration::from_millis(250)).await;
                world.proceed();
                world.assert_one_writer();
            }
        };
        tokio::join!(all, watch);
        acquisitions += world.acquisitions.get();
    }
    // Otherwise the simulation tested too little.
    assert!(acquisitions > 600, "the lease was taken {acquisitions} times only");
}

/// Without failures, a run that waits long enough acquires the lease.
#[tokio::test(start_paused = true)]
async fn lease_without_renewal_can_be_acquired_by_another_run() {
    let world = World::new(1);
    let store = Line(&world);
    let claim = |run: &str| Claim {
        run: run.to_owned(),
        holder: run.to_owned(),
        plan: Digest::from_bytes([7; 32]),
        command: Command::Apply,
        platform: crate::testing::platform(),
        term_seconds: TERM,
    };
    let snapshot = loop {
        if let Ok(snapshot) = lease_snapshot(&store).await {
            break snapshot;
        }
    };
    acquire(&store, snapshot, claim("first")).await.expect("no other run wants it");
    let start = Instant::now();
    loop {
        match lease_snapshot(&store).await {
            Ok(snapshot) => {
                acquire(&store, snapshot, claim("second")).await.expect("the first is dead");
                break;
            }
            Err(LeaseError::Held(holder)) => assert_eq!(holder.run, "first"),
            Err(_) => {}
        }
        sleep(Duration::from_secs(1)).await;
    }
    let waited = start.elapsed().as_secs();
    assert!((TERM - 10..TERM + 120).contains(&waited), "{waited} s");
}
