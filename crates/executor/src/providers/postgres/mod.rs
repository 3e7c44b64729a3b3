//! Providers of what is inside PostgreSQL.

pub(crate) mod database_access;
pub(crate) mod tenant_schema;
