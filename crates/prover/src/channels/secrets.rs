//! Passwords. Currently only identity policies control who can read them.

use saas_model::Kind;
use saas_model::resource::{DbCluster, Secret, TaskDefinition};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 4] = [
    Claim {
        id: "secrets/resource-policy",
        channel: Channel::Secrets,
        layer: Layer::Resource,
        text: "T's secrets deny reads to all principals except T's execution role, regardless of their permissions",
        proof: Proof::Tenant(resource_policy),
    },
    Claim {
        id: "secrets/injection",
        channel: Channel::Secrets,
        layer: Layer::Configuration,
        text: "T's tasks receive only values of T's own secrets",
        proof: Proof::Tenant(injection),
    },
    Claim {
        id: "secrets/administrator",
        channel: Channel::Secrets,
        layer: Layer::Configuration,
        text: "only the database cluster refers to shared secrets",
        proof: Proof::Platform(administrator),
    },
    Claim {
        id: "secrets/rotation",
        channel: Channel::Settings,
        layer: Layer::Configuration,
        text: "AWS does not rotate passwords, because PostgreSQL would keep the old ones",
        proof: Proof::Platform(rotation),
    },
];

fn resource_policy(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for _ in tenant.all::<Secret>() {
        facts.open("secrets-without-policy");
    }
}

fn injection(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, definition) in tenant.all::<TaskDefinition>() {
        for (variable, secret) in &definition.container.secrets {
            let field = format!("container.secrets.{variable}");
            let own = tenant.owns(secret.address());
            facts.field(own, (Some(tenant), node), &field, secret.address(), "the tenant's own secret");
        }
    }
}

fn administrator(view: &View<'_>, facts: &mut Facts) {
    for node in view.plan.nodes() {
        node.resource.references_in_fields(&mut |path, reference| {
            let shared = reference.address.tenant().is_none();
            if shared && view.node(reference.address).is_some_and(|target| target.kind() == Kind::Secret) {
                let cluster = node.kind() == Kind::DbCluster;
                facts.field(cluster, (None, node), &path.to_string(), reference.address, "only the cluster");
            }
        });
    }
    for (node, cluster) in view.shared::<DbCluster>() {
        let shared = cluster.admin_password.address().tenant().is_none();
        facts.field(
            shared,
            (None, node),
            "admin_password",
            cluster.admin_password.address(),
            "a secret that belongs to no tenant",
        );
    }
}

fn rotation(view: &View<'_>, facts: &mut Facts) {
    for node in view.plan.nodes() {
        if let saas_model::Resource::Secret(secret) = &node.resource {
            facts.field(!secret.rotation, (None, node), "rotation", secret.rotation, "false");
        }
    }
}
