//! Signals: the first requests a stop, the second ends the run at once.

use std::io;

use saas_executor::CancellationToken;
use saas_executor::event::{Event, Reporter};

use crate::failure::Failure;
use crate::progress::Progress;

/// Runs `work` and handles SIGINT and SIGTERM. The first signal requests a stop; the second drops
/// `work`.
///
/// # Errors
/// Errors of `work`, or that it was dropped.
pub(crate) async fn interruptible<T>(
    stop: &CancellationToken,
    progress: &Progress,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut signals = Signals::listen().map_err(no_handlers)?;
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            () = signals.next() => {
                if stop.is_cancelled() {
                    return Err(Failure::StoppedAtOnce);
                }
                stop.cancel();
                progress.report(Event::Stopping);
            }
            done = &mut work => return done,
        }
    }
}

/// Waits for SIGINT or SIGTERM.
///
/// # Errors
/// If the process cannot install signal handlers.
#[cfg(feature = "sandbox")]
pub(crate) async fn interrupted() -> Result<(), Failure> {
    Signals::listen().map_err(no_handlers)?.next().await;
    Ok(())
}

const fn no_handlers(source: io::Error) -> Failure {
    Failure::Process { what: "cannot install signal handlers", source }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
