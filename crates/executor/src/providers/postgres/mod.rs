//! Providers of the rights, schemas and roles inside PostgreSQL.

pub(crate) mod database_access;
pub(crate) mod tenant_schema;
