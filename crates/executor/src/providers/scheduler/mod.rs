//! Providers of Amazon EventBridge Scheduler.

pub(crate) mod schedule;
pub(crate) mod schedule_fields;
pub(crate) mod schedule_group;
#[cfg(test)]
mod tests;
