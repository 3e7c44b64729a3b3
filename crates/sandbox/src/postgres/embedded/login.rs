//! Logins: access checks, and the initial settings of a session. A server does this between
//! checking the password and running the first query.
//!
//! Source of the order and the messages: PostgreSQL's `InitPostgres` and `InitializeSessionUserId`.

use super::answer::{self, Refusal};
use super::backend::{Answer, Backend, Broken};
use super::quote::literal;
use super::session::{Session, become_user, clear, set};
use super::wire::Startup;

/// Logs a client in. The backend must be clear and afterwards belongs to the client. `others` are
/// the users of the existing sessions. Returns the session and the greeting for the client.
pub(super) fn log_in(
    backend: &mut Backend,
    database: &str,
    id: u32,
    startup: &Startup,
    others: &[&str],
) -> Result<Result<(Session, Vec<u8>), Refusal>, Broken> {
    if let Err(refusal) = admit(backend, database, startup, others)? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = begin(backend, startup)? {
        clear(backend)?;
        return Ok(Err(refusal));
    }
    let session = Session::started(startup.user(), backend)?;
    let greeting = greeting(backend, id, startup)?;
    Ok(Ok((session, greeting)))
}

fn admit(
    backend: &mut Backend,
    database: &str,
    startup: &Startup,
    others: &[&str],
) -> Result<Result<(), Refusal>, Broken> {
    let (user, asked) = (startup.user(), startup.database());
    let answer = backend.run(&format!(
        "SELECT rolcanlogin, rolsuper, rolconnlimit,
            pg_catalog.has_database_privilege(oid, pg_catalog.current_database(), 'CONNECT'),
            EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = {})
        FROM pg_catalog.pg_roles WHERE rolname = {}",
        literal(asked),
        literal(user)
    ))?;
    let rows = match answer {
        Ok(rows) => rows,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some([login, superuser, limit, connect, exists]) =
        rows.into_iter().next().and_then(|row| <[Option<String>; 5]>::try_from(row).ok())
    else {
        return Ok(Err(Refusal::new("28000", format!("role \"{user}\" does not exist"))));
    };
    let is = |value: &Option<String>| value.as_deref() == Some("t");
    let limit = limit.and_then(|limit| limit.parse::<usize>().ok());
    let refusal = if is(&superuser) {
        // Amazon RDS also rejects logins as its own superuser.
        let text = format!("no pg_hba.conf entry for host \"127.0.0.1\", user \"{user}\", database \"{asked}\"");
        Some(Refusal::new("28000", text))
    } else if !is(&login) {
        Some(Refusal::new("28000", format!("role \"{user}\" is not permitted to log in")))
    } else if limit.is_some_and(|limit| others.iter().filter(|other| **other == user).count() >= limit) {
        Some(Refusal::new("53300", format!("too many connections for role \"{user}\"")))
    } else if startup.wants_replication() {
        Some(Refusal::new("0A000", "the PostgreSQL of a sandbox does not support replication"))
    } else if !is(&exists) {
        Some(Refusal::new("3D000", format!("database \"{asked}\" does not exist")))
    } else if asked != database {
        let text = format!("the PostgreSQL of a sandbox serves only the database \"{database}\"");
        Some(Refusal::new("0A000", text))
    } else if !is(&connect) {
        Some(Refusal::new("42501", format!("permission denied for database \"{asked}\"")))
    } else {
        None
    };
    Ok(refusal.map_or(Ok(()), Err))
}

/// Applies the settings of the role and the database, switches to the user, and applies the
/// client's settings.
fn begin(backend: &mut Backend, startup: &Startup) -> Result<Answer, Broken> {
    // Later settings override earlier ones.
    // Source: PostgreSQL documentation, `ALTER ROLE`.
    let kept = backend.run(&format!(
        "SELECT pg_catalog.split_part(setting, '=', 1), pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)
        FROM pg_catalog.pg_db_role_setting, unnest(setconfig) WITH ORDINALITY AS kept (setting, position)
        WHERE setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
            AND setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = {}))
        ORDER BY setrole <> 0, setdatabase <> 0, position",
        literal(startup.user())
    ))?;
    let kept: Vec<(String, String)> = match kept {
        Ok(rows) => rows
            .into_iter()
            .filter_map(|row| <[Option<String>; 2]>::try_from(row).ok())
            .map(|pair| pair.map(Option::unwrap_or_default).into())
            .collect(),
        Err(refusal) => return Ok(Err(refusal)),
    };
    // A server logs a warning for a setting that fails, and continues.
    for setting in kept.iter().filter(|(name, _)| name != ROLE) {
        let _ = backend.run(&format!("SELECT {}", set(setting)))?;
    }
    if let Err(refusal) = backend.run(&become_user(startup.user()))? {
        return Ok(Err(refusal));
    }
    for setting in kept.iter().filter(|(name, _)| name == ROLE) {
        let _ = backend.run(&format!("SELECT {}", set(setting)))?;
    }
    let settings: Vec<String> = startup.settings().iter().map(|setting| format!("SELECT {}", set(setting))).collect();
    backend.run(&settings.join(";"))
}

/// The setting that switching to the user would undo, and that the user needs a right for.
const ROLE: &str = "role";

/// The messages that a client gets after login.
fn greeting(backend: &mut Backend, id: u32, startup: &Startup) -> Result<Vec<u8>, Broken> {
    let mut told = Vec::new();
    if startup.newer || startup.extensions().next().is_some() {
        // Falls back to protocol 3.0 without extensions.
        let extensions: Vec<&str> = startup.extensions().collect();
        let mut body = [0_u32, u32::try_from(extensions.len()).unwrap_or_default()].map(u32::to_be_bytes).concat();
        body.extend(extensions.iter().flat_map(|name| name.bytes().chain([0])));
        answer::message(&mut told, b'v', &body);
    }
    answer::message(&mut told, b'R', &0_u32.to_be_bytes());
    // Source: PostgreSQL documentation, section 55.2.7.
    let parameters = backend.run(
        "SELECT name, setting FROM pg_catalog.pg_settings
        WHERE name IN ('application_name', 'client_encoding', 'DateStyle', 'default_transaction_read_only',
            'in_hot_standby', 'integer_datetimes', 'IntervalStyle', 'scram_iterations', 'server_encoding',
            'server_version', 'standard_conforming_strings', 'TimeZone')
        UNION ALL VALUES ('is_superuser', 'off'), ('session_authorization', session_user)",
    )?;
    for row in parameters.unwrap_or_default() {
        let body: Vec<u8> =
            row.into_iter().flat_map(|text| text.unwrap_or_default().into_bytes().into_iter().chain([0])).collect();
        answer::message(&mut told, b'S', &body);
    }
    // Cancel requests are ignored, so the key is zero.
    answer::message(&mut told, b'K', &[id.to_be_bytes(), [0; 4]].concat());
    answer::ready(&mut told);
    Ok(told)
}
