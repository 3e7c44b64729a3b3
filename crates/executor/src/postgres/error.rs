//! Errors of PostgreSQL, without secrets: the server's message and code, and our own description of the
//! operation; never a statement or its values.

use std::error::Error as _;

use tokio_postgres::error::DbError;

/// PostgreSQL refused a statement, or the connection failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresError {
    /// The connection failed.
    #[error("cannot reach PostgreSQL at {at}: {reason}")]
    Unreachable {
        /// The endpoint of the cluster, and the address that was dialled.
        at: String,
        /// The reason.
        reason: String,
    },
    /// The trusted certificates cannot be read.
    #[error("cannot read the CA certificates: {0}")]
    Certificates(String),
    /// The server refused an operation.
    #[error("PostgreSQL refused to {doing}: {message}{} (SQLSTATE {code})", .notes.iter().map(|note| format!("; {note}")).collect::<String>())]
    Refused {
        /// The operation.
        doing: String,
        /// The error code, five characters. Source: PostgreSQL documentation, appendix A.
        code: String,
        /// The message of the server.
        message: String,
        /// Details from the server, where they contain no data, and further facts about the error.
        notes: Vec<String>,
    },
    /// The connection broke, or the answer was invalid.
    #[error("lost the connection to PostgreSQL while trying to {doing}: {reason}")]
    Lost {
        /// The operation.
        doing: String,
        /// The reason.
        reason: String,
    },
    /// Statements succeeded, but the catalog shows that they had no effect.
    #[error("{what} still differs from the plan: {}; revert this as the role that granted it, and apply again", .faults.join("; "))]
    NotAsSet {
        /// The database or the schema.
        what: String,
        /// The faults in the catalog.
        faults: Vec<String>,
    },
    /// Dropping a schema would drop objects outside of it.
    #[error("`{schema}` was not dropped, because objects outside of it depend on it and would be dropped, too: {}", .dependents.join(", "))]
    NeededElsewhere {
        /// The schema.
        schema: String,
        /// The dependent objects, by kind and name.
        dependents: Vec<String>,
    },
}

/// `insufficient_privilege`.
pub(super) const INSUFFICIENT_PRIVILEGE: &str = "42501";
/// `too_many_connections`.
pub(super) const TOO_MANY_CONNECTIONS: &str = "53300";
/// `read_only_sql_transaction`.
pub(super) const READ_ONLY: &str = "25006";
/// `lock_not_available`.
pub(super) const LOCK_NOT_AVAILABLE: &str = "55P03";
/// `invalid_password`.
pub(super) const WRONG_PASSWORD: &str = "28P01";

/// How many lines of the server's details to include.
const NOTE_LINES: usize = 10;

impl PostgresError {
    /// Converts an error of the client. `doing` is a verb phrase that describes the operation.
    pub(crate) fn while_doing(doing: &str) -> impl Fn(tokio_postgres::Error) -> Self {
        move |error| match error.as_db_error() {
            Some(refusal) => Self::Refused {
                doing: doing.to_owned(),
                code: refusal.code().code().to_owned(),
                message: refusal.message().to_owned(),
                notes: notes(refusal),
            },
            None => Self::Lost { doing: doing.to_owned(), reason: with_causes(&error) },
        }
    }

    /// This error, with a further note about a refusal.
    pub(super) fn with_note(mut self, note: Option<String>) -> Self {
        if let Self::Refused { notes, .. } = &mut self {
            notes.extend(note);
        }
        self
    }

