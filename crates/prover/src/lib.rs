#![doc = include_str!("../README.md")]

mod action_lists;
pub mod catalogue;
pub mod certificate;
mod channels;
mod check;
mod claim;
mod counterexample;
pub mod glob;
pub mod policy;
mod prove;
pub mod region;
mod remarks;
pub mod request;
pub mod solve;
mod view;
mod witness;

pub use certificate::{Certificate, Obligation, Remark, Verdict};
pub use check::{Checked, InvalidCertificate, check};
pub use counterexample::Counterexample;
pub use prove::prove;
pub use remarks::{assumptions, known_risks};
pub use request::Request;
pub use witness::{Denial, Reach, Trust, Witness};
