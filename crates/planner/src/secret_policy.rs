//! The resource policies of secrets. They only deny, whatever permissions a principal has elsewhere.

use saas_model::Set;
use saas_model::arn::Place;
use saas_model::policy::{Actions, Condition, Operator, Policy};
use saas_model::spec::Platform;

use crate::statement::{condition, deny, strings};

/// The one action that reads the value of a secret. `BatchGetSecretValue` requires it for each of its secrets.
/// Source: Secrets Manager API, `BatchGetSecretValue`.
const READ_VALUE: &str = "secretsmanager:GetSecretValue";

/// The actions that read the configuration of a secret. They stay open, as AWS Config and IAM Access Analyzer need them.
const READ_CONFIGURATION: [&str; 3] =
    ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecretVersionIds"];

/// What the policies of all secrets share, created once.
pub(crate) struct SecretPolicies {
    value: Actions,
    /// Writes, deletions, replication, tags and the policy itself, and what AWS adds later.
    changes: Actions,
    /// The secret that has the policy.
    this: Set<String>,
    /// The principals that may do everything: the administrators, and the root of the account, so that a policy whose
    /// administrators are gone can be repaired.
    exempt: Vec<String>,
    unless_exempt: Set<Condition>,
}

impl SecretPolicies {
    pub(crate) fn new(platform: &Platform) -> Self {
        let place = Place { account: &platform.account, region: &platform.region };
        let administrators = platform.administrators().into_iter().flatten().map(ToString::to_string);
        let exempt: Vec<String> = administrators.chain([place.global_arn("iam", "root")]).collect();
        let open = [&READ_CONFIGURATION[..], &[READ_VALUE]].concat();
        Self {
            value: strings(&[READ_VALUE]).into(),
            changes: Actions::AllBut(strings(&open)),
            this: strings(&["*"]),
            unless_exempt: [none_of(exempt.clone())].into(),
            exempt,
        }
    }

    /// Of a secret whose value this role of a tenant reads as well.
    pub(crate) fn of_tenant(&self, reader: String) -> Policy {
        self.policy([none_of(self.exempt.iter().cloned().chain([reader]).collect())].into())
    }

    /// Of a secret that no tenant reads.
    pub(crate) fn of_platform(&self) -> Policy {
        self.policy(self.unless_exempt.clone())
    }

    fn policy(&self, unless_reader: Set<Condition>) -> Policy {
        Policy {
            statements: vec![
                deny("DenyReads", &self.value, &self.this, unless_reader),
                deny("DenyChanges", &self.changes, &self.this, self.unless_exempt.clone()),
            ],
        }
    }
}

/// Holds for every principal but these. A negated operator holds when its key is absent, so that anonymous callers and
/// AWS services are none of them. Source: IAM User Guide, "Condition operators".
fn none_of(principals: Vec<String>) -> Condition {
    condition(Operator::ArnNotLike, "aws:PrincipalArn", principals)
}
