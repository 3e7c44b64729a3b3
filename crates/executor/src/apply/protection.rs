//! Deletion protection: AWS refuses to delete a protected resource. So a destroy switches it off first
//! when the caller requests that.

use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use saas_model::resource::{DbCluster, LoadBalancer, Resource};
use saas_model::{Address, Kind, Plan};

use crate::apply::change_set::ChangeSet;
use crate::aws::calls::on_behalf_of;
use crate::context::{Context, Transient};
use crate::error::Result;
use crate::providers::elb::load_balancer::DELETION_PROTECTION;
use crate::state::blocker::Blocker;
use crate::state::observed::{ObservedResource, ObservedState};

/// RDS must finish its current operation on a cluster first.
const BUSY: &[Transient] =
    &[Transient { code: "InvalidDBClusterStateFault", message: "", why: "RDS is still working on the cluster" }];

/// Whether a resource has deletion protection, according to its fields.
fn is_protected(resource: &Resource) -> bool {
    match resource {
        Resource::DbCluster(cluster) => cluster.deletion_protection,
        Resource::LoadBalancer(balancer) => balancer.deletion_protection,
        _ => false,
    }
}

/// The nodes of a plan with deletion protection.
#[must_use]
pub fn protected_nodes(plan: &Plan) -> Vec<Address> {
    let protected = plan.nodes().iter().filter(|node| is_protected(&node.resource));
    protected.map(|node| node.address.clone()).collect()
}

impl ChangeSet {
    /// These changes, without deletion protection as a blocker, because it is switched off first.
    pub(crate) fn without_protection(mut self) -> Self {
        self.blockers.retain(|blocker| !is_protection(blocker));
        self
    }
}

/// Whether the blocker is a deletion protection that [`unprotect_all`] switches off.
fn is_protection(blocker: &Blocker) -> bool {
    matches!(blocker.kind, Kind::DbCluster | Kind::LoadBalancer) && blocker.what.contains("deletion protection")
}

/// The live resources with deletion protection, whether it comes from the plan or from a manual change.
pub(crate) fn protected_resources(live: &ObservedState) -> Vec<ObservedResource> {
    let found = live.all().into_iter().chain(live.superseded());
    found.filter(|found| !found.deleting && found.fields.as_ref().is_some_and(is_protected)).collect()
}

/// Switches deletion protection off for every live resource, before a destroy.
///
/// # Errors
/// When AWS refuses that; nothing is deleted by then.
pub(crate) async fn unprotect_all(cx: &Context<'_>) -> Result<()> {
    for found in protected_resources(cx.live) {
        on_behalf_of(&found.address, unprotect(&cx.at(&found.address), &found)).await?;
    }
    Ok(())
}

async fn unprotect(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    let id = &found.identity.id;
    match &found.fields {
        Some(Resource::DbCluster(DbCluster { .. })) => {
            cx.retry(BUSY, async || {
                let call = cx.aws.rds.modify_db_cluster().db_cluster_identifier(id).apply_immediately(true);
                call.deletion_protection(false).send().await?;
                Ok(())
            })
            .await
        }
        Some(Resource::LoadBalancer(LoadBalancer { .. })) => {
            let off = LoadBalancerAttribute::builder().key(DELETION_PROTECTION).value("false").build();
            cx.aws.elb.modify_load_balancer_attributes().load_balancer_arn(id).attributes(off).send().await?;
            Ok(())
        }
        _ => Ok(()),
    }
}
