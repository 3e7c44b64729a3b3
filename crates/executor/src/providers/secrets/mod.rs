//! Providers of AWS Secrets Manager.

pub(crate) mod generated;
pub(crate) mod secret;
#[cfg(test)]
mod tests;
