//! Tenants' schemas with their roles and rights.
//!
//! Creating and updating are the same: both bring PostgreSQL to the planned state from any state. No
//! catalog that the administrator may read has the password, so both set it every time.

use std::collections::BTreeMap;

use postgres_protocol::password::scram_sha_256;
use saas_model::Node;
use saas_model::fields::FieldChange;
use saas_model::identifier::PgIdent;
use saas_model::resource::{DatabaseAccess, Kind, Migrator, ResourceSpec, Secret, TenantSchema};
use saas_model::{Address, Ref};

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::Result;
use crate::event::Event;
use crate::postgres::{
    Database, Drift, Footprint, TenantNames, Verifiers, at_stake, can_log_in, dependents_elsewhere, drift, ensure,
    footprints, is_wrong_password, offboard, taken_names,
};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::state::blocker::Blocker;
use crate::state::incomplete::Incomplete;
use crate::state::observed::{Identity, ObservedResource};

/// The reported value of a password that PostgreSQL rejects.
const REFUSED: &str = "another than in the secret";

impl ResourceProvider for TenantSchema {
    const DECLARATION: Declaration = Declaration {
        // The administrator logs in to the writer.
        needs: &[Kind::DbInstance, Kind::DbCluster],
        concurrency: Concurrency::Postgres,
        identification: Identification::Property,
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Comment,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            describe: &["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"],
            ..ApiCalls::NONE
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.schema.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        names_in_database(cx).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
        let seen = cx.postgres.administer(cx, async |transaction| {
            let footprints = footprints(cx, transaction, None).await?;
            let names = footprints.values().filter_map(|footprint| {
                let planned = planned(cx, footprint).map(|planned| planned.search_path.as_slice());
                Some(TenantNames { search_path: planned, ..footprint.names()? })
            });
            let drift = drift(transaction, names).await?;
            Ok((footprints, drift))
        });
        let Some((footprints, drift)) = database.unless_unserved(seen.await)? else { return Ok(Vec::new()) };
        let mut drifted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Drift { schema, fault, .. } in drift {
            drifted.entry(schema).or_default().push(fault);
        }
        let found = footprints.values().filter_map(|footprint| {
            let found = found(cx, &database, footprint)?;
            let found = if footprint.is_recorded { found } else { found.because(Incomplete::Unrecorded) };
            let roles: Vec<&str> = footprint.roles().map(PgIdent::as_str).collect();
            Some(match footprint.names().map(|names| drifted.remove(names.schema.as_str())) {
                None => found.differs(ROLES, roles, planned_roles(cx, footprint)),
                Some(faults) => found.unplanned(RIGHTS, faults.unwrap_or_default()),
            })
        });
        Ok(found.collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let migrator = match &self.migrator {
            Some(migrator) => Some(verifier(cx, &migrator.password).await?),
            None => None,
        };
        let verifiers = Verifiers { app: verifier(cx, &self.password).await?, migrator };
        let out_of_reach = cx
            .postgres
            .administer(cx, async |transaction| ensure(cx, transaction, node, self, &verifiers).await)
            .await?;
        for message in out_of_reach {
            cx.report(Event::Warning { address: Some(node.address.clone()), message });
        }
        Ok(Identity::of_id(self.schema.as_str()))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        _found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        self.create(cx, node).await
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        // Without a cluster, no database exists.
        if Database::live(cx).is_none() {
            return Ok(());
        }
        offboard(cx, &found.address).await
    }

    /// Tries the planned passwords: no catalog that the administrator may read has them.
    async fn probe(&self, cx: &Context<'_>, _node: &Node) -> Result<Vec<FieldChange>> {
        let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
        let migrator = self.migrator.as_ref().map(|it| ("migrator.password", &it.role, &it.password));
        let mut refused = Vec::new();
        for (field, role, secret) in std::iter::once(("password", &self.app, &self.password)).chain(migrator) {
            if cx.identity(secret).is_err() || can_log_in(cx, &database, role, secret).await? {
                continue;
            }
            let (before, after) = (REFUSED.into(), secret.address().as_str().into());
            refused.push(FieldChange { field: field.to_owned(), before, after });
        }
        Ok(refused)
    }

    /// The foreign objects that would be dropped with a schema, or would keep its roles.
    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        const REMEDY: &str = "drop it, or remove its dependency";
        let removed: Vec<&ObservedResource> = changes.iter().filter_map(|change| change.removed()).collect();
        if removed.is_empty() || Database::live(cx).is_none() {
            return Ok(Vec::new());
        }
        let deleting: Vec<String> = removed.iter().map(|found| found.identity.id.clone()).collect();
        let looked = cx.postgres.administer(cx, async |transaction| {
            let footprints = footprints(cx, transaction, None).await?;
            let mut blockers = Vec::new();
            for found in &removed {
                let Some(footprint) = footprints.get(&found.address) else { continue };
                for dependent in dependents_elsewhere(transaction, footprint, &deleting).await? {
                    let what = format!("it depends on `{}`, and would be dropped with it", found.identity.id);
                    let address = found.address.clone();
                    blockers.push(Blocker::new(address, Kind::TenantSchema, dependent, what, REMEDY));
                }
            }
            Ok(blockers)
        });
        match looked.await {
            // The administrator cannot log in, so nothing is known. The deletion checks again.
            Err(error) if is_wrong_password(&error) => Ok(Vec::new()),
            other => other,
        }
    }

    async fn data_loss(cx: &Context<'_>, found: &ObservedResource) -> Result<Option<String>> {
        if Database::live(cx).is_none() {
            return Ok(None);
        }
        cx.postgres
            .administer(cx, async |transaction| {
                match footprints(cx, transaction, Some(&found.address)).await?.get(&found.address) {
                    Some(footprint) => at_stake(transaction, footprint).await,
                    None => Ok(None),
                }
            })
            .await
    }
}

