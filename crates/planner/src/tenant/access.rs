//! A tenant's permissions: its two roles and the policy of its bucket.
//!
//! Permissions name exact resources. The bucket policy only denies; the task role allows.

use std::collections::BTreeMap;

use saas_model::Set;
use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Image, Region, RoleName};
use saas_model::plan::Draft;
use saas_model::policy::{Condition, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::Role;
use saas_model::spec::Platform;

use super::TenantBuilder;
use crate::statement::{CONTROL_ACTIONS, allow, condition, deny, none_of_roles, strings};

/// The actions that a tenant needs on its objects.
const OBJECT_ACTIONS: [&str; 5] =
    ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"];

/// The actions that read, write or list objects.
const DATA_ACTIONS: [&str; 7] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListBucket*",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
];

/// Policy fragments that all tenants share, created once: creating them for each tenant would take most
/// of the planning time of a large plan.
pub(super) struct PolicyFragments {
    /// The trust policy of a tenant's roles.
    trust: Policy,
    object_actions: Set<String>,
    list_actions: Set<String>,
    log_actions: Set<String>,
    secret_actions: Set<String>,
    data_actions: Set<String>,
    control_actions: Set<String>,
    all_actions: Set<String>,
    /// Exempts AWS services that act with their own principal, for example to deliver logs.
    not_a_service: Condition,
    not_break_glass: Option<Condition>,
    not_an_administrator: Set<Condition>,
    foreign_account: Set<Condition>,
    insecure_transport: Set<Condition>,
}

impl PolicyFragments {
    pub(super) fn new(platform: &Platform) -> Self {
        let not_a_service = condition(Operator::BoolIfExists, "aws:PrincipalIsAWSService", ["false".to_owned()]);
        let break_glass = platform.break_glass.as_ref();
        let account = [platform.account.to_string()];
        let insecure_transport = condition(Operator::Bool, "aws:SecureTransport", ["false".to_owned()]);
        Self {
            trust: trust(platform),
            object_actions: strings(&OBJECT_ACTIONS),
            list_actions: strings(&["s3:ListBucket"]),
            log_actions: strings(&["logs:CreateLogStream", "logs:PutLogEvents"]),
            secret_actions: strings(&["secretsmanager:GetSecretValue"]),
            data_actions: strings(&DATA_ACTIONS),
            control_actions: strings(&CONTROL_ACTIONS),
            all_actions: strings(&["s3:*"]),
            not_break_glass: none_of_roles(&[break_glass]),
            not_an_administrator: none_of_roles(&platform.administrators()).into_iter().collect(),
            foreign_account: Set::from([
                condition(Operator::StringNotEquals, "aws:PrincipalAccount", account),
                not_a_service.clone(),
            ]),
            insecure_transport: Set::from([insecure_transport]),
            not_a_service,
        }
    }
}

