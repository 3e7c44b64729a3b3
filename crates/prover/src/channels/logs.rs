//! Log groups. CloudWatch Logs has no resource policy on a log group that could deny roles of its
//! own account.

use saas_model::resource::{LogGroup, TaskDefinition};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 3] = [
    Claim {
        id: "logs/destination",
        channel: Channel::Logs,
        layer: Layer::Configuration,
        text: "T's tasks write to T's own log group, in the platform's Region",
        proof: Proof::Tenant(destination),
    },
    Claim {
        id: "logs/resource-policy",
        channel: Channel::Logs,
        layer: Layer::Resource,
        text: "T's log groups deny reads by roles of other tenants, regardless of the permissions of these roles",
        proof: Proof::Tenant(resource_policy),
    },
    Claim {
        id: "logs/retention",
        channel: Channel::Settings,
        layer: Layer::Configuration,
        text: "log events expire",
        proof: Proof::Platform(retention),
    },
];

fn destination(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    let region = &view.plan.header().region;
    for (node, definition) in tenant.all::<TaskDefinition>() {
        for (name, container) in &definition.containers {
            let (group, at) = (container.log_group.address(), (Some(tenant), node));
            let field = |field: &str| format!("containers.{name}.{field}");
            facts.field(tenant.owns(group), at, &field("log_group"), group, "the tenant's own log group");
            facts.field(container.log_region == *region, at, &field("log_region"), &container.log_region, region);
        }
    }
}

fn resource_policy(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for _ in tenant.all::<LogGroup>() {
        facts.open("log-groups-without-policy");
    }
}

fn retention(view: &View<'_>, facts: &mut Facts) {
    for node in view.plan.nodes() {
        if let saas_model::Resource::LogGroup(group) = &node.resource {
            facts.field(group.retention_days > 0, (None, node), "retention_days", group.retention_days, "more than 0");
        }
    }
}
