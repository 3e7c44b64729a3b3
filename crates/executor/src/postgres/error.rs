//! What can go wrong with PostgreSQL, without anything in it that must stay secret: the server's
//! message and code, and what was being done in our own words; never a statement or its values.

use std::error::Error as _;

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
    #[error("PostgreSQL refuses to {doing}: {message} (SQLSTATE {code})")]
    Refused {
        /// What was to be done.
        doing: String,
        /// The code of the error, five characters.
        /// Source: PostgreSQL documentation, appendix A.
        code: String,
        /// What the server says.
        message: String,
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
}

impl PostgresError {
    /// An error of the client, while doing something: a verb and what follows it.
    pub(crate) fn while_doing(doing: &str) -> impl Fn(tokio_postgres::Error) -> Self {
        move |error| match error.as_db_error() {
            Some(refusal) => Self::Refused {
                doing: doing.to_owned(),
                code: refusal.code().code().to_owned(),
                message: refusal.message().to_owned(),
            },
            None => Self::Lost { doing: doing.to_owned(), reason: with_causes(&error) },
        }
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
            Self::Unreachable { .. } | Self::Certificates(_) | Self::NotAsSet { .. } => false,
        }
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