impl TenantBuilder<'_> {
    fn place(&self) -> Place<'_> {
        place(&self.shared.spec.platform)
    }

    /// The role of the application: access to its own bucket only.
    pub(super) fn task_role(&self) -> Draft {
        let PolicyFragments { list_actions, object_actions, .. } = &self.shared.clauses;
        let bucket = self.place().bucket_arn(&self.bucket);
        let objects = format!("{bucket}/*");
        let policy = Policy {
            statements: vec![
                allow("ListBucket", list_actions, [bucket]),
                allow("UseObjects", object_actions, [objects]),
            ],
        };
        let role = self.role(self.names.task_role(), "application", [("bucket".to_owned(), policy)].into());
        self.owner.draft(&self.addresses.task_role, role)
    }

    /// The role that ECS uses to start the tenant's tasks: access to its logs, its password and its
    /// image.
    pub(super) fn execution_role(&self) -> Draft {
        let PolicyFragments { log_actions, secret_actions, .. } = &self.shared.clauses;
        let place = self.place();
        let log_group = place.arn("logs", format_args!("log-group:{}", self.names.log_group()));
        // Secrets Manager appends `-` and six random characters.
        let secret = place.arn("secretsmanager", format_args!("secret:{}-??????", self.names.secret()));
        // A stream is created in the group and written to by its own ARN.
        let mut statements = vec![
            allow("WriteLogs", log_actions, [format!("{log_group}:log-stream:*"), log_group]),
            allow("ReadPassword", secret_actions, [secret]),
        ];
        if let Some(repository) = private_repository(&self.tenant.service.image) {
            let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
            // This action does not support resource-level permissions. Source: Service Authorization
            // Reference, Amazon ECR.
            statements.push(allow("LogInToRegistry", &strings(&["ecr:GetAuthorizationToken"]), ["*".to_owned()]));
            statements.push(allow("PullImage", &strings(&pull), [repository]));
        }
        let policies = [("start-tasks".to_owned(), Policy { statements })].into();
        let role = self.role(self.names.execution_role(), "start of tasks", policies);
        self.owner.draft(&self.addresses.execution_role, role)
    }

    fn role(&self, name: RoleName, purpose: &str, policies: BTreeMap<String, Policy>) -> Role {
        Role {
            name,
            path: format!("/saas/{}/", self.shared.spec.platform.environment),
            description: format!("{purpose} of {}", self.tenant.id),
            trust: self.shared.clauses.trust.clone(),
            policies,
        }
    }

    /// Denies access to every principal without the tenant's id as a tag, regardless of its
    /// permissions.
    ///
    /// A negated operator holds when its key is absent, so principals without the tag and anonymous
    /// callers are denied. Source: IAM User Guide, "Condition operators".
    pub(super) fn bucket_policy(&self) -> Policy {
        let clauses = &self.shared.clauses;
        let bucket = self.place().bucket_arn(&self.bucket);
        let bucket_and_objects = Set::from([format!("{bucket}/*"), bucket.clone()]);
        let tenant = [self.tenant.id.to_string()];
        let not_this_tenant = [
            Some(condition(Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", tenant)),
            Some(clauses.not_a_service.clone()),
            clauses.not_break_glass.clone(),
        ];
        let not_this_tenant = not_this_tenant.into_iter().flatten().collect();
        Policy {
            statements: vec![
                deny("DenyOtherTenants", &clauses.data_actions, &bucket_and_objects, not_this_tenant),
                deny(
                    "DenyControlPlane",
                    &clauses.control_actions,
                    &Set::from([bucket]),
                    clauses.not_an_administrator.clone(),
                ),
                deny("DenyForeignAccounts", &clauses.all_actions, &bucket_and_objects, clauses.foreign_account.clone()),
                deny(
                    "DenyInsecureTransport",
                    &clauses.all_actions,
                    &bucket_and_objects,
                    clauses.insecure_transport.clone(),
                ),
            ],
        }
    }
}

/// Only ECS tasks of this account can assume the roles. The trust does not allow session tags, which
/// would override a role's `tenant_id`.
fn trust(platform: &Platform) -> Policy {
    let statement = Statement {
        sid: "EcsTasks".into(),
        effect: Effect::Allow,
        principal: Some(Principal::Service("ecs-tasks.amazonaws.com".into())),
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

/// The ARN of the image's repository if it is a private ECR repository,
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
    fn private_ecr_image_gives_its_repository_arn() {
        let arn = "arn:aws:ecr:eu-west-1:210987654321:repository/team/app";
        let registry = "210987654321.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(repository(&format!("{registry}/team/app")).as_deref(), Some(arn));
        assert_eq!(repository(&format!("{registry}/team/app:1.2")).as_deref(), Some(arn));
        let china = repository("210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/app");
        assert_eq!(china.as_deref(), Some("arn:aws-cn:ecr:cn-north-1:210987654321:repository/app"));
    }

    #[test]
    fn public_image_has_no_repository_arn() {
        for image in ["public.ecr.aws/nginx/nginx", "nginx", "ghcr.io/team/app"] {
            assert_eq!(repository(image), None, "{image}");
        }
    }
}
