//! The database as PostgreSQL sees it: who may do what in it.

use serde::{Deserialize, Serialize};

use super::database::DbCluster;
use super::storage::Secret;
use super::wanted;
use crate::identifier::PgIdent;
use crate::impact::{NONE, fixed, impacts};
use crate::reference::Ref;

/// A database that is closed: `PUBLIC` has no right on it, nor on its schema `public`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseAccess {
    /// The cluster it is in.
    pub cluster: Ref<DbCluster>,
    /// Its name.
    pub database: PgIdent,
}
wanted!(DatabaseAccess, cluster);
impacts!(DatabaseAccess, change {
    cluster => fixed(ANOTHER_SCHEMA),
    database => fixed(ANOTHER_SCHEMA),
});

const ANOTHER_SCHEMA: &str =
    "keep it as it is: another would be empty; make a second platform or another tenant, and move the data there";

/// A tenant's schema with its two roles and their rights.
///
/// The owner role cannot log in and owns the schema; the application role logs in and owns
/// nothing, so it cannot grant what it has to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantSchema {
    /// The database it is in.
    pub access: Ref<DatabaseAccess>,
    /// The schema.
    pub schema: PgIdent,
    /// The role that owns it.
    pub owner: PgIdent,
    /// The role that the application logs in as.
    pub app: PgIdent,
    /// The secret that holds the application role's password; PostgreSQL gets its SCRAM verifier.
    pub password: Ref<Secret>,
    /// How many connections the application role may have at a time.
    pub connection_limit: u32,
    /// After how many milliseconds a statement of the application is cancelled.
    pub statement_timeout_ms: u32,
    /// After how many milliseconds a wait for a lock is given up.
    pub lock_timeout_ms: u32,
    /// After how many milliseconds a transaction that does nothing is ended.
    pub idle_in_transaction_timeout_ms: u32,
}
wanted!(TenantSchema, access, password);
impacts!(TenantSchema, change {
    access => fixed(ANOTHER_SCHEMA),
    schema => fixed(ANOTHER_SCHEMA),
    owner => fixed(ANOTHER_SCHEMA),
    app => fixed(ANOTHER_SCHEMA),
    password => NONE,
    // Sessions that are open keep what they began with.
    connection_limit => NONE,
    statement_timeout_ms => NONE,
    lock_timeout_ms => NONE,
    idle_in_transaction_timeout_ms => NONE,
});
