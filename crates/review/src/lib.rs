//! What a change of a plan means, so that a person can decide on one page.
//!
//! [`review`] computes the facts: what happens to people, who may newly reach what, what it costs, how long it
//! takes, what changes, and how to approve it. [`render`] shows them, and their serialized form is the JSON.
//!
//! The crate is pure and synchronous. It reads plans, proofs and, as plain data, what a rehearsal found.

pub mod access;
mod approval;
pub mod changes;
pub mod cost;
pub mod headline;
pub mod matrix;
pub mod people;
pub mod platform;
pub mod preparation;
pub mod ran;
pub mod rehearsed;
pub mod render;
mod review;
mod tenants;
mod words;

pub use approval::{Approval, apply_command};
pub use rehearsed::Rehearsed;
pub use review::{Input, Proven, Review, review};
