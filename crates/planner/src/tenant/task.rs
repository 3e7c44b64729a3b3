//! What the tasks of a tenant's services and jobs run: their task definitions.

use std::collections::BTreeMap;

use saas_model::identifier::{EcsName, PgIdent, ServiceName};
use saas_model::plan::Draft;
use saas_model::resource::{CapacityProvider, Container, Role, SecretValue, TaskDefinition, TaskRun};
use saas_model::spec::{ContainerSpec, SecretSource, SidecarSpec, TaskSpec, Text};
use saas_model::{Attribute, Ref, Template};

use super::TenantBuilder;
use crate::database;

/// Source: Amazon ECS Developer Guide, "Fargate platform versions for Linux".
pub(super) const PLATFORM_VERSION: &str = "1.4.0";

/// The task of a service or job.
pub(super) struct Task<'a> {
    /// The name of the service or job.
    pub(super) name: &'a ServiceName,
    pub(super) spec: &'a TaskSpec,
    /// The family of its task definition.
    pub(super) family: EcsName,
    pub(super) address: &'a Ref<TaskDefinition>,
    /// The role that it has if it may do more than the tenant's other tasks.
    pub(super) own_role: &'a Ref<Role>,
    /// The port on which it receives requests.
    pub(super) port: Option<u16>,
    /// Whether it acts as the owner of the tenant's schema.
    pub(super) is_migration: bool,
}

impl TenantBuilder<'_> {
    pub(super) fn task_definition(&self, task: &Task<'_>) -> Draft {
        let TaskSpec { container, cpu, memory, architecture, sidecars, allow: _, egress: _ } = task.spec;
        // What is reserved for the sidecars is not for the main container.
        let of_sidecars: u32 = sidecars.values().map(|sidecar| sidecar.memory).sum();
        let main = Container {
            memory_reservation: memory.saturating_sub(of_sidecars),
            port: task.port,
            ..self.container(task, container)
        };
        let mut containers = BTreeMap::from([(task.name.to_string(), main)]);
        for (name, SidecarSpec { container, essential, memory }) in sidecars {
            let sidecar =
                Container { essential: *essential, memory_reservation: *memory, ..self.container(task, container) };
            containers.insert(name.to_string(), sidecar);
        }
        let task_definition = TaskDefinition {
            family: task.family.clone(),
            cpu: *cpu,
            memory: *memory,
            architecture: *architecture,
            execution_role: self.addresses.execution_role.clone(),
            task_role: self.task_role_of(task).clone(),
            containers,
        };
        self.owner.draft(task.address, task_definition)
    }

    /// The role of the code in a task.
    fn task_role_of<'t>(&'t self, task: &Task<'t>) -> &'t Ref<Role> {
        if task.spec.allow.is_empty() { &self.addresses.task_role } else { task.own_role }
    }

    fn container(&self, task: &Task<'_>, spec: &ContainerSpec) -> Container {
        let ContainerSpec {
            image,
            entrypoint,
            command,
            user,
            stop_timeout_seconds,
            writable,
            readonly_root,
            environment,
            secrets,
        } = spec;
        let password = if task.is_migration { &self.addresses.migrator_password } else { &self.addresses.password };
        let mut variables = self.environment(&self.database_user(task.name));
        variables.extend(environment.iter().map(|(name, text)| (name.to_string(), self.text(text, task.name))));
        let mut values = BTreeMap::from([("DATABASE_PASSWORD".to_owned(), SecretValue::Whole(password.clone()))]);
        values.extend(secrets.iter().map(|(name, source)| {
            let value = match source {
                SecretSource::DatabasePassword => SecretValue::Whole(password.clone()),
                SecretSource::Generate { length: _ } => SecretValue::Key {
                    secret: self.addresses.generated_secret.clone(),
                    key: name.as_str().parse().expect("the name of a variable can be a key"),
                },
                SecretSource::Parameter { name } => {
                    SecretValue::Parameter(self.plain(name, task.name).parse().expect(CHECKED))
                }
                SecretSource::Secret { name, key } => SecretValue::External {
                    secret: self.plain(name, task.name).parse().expect(CHECKED),
                    key: key.clone(),
                },
            };
            (name.to_string(), value)
        }));
        Container {
            image: image.clone(),
            essential: true,
            memory_reservation: 0,
            port: None,
            entrypoint: entrypoint.clone(),
            command: command.clone(),
            user: user.clone(),
            environment: variables,
            secrets: values,
            log_group: self.addresses.log_group.clone(),
            log_region: self.shared.spec.platform.region.clone(),
            log_prefix: task.name.to_string(),
            readonly_root: *readonly_root,
            writable: writable.iter().map(|writable| (writable.path.clone(), writable.size)).collect(),
            stop_timeout_seconds: *stop_timeout_seconds,
        }
    }

    /// Tells the application the locations of its resources. ECS adds `AWS_REGION` itself.
    fn environment(&self, user: &PgIdent) -> BTreeMap<String, Template> {
        let spec = self.shared.spec;
        let endpoint = Template::output(self.shared.db_cluster.address().clone(), Attribute::Endpoint);
        [
            ("BUCKET", Template::literal(self.bucket.as_str())),
            ("DATABASE_HOST", endpoint),
            ("DATABASE_NAME", Template::literal(spec.database.name.as_str())),
            ("DATABASE_PORT", Template::literal(database::PORT.to_string())),
            ("DATABASE_SCHEMA", Template::literal(self.names.schema())),
            ("DATABASE_SSLMODE", Template::literal("verify-full")),
            ("DATABASE_USER", Template::literal(user.as_str())),
            ("TENANT_ID", Template::literal(self.tenant.id.as_str())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The role of the database that a service or job logs in as.
    pub(super) fn database_user(&self, task: &ServiceName) -> PgIdent {
        let is_migration = self.tenant.migration().is_some_and(|(name, _)| name == task);
        if is_migration { self.names.migrator_role() } else { self.app_role.clone() }
    }

    /// A text whose placeholders are names of the spec.
    pub(super) fn plain(&self, text: &Text, service: &ServiceName) -> String {
        self.text(text, service).to_string()
    }

    /// How a job's task is started.
    pub(super) fn task_run(&self, task_definition: &Ref<TaskDefinition>, capacity: CapacityProvider) -> TaskRun {
        let own = &self.addresses.security_group;
        TaskRun {
            cluster: self.shared.ecs_cluster.clone(),
            task_definition: task_definition.clone(),
            platform_version: PLATFORM_VERSION.to_owned(),
            capacity,
            subnets: self.shared.private_subnets.clone(),
            security_groups: [own.clone(), self.shared.database_client_group.clone()].into(),
            public_ip: false,
        }
    }
}

const CHECKED: &str = "names of secrets and parameters are checked in the spec";
