//! How long S3 takes after it has answered.

use std::time::Duration;

/// How long the name of a deleted bucket cannot be reused.
///
/// Amazon S3 User Guide, "Deleting a general purpose bucket", says only that it takes some time. In
/// the same Region and account, it is usually a matter of seconds; sometimes it takes up to an
/// hour, which the dial `bucket_names` simulates.
pub(super) const NAME_HELD: Duration = Duration::from_secs(60);
