//! Schemas and roles of the database.

use std::collections::HashMap;

use saas_model::Node;
use saas_model::resource::{DatabaseAccess, DbCluster, EXTENSIONS_SCHEMA, Migration, TenantSchema};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};

/// The seconds after which every migration has ended.
const A_DAY: u32 = 24 * 60 * 60;

pub(crate) static CLAIMS: [Claim; 6] = [
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
        text: "the login roles of T's application and of T's migrations have passwords of their own, in T's own secrets",
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
        id: "sql/search-path",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "T's roles look up names in T's own schema first, and then in that of the extensions alone",
        proof: Proof::Tenant(search_path),
    },
    Claim {
        id: "sql/extensions",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "the database has only extensions without access to files, to the network, to other databases and to \
               other tenants' data and statements",
        proof: Proof::Platform(extensions),
    },
    Claim {
        id: "sql/limits",
        channel: Channel::Sql,
        layer: Layer::Application,
        text: "the statements of T's application, its locks, idle transactions and connections have limits, and T's \
               migrations end",
        proof: Proof::Tenant(limits),
    },
];

/// Extensions of types, functions, operators and index methods that access nothing but their arguments, with the
/// rights of the role that calls them.
/// Source: PostgreSQL documentation, appendix F, "Additional Supplied Modules and Extensions"; Amazon Aurora User
/// Guide, "Extension versions for Amazon Aurora PostgreSQL".
const HARMLESS: [&str; 24] = [
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "hll",
    "hstore",
    "intarray",
    "isn",
    "ltree",
    "pg_trgm",
    "pgcrypto",
    "prefix",
    "seg",
    "tablefunc",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "vector",
];

/// Whether PostgreSQL or Aurora reserves this name, or it is that of the schema that all tenants use.
fn is_reserved(name: &str) -> bool {
    name.starts_with("pg_")
        || name == EXTENSIONS_SCHEMA
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
        for (node, TenantSchema { schema, owner, app, migrator, .. }) in tenant.all::<TenantSchema>() {
            let migrator = migrator.as_ref().map(|migrator| ("migrator.role", migrator.role.as_str()));
            let of_roles = [("owner", owner.as_str()), ("app", app.as_str())].into_iter().chain(migrator);
            let mut names = vec![("schema", schema.as_str(), schemas.insert(schema.as_str(), node))];
            names.extend(of_roles.map(|(field, name)| (field, name, roles.insert(name, node))));
            for (field, name, before) in names {
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
        let migrator = schema.migrator.as_ref().map(|migrator| {
            let secret = migrator.password.address();
            ("migrator.password", &migrator.role, secret, secret != password)
        });
        for (field, role, secret, alone) in [("password", &schema.app, password, true)].into_iter().chain(migrator) {
            facts.require(tenant.owns(secret) && alone, || {
                let statement = format!("-- log in with the value of {secret}");
                let found = Counterexample::Sql { role: role.to_string(), statement };
                let reason = "the password is not in a secret of the tenant for this role alone".to_owned();
                (format!("{}.{field}", tenant.within(node)), reason, found)
            });
        }
    }
}

fn search_path(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, TenantSchema { schema, app, search_path, .. }) in tenant.all::<TenantSchema>() {
        let own = match search_path.as_slice() {
            [first, rest @ ..] => first == schema && rest.iter().all(|name| name.as_str() == EXTENSIONS_SCHEMA),
            // The default of PostgreSQL is the schema with the name of the role, and then `public`.
            [] => false,
        };
        facts.require(own, || {
            let path = search_path.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let statement = format!("SET search_path = {path}; SELECT * FROM things");
            let reason = "names are looked up outside of the tenant's own schema".to_owned();
            let found = Counterexample::Sql { role: app.to_string(), statement };
            (format!("{}.search_path", tenant.within(node)), reason, found)
        });
    }
}

fn extensions(view: &View<'_>, facts: &mut Facts) {
    for (node, access) in view.shared::<DatabaseAccess>() {
        for name in &access.extensions {
            let known = HARMLESS.contains(&name.as_str());
            facts.field(known, (None, node), "extensions", name, "an extension that opens no way between tenants");
        }
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
        // A migration may need a statement that takes long; the role of migrations has no limit for it.
        if schema.migrator.is_some() {
            facts.open("migrations-without-statement-limit");
        }
    }
    for (node, migration) in tenant.all::<Migration>() {
        let timeout = migration.timeout_seconds;
        let bounded = (1..=A_DAY).contains(&timeout);
        facts.field(bounded, (Some(tenant), node), "timeout_seconds", timeout, "1 second to 1 day");
    }
}
