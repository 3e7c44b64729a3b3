//! The wish that a run stop, which may come at any time and from anywhere.

use std::sync::Arc;

use tokio::sync::watch;

/// The wish that a run stop. Copies share it.
///
/// A run that is to stop begins nothing new, finishes the calls that are under way, and does not
/// wait for what AWS does in the background.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Utters the wish. There is no way back.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was uttered.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when it is uttered.
    pub async fn requested(&self) {
        // The sender lives as long as `self`, so waiting ends with the wish and with nothing else.
        let _ = self.0.subscribe().wait_for(|requested| *requested).await;
    }
}
