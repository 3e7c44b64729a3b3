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
//! assert_eq!(acme.services["web"].urls, ["http://acme-corp.example.com"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use crate::address::Address;
use crate::identifier::{
    BucketName, EcsName, HostPattern, LogGroupName, PathPattern, PgIdent, RoleName, ScheduleName, SecretName,
    SecurityGroupName,
};
use crate::plan::{Node, Plan};
use crate::reference::{Ref, Template};
use crate::resource::{
    Bucket, ListenerRule, LogGroup, Migration, Protocol, ResourceSpec, Schedule, ScheduleGroup, Secret, SecretContent,
    SecurityGroup, Service, TaskDefinition, TenantSchema,
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
    /// The role with which ECS starts the containers.
    pub execution_role: &'p RoleName,
    /// The services, by name.
    pub services: BTreeMap<&'p str, PlannedService<'p>>,
    /// The jobs, by name.
    pub jobs: BTreeMap<&'p str, PlannedJob<'p>>,
    /// The secret with the values that are generated for the containers, if there are such values.
    pub generated_secret: Option<&'p SecretName>,
    /// The role that migrations log in as, if there are migrations.
    pub migrator: Option<&'p PgIdent>,
    /// The secret with the password of [`Self::migrator`].
    pub migrator_secret: Option<&'p SecretName>,
    /// The group of the schedules of jobs, if there are any.
    pub schedule_group: Option<&'p ScheduleName>,
    /// The connection string of PostgreSQL, without the password; the cluster's endpoint is a value of AWS.
    pub connection: &'p Template,
}

/// What one service of a tenant is called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedService<'p> {
    /// The ECS service.
    pub name: &'p EcsName,
    /// The family of its task definition.
    pub family: &'p EcsName,
    /// The names of its containers.
    pub containers: Vec<&'p str>,
    /// The role that the code in its containers has.
    pub task_role: &'p RoleName,
    /// The first part of its log streams' names in the tenant's log group.
    pub log_prefix: &'p str,
    /// The hosts that the load balancer sends to it; `None` for a worker.
    pub hosts: Option<&'p Set<HostPattern>>,
    /// The paths that the load balancer sends to it; empty for all.
    pub paths: Option<&'p Set<PathPattern>>,
    /// The URLs at which it is reached, one for each path; empty for a worker.
    pub urls: Vec<String>,
}

