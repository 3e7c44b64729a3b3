//! A spec with its lock and its plan as files, and what differs between two plans as text.
//!
//! The command line and the tasks of the repository share it. It uses neither the executor nor an SDK
//! of AWS, so it builds in seconds.

pub mod plan_files;
pub mod render;
