//! Providers of Application Auto Scaling.

pub(crate) mod scalable_target;
