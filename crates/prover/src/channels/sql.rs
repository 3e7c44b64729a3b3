//! Schemas and roles of the database.

use std::collections::HashMap;

use saas_model::Node;
use saas_model::resource::{DatabaseAccess, DbCluster, TenantSchema};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};

pub(crate) static CLAIMS: [Claim; 4] = [
    Claim {
        id: "sql/names",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "no two tenants share a schema or a role, and none has a name of the administrator or of PostgreSQL",
        proof: Proof::Platform(names),
    },
    Claim {
        id: "sql/passwords",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "the login role of T's application has the password in T's own secret",
        proof: Proof::Tenant(passwords),
    },
    Claim {
        id: "sql/database",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "tenants' schemas are in a database that admits only roles with a tenant's grants",
        proof: Proof::Tenant(database),
    },
    Claim {
        id: "sql/limits",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "T's statements, locks, idle transactions and connections have limits",
        proof: Proof::Tenant(limits),
    },
];

/// Whether PostgreSQL or Aurora reserves this name.
fn is_reserved(name: &str) -> bool {
    name.starts_with("pg_")
        || name.starts_with("rds")
        || ["public", "information_schema", "postgres", "rdsadmin", "none", "session_user", "current_user"]
            .contains(&name)
}

fn names(view: &View<'_>, facts: &mut Facts) {
    let mut schemas: HashMap<&str, &Node> = HashMap::new();
    let mut roles: HashMap<&str, &Node> = HashMap::new();
    for (node, cluster) in view.shared::<DbCluster>() {
        roles.insert(cluster.admin.as_str(), node);
    }
    for tenant in &view.tenants {
        for (node, TenantSchema { schema, owner, app, .. }) in tenant.all::<TenantSchema>() {
            let schema = ("schema", schema.as_str(), schemas.insert(schema.as_str(), node));
            let owner = ("owner", owner.as_str(), roles.insert(owner.as_str(), node));
            let app_before = roles.insert(app.as_str(), node);
            for (field, name, before) in [schema, owner, ("app", app.as_str(), app_before)] {
                facts.require(before.is_none() && !is_reserved(name), || {
                    let reason = "the name occurs twice in the database, or is reserved by PostgreSQL".to_owned();
                    let other = before.map_or("PostgreSQL", |other| other.address.as_str());
                    let statement = match field {
                        "schema" => format!("SELECT * FROM \"{name}\".things -- of {other}"),
                        _ => format!("SET ROLE \"{name}\" -- of {other}"),
                    };
                    let found = Counterexample::Sql { role: app.to_string(), statement };
                    (format!("{}.{field}", node.address), reason, found)
                });
            }
        }
    }
}

fn passwords(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, schema) in tenant.all::<TenantSchema>() {
        let password = schema.password.address();
        facts.require(tenant.owns(password), || {
            let found = Counterexample::Sql {
                role: schema.app.to_string(),
                statement: format!("-- log in with the value of {password}"),
            };
            (
                format!("{}.password", tenant.within(node)),
                "the password is not in the tenant's own secret".to_owned(),
                found,
            )
        });
    }
}

fn database(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, schema) in tenant.all::<TenantSchema>() {
        let access: Option<&DatabaseAccess> = view.get(&schema.access);
        let shared = schema.access.address().tenant().is_none() && access.is_some();
        facts.field(shared, (Some(tenant), node), "access", schema.access.address(), "a closed database");
        let Some(access) = access else { continue };
        let Some(cluster) = view.get(&access.cluster) else { continue };
        let same = access.database == cluster.database;
        facts.field(same, (Some(tenant), node), "access.database", &access.database, &cluster.database);
    }
}

fn limits(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, schema) in tenant.all::<TenantSchema>() {
        for (field, limit) in [
            ("connection_limit", schema.connection_limit),
            ("statement_timeout_ms", schema.statement_timeout_ms),
            ("lock_timeout_ms", schema.lock_timeout_ms),
            ("idle_in_transaction_timeout_ms", schema.idle_in_transaction_timeout_ms),
        ] {
            // For PostgreSQL, 0 means no timeout. Aurora accepts at most 5,000 connections.
            let bounded = limit > 0 && (field != "connection_limit" || limit <= 5_000);
            facts.field(bounded, (Some(tenant), node), field, limit, "a limit");
        }
    }
}
