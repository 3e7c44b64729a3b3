//! The location and the administrator of the platform's database: from the plan, and from AWS where only
//! AWS knows. A live cluster can get no other administrator and no other database. So where the plan
//! names others, the live ones are used.

use saas_model::identifier::PgIdent;
use saas_model::resource::{DatabaseAccess, DbCluster, Kind, ResourceSpec, Secret};
use saas_model::{Address, Ref};

use super::PostgresError;
use crate::context::Context;
use crate::error::{Error, Result};

/// The platform's single database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The endpoint of the cluster.
    pub(super) host: String,
    pub(super) port: u16,
    pub(crate) name: PgIdent,
    pub(super) admin: PgIdent,
    pub(super) admin_password: Ref<Secret>,
    /// Whether a complete instance serves it; otherwise it may not answer yet.
    served: bool,
}

impl Database {
    /// The database, if its cluster has an endpoint and an instance.
    pub(crate) fn live(cx: &Context<'_>) -> Option<Self> {
        let access = planned::<DatabaseAccess>(cx).next()?;
        let cluster = DbCluster::of(&cx.plan.node(access.cluster.address())?.resource)?;
        let host = cx.identity(&access.cluster).ok()?.endpoint?;
        let found = cx.live.get(access.cluster.address()).filter(|found| !found.deleting);
        let live = found.as_ref().and_then(|found| found.fields.as_ref()).and_then(DbCluster::of);
        let mut instances = cx.live.of_kind(Kind::DbInstance).into_iter().peekable();
        instances.peek()?;
        Some(Self {
            host,
            port: live.unwrap_or(cluster).port,
            name: live.map_or(&access.database, |live| &live.database).clone(),
            admin: live.unwrap_or(cluster).admin.clone(),
            admin_password: cluster.admin_password.clone(),
            served: instances.any(|instance| instance.digest.is_some()),
        })
    }

    /// Converts the result of an access. A database without a complete instance may not answer yet: that
    /// gives `None`, not an error.
    pub(crate) fn unless_unserved<T>(&self, seen: Result<T>) -> Result<Option<T>> {
        match seen {
            Err(Error::Postgres(PostgresError::Unreachable { .. })) if !self.served => Ok(None),
            other => other.map(Some),
        }
    }

    /// The database, for callers that require it.
    ///
    /// # Errors
    /// When its cluster or its instance is not live.
    pub(super) fn needed(cx: &Context<'_>) -> Result<Self> {
        let missing = || {
            let cluster = planned::<DatabaseAccess>(cx).next().map(|access| access.cluster.address().clone());
            Error::NotLive(cluster.unwrap_or_else(|| Address::literal("database")))
        };
        Self::live(cx).ok_or_else(missing)
    }
}

/// The plan's nodes of one kind.
pub(super) fn planned<'a, T: ResourceSpec + 'a>(cx: &Context<'a>) -> impl Iterator<Item = &'a T> + use<'a, T> {
    cx.plan.nodes().iter().filter_map(|node| T::of(&node.resource))
}
