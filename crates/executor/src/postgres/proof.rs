//! What the probes found: how much was tried, and what did not come out as it should.

use std::collections::BTreeMap;

use serde::Serialize;

/// The result of all probes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// How many tenants were probed, each over a connection of its own with its own password.
    pub tenants: u64,
    /// How often each thing was tried and came out as it should.
    pub held: BTreeMap<Attempt, u64>,
    /// What did not, in the order of tenants.
    pub findings: Vec<Finding>,
}

/// Something that did not come out as it should.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// As whom it was tried; `None` for what the administrator has seen.
    pub tenant: Option<String>,
    /// What was tried.
    pub attempt: Attempt,
    /// Whose it was tried on, when it was another tenant's.
    pub against: Option<String>,
    /// What to make of it.
    pub severity: Severity,
    /// What happened.
    pub what: String,
}

/// What to make of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Severity {
    /// Isolation is broken, or a tenant cannot work.
    Broken,
    /// What remains open and cannot be closed from here; it stops nothing.
    Residual,
}

/// What is tried as a tenant, and what is looked up as the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
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
    /// The rights in the catalog are exactly those that are planned.
    Catalog,
}

impl Proof {
    /// Whether nothing is broken.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Broken)
    }

    /// Takes in that something came out as it should.
    pub(super) fn hold(&mut self, attempt: Attempt, times: u64) {
        if times > 0 {
            *self.held.entry(attempt).or_default() += times;
        }
    }

    /// Takes in what another proof says, of other tenants.
    pub(super) fn absorb(&mut self, other: Self) {
        self.tenants += other.tenants;
        for (attempt, times) in other.held {
            self.hold(attempt, times);
        }
        self.findings.extend(other.findings);
    }
}
