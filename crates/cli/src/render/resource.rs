//! The key fields of a resource, which identify it and show its size.

use saas_model::Resource;
use saas_model::resource::{DefaultRoute, Direction, Peer};

/// The key fields in one line.
pub(crate) fn key_fields(resource: &Resource) -> String {
    match resource {
        Resource::Vpc(vpc) => vpc.cidr.to_string(),
        Resource::Subnet(subnet) => format!("{} in {}", subnet.cidr, subnet.zone),
        Resource::InternetGateway(gateway) => format!("of {}", gateway.vpc.address()),
        Resource::ElasticIp(_) => String::new(),
        Resource::NatGateway(gateway) => format!("in {}", gateway.subnet.address()),
        Resource::RouteTable(table) => {
            let way = match &table.default_route {
                Some(DefaultRoute::InternetGateway(gateway)) => gateway.address().as_str(),
                Some(DefaultRoute::NatGateway(gateway)) => gateway.address().as_str(),
                None => "nowhere",
            };
            format!("{} subnets, default to {way}", table.subnets.len())
        }
        Resource::VpcEndpoint(endpoint) => endpoint.service.clone(),
        Resource::SecurityGroup(group) => group.name.to_string(),
        Resource::SecurityGroupRule(rule) => {
            let peer = match &rule.peer {
                Peer::Cidr(cidr) => cidr.to_string(),
                Peer::Group(group) => group.address().to_string(),
            };
            match rule.direction {
                Direction::Ingress => format!("{} from {peer}", rule.port),
                Direction::Egress => format!("{} to {peer}", rule.port),
            }
        }
        Resource::DbSubnetGroup(group) => format!("{}, {} subnets", group.name, group.subnets.len()),
        Resource::DbClusterParameterGroup(group) => format!("{}, {}", group.name, group.family),
        Resource::DbCluster(cluster) => format!("{}, aurora-postgresql {}", cluster.name, cluster.engine_version),
        Resource::DbInstance(instance) => format!("{}, {}", instance.name, instance.class),
        Resource::DatabaseAccess(access) => access.database.to_string(),
        Resource::TenantSchema(schema) => format!("{}, roles {} and {}", schema.schema, schema.owner, schema.app),
        Resource::Bucket(bucket) => bucket.name.to_string(),
        Resource::Secret(secret) => secret.name.to_string(),
        Resource::LogGroup(group) => format!("{}, {} days", group.name, group.retention_days),
        Resource::Role(role) => format!("{}{}", role.path, role.name),
        Resource::LoadBalancer(balancer) => balancer.name.to_string(),
        Resource::Listener(listener) => format!("{} {}", listener.protocol, listener.port),
        Resource::TargetGroup(group) => format!("{}, port {}", group.name, group.port),
        Resource::ListenerRule(rule) => {
            let hosts: Vec<&str> = rule.hosts.iter().map(AsRef::as_ref).collect();
            format!("priority {}, {}", rule.priority, hosts.join(" "))
        }
        Resource::EcsCluster(cluster) => cluster.name.to_string(),
        Resource::TaskDefinition(task) => {
            format!("{}, {} CPU units, {} MiB", task.family, task.cpu, task.memory)
        }
        Resource::Service(service) => service.name.to_string(),
        Resource::ScalableTarget(target) => {
            format!("{} to {} tasks at {} % of CPU", target.min, target.max, target.policy.cpu_target)
        }
    }
}
