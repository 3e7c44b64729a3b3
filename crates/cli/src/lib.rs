//! What the command line tools of saas have in common.

pub mod plan_files;
