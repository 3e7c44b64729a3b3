//! The database's PostgreSQL objects and permissions.

use std::fmt;

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::database::DbCluster;
use super::storage::Secret;
use crate::fields::FieldChange;
use crate::identifier::{ExtensionName, PgIdent};
use crate::impact::{Impact, NEEDED, NONE, fixed, interrupts};
use crate::reference::Ref;
use crate::set::Set;

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
    /// The extensions, in the schema [`EXTENSIONS_SCHEMA`], on which tenants have `USAGE`.
    #[updates(extensions(change))]
    pub extensions: Set<ExtensionName>,
}

/// The schema of the extensions. No tenant has it: its name is reserved.
pub const EXTENSIONS_SCHEMA: &str = "extensions";

/// Adding an extension interrupts nothing. Lists are compared as a whole.
fn extensions(change: &FieldChange) -> Impact {
    let names = |value: &Value| serde_json::from_value::<Set<String>>(value.clone()).unwrap_or_default();
    let (before, after) = (names(&change.before), names(&change.after));
    match before.minus(&after).is_empty() {
        true => NONE,
        false => interrupts("statements that use a removed extension fail"),
    }
}

impl fmt::Display for DatabaseAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.database.as_str())
    }
}

const ANOTHER_SCHEMA: &str =
    "do not change it: the new one would be empty; create a second platform or another tenant, and move the data there";

/// A tenant's schema with its roles and their privileges.
///
/// The owner role owns the schema and cannot log in. The application role logs in and owns nothing, so
/// it cannot grant its privileges to other roles. The migrator, where there is one, logs in and acts as the
/// owner.
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
    /// The role that migrations log in as; `None` without migrations.
    #[updates(NONE)]
    #[security]
    pub migrator: Option<Migrator>,
    /// The schemas in which the tenant's roles look up names.
    // Open sessions keep the setting that they started with.
    #[updates(NONE)]
    pub search_path: Vec<PgIdent>,
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

/// The role that a tenant's migrations log in as. It acts as the owner of the schema, and of nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct Migrator {
    /// Its name.
    #[impact(NONE)]
    pub role: PgIdent,
    /// The secret with its password; PostgreSQL gets only its SCRAM verifier.
    #[impact(NONE)]
    pub password: Ref<Secret>,
}
