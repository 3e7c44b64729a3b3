//! The results of probes: the attempt, the tenant, and the outcome.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// An attempt and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Probe {
    /// The tenant that made the attempt; `None` for checks of the administrator.
    pub tenant: Option<String>,
    /// The attempt.
    pub attempt: Attempt,
    /// The tenant that the attempt was against, if a particular one.
    pub against: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The required outcome.
    Held {
        /// How many attempts were made, or with how many other tenants the catalog was compared.
        times: u64,
    },
    /// A finding that saas cannot repair. It does not fail the verification.
    Residual {
        /// The finding.
        what: String,
    },
    /// A tenant can do something forbidden, or cannot do something required.
    Broken {
        /// What happened.
        what: String,
    },
}

/// An attempt as a tenant, or a check as the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// To log in with the password in the tenant's secret.
    Login,
    /// To resolve names in its own schema and in that of the extensions, and nowhere else.
    UseOwnSchema,
    /// To have all rights on the rows of its own tables, and to select from them.
    UseOwnTables,
    /// To create a table in its own schema, which only the owner role may do.
    CreateInOwnSchema,
    /// To create a table in the schema `public`.
    CreateInPublic,
    /// To create a table in the schema of the extensions.
    CreateInExtensions,
    /// To create a schema.
    CreateSchema,
    /// To create a temporary table.
    CreateTemporaryTable,
    /// To become the owner of its own schema.
    BecomeOwner,
    /// To become the administrator.
    BecomeAdmin,
    /// To log in as the migrator with the password in its secret, and to act as the owner of the schema then.
    Migrate,
    /// To have any right on another tenant's schema or on an object in it, according to the catalog.
    HaveSchema,
    /// To be a member of another tenant's role, according to the catalog.
    HaveRole,
    /// To reach another tenant's data in another way, according to the catalog: through a view, a routine, a trigger,
    /// a large object, a foreign server, or a role with rights on all data.
    Reach,
    /// To select from another tenant's schema.
    Select,
    /// To create a table in another tenant's schema.
    Create,
    /// To become another tenant's owner or application role.
    Become,
    /// To have exactly the planned rights, according to the catalog.
    Catalog,
}

impl Probe {
    /// Whether the outcome is the required one, or does not fail the verification.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        !matches!(self.outcome, Outcome::Broken { .. })
    }

    /// Whether it is a finding that saas cannot repair.
    #[must_use]
    pub const fn is_residual(&self) -> bool {
        matches!(self.outcome, Outcome::Residual { .. })
    }

    /// How many attempts it represents.
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
            Self::CreateInExtensions => "create a table in the schema of the extensions",
            Self::CreateSchema => "create a schema",
            Self::CreateTemporaryTable => "create a temporary table",
            Self::BecomeOwner => "become the owner of its schema",
            Self::BecomeAdmin => "become the administrator",
            Self::Migrate => "act as the owner of its schema in migrations",
            Self::HaveSchema => "have rights on another schema",
            Self::HaveRole => "be a member of another tenant's role",
            Self::Reach => "reach another tenant's data",
            Self::Select => "select from another schema",
            Self::Create => "create a table in another schema",
            Self::Become => "become another tenant's role",
            Self::Catalog => "have the planned rights",
        })
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tenant.as_deref().unwrap_or("all tenants"), self.attempt)?;
        if let Some(against) = &self.against {
            write!(f, " ({against})")?;
        }
        match &self.outcome {
            Outcome::Held { times } => write!(f, ": as expected, {times} times"),
            Outcome::Residual { what } => write!(f, ": residual risk: {what}"),
            Outcome::Broken { what } => write!(f, ": failed: {what}"),
        }
    }
}

/// The probes of one tenant, during collection.
#[derive(Debug, Default)]
pub(super) struct Probes {
    held: BTreeMap<(Option<String>, Attempt), u64>,
    others: Vec<Probe>,
}

impl Probes {
    /// Records a required outcome.
    pub(super) fn held(&mut self, tenant: Option<&str>, attempt: Attempt) {
        self.held_against(tenant, attempt, 1);
    }

    /// Records required outcomes against a number of other tenants.
    pub(super) fn held_against(&mut self, tenant: Option<&str>, attempt: Attempt, others: u64) {
        if others > 0 {
            *self.held.entry((tenant.map(str::to_owned), attempt)).or_default() += others;
        }
    }

    /// Records another outcome.
    pub(super) fn other(&mut self, tenant: Option<&str>, attempt: Attempt, against: Option<&str>, outcome: Outcome) {
        let [tenant, against] = [tenant, against].map(|id| id.map(str::to_owned));
        self.others.push(Probe { tenant, attempt, against, outcome });
    }

    /// All probes.
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
