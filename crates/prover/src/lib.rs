//! placeholder
pub mod catalogue;
pub mod glob;
pub mod policy;
pub mod region;
pub mod request;
pub mod solve;
