//! Tasks, services and jobs.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use saas_model::reference::Segment;
use saas_model::resource::{
    Bucket, ListenerRule, LoadBalancerAttachment, Migration, ResourceSpec, ScalableTarget, ScalingMetric,
    ScalingPolicy, Schedule, Service, TargetGroup, TaskDefinition, TaskRun, TenantSchema,
};
use saas_model::{Address, Node, Resource, Template};

use super::iam::is_for_scheduler;
use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 7] = [
    claim(
        "ecs/roles",
        "T's tasks use T's own roles, and the application's role is not the one that reads the passwords",
        Proof::Tenant(roles),
    ),
    claim(
        "ecs/services",
        "T's services run T's own task definitions, behind T's own target groups or none, without public addresses",
        Proof::Tenant(services),
    ),
    claim(
        "ecs/scaling",
        "T's scaling changes T's own services alone, and follows metrics of T's own services and target groups",
        Proof::Tenant(scaling),
    ),
    claim(
        "ecs/jobs",
        "T's schedules and migrations run T's own task definitions for T's own schema, schedules in T's own group and \
         with a role of T that only EventBridge Scheduler assumes, without public addresses",
        Proof::Tenant(jobs),
    ),
    claim("ecs/exec", "no commands can be run in T's containers from outside (ECS Exec)", Proof::Tenant(exec)),
    claim("ecs/containers", "T's containers cannot write to their root file systems", Proof::Tenant(containers)),
    claim(
        "ecs/environment",
        "the environment of T's tasks contains T's own bucket, schema and role and the cluster's endpoint with its \
         certificate verified, and nothing of another tenant",
        Proof::Platform(environment),
    ),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Ecs, layer: Layer::Configuration, text, proof }
}

fn roles(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, definition) in tenant.all::<TaskDefinition>() {
        let (task, execution) = (definition.task_role.address(), definition.execution_role.address());
        let at = (Some(tenant), node);
        facts.field(tenant.owns(task), at, "task_role", task, "the tenant's own role");
        facts.field(tenant.owns(execution), at, "execution_role", execution, "the tenant's own role");
        facts.field(task != execution, at, "task_role", task, "different from the execution role");
    }
}

fn services(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, service) in tenant.all::<Service>() {
        let at = (Some(tenant), node);
        let definition = service.task_definition.address();
        facts.field(tenant.owns(definition), at, "task_definition", definition, "owned by the tenant");
        facts.field(!service.public_ip, at, "public_ip", service.public_ip, "false");
        facts.field(service.propagate_tags, at, "propagate_tags", service.propagate_tags, "true");
        // A worker receives no requests.
        let Some(LoadBalancerAttachment { target_group, container, port, .. }) = &service.load_balancer else {
            continue;
        };
        let group = target_group.address();
        facts.field(tenant.owns(group), at, "load_balancer.target_group", group, "owned by the tenant");
        if let Some(TaskDefinition { containers, .. }) = view.get(&service.task_definition) {
            let of_task = containers.get(container.as_str());
            let known = of_task.is_some();
            facts.field(known, at, "load_balancer.container", container, "a container of the task definition");
            let listens = of_task.is_some_and(|of_task| of_task.port == Some(*port));
            facts.field(listens, at, "load_balancer.port", port, "the port of the container");
        }
        if let Some(TargetGroup { port: of_group, .. }) = view.get(target_group) {
            facts.field(port == of_group, at, "load_balancer.port", port, of_group);
        }
    }
}

fn scaling(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, target) in tenant.all::<ScalableTarget>() {
        let at = (Some(tenant), node);
        let service = target.service.address();
        facts.field(tenant.owns(service), at, "service", service, "owned by the tenant");
        for (name, ScalingPolicy { metric, .. }) in &target.policies {
            match metric {
                ScalingMetric::Cpu | ScalingMetric::Memory => {}
                ScalingMetric::Requests { load_balancer, target_group } => {
                    let field = |field: &str| format!("policies.{name}.metric.requests.{field}");
                    let group = target_group.address();
                    facts.field(tenant.owns(group), at, &field("target_group"), group, "owned by the tenant");
                    let rules = tenant.all::<ListenerRule>().filter_map(|(_, rule)| view.load_balancer(rule));
                    let serves = rules.into_iter().any(|(address, _)| address == load_balancer.address());
                    let expected = "a load balancer that serves the tenant";
                    facts.field(serves, at, &field("load_balancer"), load_balancer.address(), expected);
                }
                // The plan contains no queues; their owners are unknown.
                ScalingMetric::Messages { queue: _ } => facts.open("metrics-of-queues"),
            }
        }
        let Some(service) = view.get(&target.service) else { continue };
        let Some(cluster) = view.get(&service.cluster) else { continue };
        let id = format!("service/{}/{}", cluster.name, service.name);
        facts.field(target.resource_id == id, at, "resource_id", &target.resource_id, &id);
    }
}

fn jobs(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, schedule) in tenant.all::<Schedule>() {
        let at = (Some(tenant), node);
        let (group, role) = (schedule.group.address(), schedule.role.address());
        facts.field(tenant.owns(group), at, "group", group, "the tenant's own group of schedules");
        facts.field(tenant.owns(role), at, "role", role, "the tenant's own role");
        let starts = view.get(&schedule.role).is_some_and(is_for_scheduler);
        facts.field(starts, at, "role", role, "a role that only EventBridge Scheduler assumes");
        run(tenant, node, &schedule.task, facts);
    }
    for (node, migration) in tenant.all::<Migration>() {
        let schema = migration.schema.address();
        facts.field(tenant.owns(schema), (Some(tenant), node), "schema", schema, "the tenant's own schema");
        run(tenant, node, &migration.task, facts);
    }
}

