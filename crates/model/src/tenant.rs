//! One tenant of a plan: the names that a program serving the tenant needs.
//!
//! ```
//! use saas_model::Plan;
//! # let bytes = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
//!
//! let plan = Plan::decode(bytes)?;
//! let acme = plan.tenant("acme-corp")?;
//! assert_eq!(acme.bucket.as_str(), "saas-platform-acme-corp-data");
//! assert_eq!(acme.schema.as_str(), "acme_corp");
//! assert_eq!(acme.log_group.as_str(), "/ecs/tenant/acme-corp");
//! assert_eq!(acme.url.to_string(), "http://acme-corp.example.com");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::address::Address;
use crate::identifier::{
    BucketName, EcsName, HostPattern, LogGroupName, PgIdent, RoleName, SecretName, SecurityGroupName,
};
use crate::plan::{Node, Plan};
use crate::reference::{Ref, Template};
use crate::resource::{
    Bucket, ListenerRule, LogGroup, ResourceSpec, Role, Secret, SecurityGroup, Service, TaskDefinition, TenantSchema,
};
use crate::set::Set;
use crate::suggest::nearest;

/// What one tenant of a plan is called, everywhere it has something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedTenant<'p> {
    /// The tenant's id.
    pub id: &'p str,
    /// The bucket.
    pub bucket: &'p BucketName,
    /// The schema in the platform's database.
    pub schema: &'p PgIdent,
    /// The database role that owns the schema. It cannot log in.
    pub schema_owner: &'p PgIdent,
    /// The database role that the application logs in as.
    pub database_user: &'p PgIdent,
    /// The secret with the password of [`Self::database_user`], in AWS Secrets Manager.
    pub password_secret: &'p SecretName,
    /// The log group of all containers.
    pub log_group: &'p LogGroupName,
    /// The security group of all tasks.
    pub security_group: &'p SecurityGroupName,
    /// The ECS service.
    pub service: &'p EcsName,
    /// The role that the application's code has.
    pub task_role: &'p RoleName,
    /// The role with which ECS starts the containers.
    pub execution_role: &'p RoleName,
    /// The hosts that the load balancer sends to the tenant.
    pub hosts: &'p Set<HostPattern>,
    /// The URL of the application.
    pub url: &'p Template,
    /// The connection string of PostgreSQL, without the password; the cluster's endpoint is a value of AWS.
    pub connection: &'p Template,
}

/// Why a plan does not answer for a tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoTenant {
    /// No node of the plan is of this tenant.
    #[error("the plan has no tenant `{id}`{}", did_you_mean(.nearest.as_deref()))]
    NotInPlan {
        /// The id that was asked for.
        id: String,
        /// The tenant whose id is most like it.
        nearest: Option<String>,
    },
    /// The planner of saas did not make this plan: something that every tenant has is missing.
    #[error("tenant `{id}` has no {what} in the plan, although `saas plan` creates one for every tenant")]
    Incomplete {
        /// The tenant's id.
        id: String,
        /// What is missing.
        what: &'static str,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |id| format!("; did you mean `{id}`?"))
}

impl Plan {
    /// The ids of the tenants, in their order.
    pub fn tenant_ids(&self) -> impl Iterator<Item = &str> {
        let mut last = None;
        self.nodes().iter().filter_map(|node| node.address.tenant()).filter(move |id| last.replace(*id) != Some(*id))
    }

