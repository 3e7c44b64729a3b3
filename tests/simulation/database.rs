//! Resets the PostgreSQL that scenarios share.

use anyhow::{Context, Result};
use tokio_postgres::NoTls;

/// Removes the tenants' schemas and roles, and the record of the database setup.
const EMPTY: &str = "
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT rolname FROM pg_roles WHERE rolname LIKE 't\\_%' LOOP
        EXECUTE format('GRANT %I TO CURRENT_USER', one.rolname);
    END LOOP;
    FOR one IN SELECT nspname FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner
               WHERE rolname LIKE 't\\_%' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', one.nspname);
    END LOOP;
    FOR one IN SELECT rolname FROM pg_roles WHERE rolname LIKE 't\\_%' LOOP
        EXECUTE format('DROP OWNED BY %I', one.rolname);
        EXECUTE format('DROP ROLE %I', one.rolname);
    END LOOP;
END $$;
COMMENT ON DATABASE saas IS NULL;";

/// Resets the database at `hostaddr` to its state before the first apply.
pub(crate) async fn empty(hostaddr: &str) -> Result<()> {
    let (host, port) = hostaddr.split_once(':').context("a host and a port")?;
    let config = format!("host={host} port={port} user=saasadmin dbname=saas password=none");
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(EMPTY).await?;
    drop(client);
    connection.await??;
    Ok(())
}
