//! Tests on a real PostgreSQL with SCRAM. As in Aurora, the administrator is no superuser.

mod creation;
mod drift;
mod effective_rights;
mod extensions;
mod failures;
mod isolation;
mod lease_loss;
mod migrations;
mod offboarding;
mod other_owners;
mod passwords;
mod probes;
mod random_rights;
mod records;
pub(crate) mod stage;
mod tls;
