//! Providers of AWS IAM, and what roles and policies share.

pub(crate) mod documents;
pub(crate) mod passed_role;
pub(crate) mod role;
#[cfg(test)]
mod tests;
pub(crate) mod trust;