    /// The names of one tenant.
    ///
    /// # Errors
    /// When the plan has no such tenant, or lacks something that every tenant has.
    pub fn tenant<'p>(&'p self, id: &str) -> Result<PlannedTenant<'p>, NoTenant> {
        let nodes = self.nodes_of(id);
        let Some(id) = nodes.first().and_then(|node| node.address.tenant()) else {
            let nearest = nearest(id, self.tenant_ids()).map(str::to_owned);
            return Err(NoTenant::NotInPlan { id: id.to_owned(), nearest });
        };
        let tenant = Parts { plan: self, id, nodes };
        let schema: &TenantSchema = tenant.one("schema")?;
        let service: &Service = tenant.one("service")?;
        let definition: &TaskDefinition = tenant.target(&service.task_definition, "task definition")?;
        let role = |role: &Ref<Role>, what| tenant.target(role, what).map(|role| &role.name);
        Ok(PlannedTenant {
            id,
            bucket: &tenant.one::<Bucket>("bucket")?.name,
            schema: &schema.schema,
            schema_owner: &schema.owner,
            database_user: &schema.app,
            password_secret: &tenant.target::<Secret>(&schema.password, "secret")?.name,
            log_group: &tenant.one::<LogGroup>("log group")?.name,
            security_group: &tenant.one::<SecurityGroup>("security group")?.name,
            service: &service.name,
            task_role: role(&definition.task_role, "task role")?,
            execution_role: role(&definition.execution_role, "execution role")?,
            hosts: &tenant.one::<ListenerRule>("listener rule")?.hosts,
            url: tenant.output("url")?,
            connection: tenant.output("connection")?,
        })
    }

    /// The nodes of a tenant. The nodes of a plan are in the order of their addresses, so they stand together.
    fn nodes_of(&self, tenant: &str) -> &[Node] {
        let prefix = format!("tenant/{tenant}/");
        let nodes = self.nodes();
        let start = nodes.partition_point(|node| node.address.as_str() < prefix.as_str());
        let count = nodes[start..].partition_point(|node| node.address.as_str().starts_with(&prefix));
        &nodes[start..start + count]
    }
}

struct Parts<'p> {
    plan: &'p Plan,
    id: &'p str,
    nodes: &'p [Node],
}

impl<'p> Parts<'p> {
    fn missing(&self, what: &'static str) -> NoTenant {
        NoTenant::Incomplete { id: self.id.to_owned(), what }
    }

    /// The resource of a kind of which a tenant has one.
    fn one<T: ResourceSpec>(&self, what: &'static str) -> Result<&'p T, NoTenant> {
        self.nodes.iter().find_map(|node| T::of(&node.resource)).ok_or_else(|| self.missing(what))
    }

    fn target<T: ResourceSpec>(&self, reference: &Ref<T>, what: &'static str) -> Result<&'p T, NoTenant> {
        let node = self.plan.node(reference.address());
        node.and_then(|node| T::of(&node.resource)).ok_or_else(|| self.missing(what))
    }

    fn output(&self, name: &'static str) -> Result<&'p Template, NoTenant> {
        let address = format!("tenant/{}/{name}", self.id).parse::<Address>().ok();
        address.and_then(|address| self.plan.outputs().get(&address)).ok_or_else(|| self.missing(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan::decode(include_bytes!("../../../fixtures/saas-platform/plan.msgpack")).expect("the fixture is a plan")
    }

    #[test]
    fn tenants_have_distinct_names() {
        let plan = plan();
        let ids: Vec<&str> = plan.tenant_ids().collect();
        assert_eq!(ids, ["acme-corp", "globex-inc", "initech-llc"]);
        for id in ids {
            let tenant = plan.tenant(id).expect("the planner made it");
            assert_eq!(tenant.id, id);
            assert!(tenant.bucket.as_str().contains(id), "{tenant:?}");
            assert!(tenant.task_role != tenant.execution_role, "{tenant:?}");
            assert!(tenant.connection.to_string().contains(tenant.database_user.as_str()), "{tenant:?}");
        }
    }

    #[test]
    fn unknown_tenant_is_rejected_with_a_suggestion() {
        let error = plan().tenant("acme-crop").expect_err("there is none");
        assert_eq!(error.to_string(), "the plan has no tenant `acme-crop`; did you mean `acme-corp`?");
        // The first part of an id is no tenant.
        assert!(matches!(plan().tenant("acme"), Err(NoTenant::NotInPlan { .. })));
    }
}
