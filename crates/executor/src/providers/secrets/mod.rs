//! Providers of AWS Secrets Manager.

pub(crate) mod secret;
