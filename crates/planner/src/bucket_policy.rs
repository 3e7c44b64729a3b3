//! The policies of buckets. They only deny, whatever permissions a principal has elsewhere.

use saas_model::Set;
use saas_model::identifier::TenantId;
use saas_model::policy::{Actions, Condition, Operator, Policy, Statement};
use saas_model::spec::Platform;

use crate::statement::{condition, deny, none_of_roles, strings};

/// The actions that read, write or list objects: all that a tenant may do with its bucket.
const DATA: [&str; 7] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
];

/// The actions that list objects. They apply to the bucket.
const LISTS: [&str; 1] = ["s3:ListBucket*"];

/// The actions that read the configuration of a bucket. They stay open, as AWS Config and IAM Access Analyzer need them.
const READ_CONFIGURATION: [&str; 3] = ["s3:Get*Configuration", "s3:GetBucket*", "s3:ListTagsForResource"];

/// What the policies of all buckets share, created once: creating it for each tenant would take most of the
/// planning time of a large plan.
pub(crate) struct BucketPolicies {
    everything: Actions,
    lists: Actions,
    /// Everything but data and reads of the configuration, also what AWS adds later.
    control: Actions,
    /// Everything but reads of the configuration.
    all_but_configuration: Actions,
    /// Exempts AWS services that act with their own principal, for example to deliver logs.
    not_a_service: Condition,
    not_break_glass: Option<Condition>,
    not_an_administrator: Set<Condition>,
    foreign_account: Set<Condition>,
    insecure_transport: Set<Condition>,
}

impl BucketPolicies {
    pub(crate) fn new(platform: &Platform) -> Self {
        let not_a_service = condition(Operator::BoolIfExists, "aws:PrincipalIsAWSService", ["false".to_owned()]);
        let not_a_role = none_of_roles(&platform.administrators());
        let account = [platform.account.to_string()];
        let insecure_transport = condition(Operator::Bool, "aws:SecureTransport", ["false".to_owned()]);
        Self {
            everything: strings(&["s3:*"]).into(),
            lists: strings(&LISTS).into(),
            control: Actions::AllBut(strings(&[&DATA[..], &READ_CONFIGURATION].concat())),
            all_but_configuration: Actions::AllBut(strings(&READ_CONFIGURATION)),
            not_break_glass: none_of_roles(&[platform.break_glass.as_ref()]),
            not_an_administrator: not_a_role.into_iter().chain([not_a_service.clone()]).collect(),
            foreign_account: Set::from([
                condition(Operator::StringNotEquals, "aws:PrincipalAccount", account),
                not_a_service.clone(),
            ]),
            insecure_transport: Set::from([insecure_transport]),
            not_a_service,
        }
    }

    /// Of a tenant's bucket. Its data is for principals with the tenant's id as a tag alone, so that the provisioner
    /// has no access to it either; everything else is for the administrators alone.
    ///
    /// A negated operator holds when its key is absent, so principals without the tag and anonymous
    /// callers are denied. Source: IAM User Guide, "Condition operators".
    pub(crate) fn of_tenant(&self, bucket: &str, tenant: &TenantId) -> Policy {
        let objects = Set::from([format!("{bucket}/*")]);
        let bucket_alone = Set::from([bucket.to_owned()]);
        let both = bucket_and_objects(bucket);
        let not_this_tenant = [
            Some(condition(Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", [tenant.to_string()])),
            Some(self.not_a_service.clone()),
            self.not_break_glass.clone(),
        ];
        let not_this_tenant: Set<Condition> = not_this_tenant.into_iter().flatten().collect();
        Policy {
            statements: vec![
                deny("DenyOtherTenants", &self.everything, &objects, not_this_tenant.clone()),
                deny("DenyControlPlane", &self.control, &both, self.not_an_administrator.clone()),
                self.deny_foreign_accounts(&both),
                self.deny_insecure_transport(&both),
                deny("DenyOtherTenantsLists", &self.lists, &bucket_alone, not_this_tenant),
            ],
        }
    }

    /// Of the bucket of the lease and the receipts, which only administrators read and write.
    pub(crate) fn of_platform(&self, bucket: &str) -> Policy {
        let both = bucket_and_objects(bucket);
        let others = self.not_an_administrator.clone();
        Policy {
            statements: vec![
                deny("DenyOthers", &self.all_but_configuration, &both, others),
                self.deny_foreign_accounts(&both),
                self.deny_insecure_transport(&both),
            ],
        }
    }

    fn deny_foreign_accounts(&self, resources: &Set<String>) -> Statement {
        deny("DenyForeignAccounts", &self.everything, resources, self.foreign_account.clone())
    }

    fn deny_insecure_transport(&self, resources: &Set<String>) -> Statement {
        deny("DenyInsecureTransport", &self.everything, resources, self.insecure_transport.clone())
    }
}

fn bucket_and_objects(bucket: &str) -> Set<String> {
    Set::from([format!("{bucket}/*"), bucket.to_owned()])
}
