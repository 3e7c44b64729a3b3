//! What can go wrong with PostgreSQL, without anything in it that must stay secret: the server's
//! message and code, and what was being done in our own words; never a statement or its values.

use std::error::Error as _;

use tokio_postgres::error::DbError;

/// PostgreSQL refused a statement, or the connection failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresError {
    /// No connection came about.
    #[error("cannot reach PostgreSQL at {at}: {reason}")]
    Unreachable {
        /// The cluster's endpoint, and where it was dialled.
        at: String,
        /// What happened.
        reason: String,
    },
    /// The certificates to trust cannot be read.
    #[error("cannot read the certificates to trust: {0}")]
    Certificates(String),
    /// The server refused.
    #[error("PostgreSQL refuses to {doing}: {message}{} (SQLSTATE {code})", .notes.iter().map(|note| format!("; {note}")).collect::<String>())]
    Refused {
        /// What was to be done.
        doing: String,
        /// The code of the error, five characters.
        /// Source: PostgreSQL documentation, appendix A.
        code: String,
        /// What the server says.
        message: String,
        /// What it says beside it, where that holds no data, and what else is known.
        notes: Vec<String>,
    },
    /// The connection broke, or the answer was not understood.
    #[error("lost the connection to PostgreSQL, trying to {doing}: {reason}")]
    Lost {
        /// What was to be done.
        doing: String,
        /// What happened.
        reason: String,
    },
    /// Statements succeeded, and the catalog shows that they had no effect.
    #[error("{what} is not as it was set: {}; take that back as the one who granted it, and apply again", .faults.join("; "))]
    NotAsSet {
        /// The database or the schema.
        what: String,
        /// What the catalog shows.
        faults: Vec<String>,
    },
    /// Dropping a schema would drop what is not in it.
    #[error("`{schema}` is not removed, for this elsewhere depends on it and would go with it: {}", .dependents.join(", "))]
    NeededElsewhere {
        /// The schema.
        schema: String,
        /// What depends on it, by kind and name.
        dependents: Vec<String>,
    },
}

/// `insufficient_privilege`.
pub(super) const NO_RIGHT: &str = "42501";
/// `too_many_connections`.
pub(super) const CROWDED: &str = "53300";
/// `read_only_sql_transaction`.
pub(super) const READ_ONLY: &str = "25006";
/// `lock_not_available`.
pub(super) const LOCKED: &str = "55P03";
/// `invalid_password`.
pub(super) const WRONG_PASSWORD: &str = "28P01";

/// How many lines of what the server adds are told.
const NOTE_LINES: usize = 10;

impl PostgresError {
    /// An error of the client, while doing something: a verb and what follows it.
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

    /// This, with something more that is known of a refusal.
    pub(super) fn noting(mut self, note: Option<String>) -> Self {
        if let Self::Refused { notes, .. } = &mut self {
            notes.extend(note);
        }
        self
    }

    /// What the server says, without what was being done.
    pub(super) fn message(&self) -> String {
        match self {
            Self::Refused { message, code, .. } => format!("{message}, SQLSTATE {code}"),
            other => other.to_string(),
        }
    }

    /// Whether the server refused with this code.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }

    /// Whether the same transaction may well succeed when it is tried again: the connection broke,
    /// or somebody else changed the same rows at the same time.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Lost { .. } => true,
            Self::Refused { code, message, .. } => match code.as_str() {
                // Serialization failure, deadlock, shutdown by the administrator, crash, starting up.
                "40001" | "40P01" | "57P01" | "57P02" | "57P03" => true,
                // An internal error, which is what two changes of one row of the catalog give.
                "XX000" => message.contains("tuple concurrently"),
                _ => false,
            },
            Self::Unreachable { .. } | Self::Certificates(_) | Self::NotAsSet { .. } | Self::NeededElsewhere { .. } => {
                false
            }
        }
    }

    /// Whether the server refused a statement for what it says, and would refuse it again.
    pub(super) fn is_final(&self) -> bool {
        let waits = [LOCKED, "57014"].iter().any(|code| self.is(code));
        matches!(self, Self::Refused { .. }) && !self.passes() && !waits
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { code, .. } => match code.as_str() {
                READ_ONLY => Some(
                    "the database takes no writes: either a reader was dialled, so dial the cluster's writer; or \
                     `default_transaction_read_only` is set, so `ALTER DATABASE ... RESET default_transaction_read_only`, \
                     and the same for the administrator's role and in the parameter group",
                ),
                WRONG_PASSWORD => Some(
                    "the password in the secret is not the one that PostgreSQL has: `saas apply` sets the administrator's \
                     again, and `saas apply --deep` sets it again for a tenant",
                ),
                "3D000" => Some("the database was renamed or dropped: give it its name back, and apply again"),
                NO_RIGHT => Some("the administrator lacks this right, or the object belongs to another role"),
                // Aurora reserves some for members of `rds_superuser`.
                // Source: Amazon Aurora User Guide, "Aurora PostgreSQL cluster parameters".
                CROWDED => Some(
                    "every connection is taken: end idle sessions or stop an application, and run this again; those that \
                     `rds.rds_superuser_reserved_connections` keeps free are the administrator's, so end its other sessions \
                     too; then lower tenants' `connection_limit` or take a larger instance class, so that their sum stays \
                     below `max_connections`",
                ),
                LOCKED => Some(
                    "wait for that transaction, or end it with `SELECT pg_terminate_backend(PID)`, and apply again",
                ),
                _ => None,
            },
            Self::NeededElsewhere { .. } => Some("drop these, or make them depend on something else, and apply again"),
            Self::Unreachable { .. } => Some(
                "the database is in private subnets: run this where their network can be reached, or give \
                 `--database-hostaddr HOST:PORT` of a tunnel",
            ),
            Self::Certificates(_) | Self::Lost { .. } | Self::NotAsSet { .. } => None,
        }
    }
}

/// What the server says beside its message, where it cannot hold data of tenants: the detail of a
/// violated constraint quotes rows, and a function may raise anything.
fn notes(refusal: &DbError) -> Vec<String> {
    if !tells_no_data(refusal.code().code()) {
        return Vec::new();
    }
    let told = |text: &str| {
        let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
        let more = lines.len().saturating_sub(NOTE_LINES);
        lines.truncate(NOTE_LINES);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{more}", lines.join(", "))
    };
    [refusal.detail(), refusal.hint()].into_iter().flatten().map(told).collect()
}

/// Whether details of errors with this code are about objects, roles, sessions and the server.
/// Source: PostgreSQL documentation, appendix A.
fn tells_no_data(code: &str) -> bool {
    match code.get(..2).unwrap_or_default() {
        // Grantor and role; state of the transaction; authorization; objects that depend; names and
        // rights; resources; state of objects; the operator.
        "0L" | "0P" | "25" | "28" | "2B" | "3D" | "3F" | "42" | "53" | "55" | "57" => true,
        // Of these, the deadlock.
        "40" => code == "40P01",
        _ => false,
    }
}

/// An error of the client with its causes: the outermost one alone says too little.
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
    fn details_with_rows_are_not_told() {
        let told = ["2BP01", "42501", "55006", "53300", "40P01", "3F000"];
        assert!(told.iter().all(|code| tells_no_data(code)));
        let kept = ["23505", "23503", "23514", "22P02", "22001", "P0001", "40001", "XX000", "44000", ""];
        assert!(kept.iter().all(|code| !tells_no_data(code)));
    }
}
