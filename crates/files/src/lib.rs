//! Spec, lock and plan as files, and the difference of two plans as text.
//!
//! The CLI and the repository's tasks share this crate. It depends on neither the executor nor an AWS
//! SDK, so it builds in seconds.

pub mod merge;
pub mod plan_files;
pub mod plan_source;
pub mod proof;
pub mod render;
