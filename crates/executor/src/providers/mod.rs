//! One file per kind of resource: how it is listed, described, created, updated and deleted.

pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod elb;
pub(crate) mod iam;
pub(crate) mod logs;
pub(crate) mod number;
pub(crate) mod parse;
pub(crate) mod postgres;
pub(crate) mod rds;
pub(crate) mod s3;
pub(crate) mod scaling;
pub(crate) mod scheduler;
pub(crate) mod secrets;
#[cfg(test)]
mod storage_tests;
pub(crate) mod tags;
