//! Providers of Application Auto Scaling.

mod policy;
pub(crate) mod scalable_target;
#[cfg(test)]
mod tests;
