//! Stops virtual time while PostgreSQL works, and allows one session at a time to talk to it.
//!
//! A paused tokio clock jumps to the next timer as soon as every task waits, and waiting for a socket
//! does not hold it back. So without this module, all pending timeouts would expire while PostgreSQL
//! works. Two sessions that wait for PostgreSQL concurrently would continue in the order of its answers,
//! which depends on the machine. One after the other, their order depends only on the order of their
//! requests.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Postgres;

/// The virtual time of a runtime with a paused clock. All executors of one runtime share one; clones are
/// the same.
#[derive(Clone, Debug, Default)]
pub struct VirtualTime(Arc<Mutex<()>>);

/// While this guard exists, a paused clock stops, and no other session of the same virtual time talks to
/// PostgreSQL.
#[derive(Debug)]
pub(super) struct StoppedClock {
    // Fields are dropped in this order: the clock runs again before the next session stops it.
    _ends_when_dropped: Option<Sender<()>>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Postgres {
    /// Waits for exclusive access and stops the clock, if time is virtual.
    pub(super) async fn stop_clock(&self) -> StoppedClock {
        let Some(VirtualTime(turn)) = &self.options.virtual_time else {
            return StoppedClock { _ends_when_dropped: None, _turn: None };
        };
        let turn = Arc::clone(turn).lock_owned().await;
        let (sender, receiver) = channel::<()>();
        // The paused clock does not advance during blocking work. Source: tokio, `time::pause`,
        // "Auto-advance". This work waits until every sender is dropped.
        tokio::task::spawn_blocking(move || receiver.recv());
        StoppedClock { _ends_when_dropped: Some(sender), _turn: Some(turn) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join;
    use tokio::time::{Instant, sleep, timeout};

    use super::VirtualTime;
    use crate::postgres::{Postgres, PostgresOptions};

    fn postgres(virtual_time: Option<VirtualTime>) -> Postgres {
        Postgres::new(PostgresOptions { virtual_time, ..PostgresOptions::default() })
    }

    /// How far a paused clock advances while a thread outside of it works.
    async fn elapsed_during_external_work(virtual_time: Option<VirtualTime>) -> Duration {
        let is_virtual = virtual_time.is_some();
        let postgres = postgres(virtual_time);
        let start = Instant::now();
        let stopped_clock = postgres.stop_clock().await;
        let answer = timeout(Duration::from_secs(10), external_event(50)).await;
        assert_eq!(answer.is_ok(), is_virtual, "the answer is in time if the clock stands still");
        drop(stopped_clock);
        start.elapsed()
    }

    /// An event from outside of the runtime, after `millis` milliseconds of real time.
    async fn external_event(millis: u64) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(millis));
            sender.send(())
        });
        receiver.await.ok();
    }

    #[tokio::test(start_paused = true)]
    async fn virtual_clock_stops_during_external_work_and_resumes() {
        assert!(elapsed_during_external_work(Some(VirtualTime::default())).await < Duration::from_secs(1));
        let start = Instant::now();
        sleep(Duration::from_secs(3_600)).await;
        assert!(start.elapsed() >= Duration::from_secs(3_600));
    }

    #[tokio::test(start_paused = true)]
    async fn paused_clock_advances_during_external_work_without_virtual_time() {
        assert!(elapsed_during_external_work(None).await >= Duration::from_secs(10));
    }

    /// The machine answers the second session before the first; the order follows the requests.
    #[tokio::test(start_paused = true)]
    async fn sessions_run_in_the_order_of_their_requests() {
        let time = VirtualTime::default();
        let order = std::cell::RefCell::new(Vec::new());
        let session = async |name: &'static str, millis| {
            let postgres = postgres(Some(time.clone()));
            let stopped_clock = postgres.stop_clock().await;
            external_event(millis).await;
            drop(stopped_clock);
            order.borrow_mut().push(name);
        };
        join(session("first", 40), session("second", 0)).await;
        assert_eq!(*order.borrow(), ["first", "second"]);
    }
}
