//! Whether PostgreSQL accepts a password. No catalog shows that, so it attempts a login.

use saas_model::Ref;
use saas_model::identifier::PgIdent;
use saas_model::resource::{ResourceSpec as _, Secret, TenantSchema};

use super::database::Database;
use super::error::{PostgresError, TOO_MANY_CONNECTIONS};
use crate::context::Context;
use crate::error::{Error, Result};

/// The error codes of a wrong password, or of a role without one. Source: PostgreSQL documentation,
/// appendix A, class 28.
const WRONG_PASSWORD: [&str; 2] = ["28P01", "28000"];

/// Whether an error says that the server rejects the password.
pub(crate) fn is_wrong_password(error: &Error) -> bool {
    matches!(error, Error::Postgres(PostgresError::Refused { code, .. }) if WRONG_PASSWORD.contains(&&**code))
}

/// Whether a role can log in with the password in a secret.
///
/// # Errors
/// When the secret cannot be read, or the server does not answer.
pub(crate) async fn can_log_in(
    cx: &Context<'_>,
    database: &Database,
    role: &PgIdent,
    secret: &Ref<Secret>,
) -> Result<bool> {
    let password = cx.password(secret).await?;
    let _stopped_clock = cx.postgres.stop_clock().await;
    match cx.postgres.connect(database, role, &password).await.map_err(Error::from) {
        Ok(_) => Ok(true),
        Err(error) if is_wrong_password(&error) => Ok(false),
        // The server checks everything else after the password: the connection limit of the role, its right to connect,
        // its settings, which any role can make such that no session of it begins. None is a reason to stop for others.
        Err(Error::Postgres(error)) if error.is(TOO_MANY_CONNECTIONS) || error.is_final() => Ok(true),
        Err(error) => Err(error),
    }
}

/// Reads the passwords that tenants log in with in batches, before each is tried. An unreadable secret fails its batch, but
/// not the reads one by one.
pub(crate) async fn learn_passwords_of_tenants(cx: &Context<'_>) {
    if Database::live(cx).is_none() {
        return;
    }
    let live = cx.plan.nodes().iter().filter(|node| cx.live.get(&node.address).is_some());
    let schemas = live.filter_map(|node| TenantSchema::of(&node.resource));
    let secrets = schemas.flat_map(|schema| {
        let migrator = schema.migrator.as_ref().map(|migrator| &migrator.password);
        std::iter::once(&schema.password).chain(migrator)
    });
    let _ = cx.learn_passwords(secrets.filter(|secret| cx.identity(secret).is_ok())).await;
}
