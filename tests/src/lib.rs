//! The servers that whole-system tests and the demo run against.
//!
//! This crate starts what is installed and knows nothing of plans or of AWS.

mod command;
pub mod postgres;
