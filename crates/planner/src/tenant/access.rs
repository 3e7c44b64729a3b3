//! A tenant's permissions: its roles. They name exact resources.

use std::collections::BTreeMap;

use saas_model::Set;
use saas_model::arn::Place;
use saas_model::identifier::{AccountId, Image, Region, RoleName, ServiceName};
use saas_model::plan::Draft;
use saas_model::policy::{Actions, Effect, Operator, Policy, Principal, Statement};
use saas_model::resource::Role;
use saas_model::spec::{ContainerSpec, JobSpec, Permission, Platform, SecretSource, Trigger};

use super::TenantBuilder;
use super::task::Task;
use crate::statement::{allow, condition, strings};

/// The actions that a tenant needs on its objects.
const OBJECT_ACTIONS: [&str; 5] =
    ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"];

/// The actions with which the agent of ECS Exec connects people to a container.
const EXEC_ACTIONS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
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
}

impl PolicyFragments {
    pub(super) fn new(platform: &Platform) -> Self {
        Self {
            trust: trust("EcsTasks", ECS_TASKS, platform, place(platform).arn("ecs", "*")),
            object_actions: strings(&OBJECT_ACTIONS),
            list_actions: strings(&["s3:ListBucket"]),
            log_actions: strings(&["logs:CreateLogStream", "logs:PutLogEvents"]),
            secret_actions: strings(&["secretsmanager:GetSecretValue"]),
        }
    }
}

