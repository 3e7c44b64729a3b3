//! Tests on a real PostgreSQL with SCRAM, whose administrator is no superuser, as Aurora's is not.

mod drifting;
mod fenced;
mod isolation;
mod leaving;
mod making;
mod others;
mod passwords;
mod probing;
mod records;
mod stage;
mod tls;
mod trouble;
