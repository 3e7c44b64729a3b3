//! Providers of Amazon CloudWatch Logs.

pub(crate) mod log_group;
