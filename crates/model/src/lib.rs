//! The domain model of saas: spec, lock, names, resources, policies and the content-addressed plan.
//!
//! This crate performs no I/O: callers read and write the files. It is meant for reuse.
//! [`Plan::decode`] reads a plan, and [`Plan::tenant`] gives the bucket, schema, secret, log group and
//! URL of one of its tenants; [`names`] gives names without a plan.
//!
//! Errors are `#[non_exhaustive]`. Kinds, actions and the words of policies are not: a program that decides
//! by them must decide again when one is added, and the compiler tells it. What only the other crates of
//! saas need to write plans (drafts, sealing, canonical encoding) is hidden from this documentation.
//!
//! `saas-planner` decides *what* is planned; `saas-executor` talks to AWS and PostgreSQL.

pub mod address;
pub mod arn;
pub mod cidr;
pub mod codec;
pub mod digest;
pub mod encoding;
pub mod external;
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
pub use external::ExternalResources;
pub use lock::Lock;
pub use plan::{Header, Node, Plan};
pub use receipt::Receipt;
pub use reference::{Attribute, Ref, Template};
pub use resource::{Kind, Resource};
pub use set::Set;
pub use spec::Spec;
pub use tenant::PlannedTenant;