/// What one job of a tenant is called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedJob<'p> {
    /// The family of its task definition.
    pub family: &'p EcsName,
    /// The names of its containers.
    pub containers: Vec<&'p str>,
    /// The role that the code in its containers has.
    pub task_role: &'p RoleName,
    /// The first part of its log streams' names in the tenant's log group.
    pub log_prefix: &'p str,
    /// Its schedule; `None` for a migration.
    pub schedule: Option<&'p ScheduleName>,
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
        let services = tenant.services()?;
        let first = tenant.all::<TaskDefinition>().next().ok_or_else(|| tenant.missing("task definition"))?;
        Ok(PlannedTenant {
            id,
            bucket: &tenant.one::<Bucket>("bucket")?.name,
            schema: &schema.schema,
            schema_owner: &schema.owner,
            database_user: &schema.app,
            password_secret: &tenant.target::<Secret>(&schema.password, "secret")?.name,
            log_group: &tenant.one::<LogGroup>("log group")?.name,
            security_group: &tenant.one::<SecurityGroup>("security group")?.name,
            execution_role: &tenant.target(&first.1.execution_role, "execution role")?.name,
            services,
            jobs: tenant.jobs()?,
            generated_secret: tenant.generated_secret(),
            migrator: schema.migrator.as_ref().map(|migrator| &migrator.role),
            migrator_secret: match &schema.migrator {
                Some(migrator) => Some(&tenant.target::<Secret>(&migrator.password, "migrator's secret")?.name),
                None => None,
            },
            schedule_group: tenant.all::<ScheduleGroup>().next().map(|(_, group)| &group.name),
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

    /// The resources of a kind, with their nodes.
    fn all<T: ResourceSpec + 'p>(&self) -> impl Iterator<Item = (&'p Node, &'p T)> + use<'p, T> {
        self.nodes.iter().filter_map(|node| Some((node, T::of(&node.resource)?)))
    }

    /// The resource of a kind of which a tenant has one.
    fn one<T: ResourceSpec>(&self, what: &'static str) -> Result<&'p T, NoTenant> {
        self.nodes.iter().find_map(|node| T::of(&node.resource)).ok_or_else(|| self.missing(what))
    }

    /// The services, by the last segment of their addresses.
    fn services(&self) -> Result<BTreeMap<&'p str, PlannedService<'p>>, NoTenant> {
        self.all::<Service>()
            .map(|(node, service)| {
                let name = node.address.as_str().rsplit('/').next().unwrap_or_default();
                let definition = self.target(&service.task_definition, "task definition")?;
                let main = definition.containers.get(name).ok_or_else(|| self.missing("main container"))?;
                let rule = match &service.load_balancer {
                    Some(attached) => {
                        let forwards = |rule: &&ListenerRule| rule.target_group == attached.target_group;
                        let mut rules = self.all::<ListenerRule>().map(|(_, rule)| rule);
                        Some(rules.find(forwards).ok_or_else(|| self.missing("listener rule"))?)
                    }
                    None => None,
                };
                let planned = PlannedService {
                    name: &service.name,
                    family: &definition.family,
                    containers: definition.containers.keys().map(String::as_str).collect(),
                    task_role: &self.target(&definition.task_role, "task role")?.name,
                    log_prefix: &main.log_prefix,
                    hosts: rule.map(|rule| &rule.hosts),
                    paths: rule.map(|rule| &rule.paths),
                    urls: rule.map(|rule| self.urls(rule)).transpose()?.unwrap_or_default(),
                };
                Ok((name, planned))
            })
            .collect()
    }

    /// The jobs, by the last segment of their addresses.
    fn jobs(&self) -> Result<BTreeMap<&'p str, PlannedJob<'p>>, NoTenant> {
        let schedules = self.all::<Schedule>().map(|(node, schedule)| (node, &schedule.task, Some(&schedule.name)));
        let migrations = self.all::<Migration>().map(|(node, migration)| (node, &migration.task, None));
        schedules
            .chain(migrations)
            .map(|(node, run, schedule)| {
                let name = node.address.as_str().rsplit('/').next().unwrap_or_default();
                let definition = self.target(&run.task_definition, "task definition")?;
                let main = definition.containers.get(name).ok_or_else(|| self.missing("main container"))?;
                let planned = PlannedJob {
                    family: &definition.family,
                    containers: definition.containers.keys().map(String::as_str).collect(),
                    task_role: &self.target(&definition.task_role, "task role")?.name,
                    log_prefix: &main.log_prefix,
                    schedule,
                };
                Ok((name, planned))
            })
            .collect()
    }

    fn generated_secret(&self) -> Option<&'p SecretName> {
        let mut secrets = self.all::<Secret>().map(|(_, secret)| secret);
        let generated = secrets.find(|secret| matches!(secret.content, SecretContent::Generated(_)));
        generated.map(|secret| &secret.name)
    }

    /// The URLs that a rule matches, without wildcards.
    fn urls(&self, rule: &ListenerRule) -> Result<Vec<String>, NoTenant> {
        let scheme = match self.target(&rule.listener, "listener")?.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
        };
        let hosts = || rule.hosts.iter().filter(|host| !host.as_str().starts_with('*'));
        let url = |path: &str| hosts().map(|host| format!("{scheme}://{host}{path}")).collect::<Vec<_>>();
        if rule.paths.is_empty() {
            return Ok(url(""));
        }
        Ok(rule.paths.iter().flat_map(|path| url(path.as_str().trim_end_matches('*'))).collect())
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
            let web = &tenant.services["web"];
            assert!(web.task_role != tenant.execution_role, "{tenant:?}");
            assert_eq!(web.urls, [format!("http://{id}.example.com")]);
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
