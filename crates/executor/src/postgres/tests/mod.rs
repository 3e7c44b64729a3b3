//! Tests on a real PostgreSQL with SCRAM. As in Aurora, the administrator is no superuser.

mod drifting;
mod extending;
mod fenced;
mod isolation;
mod leaving;
mod making;
mod migrating;
mod others;
mod passwords;
mod probing;
mod records;
pub(crate) mod stage;
mod tls;
mod trouble;
