//! Keeps virtual time still while PostgreSQL works, and lets one session at a time talk to it.
//!
//! A paused clock of tokio leaps to the next timer as soon as every task waits, and it does not
//! count a socket as something that is worth waiting for. So, without this, the time limits of all
//! that is under way would expire while PostgreSQL works. And two sessions that wait for PostgreSQL
//! at the same time would go on in the order in which the machine happens to answer; one after the
//! other, the order follows from the order of their requests alone.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Postgres;

/// The virtual time of a runtime whose clock is paused. All executors of one runtime share one;
/// clones are the same.
#[derive(Clone, Debug, Default)]
pub struct VirtualTime(Arc<Mutex<()>>);

/// As long as it lives, a paused clock stands still, and no other session of its virtual time talks
/// to PostgreSQL.
#[derive(Debug)]
pub(super) struct StoppedClock {
    // Fields are dropped in this order: the clock goes on before the next session's turn stops it.
    _ends_when_dropped: Option<Sender<()>>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Postgres {
    /// Waits for its turn and stops the clock, if time is virtual.
    pub(super) async fn stand_still(&self) -> StoppedClock {
        let Some(VirtualTime(turn)) = &self.options.virtual_time else {
            return StoppedClock { _ends_when_dropped: None, _turn: None };
        };
        let turn = Arc::clone(turn).lock_owned().await;
        let (sender, receiver) = channel::<()>();
        // The clock is not moved while there is blocking work. Source: tokio, `time::pause`,
        // "Auto-advance". The work is to wait until every sender is gone.
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

    /// How far a paused clock comes while a thread outside of it takes its time.
    async fn leap(virtual_time: Option<VirtualTime>) -> Duration {
        let is_virtual = virtual_time.is_some();
        let postgres = postgres(virtual_time);
        let start = Instant::now();
        let still = postgres.stand_still().await;
        let answer = timeout(Duration::from_secs(10), outside(50)).await;
        assert_eq!(answer.is_ok(), is_virtual, "the answer is in time if the clock stands still");
        drop(still);
        start.elapsed()
    }

    /// What comes from outside of the runtime, after so many milliseconds of real time.
    async fn outside(millis: u64) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(millis));
            sender.send(())
        });
        receiver.await.ok();
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_stands_still_and_goes_on() {
        assert!(leap(Some(VirtualTime::default())).await < Duration::from_secs(1));
        let start = Instant::now();
        sleep(Duration::from_secs(3_600)).await;
        assert!(start.elapsed() >= Duration::from_secs(3_600));
    }

    #[tokio::test(start_paused = true)]
    async fn without_it_the_clock_leaps() {
        assert!(leap(None).await >= Duration::from_secs(10));
    }

    /// The machine answers the second before the first; the order is that of the requests.
    #[tokio::test(start_paused = true)]
    async fn sessions_take_turns_in_the_order_of_their_requests() {
        let time = VirtualTime::default();
        let order = std::cell::RefCell::new(Vec::new());
        let session = async |name: &'static str, millis| {
            let postgres = postgres(Some(time.clone()));
            let still = postgres.stand_still().await;
            outside(millis).await;
            drop(still);
            order.borrow_mut().push(name);
        };
        join(session("first", 40), session("second", 0)).await;
        assert_eq!(*order.borrow(), ["first", "second"]);
    }
}