impl TenantBuilder<'_> {
    pub(super) fn place(&self) -> Place<'_> {
        place(&self.shared.spec.platform)
    }

    /// The role of the tasks that the spec allows nothing more; `None` without such tasks.
    pub(super) fn task_role(&self) -> Option<Draft> {
        let mut tasks = self.tenant.tasks().filter(|(_, task)| task.allow.is_empty());
        tasks.next()?;
        let mut services = self.tenant.services.values().filter(|service| service.task.allow.is_empty());
        let policies = self.task_policies(services.any(|service| service.exec));
        let role = self.role(self.names.task_role(), "application", policies);
        Some(self.owner.draft(&self.addresses.task_role, role))
    }

    /// The role of a task that the spec allows more; `None` for another.
    pub(super) fn own_task_role(&self, task: &Task<'_>, name: RoleName, exec: bool) -> Option<Draft> {
        let allow = &task.spec.allow;
        if allow.is_empty() {
            return None;
        }
        let mut policies = self.task_policies(exec);
        let statements = allow.iter().enumerate().map(|(index, permission)| {
            let Permission { actions, resources, conditions } = permission;
            Statement {
                sid: format!("Allow{}", index + 1).into(),
                effect: Effect::Allow,
                principal: None,
                actions: Actions::Of(actions.iter().cloned().collect()),
                resources: resources.iter().map(|resource| self.plain(resource, task.name)).collect(),
                conditions: conditions.iter().cloned().collect(),
            }
        });
        policies.insert(ALLOW.to_owned(), Policy { statements: statements.collect() });
        let role = self.role(name, task.name.as_str(), policies);
        Some(self.owner.draft(task.own_role, role))
    }

    /// What the code in every task may do: use its own bucket, and with `exec` the channels of ECS Exec.
    fn task_policies(&self, exec: bool) -> BTreeMap<String, Policy> {
        let PolicyFragments { list_actions, object_actions, .. } = &self.shared.clauses;
        let bucket = self.place().bucket_arn(&self.bucket);
        let objects = format!("{bucket}/*");
        let bucket = Policy {
            statements: vec![
                allow("ListBucket", list_actions, [bucket]),
                allow("UseObjects", object_actions, [objects]),
            ],
        };
        let mut policies = BTreeMap::from([("bucket".to_owned(), bucket)]);
        if exec {
            // These actions do not support resource-level permissions. Source: Amazon ECS Developer Guide,
            // "Task IAM role", permissions for ECS Exec.
            let statement = allow("OpenChannels", &strings(&EXEC_ACTIONS), ["*".to_owned()]);
            policies.insert("exec".to_owned(), Policy { statements: vec![statement] });
        }
        policies
    }

    /// The resource policy of a secret of the tenant: ECS reads its value with the execution role.
    pub(super) fn secret_policy(&self) -> Policy {
        self.shared.secret_policies.of_tenant(self.role_arn(&self.names.execution_role()))
    }

    /// The role that ECS uses to start the tenant's tasks: access to its logs, its secrets and its images.
    pub(super) fn execution_role(&self) -> Draft {
        let PolicyFragments { log_actions, secret_actions, .. } = &self.shared.clauses;
        let place = self.place();
        let log_group = place.arn("logs", format_args!("log-group:{}", self.names.log_group()));
        // Secrets Manager appends `-` and six random characters.
        let secret = |name: &str| place.arn("secretsmanager", format_args!("secret:{name}-??????"));
        // A stream is created in the group and written to by its own ARN.
        let mut statements = vec![
            allow("WriteLogs", log_actions, [format!("{log_group}:log-stream:*"), log_group]),
            allow("ReadPassword", secret_actions, [secret(self.names.secret().as_str())]),
        ];
        let secrets: Set<String> = self.secret_names().iter().map(|name| secret(name)).collect();
        if !secrets.is_empty() {
            statements.push(allow("ReadSecrets", secret_actions, secrets));
        }
        let parameters = self.sources().filter_map(|(task, source)| match source {
            SecretSource::Parameter { name } => Some(self.plain(name, task)),
            SecretSource::DatabasePassword | SecretSource::Generate { .. } | SecretSource::Secret { .. } => None,
        });
        // The ARN of a parameter has the slash of its name once.
        let parameter = |name: String| place.arn("ssm", format_args!("parameter/{}", name.trim_start_matches('/')));
        let parameters: Set<String> = parameters.map(parameter).collect();
        if !parameters.is_empty() {
            statements.push(allow("ReadParameters", &strings(&["ssm:GetParameters"]), parameters));
        }
        let repositories: Set<String> = self.images().filter_map(private_repository).collect();
        if !repositories.is_empty() {
            let pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
            // This action does not support resource-level permissions. Source: Service Authorization
            // Reference, Amazon ECR.
            statements.push(allow("LogInToRegistry", &strings(&["ecr:GetAuthorizationToken"]), ["*".to_owned()]));
            statements.push(allow("PullImage", &strings(&pull), repositories));
        }
        let policies = [("start-tasks".to_owned(), Policy { statements })].into();
        let role = self.role(self.names.execution_role(), "start of tasks", policies);
        self.owner.draft(&self.addresses.execution_role, role)
    }

    /// The containers of its tasks, with the name of the service or job.
    fn containers(&self) -> impl Iterator<Item = (&ServiceName, &ContainerSpec)> {
        self.tenant.tasks().flat_map(|(name, task)| {
            let sidecars = task.sidecars.values().map(|sidecar| &sidecar.container);
            std::iter::once(&task.container).chain(sidecars).map(move |container| (name, container))
        })
    }

    fn images(&self) -> impl Iterator<Item = &Image> {
        self.containers().map(|(_, container)| &container.image)
    }

    /// The sources of its secrets, with the name of the service or job.
    fn sources(&self) -> impl Iterator<Item = (&ServiceName, &SecretSource)> {
        self.containers().flat_map(|(name, container)| container.secrets.values().map(move |source| (name, source)))
    }

    /// The names of the secrets of its tasks, beside the password of the application.
    fn secret_names(&self) -> Vec<String> {
        let migrator = self.tenant.migration().map(|_| self.names.migrator_secret().to_string());
        let generated = (!self.generated.is_empty()).then(|| self.names.generated_secret().to_string());
        let external = self.sources().filter_map(|(task, source)| match source {
            SecretSource::Secret { name, key: _ } => Some(self.plain(name, task)),
            SecretSource::DatabasePassword | SecretSource::Generate { .. } | SecretSource::Parameter { .. } => None,
        });
        migrator.into_iter().chain(generated).chain(external).collect()
    }

    /// The role with which EventBridge Scheduler starts the tenant's jobs: it runs their task definitions,
    /// and passes the roles of these to ECS.
    pub(super) fn scheduler_role(&self) -> Draft {
        let place = self.place();
        let scheduled: Vec<(&ServiceName, &JobSpec)> =
            self.tenant.jobs.iter().filter(|(_, job)| matches!(job.trigger, Trigger::Schedule { .. })).collect();
        // A task definition's ARN ends in its revision.
        let definition = |(name, _): &(&ServiceName, &JobSpec)| {
            place.arn("ecs", format_args!("task-definition/{}:*", self.names.service(name).service()))
        };
        let role = |name: RoleName| self.role_arn(&name);
        let task_role = |(name, job): &(&ServiceName, &JobSpec)| match job.task.allow.is_empty() {
            true => role(self.names.task_role()),
            false => role(self.names.service(name).task_role()),
        };
        let roles = scheduled.iter().map(task_role).chain([role(self.names.execution_role())]);
        let cluster = place.arn("ecs", format_args!("cluster/{}", self.shared.names.ecs_cluster()));
        let run = Statement {
            conditions: [condition(Operator::ArnLike, "ecs:cluster", [cluster])].into(),
            ..allow("RunTasks", &strings(&["ecs:RunTask"]), scheduled.iter().map(definition).collect::<Set<_>>())
        };
        let to_ecs = condition(Operator::StringEquals, "iam:PassedToService", [ECS_TASKS.to_owned()]);
        let pass = Statement {
            conditions: [to_ecs].into(),
            ..allow("PassRoles", &strings(&["iam:PassRole"]), roles.collect::<Set<_>>())
        };
        let policies = [("run-jobs".to_owned(), Policy { statements: vec![run, pass] })].into();
        let group = place.arn("scheduler", format_args!("schedule-group/{}", self.names.schedule_group()));
        let trust = trust("Scheduler", SCHEDULER, &self.shared.spec.platform, group);
        let role = Role { trust, ..self.role(self.names.scheduler_role(), "start of jobs", policies) };
        self.owner.draft(&self.addresses.scheduler_role, role)
    }

    fn role_arn(&self, name: &RoleName) -> String {
        self.place().global_arn("iam", format_args!("role{}{name}", self.role_path()))
    }

    fn role_path(&self) -> String {
        format!("/saas/{}/", self.shared.spec.platform.environment)
    }

    fn role(&self, name: RoleName, purpose: &str, policies: BTreeMap<String, Policy>) -> Role {
        Role {
            name,
            path: self.role_path(),
            description: format!("{purpose} of {}", self.tenant.id),
            trust: self.shared.clauses.trust.clone(),
            permissions_boundary: self.shared.spec.platform.permissions_boundary.clone(),
            policies,
        }
    }
}

/// The principals of the services that assume a tenant's roles.
const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
const SCHEDULER: &str = "scheduler.amazonaws.com";

/// The name of the policy with what the spec allows.
pub(crate) const ALLOW: &str = "allow";

/// Only this service, for a source in this account, can assume a role. The trust does not allow session
/// tags, which would override a role's `tenant_id`.
fn trust(sid: &'static str, service: &'static str, platform: &Platform, source: String) -> Policy {
    let statement = Statement {
        sid: sid.into(),
        effect: Effect::Allow,
        principal: Some(Principal::Service(service.into())),
        actions: ["sts:AssumeRole".to_owned()].into(),
        resources: [].into(),
        conditions: [
            condition(Operator::StringEquals, "aws:SourceAccount", [platform.account.to_string()]),
            condition(Operator::ArnLike, "aws:SourceArn", [source]),
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
pub(crate) fn private_repository(image: &Image) -> Option<String> {
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
