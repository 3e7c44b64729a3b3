//! What somebody can do where a claim does not hold, in a form that a person can replay.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::request::Request;

/// What somebody can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counterexample {
    /// A request to AWS that is let through.
    Request(Request),
    /// A way through security groups, from hop to hop.
    Path(Vec<String>),
    /// A request over HTTP.
    Host {
        /// The line of its header, such as `Host: acme.example.com`.
        header: String,
        /// Where it goes.
        reaches: String,
    },
    /// A statement to PostgreSQL.
    Sql {
        /// The role that is logged in.
        role: String,
        /// What it says.
        statement: String,
    },
    /// What a field holds.
    Field {
        /// The node.
        node: String,
        /// The path of the field.
        field: String,
        /// What is in it.
        found: String,
        /// What may be in it.
        expected: String,
    },
    /// It was not decided, so it counts as open.
    Undecided(String),
}

impl Counterexample {
    /// A field that holds what it must not.
    pub(crate) fn field(
        node: impl fmt::Display,
        field: impl fmt::Display,
        found: impl fmt::Display,
        expected: impl fmt::Display,
    ) -> Self {
        Self::Field {
            node: node.to_string(),
            field: field.to_string(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => request.fmt(f),
            Self::Path(hops) => f.write_str(&hops.join(" -> ")),
            Self::Host { header, reaches } => write!(f, "`{header}` reaches {reaches}"),
            Self::Sql { role, statement } => write!(f, "as {role}: {statement}"),
            Self::Field { node, field, found, expected } => {
                write!(f, "{node}: {field} is {found}, and must be {expected}")
            }
            Self::Undecided(why) => write!(f, "not decided: {why}"),
        }
    }
}
