//! A request to cancel a run. It may come at any time and from any task.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to cancel a run. Clones share it.
///
/// A cancelled run starts no new step, finishes the calls in progress, and does not wait for background
/// work of AWS.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Requests cancellation. Irreversible.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether cancellation was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until cancellation is requested.
    pub async fn requested(&self) {
        // The sender lives as long as `self`, so only a request ends this wait.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}
