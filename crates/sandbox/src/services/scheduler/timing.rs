//! The durations of EventBridge Scheduler. AWS publishes none.

use std::time::Duration;

/// From the deletion of a group until it and its schedules are removed; from experience.
pub(super) const DELETING_GROUP: Duration = Duration::from_secs(30);
