//! How long S3 takes for what it does after it has answered.

use std::time::Duration;

/// How long the name of a deleted bucket is not given to another.
///
/// Amazon S3 User Guide, "Deleting a general purpose bucket", says only that it takes some time.
/// In one region and one account it is mostly a matter of seconds; at times it is up to an hour, which
/// the dial `bucket_names` brings about.
pub(super) const NAME_HELD: Duration = Duration::from_secs(60);
