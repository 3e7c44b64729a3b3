//! Tasks and services.

use std::borrow::Cow;
use std::collections::HashMap;

use saas_model::reference::Segment;
use saas_model::resource::{Bucket, ScalableTarget, Service, TargetGroup, TaskDefinition, TenantSchema};
use saas_model::{Node, Resource, Template};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 4] = [
    claim(
        "ecs/roles",
        "T's tasks use T's own roles, and the application's role is not the one that reads the password",
        Proof::Tenant(roles),
    ),
    claim(
        "ecs/services",
        "T's services run T's own task definitions behind T's own target groups, without public addresses",
        Proof::Tenant(services),
    ),
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
        let (definition, group) = (service.task_definition.address(), service.target_group.address());
        facts.field(tenant.owns(definition), at, "task_definition", definition, "owned by the tenant");
        facts.field(tenant.owns(group), at, "target_group", group, "owned by the tenant");
        facts.field(!service.public_ip, at, "public_ip", service.public_ip, "false");
        facts.field(service.propagate_tags, at, "propagate_tags", service.propagate_tags, "true");
        if let Some(TaskDefinition { container, .. }) = view.get(&service.task_definition) {
            facts.field(service.container == container.name, at, "container", &service.container, &container.name);
            facts.field(service.port == container.port, at, "port", service.port, container.port);
        }
        if let Some(TargetGroup { port, .. }) = view.get(&service.target_group) {
            facts.field(service.port == *port, at, "port", service.port, port);
        }
    }
    for (node, target) in tenant.all::<ScalableTarget>() {
        let service = target.service.address();
        facts.field(tenant.owns(service), (Some(tenant), node), "service", service, "owned by the tenant");
        let Some(service) = view.get(&target.service) else { continue };
        let Some(cluster) = view.get(&service.cluster) else { continue };
        let id = format!("service/{}/{}", cluster.name, service.name);
        facts.field(target.resource_id == id, (Some(tenant), node), "resource_id", &target.resource_id, &id);
    }
}

fn containers(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, definition) in tenant.all::<TaskDefinition>() {
        let container = &definition.container;
        facts.field(
            container.readonly_root,
            (Some(tenant), node),
            "container.readonly_root",
            container.readonly_root,
            "true",
        );
        for path in &container.writable {
            let inside = path.starts_with('/') && path != "/";
            facts.field(inside, (Some(tenant), node), "container.writable", path, "a directory under the root");
        }
    }
}

/// The names of a tenant's resources; an environment that contains one leads to that tenant.
fn names(node: &Node) -> impl Iterator<Item = &str> {
    let (schema, name) = match &node.resource {
        Resource::TenantSchema(TenantSchema { schema, owner, app, .. }) => {
            (Some([schema.as_str(), owner.as_str(), app.as_str()]), None)
        }
        Resource::Bucket(_) | Resource::Secret(_) | Resource::LogGroup(_) | Resource::Role(_) => {
            (None, node.resource.name())
        }
        _ => (None, None),
    };
    schema.into_iter().flatten().chain(name)
}

fn environment(view: &View<'_>, facts: &mut Facts) {
    // About eight names a tenant: five resources and a schema with two roles.
    let mut owners: HashMap<&str, u32> = HashMap::with_capacity(8 * view.tenants.len());
    for tenant in &view.tenants {
        owners.insert(tenant.id, tenant.place);
        for name in tenant.nodes.iter().flat_map(names) {
            owners.insert(name, tenant.place);
        }
    }
    for tenant in &view.tenants {
        for (node, definition) in tenant.all::<TaskDefinition>() {
            let schema = tenant.all::<TenantSchema>().next().map(|(_, schema)| schema);
            let bucket = tenant.all::<Bucket>().next().map(|(_, bucket)| bucket.name.as_str());
            for (variable, text) in &definition.container.environment {
                let own = match variable.as_str() {
                    "TENANT_ID" => Some(tenant.id),
                    "BUCKET" => bucket,
                    "DATABASE_SCHEMA" => schema.map(|schema| schema.schema.as_str()),
                    "DATABASE_USER" => schema.map(|schema| schema.app.as_str()),
                    "DATABASE_SSLMODE" => Some("verify-full"),
                    // An empty string represents the cluster's endpoint, which only AWS knows. Any
                    // other host would receive the password.
                    "DATABASE_HOST" => Some(""),
                    _ => None,
                };
                let written = literal(text);
                let foreign = owners.get(&*written).is_some_and(|owner| *owner != tenant.place);
                let endpoint = variable != "DATABASE_HOST" || text.outputs().count() == 1;
                let agrees = endpoint && own.is_none_or(|own| own == written);
                facts.require(agrees && !foreign, || {
                    let field = format!("container.environment.{variable}");
                    let expected = own.unwrap_or("no other tenant's");
                    let found = Counterexample::field(&node.address, &field, &written, expected);
                    (node.address.to_string(), format!("{field} does not have the claimed value"), found)
                });
            }
        }
    }
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
