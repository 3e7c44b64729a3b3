//! The database's PostgreSQL objects and permissions.

use std::fmt;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use super::database::DbCluster;
use super::storage::Secret;
use crate::identifier::PgIdent;
use crate::impact::{NEEDED, NONE, fixed};
use crate::reference::Ref;

/// A database without public access: `PUBLIC` has no privilege on it or on its schema `public`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct DatabaseAccess {
    /// The cluster.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub cluster: Ref<DbCluster>,
    /// Its name.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub database: PgIdent,
}

impl fmt::Display for DatabaseAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.database.as_str())
    }
}

const ANOTHER_SCHEMA: &str =
    "do not change it: the new one would be empty; create a second platform or another tenant, and move the data there";

/// A tenant's schema with its two roles and their privileges.
///
/// The owner role owns the schema and cannot log in. The application role logs in and owns nothing, so
/// it cannot grant its privileges to other roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = true, revisions = false, removal = NONE)]
pub struct TenantSchema {
    /// The database.
    #[replaces(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub access: Ref<DatabaseAccess>,
    /// The schema.
    #[updates(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub schema: PgIdent,
    /// The role that owns it.
    #[updates(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub owner: PgIdent,
    /// The role that the application logs in as.
    #[updates(fixed(ANOTHER_SCHEMA))]
    #[security]
    pub app: PgIdent,
    /// The secret with the application role's password; PostgreSQL gets only its SCRAM verifier.
    #[updates(NONE)]
    #[security]
    pub password: Ref<Secret>,
    /// The connection limit of the application role.
    // Open sessions keep the setting that they started with.
    #[updates(NONE)]
    pub connection_limit: u32,
    /// The statement timeout of the application, in milliseconds.
    #[updates(NONE)]
    pub statement_timeout_ms: u32,
    /// The lock timeout, in milliseconds.
    #[updates(NONE)]
    pub lock_timeout_ms: u32,
    /// The timeout of an idle transaction, in milliseconds.
    #[updates(NONE)]
    pub idle_in_transaction_timeout_ms: u32,
}

impl fmt::Display for TenantSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, roles {} and {}", self.schema, self.owner, self.app)
    }
}
