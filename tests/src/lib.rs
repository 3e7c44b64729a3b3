//! Servers that saas is tested and demonstrated against: an AWS emulator and a PostgreSQL; and a browser for the page
//! of a review.
//!
//! Each server listens on a free loopback port and stops when its value is dropped. The system tests
//! are in `tests/system`; this library does not depend on saas.

pub mod browser;
mod command;
pub mod fault_proxy;
pub mod moto;
pub mod postgres;
pub mod setup;
pub mod statements;
