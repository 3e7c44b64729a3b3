//! The database, without access for PUBLIC, and its extensions.
//!
//! PostgreSQL has no tags, so a comment on the database is the commit record. The cluster's creation
//! creates the database. Without the record it is not complete.

use itertools::Itertools as _;
use saas_model::Node;
use saas_model::identifier::ExtensionName;
use saas_model::resource::{DatabaseAccess, DbCluster, Kind, ResourceSpec};

use crate::context::Context;
use crate::error::Result;
use crate::event::Event;
use crate::postgres::{Database, close, extensions, forget, open, record_of_database};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::state::observed::{Identity, ObservedResource};

/// The unmodelled field for the rights of PUBLIC, in words.
const RIGHTS: &str = "rights";

impl ResourceProvider for DatabaseAccess {
    const DECLARATION: Declaration = Declaration {
        // The administrator logs in to the writer with the password in a secret.
        needs: &[Kind::DbInstance, Kind::Secret],
        concurrency: Concurrency::Postgres,
        identification: Identification::Property,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Comment,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls { describe: &["secretsmanager:GetSecretValue"], ..ApiCalls::NONE },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
        let planned = cx.plan.nodes().iter().find(|node| node.kind() == Kind::DatabaseAccess);
        let wanted = planned.and_then(|node| Self::of(&node.resource)).map(|access| access.extensions.clone());
        let wanted = wanted.unwrap_or_default();
        let seen = cx.postgres.administer(cx, async |transaction| {
            let record = record_of_database(cx, transaction).await?;
            Ok((record, open(transaction).await?.inside, extensions(transaction, &wanted).await?))
        });
        let Some((record, open, live)) = database.unless_unserved(seen.await)? else { return Ok(Vec::new()) };
        // A name that no spec can have is shown as the server returns it.
        let (extensions, others): (Vec<_>, Vec<_>) =
            live.iter().map(|name| name.parse::<ExtensionName>().map_err(|_| name)).partition_result();
        let recorded = record.as_ref().map(|record| &record.address);
        let Some(address) = recorded.or(planned.map(|node| &node.address)).cloned() else { return Ok(Vec::new()) };
        let cluster = cx.live.of_kind(Kind::DbCluster).into_iter().map(|cluster| cluster.identity.id).next();
        let resource = Self {
            cluster: cx.reference::<DbCluster>(&cluster.unwrap_or_default()),
            database: database.name.clone(),
            extensions: extensions.into_iter().collect(),
        };
        let identity = Identity::of_id(database.name.as_str());
        let found = ObservedResource {
            digest: record.as_ref().and_then(|record| record.digest),
            resolved_inputs: record.and_then(|record| record.resolved_inputs),
            fields: Some(resource.into()),
            ..ObservedResource::bare(Kind::DatabaseAccess, address, identity)
        };
        let found = if others.is_empty() { found } else { found.raw_values("extensions", live) };
        Ok(vec![found.unplanned(RIGHTS, open)])
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let residuals =
            cx.postgres.administer(cx, async |transaction| close(cx, transaction, node, self).await).await?;
        for what in residuals {
            let message = format!("{what}, which saas lacks the privilege to revoke");
            cx.report(Event::Warning { address: Some(node.address.clone()), message });
        }
        Ok(Identity::of_id(self.database.as_str()))
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

    /// Deletes only the record; the database stays closed.
    async fn delete(cx: &Context<'_>, _found: &ObservedResource) -> Result<()> {
        let Some(database) = Database::live(cx) else { return Ok(()) };
        cx.postgres.administer(cx, async |transaction| forget(transaction, &database.name).await).await
    }
}