fn run(tenant: &Tenant<'_>, node: &Node, run: &TaskRun, facts: &mut Facts) {
    let at = (Some(tenant), node);
    let TaskRun { cluster, task_definition, public_ip, .. } = run;
    let (cluster, definition) = (cluster.address(), task_definition.address());
    facts.field(tenant.owns(definition), at, "task.task_definition", definition, "owned by the tenant");
    facts.field(cluster.tenant().is_none(), at, "task.cluster", cluster, "the platform's cluster");
    facts.field(!public_ip, at, "task.public_ip", public_ip, "false");
}

fn exec(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (_, service) in tenant.all::<Service>() {
        match service.exec {
            true => facts.open("exec"),
            false => facts.holds(),
        }
    }
}

fn containers(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, definition) in tenant.all::<TaskDefinition>() {
        let at = (Some(tenant), node);
        for (name, container) in &definition.containers {
            match container.readonly_root {
                true => facts.holds(),
                false => facts.open("writable-root"),
            }
            for path in container.writable.keys() {
                let inside = path.starts_with('/') && path != "/";
                let field = format!("containers.{name}.writable");
                facts.field(inside, at, &field, path, "a directory under the root");
            }
        }
    }
}

/// The names of a tenant's resources; an environment that contains one leads to that tenant.
fn names(node: &Node) -> impl Iterator<Item = &str> {
    let (schema, name) = match &node.resource {
        Resource::TenantSchema(TenantSchema { schema, owner, app, migrator, .. }) => {
            let migrator = migrator.as_ref().map(|migrator| migrator.role.as_str());
            (Some([Some(schema.as_str()), Some(owner.as_str()), Some(app.as_str()), migrator]), None)
        }
        Resource::Bucket(_) | Resource::Secret(_) | Resource::LogGroup(_) | Resource::Role(_) => {
            (None, node.resource.name())
        }
        _ => (None, None),
    };
    schema.into_iter().flatten().flatten().chain(name)
}

fn environment(view: &View<'_>, facts: &mut Facts) {
    // About ten names a tenant: its resources and a schema with its roles.
    let mut owners: HashMap<&str, u32> = HashMap::with_capacity(10 * view.tenants.len());
    for tenant in &view.tenants {
        owners.insert(tenant.id, tenant.place);
        for name in tenant.nodes.iter().flat_map(names) {
            owners.insert(name, tenant.place);
        }
    }
    // Ids of tenants, and the schemas that are named like them, can be words that the spec uses.
    let schemas = view.tenants.iter().flat_map(|tenant| tenant.all::<TenantSchema>());
    let ids = view.tenants.iter().map(|tenant| tenant.id);
    let words: HashSet<&str> = schemas.map(|(_, schema)| schema.schema.as_str()).chain(ids).collect();
    for tenant in &view.tenants {
        let migrations: BTreeSet<&Address> =
            tenant.all::<Migration>().map(|(_, migration)| migration.task.task_definition.address()).collect();
        let schema = tenant.all::<TenantSchema>().next().map(|(_, schema)| schema);
        let bucket = tenant.all::<Bucket>().next().map(|(_, bucket)| bucket.name.as_str());
        for (node, definition) in tenant.all::<TaskDefinition>() {
            let user = schema.map(|schema| match &schema.migrator {
                Some(migrator) if migrations.contains(&node.address) => migrator.role.as_str(),
                _ => schema.app.as_str(),
            });
            for (name, container) in &definition.containers {
                for (variable, text) in &container.environment {
                    let own = match variable.as_str() {
                        "TENANT_ID" => Some(tenant.id),
                        "BUCKET" => bucket,
                        "DATABASE_SCHEMA" => schema.map(|schema| schema.schema.as_str()),
                        "DATABASE_USER" => user,
                        "DATABASE_SSLMODE" => Some("verify-full"),
                        // An empty string represents the cluster's endpoint, which only AWS knows. Any
                        // other host would receive the password.
                        "DATABASE_HOST" => Some(""),
                        _ => None,
                    };
                    let written = literal(text);
                    let foreign = owners.get(&*written).is_some_and(|owner| *owner != tenant.place)
                        && !(words.contains(&*written)
                            && is_everywhere(view, tenant.within(node), name, variable, text));
                    let endpoint = variable != "DATABASE_HOST" || text.outputs().count() == 1;
                    let agrees = endpoint && own.is_none_or(|own| own == written);
                    facts.require(agrees && !foreign, || {
                        let field = format!("containers.{name}.environment.{variable}");
                        let expected = own.unwrap_or("no other tenant's");
                        let found = Counterexample::field(&node.address, &field, &written, expected);
                        (node.address.to_string(), format!("{field} does not have the claimed value"), found)
                    });
                }
            }
        }
    }
}

/// Whether a variable has this value for all tenants: then it is a word of the spec, which the id of a tenant
/// happens to equal, such as `info`.
fn is_everywhere(view: &View<'_>, definition: &str, container: &str, variable: &str, text: &Template) -> bool {
    view.tenants.iter().all(|tenant| {
        let definition = tenant.node(definition).and_then(|node| TaskDefinition::of(&node.resource));
        let container = definition.and_then(|definition| definition.containers.get(container));
        container.and_then(|container| container.environment.get(variable)) == Some(text)
    })
}

/// The text without the values that only AWS knows.
fn literal(text: &Template) -> Cow<'_, str> {
    match text.parts() {
        [Segment::Literal(text)] => Cow::Borrowed(text),
        parts => parts
            .iter()
            .filter_map(|part| match part {
                Segment::Literal(text) => Some(text.as_str()),
                Segment::Output(_) => None,
            })
            .collect(),
    }
}
