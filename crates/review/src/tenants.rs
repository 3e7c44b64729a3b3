//! A tenant in one line: its hosts, bucket, schema, services and their size.

use itertools::Itertools as _;
use saas_model::plan::SCALING;
use saas_model::resource::{ResourceSpec, ScalableTarget, Service, TaskDefinition};
use saas_model::{Address, Node, Plan};

use crate::words::{count, short_digests};

/// The line of a tenant.
pub(crate) fn line(plan: &Plan, id: &str) -> String {
    let resources = count(nodes(plan, id).len(), "resource");
    let Ok(tenant) = plan.tenant(id) else { return resources };
    let hosts = tenant.services.values().filter_map(|service| service.hosts).flat_map(|hosts| hosts.iter());
    let hosts = hosts.map(ToString::to_string).filter(|host| !host.contains('*')).unique().join(" ");
    let services = services(plan, id).join("; ");
    let jobs = tenant.jobs.keys().map(|name| format!("job {name}")).join(", ");
    let parts =
        [hosts, format!("bucket {}", tenant.bucket), format!("schema {}", tenant.schema), services, jobs, resources];
    parts.into_iter().filter(|part| !part.is_empty()).join(", ")
}

/// The services of a tenant, each with its image, size and number of tasks.
pub(crate) fn services(plan: &Plan, id: &str) -> Vec<String> {
    let Ok(tenant) = plan.tenant(id) else { return Vec::new() };
    tenant.services.keys().filter_map(|name| service(plan, id, name)).collect()
}

/// The nodes of a tenant. Those of a plan are in the order of their addresses, so they stand together.
pub(crate) fn nodes<'p>(plan: &'p Plan, id: &str) -> &'p [Node] {
    let prefix = format!("tenant/{id}/");
    let nodes = plan.nodes();
    let start = nodes.partition_point(|node| node.address.as_str() < prefix.as_str());
    let count = nodes[start..].partition_point(|node| node.address.as_str().starts_with(&prefix));
    &nodes[start..start + count]
}

/// A service with its image, size and number of tasks.
fn service(plan: &Plan, tenant: &str, name: &str) -> Option<String> {
    let address = Address::new(format!("tenant/{tenant}/service/{name}")).ok()?;
    let node = plan.node(&address)?;
    let service = Service::of(&node.resource)?;
    let definition = TaskDefinition::of(&plan.node(service.task_definition.address())?.resource)?;
    let image = definition.containers.get(name).map(|container| short_digests(container.image.as_ref()));
    let scaling = plan.node(&Address::new(format!("{address}/{SCALING}")).ok()?);
    let range = scaling.and_then(|node| ScalableTarget::of(&node.resource)).map(|target| (target.min, target.max));
    let tasks = match (range, node.initial) {
        (Some((min, max)), _) if min == max => count(min as usize, "task"),
        (Some((min, max)), _) => format!("{min} to {max} tasks"),
        (None, Some(initial)) => count(initial.desired_count as usize, "task"),
        (None, None) => String::new(),
    };
    let size = format!("{} vCPU {} MiB", cpus(definition.cpu), definition.memory);
    let image = image.unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let parts = [name.to_owned(), size, tasks];
    Some(format!(
        "{} {}",
        node.address.as_str().rsplit('/').next()?,
        parts.into_iter().filter(|part| !part.is_empty()).join(" ")
    ))
}

/// CPU units as virtual CPUs, without rounding: 256 are 0.25.
fn cpus(units: u32) -> String {
    let thousandths = u64::from(units) * 1_000 / 1_024;
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_cpus_are_decimal() {
        assert_eq!([256, 512, 1_024, 4_096].map(cpus), ["0.25", "0.5", "1", "4"]);
    }
}
