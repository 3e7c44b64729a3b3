//! What probes found: what was tried, as whom, and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Something that was tried, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Probe {
    /// The tenant as whom it was tried; `None` for what the administrator has seen.
    pub tenant: Option<String>,
    /// What was tried.
    pub attempt: Attempt,
    /// The tenant on whom it was tried, where one is to be named.
    pub against: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it must.
    Held {
        /// How often: attempts on all other tenants are told together.
        times: u64,
    },
    /// Something remains open that cannot be closed from here. It stops nothing.
    Residual {
        /// What it is.
        what: String,
    },
    /// A tenant can do what it must not, or cannot do what it must.
    Broken {
        /// What happened.
        what: String,
    },
}

/// What is tried as a tenant, and what is looked up as the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// To log in with the password that is in the tenant's secret.
    Login,
    /// To find names in its own schema, and nowhere else.
    UseOwnSchema,
    /// To have all rights on rows of its own tables, and to select from them.
    UseOwnTables,
    /// To make a table in its own schema, which only the owner role may.
    CreateInOwnSchema,
    /// To make a table in the schema `public`.
    CreateInPublic,
    /// To make a schema.
    CreateSchema,
    /// To make a temporary table.
    CreateTemporaryTable,
    /// To become the owner of its own schema.
    BecomeOwner,
    /// To become the administrator.
    BecomeAdmin,
    /// To have any right on another tenant's schema, by what PostgreSQL says of rights.
    HaveSchema,
    /// To be a member of another tenant's role, by what PostgreSQL says of rights.
    HaveRole,
    /// To select from another tenant's schema.
    Select,
    /// To make a table in another tenant's schema.
    Create,
    /// To become another tenant's owner or application role.
    Become,
    /// To have exactly the rights that are planned, by what the catalog says.
    Catalog,
}

impl Probe {
    /// Whether it ended as it must, or in something that stops nothing.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        !matches!(self.outcome, Outcome::Broken { .. })
    }

    /// Whether something remains open that cannot be closed from here.
    #[must_use]
    pub const fn is_residual(&self) -> bool {
        matches!(self.outcome, Outcome::Residual { .. })
    }

    /// How many attempts it stands for.
    #[must_use]
    pub const fn times(&self) -> u64 {
        if let Outcome::Held { times } = self.outcome { times } else { 1 }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "log in with its own password",
            Self::UseOwnSchema => "use its own schema",
            Self::UseOwnTables => "use its own tables",
            Self::CreateInOwnSchema => "create a table in its own schema",
            Self::CreateInPublic => "create a table in the schema public",
            Self::CreateSchema => "create a schema",
            Self::CreateTemporaryTable => "create a temporary table",
            Self::BecomeOwner => "become the owner of its schema",
            Self::BecomeAdmin => "become the administrator",
            Self::HaveSchema => "have rights on another schema",
            Self::HaveRole => "be a member of another tenant's role",
            Self::Select => "select from another schema",
            Self::Create => "create a table in another schema",
            Self::Become => "become another tenant's role",
            Self::Catalog => "have the planned rights",
        })
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tenant.as_deref().unwrap_or("everybody"), self.attempt)?;
        if let Some(against) = &self.against {
            write!(f, " ({against})")?;
        }
        match &self.outcome {
            Outcome::Held { times } => write!(f, ": as it must, {times} times"),
            Outcome::Residual { what } => write!(f, ": remains open: {what}"),
            Outcome::Broken { what } => write!(f, ": broken: {what}"),
        }
    }
}

/// The probes of one tenant while they are made.
#[derive(Debug, Default)]
pub(super) struct Probes {
    held: BTreeMap<(Option<String>, Attempt), u64>,
    others: Vec<Probe>,
}

impl Probes {
    /// Takes in that something ended as it must.
    pub(super) fn held(&mut self, tenant: Option<&str>, attempt: Attempt) {
        *self.held.entry((tenant.map(str::to_owned), attempt)).or_default() += 1;
    }

    /// Takes in that something ended otherwise.
    pub(super) fn other(&mut self, tenant: Option<&str>, attempt: Attempt, against: Option<&str>, outcome: Outcome) {
        let [tenant, against] = [tenant, against].map(|id| id.map(str::to_owned));
        self.others.push(Probe { tenant, attempt, against, outcome });
    }

    /// All of them.
    pub(super) fn finish(self) -> impl Iterator<Item = Probe> {
        let held = self.held.into_iter().map(|((tenant, attempt), times)| Probe {
            tenant,
            attempt,
            against: None,
            outcome: Outcome::Held { times },
        });
        held.chain(self.others)
    }
}
