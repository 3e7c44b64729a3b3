//! Configuration of shared resources: encryption, TLS, backups.

use saas_model::resource::{ApplyMethod, DbCluster, DbClusterParameterGroup, DbInstance, LoadBalancer};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::view::View;

pub(crate) static CLAIMS: [Claim; 3] = [
    claim(
        "settings/database",
        "the database is encrypted and backed up, keeps its version, and has the planned parameters",
        Proof::Platform(database),
    ),
    claim("settings/database-tls", "the database refuses connections without TLS", Proof::Platform(database_tls)),
    claim(
        "settings/deletion-protection",
        "outside of development, AWS refuses to delete the database and the load balancers",
        Proof::Platform(deletion_protection),
    ),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Settings, layer: Layer::Configuration, text, proof }
}

fn database(view: &View<'_>, facts: &mut Facts) {
    for (node, cluster) in view.shared::<DbCluster>() {
        let at = (None, node);
        facts.field(cluster.storage_encrypted, at, "storage_encrypted", cluster.storage_encrypted, "true");
        facts.field(
            cluster.backup_retention_days > 0,
            at,
            "backup_retention_days",
            cluster.backup_retention_days,
            "more than 0",
        );
        facts.field(
            cluster.copy_tags_to_snapshots,
            at,
            "copy_tags_to_snapshots",
            cluster.copy_tags_to_snapshots,
            "true",
        );
        if let Some(group) = view.get(&cluster.parameter_group) {
            let family = format!("aurora-postgresql{}", cluster.engine_version.major());
            facts.field(group.family == family, at, "parameter_group", &group.family, &family);
        }
    }
    for (node, instance) in view.shared::<DbInstance>() {
        let upgrades = instance.auto_minor_version_upgrade;
        facts.field(!upgrades, (None, node), "auto_minor_version_upgrade", upgrades, "false");
    }
}

fn database_tls(view: &View<'_>, facts: &mut Facts) {
    for (node, group) in view.shared::<DbClusterParameterGroup>() {
        let forced = group.parameters.get("rds.force_ssl");
        let found = forced.map_or("the default", |parameter| parameter.value.as_str());
        let on = forced.is_some_and(|parameter| parameter.value == "1" && parameter.apply == ApplyMethod::Immediate);
        facts.field(on, (None, node), "parameters.rds.force_ssl", found, "1, applied immediately");
    }
}

fn deletion_protection(view: &View<'_>, facts: &mut Facts) {
    let development = view.plan.header().environment.is_development();
    for (node, cluster) in view.shared::<DbCluster>() {
        let protected = development || cluster.deletion_protection;
        facts.field(protected, (None, node), "deletion_protection", cluster.deletion_protection, "true");
    }
    for (node, balancer) in view.shared::<LoadBalancer>() {
        let protected = development || balancer.deletion_protection;
        facts.field(protected, (None, node), "deletion_protection", balancer.deletion_protection, "true");
    }
}