    /// The message of the server, without our description of the operation.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Refused { message, code, .. } => format!("{message}, SQLSTATE {code}"),
            other => other.to_string(),
        }
    }

    /// Whether the server refused with this error code.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether the same transaction may succeed when retried: the connection broke, or another session
    /// changed the same rows concurrently.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Refused { code, message, .. } => match code.as_str() {
                // Serialization failure, deadlock, shutdown by the administrator, crash, starting up.
                "40001" | "40P01" | "57P01" | "57P02" | "57P03" => true,
                // An internal error, which concurrent changes of a catalog row cause.
                "XX000" => message.contains("tuple concurrently"),
                _ => false,
            },
            Self::Unreachable { .. } | Self::Certificates(_) | Self::NotAsSet { .. } | Self::NeededElsewhere { .. } => {
                false
            }
        }
    }

    /// Whether the server refused a statement because of its content, and would refuse it again.
    pub(super) fn is_final(&self) -> bool {
        let waits = [LOCK_NOT_AVAILABLE, "57014"].iter().any(|code| self.is(code));
        matches!(self, Self::Refused { .. }) && !self.is_transient() && !waits
    }

    /// What the operator can do about it, where known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { code, .. } => match code.as_str() {
                READ_ONLY => Some(
                    "the database is read-only: connect to the cluster's writer, not to a reader; if \
                     `default_transaction_read_only` is set, run `ALTER DATABASE ... RESET \
                     default_transaction_read_only`, and reset it for the administrator's role and in the parameter group",
                ),
                WRONG_PASSWORD => {
                    Some("the password in the secret differs from the one in PostgreSQL: `saas apply` sets it again")
                }
                "3D000" => Some("the database was renamed or dropped: rename it back, and apply again"),
                INSUFFICIENT_PRIVILEGE => {
                    Some("the administrator lacks the privilege, or another role owns the object")
                }
                // Aurora reserves some connections for members of `rds_superuser`. Source: Amazon Aurora
                // User Guide, "Aurora PostgreSQL cluster parameters".
                TOO_MANY_CONNECTIONS => Some(
                    "all connections are in use: end idle sessions or stop an application, and run this again. \
                     `rds.rds_superuser_reserved_connections` reserves some for the administrator, so also end its other \
                     sessions. To prevent this, lower tenants' `connection_limit` or use a larger instance class, so that \
                     the sum of the limits stays below `max_connections`",
                ),
                LOCK_NOT_AVAILABLE => Some(
                    "wait for that transaction, or end it with `SELECT pg_terminate_backend(PID)`, and apply again",
                ),
                _ => None,
            },
            Self::NeededElsewhere { .. } => Some("drop these objects or remove their dependency, and apply again"),
            Self::Unreachable { .. } => Some(
                "the database is in private subnets: run this inside their network, or pass \
                 `--database-hostaddr HOST:PORT` of a tunnel",
            ),
            Self::Certificates(_) | Self::Lost { .. } | Self::NotAsSet { .. } => None,
        }
    }
}

/// The details of an error, where they cannot contain data of tenants: the detail of a violated
/// constraint quotes rows, and a function may raise any text.
fn notes(refusal: &DbError) -> Vec<String> {
    if !has_no_row_data(refusal.code().code()) {
        return Vec::new();
    }
    let note = |text: &str| {
        let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
        let more = lines.len().saturating_sub(NOTE_LINES);
        lines.truncate(NOTE_LINES);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{more}", lines.join(", "))
    };
    [refusal.detail(), refusal.hint()].into_iter().flatten().map(note).collect()
}

/// Whether details of errors with this code concern objects, roles, sessions or the server. Source:
/// PostgreSQL documentation, appendix A.
fn has_no_row_data(code: &str) -> bool {
    match code.get(..2).unwrap_or_default() {
        // Grantor and role; transaction state; authorization; dependent objects; names and rights;
        // resources; object state; operator intervention.
        "0L" | "0P" | "25" | "28" | "2B" | "3D" | "3F" | "42" | "53" | "55" | "57" => true,
        // Only the deadlock.
        "40" => code == "40P01",
        _ => false,
    }
}

/// An error of the client with its causes: the outermost message alone is too vague.
pub(super) fn with_causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_details_with_row_contents_are_not_shown() {
        let codes = ["2BP01", "42501", "55006", "53300", "40P01", "3F000"];
        assert!(codes.iter().all(|code| has_no_row_data(code)));
        let kept = ["23505", "23503", "23514", "22P02", "22001", "P0001", "40001", "XX000", "44000", ""];
        assert!(kept.iter().all(|code| !has_no_row_data(code)));
    }
}
