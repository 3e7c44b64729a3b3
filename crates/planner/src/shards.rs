//! Groups tenants by load balancer.

use std::collections::BTreeMap;

use saas_model::Lock;
use saas_model::identifier::CertificateArn;
use saas_model::spec::{Spec, Tenant};

/// A shard with its tenants.
pub(crate) struct Shard<'a> {
    /// Its number, from 0.
    pub(crate) number: u32,
    /// Its tenants, in slot order.
    pub(crate) tenants: Vec<&'a Tenant>,
    /// The default certificate; `None` when the shard does not serve HTTPS.
    pub(crate) certificate: Option<&'a CertificateArn>,
}

/// Shard 0, which always exists, and all shards with tenants, in numeric order.
///
/// `lock` must have a slot for each tenant of `spec`.
pub(crate) fn shards<'a>(spec: &'a Spec, lock: &Lock) -> Vec<Shard<'a>> {
    let mut tenants: BTreeMap<u32, BTreeMap<u32, &Tenant>> = BTreeMap::from([(0, BTreeMap::new())]);
    for tenant in &spec.tenants {
        let slot = lock.slots()[&tenant.id];
        tenants.entry(slot.shard()).or_default().insert(*slot.priorities().start(), tenant);
    }
    tenants
        .into_iter()
        .map(|(number, tenants)| {
            let own = || tenants.values().find_map(|tenant| tenant.certificate.as_ref());
            let certificate = spec.certificate.as_ref().or_else(own);
            Shard { number, certificate, tenants: tenants.into_values().collect() }
        })
        .collect()
}
