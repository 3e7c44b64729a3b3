//! The tenants that are probed.

use std::collections::BTreeSet;

use saas_model::Ref;
use saas_model::identifier::PgIdent;
use saas_model::resource::{EXTENSIONS_SCHEMA, Migrator, ResourceSpec, Secret, TenantSchema};

use super::catalog::TenantNames;
use crate::context::Context;

/// The data of a tenant that probes need.
pub(super) struct Tenant<'a> {
    pub(super) id: String,
    pub(super) names: TenantNames<'a>,
    pub(super) password: &'a Ref<Secret>,
    /// The role of its migrations, and the secret with its password.
    pub(super) migrator: Option<&'a Migrator>,
    /// The schemas in which its roles look up names.
    pub(super) search_path: &'a [PgIdent],
    pub(super) connection_limit: u32,
}

impl Tenant<'_> {
    /// Whether it has the extensions.
    pub(super) fn has_extensions(&self) -> bool {
        self.search_path.iter().any(|schema| schema.as_str() == EXTENSIONS_SCHEMA)
    }
}

/// The tenants of the plan.
pub(super) fn tenants<'a>(cx: &Context<'a>) -> Vec<Tenant<'a>> {
    let tenant = |node: &'a saas_model::Node| {
        let schema = TenantSchema::of(&node.resource)?;
        Some(Tenant {
            id: node.address.tenant().unwrap_or(schema.schema.as_str()).to_owned(),
            names: TenantNames::of(schema),
            password: &schema.password,
            migrator: schema.migrator.as_ref(),
            search_path: &schema.search_path,
            connection_limit: schema.connection_limit,
        })
    };
    cx.plan.nodes().iter().filter_map(tenant).collect()
}

/// Whether all probes of a tenant are in scope: it was touched, or the scope is all tenants.
pub(super) fn is_touched(touched: Option<&BTreeSet<String>>, tenant: &Tenant<'_>) -> bool {
    touched.is_none_or(|ids| ids.contains(&tenant.id))
}
