//! Detects resources of a plan with the same name.
//!
//! Names are designed to be distinct. They could still collide after truncation, and AWS would then
//! take one resource for the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saas_model::Address;
use saas_model::plan::Draft;
use saas_model::resource::Resource;

/// Two resources with the same name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{first}` and `{second}` would have the same {space} name, `{name}`: rename the platform or one of the tenants"
)]
pub struct Collision {
    /// The namespace.
    pub space: NameSpace,
    /// The name.
    pub name: String,
    /// The address of the first resource.
    pub first: Address,
    /// The address of the second resource.
    pub second: Address,
}

/// The scope in which a name is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum NameSpace {
    /// S3 buckets.
    Bucket,
    /// Database clusters.
    #[strum(serialize = "database cluster")]
    DbCluster,
    /// Parameter groups of database clusters.
    #[strum(serialize = "database parameter group")]
    DbClusterParameterGroup,
    /// Database instances.
    #[strum(serialize = "database instance")]
    DbInstance,
    /// Subnet groups of databases.
    #[strum(serialize = "database subnet group")]
    DbSubnetGroup,
    /// ECS clusters.
    #[strum(serialize = "ECS cluster")]
    EcsCluster,
    /// Application load balancers.
    #[strum(serialize = "load balancer")]
    LoadBalancer,
    /// Log groups.
    #[strum(serialize = "log group")]
    LogGroup,
    /// IAM roles; their names are unique regardless of case.
    #[strum(serialize = "IAM role")]
    Role,
    /// Roles of the database.
    #[strum(serialize = "database role")]
    DatabaseRole,
    /// Schemas of the database.
    Schema,
    /// Groups of schedules.
    #[strum(serialize = "schedule group")]
    ScheduleGroup,
    /// Schedules.
    Schedule,
    /// Secrets.
    Secret,
    /// Security groups of the network.
    #[strum(serialize = "security group")]
    SecurityGroup,
    /// Services of the ECS cluster.
    #[strum(serialize = "ECS service")]
    Service,
    /// Target groups.
    #[strum(serialize = "target group")]
    TargetGroup,
    /// Families of task definitions.
    #[strum(serialize = "task definition family")]
    TaskDefinition,
}

/// All pairs of resources with the same name, by namespace and name.
pub(crate) fn collisions(drafts: &[Draft]) -> Vec<Collision> {
    let mut spaces: BTreeMap<NameSpace, Vec<(Cow<'_, str>, &Address)>> = BTreeMap::new();
    for draft in drafts {
        names(&draft.resource, |space, name| {
            let name = match space {
                NameSpace::Role => Cow::Owned(name.to_ascii_lowercase()),
                _ => Cow::Borrowed(name),
            };
            spaces.entry(space).or_default().push((name, &draft.address));
        });
    }
    spaces.into_iter().flat_map(|(space, names)| repeated(space, names)).collect()
}

fn repeated(space: NameSpace, mut names: Vec<(Cow<'_, str>, &Address)>) -> Vec<Collision> {
    // A stable sort is cheap here: drafts, and so their names, are grouped by tenant.
    names.sort();
    let pairs = names.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    pairs
        .map(|pair| Collision {
            space,
            name: pair[0].0.to_string(),
            first: pair[0].1.clone(),
            second: pair[1].1.clone(),
        })
        .collect()
}

/// Passes the names of a resource to `take`, each with its namespace.
fn names<'a>(resource: &'a Resource, mut take: impl FnMut(NameSpace, &'a str)) {
    use NameSpace as Space;

    match resource {
        Resource::Bucket(bucket) => take(Space::Bucket, bucket.name.as_str()),
        Resource::DbCluster(cluster) => {
            take(Space::DbCluster, cluster.name.as_str());
            take(Space::DatabaseRole, cluster.admin.as_str());
        }
        Resource::DbClusterParameterGroup(group) => take(Space::DbClusterParameterGroup, group.name.as_str()),
        Resource::DbInstance(instance) => take(Space::DbInstance, instance.name.as_str()),
        Resource::DbSubnetGroup(group) => take(Space::DbSubnetGroup, group.name.as_str()),
        Resource::EcsCluster(cluster) => take(Space::EcsCluster, cluster.name.as_str()),
        Resource::LoadBalancer(load_balancer) => take(Space::LoadBalancer, load_balancer.name.as_str()),
        Resource::LogGroup(group) => take(Space::LogGroup, group.name.as_str()),
        Resource::Role(role) => take(Space::Role, role.name.as_str()),
        Resource::ScheduleGroup(group) => take(Space::ScheduleGroup, group.name.as_str()),
        Resource::Schedule(schedule) => take(Space::Schedule, schedule.name.as_str()),
        Resource::Secret(secret) => take(Space::Secret, secret.name.as_str()),
        Resource::SecurityGroup(group) => take(Space::SecurityGroup, group.name.as_str()),
        Resource::Service(service) => take(Space::Service, service.name.as_str()),
        Resource::TargetGroup(group) => take(Space::TargetGroup, group.name.as_str()),
        Resource::TaskDefinition(definition) => take(Space::TaskDefinition, definition.family.as_str()),
        Resource::TenantSchema(schema) => {
            take(Space::Schema, schema.schema.as_str());
            take(Space::DatabaseRole, schema.owner.as_str());
            take(Space::DatabaseRole, schema.app.as_str());
            if let Some(migrator) = &schema.migrator {
                take(Space::DatabaseRole, migrator.role.as_str());
            }
        }
        // These are identified by an id, or by the resource that they belong to.
        Resource::Vpc(_)
        | Resource::Subnet(_)
        | Resource::InternetGateway(_)
        | Resource::ElasticIp(_)
        | Resource::NatGateway(_)
        | Resource::RouteTable(_)
        | Resource::VpcEndpoint(_)
        | Resource::SecurityGroupRule(_)
        | Resource::DatabaseAccess(_)
        | Resource::Listener(_)
        | Resource::ListenerRule(_)
        | Resource::ScalableTarget(_)
        | Resource::Migration(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Ref;
    use saas_model::plan::OwnerTags;
    use saas_model::resource::{LogGroup, ResourceSpec, Role};

    use super::*;

    fn draft<T: ResourceSpec + Into<Resource>>(at: &str, spec: T) -> Draft {
        Draft {
            address: Ref::<T>::to(Address::literal(at)).address().clone(),
            after: [].into(),
            initial: None,
            tags: OwnerTags { tenant_id: "acme".into(), cost_center: "cc".parse().expect("a valid cost center") },
            resource: spec.into(),
        }
    }

    fn role(name: &str) -> Role {
        let name = name.parse().expect("a valid role name");
        let trust = saas_model::policy::Policy::default();
        let policies = [].into();
        Role { name, path: "/".into(), description: String::new(), trust, permissions_boundary: None, policies }
    }

    #[test]
    fn role_names_collide_regardless_of_case() {
        let found = collisions(&[draft("a", role("Acme")), draft("b", role("other")), draft("c", role("acme"))]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].space, found[0].first.as_str(), found[0].second.as_str()), (NameSpace::Role, "a", "c"));
        assert!(found[0].to_string().contains("IAM role name, `acme`"), "{}", found[0]);
    }

    #[test]
    fn every_collision_within_a_namespace_is_reported() {
        let group = || LogGroup { name: "acme".parse().expect("a valid name"), retention_days: 1 };
        let drafts = [draft("a", role("acme")), draft("b", group()), draft("c", group()), draft("d", group())];
        assert_eq!(collisions(&drafts).len(), 2);
    }
}
