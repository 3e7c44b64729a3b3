//! Providers of Amazon CloudWatch Logs.

pub(crate) mod last_lines;
pub(crate) mod log_group;
pub(crate) mod subscriptions;
