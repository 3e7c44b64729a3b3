//! One file a kind of resource: how it is found, read, made, changed and removed.

mod bucket;
mod database_access;
mod db_cluster;
mod db_cluster_parameter_group;
mod db_cluster_ties;
mod db_instance;
mod db_subnet_group;
mod deployment;
mod documents;
pub(crate) mod ec2;
#[cfg(test)]
mod ec2_tests;
pub(crate) mod ecs;
mod ecs_cluster;
#[cfg(test)]
mod ecs_tests;
mod elastic_ip;
pub(crate) mod elb;
#[cfg(test)]
mod elb_tests;
mod interfaces;
mod internet_gateway;
pub(crate) mod listener;
pub(crate) mod listener_rule;
mod load_balancer;
mod log_group;
mod nat_gateway;
mod network_parts;
#[cfg(test)]
mod network_tests;
mod network_users;
mod number;
mod passed_role;
pub(crate) mod rds;
#[cfg(test)]
mod rds_tests;
mod role;
mod route_table;
mod scalable_target;
mod secret;
mod security_group;
mod security_group_rule;
mod service;
mod service_fields;
#[cfg(test)]
mod storage_tests;
mod subnet;
mod target_group;
mod task_definition;
mod tenant_schema;
mod vpc;
mod vpc_endpoint;

pub(crate) use bucket::{BucketOwner, bucket_owner, policy_of_bucket, prepare_control_bucket, remove_control_bucket};
pub(crate) use load_balancer::DELETION_PROTECTION;
pub(crate) use secret::{secret_value, secret_values};
pub(crate) use task_definition::delete_revisions;
