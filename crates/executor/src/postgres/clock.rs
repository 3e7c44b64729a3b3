//! Keeps virtual time still while PostgreSQL works.
//!
//! A paused clock of tokio leaps to the next timer as soon as every task waits, and it does not
//! count a socket as something that is worth waiting for. So, without this, the time limits of all
//! that is under way would expire while PostgreSQL thinks.

use std::sync::mpsc::{Sender, channel};

use super::Postgres;

/// As long as it lives, a paused clock stands still.
#[derive(Debug)]
pub(super) struct StandStill {
    _ends_when_dropped: Option<Sender<()>>,
}

impl Postgres {
    /// Stops the clock, if it is virtual.
    pub(super) fn stand_still(&self) -> StandStill {
        let ends_when_dropped = self.options.virtual_time.then(|| {
            let (sender, receiver) = channel::<()>();
            // The clock is not moved while there is blocking work. Source: tokio, `time::pause`,
            // "Auto-advance". The work is to wait until nobody is left who could send.
            tokio::task::spawn_blocking(move || receiver.recv());
            sender
        });
        StandStill { _ends_when_dropped: ends_when_dropped }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout};

    use crate::postgres::{Postgres, PostgresOptions};

    /// How far a paused clock comes while a thread outside of it takes its time.
    async fn leap(virtual_time: bool) -> Duration {
        let postgres = Postgres::new(PostgresOptions { virtual_time, ..PostgresOptions::default() });
        let start = Instant::now();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let still = postgres.stand_still();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            sender.send(())
        });
        let answer = timeout(Duration::from_secs(10), receiver).await;
        assert_eq!(answer.is_ok(), virtual_time, "the answer is in time if the clock stands still");
        drop(still);
        thread.join().expect("the thread ends").ok();
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_stands_still_and_goes_on() {
        assert!(leap(true).await < Duration::from_secs(1));
        let start = Instant::now();
        sleep(Duration::from_secs(3_600)).await;
        assert!(start.elapsed() >= Duration::from_secs(3_600));
    }

    #[tokio::test(start_paused = true)]
    async fn without_it_the_clock_leaps() {
        assert!(leap(false).await >= Duration::from_secs(10));
    }
}
