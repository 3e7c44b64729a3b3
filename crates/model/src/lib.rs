//! The words of saas as types: spec, lock, names, resources, policies and the content-addressed plan.
//!
//! This crate performs no I/O: it parses text and bytes that others read, and it renders text and
//! bytes that others write. It is made to be reused. A program that wants to know which bucket,
//! schema, secret, log group and URL a tenant has asks [`Plan::tenant`]; [`names`] gives the same
//! without a plan.
//!
//! It does not decide *what* is planned (that is `saas-planner`), nor does it talk to AWS or
//! PostgreSQL (that is `saas-executor`).

pub mod address;
pub mod arn;
pub mod cidr;
pub mod codec;
pub mod digest;
pub mod encoding;
pub mod fields;
pub mod identifier;
pub mod impact;
pub mod instance_class;
pub mod lock;
pub mod names;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod receipt;
pub mod reference;
pub mod resource;
pub mod set;
pub mod spec;
mod suggest;
pub mod tenant;
pub mod time;
mod toml;

pub use address::Address;
pub use digest::Digest;
pub use lock::Lock;
pub use plan::{Header, Node, Plan};
pub use receipt::Receipt;
pub use reference::{Attribute, Ref, Text};
pub use resource::{Kind, Resource};
pub use set::Set;
pub use spec::Spec;
pub use tenant::PlannedTenant;
