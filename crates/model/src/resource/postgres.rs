//! The database as PostgreSQL sees it: who may do what in it.

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use super::database::DbCluster;
use super::storage::Secret;
use crate::identifier::PgIdent;
use crate::impact::{NEEDED, NONE, fixed};
use crate::reference::Ref;

/// A database that is closed: `PUBLIC` has no right on it, nor on its schema `public`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = fixed(NEEDED))]
pub struct DatabaseAccess {
    /// The cluster it is in.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    pub cluster: Ref<DbCluster>,
    /// Its name.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    pub database: PgIdent,
}

const ANOTHER_SCHEMA: &str =
    "keep it as it is: another would be empty; make a second platform or another tenant, and move the data there";

/// A tenant's schema with its two roles and their rights.
///
/// The owner role cannot log in and owns the schema; the application role logs in and owns
/// nothing, so it cannot grant what it has to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = true, removal = NONE)]
pub struct TenantSchema {
    /// The database it is in.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    pub access: Ref<DatabaseAccess>,
    /// The schema.
    #[updates(fixed(ANOTHER_SCHEMA))]
    pub schema: PgIdent,
    /// The role that owns it.
    #[updates(fixed(ANOTHER_SCHEMA))]
    pub owner: PgIdent,
    /// The role that the application logs in as.
    #[updates(fixed(ANOTHER_SCHEMA))]
    pub app: PgIdent,
    /// The secret that holds the application role's password; PostgreSQL gets its SCRAM verifier.
    #[updates(NONE)]
    pub password: Ref<Secret>,
    /// How many connections the application role may have at a time.
    // Sessions that are open keep what they began with.
    #[updates(NONE)]
    pub connection_limit: u32,
    /// After how many milliseconds a statement of the application is cancelled.
    #[updates(NONE)]
    pub statement_timeout_ms: u32,
    /// After how many milliseconds a wait for a lock is given up.
    #[updates(NONE)]
    pub lock_timeout_ms: u32,
    /// After how many milliseconds a transaction that does nothing is ended.
    #[updates(NONE)]
    pub idle_in_transaction_timeout_ms: u32,
}
