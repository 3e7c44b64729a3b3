//! Who may do what: a tenant's two roles and the policy of its bucket.
//!
//! Permissions name exact resources. The bucket's policy only denies; what the tenant may do is in
//! its task role.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Image, Region, RoleArn, RoleName};
use saas_model::plan::Draft;
use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::Role;
use saas_model::spec::Platform;

use super::Subject;

/// What reads, writes or lists objects.
const DATA_ACTIONS: [&str; 7] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
];

/// What would open the bucket, or take it away.
const CONTROL_ACTIONS: [&str; 11] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:TagResource",
    "s3:UntagResource",
];

impl Subject<'_> {
    fn place(&self) -> Place<'_> {
        place(&self.shared.spec.platform)
    }

    /// The role that the application has: its own bucket, and nothing else.
    pub(super) fn task_role(&self) -> Draft {
        let bucket = self.place().bucket_arn(&self.bucket);
        let objects = ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"]
            .map(|action| format!("s3:{action}"));
        let policy = Policy {
            statements: vec![
                allow("ListBucket", ["s3:ListBucket".to_owned()], [bucket.clone()]),
                allow("UseObjects", objects, [format!("{bucket}/*")]),
            ],
        };
        let role = self.role(self.names.task_role(), "application", [("bucket".to_owned(), policy)].into());
        self.owner.draft(&self.at.task_role, role)
    }

    /// The role with which ECS starts the tenant's tasks: its logs, its password, its image.
    pub(super) fn execution_role(&self) -> Draft {
        let place = self.place();
        let log_group = place.arn("logs", format_args!("log-group:{}", self.names.log_group()));
        // Secrets Manager adds `-` and six characters that nobody can foresee.
        let secret = place.arn("secretsmanager", format_args!("secret:{}-??????", self.names.secret()));
        let logs = ["logs:CreateLogStream", "logs:PutLogEvents"].map(str::to_owned);
        // A stream is created in the group and written to by its own ARN.
        let mut statements = vec![
            allow("WriteLogs", logs, [format!("{log_group}:log-stream:*"), log_group]),
            allow("ReadPassword", ["secretsmanager:GetSecretValue".to_owned()], [secret]),
        ];
        if let Some(repository) = private_repository(&self.tenant.service.image) {
            let pull = ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"];
            // This action knows no resources. Source: Service Authorization Reference, Amazon ECR.
            statements.push(allow("LogInToRegistry", ["ecr:GetAuthorizationToken".to_owned()], ["*".to_owned()]));
            statements.push(allow("PullImage", pull.map(|action| format!("ecr:{action}")), [repository]));
        }
        let policies = [("start-tasks".to_owned(), Policy { statements })].into();
        let role = self.role(self.names.execution_role(), "start of tasks", policies);
        self.owner.draft(&self.at.execution_role, role)
    }

    fn role(&self, name: RoleName, purpose: &str, policies: BTreeMap<String, Policy>) -> Role {
        Role {
            name,
            path: format!("/saas/{}/", self.shared.spec.platform.environment),
            description: format!("{purpose} of {}", self.tenant.id),
            trust: self.shared.trust.clone(),
            policies,
        }
    }

    /// Keeps everybody out whose role does not carry the tenant's id, whatever they are allowed.
    ///
    /// A negated operator holds when its key is absent, so callers without a tag, and anonymous
    /// ones, are denied. Source: IAM User Guide, "Condition operators".
    pub(super) fn bucket_policy(&self) -> Policy {
        let platform = &self.shared.spec.platform;
        let bucket = self.place().bucket_arn(&self.bucket);
        let everything = [bucket.clone(), format!("{bucket}/*")];
        let exempt = |roles: &[Option<&RoleArn>]| {
            let roles: BTreeSet<String> = roles.iter().flatten().map(ToString::to_string).collect();
            (!roles.is_empty()).then(|| condition(Operator::ArnNotLike, "aws:PrincipalArn", roles))
        };
        // Services of AWS act in their own name here, for example to deliver logs.
        let not_a_service = || condition(Operator::BoolIfExists, "aws:PrincipalIsAWSService", ["false".to_owned()]);
        let break_glass = platform.break_glass.as_ref();
        let tenant = [self.tenant.id.to_string()];
        let account = [platform.account.to_string()];
        Policy {
            statements: vec![
                deny(
                    "DenyOtherTenants",
                    &DATA_ACTIONS,
                    everything.clone(),
                    [condition(Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", tenant), not_a_service()]
                        .into_iter()
                        .chain(exempt(&[break_glass])),
                ),
                deny(
                    "DenyControlPlane",
                    &CONTROL_ACTIONS,
                    [bucket],
                    exempt(&[Some(&platform.provisioner), break_glass]),
                ),
                deny(
                    "DenyForeignAccounts",
                    &["s3:*"],
                    everything.clone(),
                    [condition(Operator::StringNotEquals, "aws:PrincipalAccount", account), not_a_service()],
                ),
                deny(
                    "DenyInsecureTransport",
                    &["s3:*"],
                    everything,
                    [condition(Operator::Bool, "aws:SecureTransport", ["false".to_owned()])],
                ),
            ],
        }
    }
}

/// ECS tasks of this account and nobody else; nobody may set session tags, which would override a
/// role's `tenant_id`.
pub(super) fn trust(platform: &Platform) -> Policy {
    let statement = Statement {
        sid: "EcsTasks".to_owned(),
        effect: Effect::Allow,
        principal: Some(Principal::Service("ecs-tasks.amazonaws.com".to_owned())),
        actions: ["sts:AssumeRole".to_owned()].into(),
        resources: [].into(),
        conditions: [
            condition(Operator::StringEquals, "aws:SourceAccount", [platform.account.to_string()]),
            condition(Operator::ArnLike, "aws:SourceArn", [place(platform).arn("ecs", "*")]),
        ]
        .into(),
    };
    Policy { statements: vec![statement] }
}

fn place(platform: &Platform) -> Place<'_> {
    Place { account: &platform.account, region: &platform.region }
}

