//! Secrets: who reads their values, who changes them, and which tasks receive them.

mod policy;

use std::collections::BTreeSet;

use saas_model::resource::{
    DbCluster, Migration, Schedule, SecretValue, Service, TaskDefinition, TaskRun, TenantSchema,
};
use saas_model::{Address, Kind};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::view::{Tenant, View};

/// The risk of secrets and parameters that the plan does not contain.
pub(crate) const EXTERNAL: &str = "external-secrets";

pub(crate) static CLAIMS: [Claim; 8] = [
    of_policies(
        "secrets/reads",
        "T's secrets deny reads of their values to all principals except the role that starts T's tasks, the trusted \
         roles and the root of the account",
        Proof::Tenant(policy::reads),
    ),
    of_policies(
        "secrets/changes",
        "T's secrets deny writes, deletion, replication and changes of their tags and policies to all principals except \
         the trusted roles and the root of the account",
        Proof::Tenant(policy::changes),
    ),
    of_policies("secrets/grants", "the policies of T's secrets only deny", Proof::Tenant(policy::grants)),
    of_policies(
        "secrets/shared",
        "shared secrets deny reads and changes to all principals except the trusted roles and the root of the account, \
         and their policies only deny",
        Proof::Platform(policy::shared),
    ),
    Claim {
        id: "secrets/injection",
        channel: Channel::Secrets,
        layer: Layer::Configuration,
        text: "T's tasks receive only values of T's own secrets, and of secrets and parameters outside of the plan",
        proof: Proof::Tenant(injection),
    },
    Claim {
        id: "secrets/migrator",
        channel: Channel::Secrets,
        layer: Layer::Configuration,
        text: "only T's migrations receive the password of the role that acts as the owner of T's schema",
        proof: Proof::Tenant(migrator),
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

/// A claim that holds without any identity policy.
const fn of_policies(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Secrets, layer: Layer::Resource, text, proof }
}

fn injection(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, definition) in tenant.all::<TaskDefinition>() {
        for (name, container) in &definition.containers {
            for (variable, value) in &container.secrets {
                let field = format!("containers.{name}.secrets.{variable}");
                let at = (Some(tenant), node);
                match value {
                    SecretValue::Whole(secret) | SecretValue::Key { secret, key: _ } => {
                        let own = tenant.owns(secret.address());
                        facts.field(own, at, &field, secret.address(), "the tenant's own secret");
                    }
                    SecretValue::External { secret, key: _ } => {
                        let outside = !view.has_secret(secret.as_str());
                        facts.field(outside, at, &field, secret, "a secret that is not part of the plan");
                        facts.open(EXTERNAL);
                    }
                    SecretValue::Parameter(_) => facts.open(EXTERNAL),
                }
            }
        }
    }
}

/// The secret with the password of a migrator is for migrations alone: what has it can change the schema.
fn migrator(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    let definition = |run: &TaskRun| run.task_definition.address().clone();
    let migrations: BTreeSet<Address> =
        tenant.all::<Migration>().map(|(_, migration)| definition(&migration.task)).collect();
    let services = tenant.all::<Service>().map(|(node, service)| (node, service.task_definition.address().clone()));
    let schedules = tenant.all::<Schedule>().map(|(node, schedule)| (node, definition(&schedule.task)));
    for (node, definition) in services.chain(schedules) {
        let other = !migrations.contains(&definition);
        facts.field(other, (Some(tenant), node), "task_definition", &definition, "not that of a migration");
    }
    let schemas = tenant.all::<TenantSchema>();
    let passwords: BTreeSet<&Address> =
        schemas.filter_map(|(_, schema)| Some(schema.migrator.as_ref()?.password.address())).collect();
    for (node, definition) in tenant.all::<TaskDefinition>().filter(|(node, _)| !migrations.contains(&node.address)) {
        for (name, container) in &definition.containers {
            for (variable, value) in &container.secrets {
                let (SecretValue::Whole(secret) | SecretValue::Key { secret, key: _ }) = value else { continue };
                let address = secret.address();
                let field = format!("containers.{name}.secrets.{variable}");
                let other = !passwords.contains(address);
                facts.field(other, (Some(tenant), node), &field, address, "not the password of the migrator");
            }
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