/// The verifier of the password in a secret, which PostgreSQL gets in its place.
async fn verifier(cx: &Context<'_>, secret: &Ref<Secret>) -> Result<String> {
    Ok(scram_sha_256(cx.password(secret).await?.as_bytes()))
}

/// The planned names that others have in the database. The name of a schema is unique in its database, and the name of a role in its server.
async fn names_in_database(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let is_missing = |node: &&Node| TenantSchema::of(&node.resource).is_some() && cx.live.get(&node.address).is_none();
    let missing: Vec<&Node> = cx.plan.nodes().iter().filter(is_missing).collect();
    // The listing has reached the database, or there is no database yet.
    if missing.is_empty() || Database::live(cx).is_none() || !cx.postgres.was_reached() {
        return Ok(Vec::new());
    }
    cx.postgres.administer(cx, async |transaction| taken_names(cx, transaction, &missing).await).await
}

/// The unmodelled fields for the rights of a tenant that differ from the plan, in words, and for its roles.
const RIGHTS: &str = "rights";
const ROLES: &str = "roles";

fn planned<'a>(cx: &Context<'a>, footprint: &Footprint) -> Option<&'a TenantSchema> {
    cx.plan.node(&footprint.record.address).and_then(|node| TenantSchema::of(&node.resource))
}

/// The planned roles of a tenant.
fn planned_roles(cx: &Context<'_>, footprint: &Footprint) -> Vec<String> {
    let roles = |planned: &TenantSchema| {
        let migrator = planned.migrator.as_ref().map(|migrator| &migrator.role);
        [&planned.owner, &planned.app].into_iter().chain(migrator).map(ToString::to_string).collect()
    };
    planned(cx, footprint).map_or_else(Vec::new, roles)
}

/// The observed schema of a tenant. A planned tenant without a schema has none: apply creates the schema
/// again, and reuses the rest. For a tenant that is no longer planned, any rest is enough.
fn found(cx: &Context<'_>, database: &Database, footprint: &Footprint) -> Option<ObservedResource> {
    let record = &footprint.record;
    let planned = planned(cx, footprint);
    if planned.is_some() && footprint.schema.is_none() {
        return None;
    }
    // Missing parts are created as planned, so they are not differing fields.
    let app = footprint.app.as_ref();
    let migrator = footprint.migrator.as_ref();
    let planned_migrator = planned.and_then(|planned| planned.migrator.as_ref());
    let timeout = |setting: &str, field: fn(&TenantSchema) -> u32| match app {
        Some(app) => app.timeout_ms(setting),
        None => planned.map_or(0, field),
    };
    // The migrator has the same setting. One of it that differs is shown in place of the application's.
    let shared_timeout = |setting: &str, field: fn(&TenantSchema) -> u32| {
        let (of_app, of_migrator) = (timeout(setting, field), migrator.map(|migrator| migrator.timeout_ms(setting)));
        of_migrator.filter(|_| planned_migrator.is_some()).filter(|it| *it != of_app).unwrap_or(of_app)
    };
    let search_path = match app {
        Some(app) => app.search_path(),
        None => planned.map(|planned| planned.search_path.clone()),
    };
    let unknown_secret = || Address::literal("unmanaged/secret/none");
    let role = |live: Option<&PgIdent>, planned: Option<&PgIdent>| live.or(planned).cloned();
    let password = record.password.clone().or_else(|| Some(planned?.password.address().clone()));
    let seen = || {
        Some(TenantSchema {
            access: cx.reference::<DatabaseAccess>(database.name.as_str()),
            schema: footprint.schema.clone()?,
            owner: role(footprint.owner.as_ref(), planned.map(|planned| &planned.owner))?,
            app: role(app.map(|app| &app.name), planned.map(|planned| &planned.app))?,
            password: Ref::to(password.unwrap_or_else(unknown_secret)),
            migrator: migrator.map(|migrator| {
                let recorded = footprint.migrator_password.clone();
                let secret = recorded.or_else(|| Some(planned_migrator?.password.address().clone()));
                Migrator { role: migrator.name.clone(), password: Ref::to(secret.unwrap_or_else(unknown_secret)) }
            }),
            search_path: search_path.unwrap_or_default(),
            connection_limit: app
                .map_or_else(|| planned.map_or(0, |planned| planned.connection_limit), |app| app.connection_limit),
            statement_timeout_ms: timeout("statement_timeout", |planned| planned.statement_timeout_ms),
            lock_timeout_ms: shared_timeout("lock_timeout", |planned| planned.lock_timeout_ms),
            idle_in_transaction_timeout_ms: shared_timeout("idle_in_transaction_session_timeout", |planned| {
                planned.idle_in_transaction_timeout_ms
            }),
        })
    };
    let identity = Identity::of_id(footprint.schema.as_ref().map_or(record.address.as_str(), PgIdent::as_str));
    let found = ObservedResource {
        digest: record.digest,
        resolved_inputs: record.resolved_inputs,
        fields: seen().map(Into::into),
        ..ObservedResource::bare(Kind::TenantSchema, record.address.clone(), identity)
    };
    let found = match app.filter(|app| app.connection_limit == u32::MAX) {
        Some(_) => found.raw_values("connection_limit", "none"),
        None => found,
    };
    let found = match app.filter(|app| app.search_path().is_none()) {
        Some(app) => found.raw_values("search_path", app.search_path_as_stored()),
        None => found,
    };
    Some(match migrator.map(|migrator| migrator.timeout_ms("statement_timeout")).filter(|timeout| *timeout != 0) {
        Some(timeout) if planned_migrator.is_some() => found.raw_values("migrator.statement_timeout_ms", timeout),
        _ => found,
    })
}