fn allow<const A: usize, const R: usize>(sid: &str, actions: [String; A], resources: [String; R]) -> Statement {
    Statement {
        sid: sid.to_owned(),
        effect: Effect::Allow,
        principal: None,
        actions: actions.into(),
        resources: resources.into(),
        conditions: [].into(),
    }
}

fn deny(
    sid: &str,
    actions: &[&str],
    resources: impl Into<BTreeSet<String>>,
    conditions: impl IntoIterator<Item = Condition>,
) -> Statement {
    Statement {
        sid: sid.to_owned(),
        effect: Effect::Deny,
        principal: Some(Principal::Anyone),
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        resources: resources.into(),
        conditions: conditions.into_iter().collect(),
    }
}

fn condition(operator: Operator, key: &str, values: impl Into<BTreeSet<String>>) -> Condition {
    Condition { operator, key: key.to_owned(), values: values.into() }
}

/// The ARN of the image's repository where that is a private one of ECR,
/// `<account>.dkr.ecr.<region>.amazonaws.com/<repository>`; a public image needs no permission.
fn private_repository(image: &Image) -> Option<String> {
    let (registry, rest) = image.as_str().split_once('/')?;
    let (account, region) = registry.split_once(".dkr.ecr.")?;
    let region = region.strip_suffix(".cn").unwrap_or(region).strip_suffix(".amazonaws.com")?;
    let (account, region) = (AccountId::new(account).ok()?, Region::new(region).ok()?);
    let repository = rest.split(['@', ':']).next()?;
    Some(Place { account: &account, region: &region }.arn("ecr", format_args!("repository/{repository}")))
}

#[cfg(test)]
mod tests {
    use super::private_repository;

    fn repository(image: &str) -> Option<String> {
        private_repository(&format!("{image}@sha256:{}", "a".repeat(64)).parse().expect("a valid image"))
    }

    #[test]
    fn a_private_image_names_its_repository() {
        let arn = "arn:aws:ecr:eu-west-1:210987654321:repository/team/app";
        let registry = "210987654321.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(repository(&format!("{registry}/team/app")).as_deref(), Some(arn));
        assert_eq!(repository(&format!("{registry}/team/app:1.2")).as_deref(), Some(arn));
        let china = repository("210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/app");
        assert_eq!(china.as_deref(), Some("arn:aws-cn:ecr:cn-north-1:210987654321:repository/app"));
    }

    #[test]
    fn a_public_image_has_none() {
        for image in ["public.ecr.aws/nginx/nginx", "nginx", "1.dkr.ecr.eu-west-1.amazonaws.com/app"] {
            assert_eq!(repository(image), None, "{image}");
        }
    }
}
