//! What the command line tools of saas are made of.
//!
//! The binary `saas` is [`run`], behind the feature `aws`. Without that feature there is what other
//! tools of a repository need, and no SDK of AWS: [`plan_files`], which plans and compares files,
//! [`render`], which shows what differs, and the [`exit`] codes.

pub mod exit;
pub mod plan_files;
pub mod render;

#[cfg(feature = "aws")]
mod args;
#[cfg(feature = "aws")]
mod carry_out;
#[cfg(feature = "aws")]
mod commands;
#[cfg(feature = "aws")]
mod confirm;
#[cfg(feature = "aws")]
mod connect;
#[cfg(feature = "aws")]
mod failure;
#[cfg(feature = "aws")]
mod interrupt;
#[cfg(feature = "aws")]
mod print;
#[cfg(feature = "aws")]
mod progress;
#[cfg(feature = "aws")]
mod receipt_file;
#[cfg(feature = "aws")]
mod rehearsal;
#[cfg(feature = "aws")]
mod sandbox;
#[cfg(feature = "aws")]
mod wait;

#[cfg(feature = "aws")]
pub use commands::run;
