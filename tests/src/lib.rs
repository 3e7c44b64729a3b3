//! Servers that saas is tested and demonstrated against: an AWS emulator and a PostgreSQL.
//!
//! Each listens on a loopback port that it picks itself and ends with the value that started it.
//! The tests of the whole system are beside this library; it knows nothing of saas itself.

mod command;
pub mod moto;
pub mod postgres;
pub mod setup;
pub mod statements;
pub mod weather;
