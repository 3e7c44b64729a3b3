//! Patterns that match the names of a platform's resources, whichever tenants it has.

use super::{LOG_GROUPS, NameScope, Names};

/// Patterns with `*`, as IAM policies have them. Each matches the names of every tenant, present or future; a
/// property test compares them with the names.
impl Names {
    /// Matches the names of all buckets, roles, load balancers, services, families of task definitions, schedules and
    /// schedule groups, also where they are truncated.
    #[must_use]
    pub fn prefixed(&self) -> String {
        format!("{}*", self.prefix())
    }

    /// Matches the names of the parameter groups of all major versions.
    #[must_use]
    pub fn db_parameter_group_pattern(&self) -> String {
        format!("{}*", self.db_parameter_groups())
    }

    /// Match the names of the tenants' secrets.
    #[must_use]
    pub fn secret_patterns(&self) -> [String; 2] {
        let tenants = self.tenants();
        [format!("rds/{tenants}/password"), format!("ecs/{tenants}/generated")]
    }

    /// Matches the names of the log groups.
    #[must_use]
    pub fn log_group_pattern(&self) -> String {
        format!("{LOG_GROUPS}{}", self.tenants())
    }

    /// The tenants' part of a path.
    fn tenants(&self) -> String {
        match self.scope {
            NameScope::Account => "tenant/*".to_owned(),
            NameScope::Platform => format!("{}/tenant/*", self.platform),
        }
    }
}
