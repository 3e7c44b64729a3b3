//! Counterexamples to claims: attacks, in a form that can be replayed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::request::Request;

/// A counterexample to a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counterexample {
    /// A request to AWS that is allowed.
    Request(Request),
    /// A path through security groups, hop by hop.
    Path(Vec<String>),
    /// An HTTP request.
    Host {
        /// The header line, such as `Host: acme.example.com`.
        header: String,
        /// The node that the request reaches.
        reaches: String,
    },
    /// A PostgreSQL statement.
    Sql {
        /// The role that executes it.
        role: String,
        /// The statement.
        statement: String,
    },
    /// A field with a wrong value.
    Field {
        /// The node.
        node: String,
        /// The path of the field.
        field: String,
        /// The actual value.
        found: String,
        /// The expected value.
        expected: String,
    },
    /// The claim was not decided, so it counts as not proven.
    Undecided(String),
}

impl Counterexample {
    /// A field with a wrong value.
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
                write!(f, "{node}: {field} is {found}, but must be {expected}")
            }
            Self::Undecided(why) => write!(f, "undecided: {why}"),
        }
    }
}
