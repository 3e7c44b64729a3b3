//! The log of a directory, whose lock also prevents others from using the directory.
//!
//! Every process that is started in the directory writes to the log and shares its lock. A process
//! that acquires the lock therefore knows that no process of an earlier start is left, even if that
//! start was killed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// How long the server of a killed process may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open log that is locked.
#[derive(Debug)]
pub(super) struct Hold(File);

impl Hold {
    /// Locks a directory and empties its log.
    pub(super) fn take(directory: &Path) -> io::Result<Self> {
        let log = OpenOptions::new().append(true).create(true).open(directory.join("log"))?;
        let start = Instant::now();
        loop {
            match log.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::other("it is already in use by another process"));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let hold = Self(log);
        hold.clear_log()?;
        Ok(hold)
    }

    /// Empties the log.
    pub(super) fn clear_log(&self) -> io::Result<()> {
        self.0.set_len(0)
    }

    /// The log as the output of a child process, which then shares the lock until it ends.
    pub(super) fn share(&self) -> io::Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }
}
