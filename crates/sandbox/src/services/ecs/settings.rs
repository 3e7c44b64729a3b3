//! Settings of a service and their validation.
//!
//! Sources: Amazon ECS API reference, `CreateService`, `AwsVpcConfiguration`, `LoadBalancer`,
//! `DeploymentConfiguration`.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{self, Definition};
use super::refusals::{client, invalid};
use super::{capacity, cluster};
use crate::services::prelude::*;
use crate::services::{Service, elb};

/// The Fargate platform versions for Linux that services may name.
/// Source: Amazon ECS Developer Guide, "Fargate Linux platform versions".
const PLATFORMS: [&str; 3] = [LATEST, NEWEST, "1.3.0"];
const LATEST: &str = "LATEST";
const NEWEST: &str = "1.4.0";
/// The members of a revision that are stored and returned unchanged.
const KEPT: Words =
    Words("serviceRegistries serviceConnectConfiguration volumeConfigurations vpcLatticeConfigurations");

/// The settings of a deployment's tasks: a change starts a new deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revision {
    /// The ARN of the task definition.
    pub(super) definition: String,
    pub(super) launch: Launch,
    pub(super) platform: String,
    pub(super) network: Option<Network>,
    pub(super) balancers: Vec<Balancer>,
    /// The members of [`KEPT`] that were given.
    pub(super) kept: BTreeMap<String, Value>,
}

/// The capacity that tasks run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Launch {
    Fargate,
    /// EC2 instances, which no cluster in the sandbox has.
    Instances,
    /// Fargate through its capacity providers.
    Strategy(Value),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Network {
    pub(super) subnets: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(super) public_ip: bool,
}

/// A target group that tasks are registered in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Balancer {
    pub(super) target_group: String,
    pub(super) container: String,
    pub(super) port: u16,
}

impl Revision {
    /// The revision of a new service.
    pub(super) fn new(cloud: &Cloud, cluster: &str, input: &Input) -> Result<Self, Refusal> {
        let definition = input.text("taskDefinition").ok_or_else(|| invalid("TaskDefinition can not be blank."))?;
        let blank = Self {
            definition: usable_definition(cloud, definition)?,
            launch: launch(cloud, cluster, input)?,
            platform: LATEST.to_owned(),
            network: None,
            balancers: Vec::new(),
            kept: BTreeMap::new(),
        };
        let revision = blank.with(cloud, input)?;
        revision.check(cloud)?;
        Ok(revision)
    }

    /// The revision of an updated service.
    pub(super) fn changed(&self, cloud: &Cloud, cluster: &str, input: &Input) -> Result<Self, Refusal> {
        let mut revision = self.with(cloud, input)?;
        if let Some(definition) = input.text("taskDefinition") {
            revision.definition = usable_definition(cloud, definition)?;
        }
        if !input.list("capacityProviderStrategy").is_empty() {
            revision.launch = launch(cloud, cluster, input)?;
        } else if input.has("capacityProviderStrategy") && revision.capacity().is_some() {
            // An empty list leads back to the launch type. Source: Amazon ECS API reference, `UpdateService`.
            revision.launch = Launch::Fargate;
        }
        // Source: pipe-cd/pipecd#6336.
        let is_forced = revision.launch == self.launch || input.flag("forceNewDeployment") == Some(true);
        let message = "When switching from launch type to capacity provider strategy on an existing service, or \
                       making a change to a capacity provider strategy on a service that is already using one, you \
                       must force a new deployment.";
        ensure!(is_forced, invalid(message));
        revision.check(cloud)?;
        Ok(revision)
    }

    fn with(&self, cloud: &Cloud, input: &Input) -> Result<Self, Refusal> {
        let mut revision = self.clone();
        if let Some(platform) = input.text("platformVersion") {
            let message = format!("The specified platform version {platform} does not exist.");
            ensure!(PLATFORMS.contains(&platform), Refusal::new("PlatformUnknownException", message));
            platform.clone_into(&mut revision.platform);
        }
        if input.has("networkConfiguration") {
            revision.network = Some(network(cloud, &input.inner("networkConfiguration"))?);
        }
        if input.has("loadBalancers") {
            revision.balancers = balancers(cloud, &input.list("loadBalancers"))?;
        }
        revision.kept.extend(super::kept(input, &KEPT));
        Ok(revision)
    }

    /// Checks that its settings are compatible.
    fn check(&self, cloud: &Cloud) -> Result<(), Refusal> {
        let missing = || client("TaskDefinition not found.");
        let definition = definition::of_arn(cloud, &self.definition).ok_or_else(missing)?;
        let fits = self.launch == Launch::Instances || definition.fargate || definition.is_awsvpc();
        ensure!(fits, invalid("Task definition does not support launch_type FARGATE."));
        let message = "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
        ensure!(self.network.is_some() || !definition.is_awsvpc(), invalid(message));
        let message = "Network Configuration is not valid for the given networkMode of this task definition.";
        ensure!(self.network.is_none() || definition.is_awsvpc(), invalid(message));
        self.balancers.iter().try_for_each(|balancer| balancer.check(cloud, definition))
    }

    /// The actual platform version of the tasks.
    pub(super) fn resolved_platform(&self) -> &str {
        if self.platform == LATEST { NEWEST } else { &self.platform }
    }

    pub(super) const fn launch_type(&self) -> Option<&'static str> {
        match self.launch {
            Launch::Fargate => Some("FARGATE"),
            Launch::Instances => Some("EC2"),
            Launch::Strategy(_) => None,
        }
    }

    /// The capacity provider of a task, if a strategy chooses one.
    pub(super) fn capacity(&self) -> Option<String> {
        match &self.launch {
            Launch::Strategy(strategy) => capacity::chosen(strategy),
            Launch::Fargate | Launch::Instances => None,
        }
    }

    /// Checks that its tasks have the role that `ExecuteCommand` needs. Source: Amazon ECS API reference,
    /// `RunTask`, `enableExecuteCommand`; the text is from aws/aws-cli#6242.
    pub(super) fn check_exec(&self, cloud: &Cloud, exec: bool, not_done: &str) -> Result<(), Refusal> {
        let has_role = definition::of_arn(cloud, &self.definition).is_some_and(|found| found.task_role.is_some());
        let message = format!(
            "{not_done} because a valid taskRoleArn is not being used. Specify a valid task role in your task \
             definition and try again."
        );
        ensure!(!exec || has_role, invalid(message));
        Ok(())
    }

    /// Adds the members that the descriptions of services and deployments share.
    pub(super) fn describe_into(&self, answer: &mut Value, platform: &str) {
        answer["taskDefinition"] = json!(self.definition);
        answer["launchType"] = json!(self.launch_type());
        if let Launch::Strategy(strategy) = &self.launch {
            answer["capacityProviderStrategy"] = strategy.clone();
        }
        if self.launch != Launch::Instances {
            answer["platformFamily"] = json!("Linux");
            answer["platformVersion"] = json!(platform);
        }
        if let Some(network) = &self.network {
            answer["networkConfiguration"] = json!({"awsvpcConfiguration": {
                "subnets": network.subnets,
                "securityGroups": network.groups,
                "assignPublicIp": if network.public_ip { "ENABLED" } else { "DISABLED" },
            }});
        }
    }
}

impl Balancer {
    fn check(&self, cloud: &Cloud, definition: &Definition) -> Result<(), Refusal> {
        let Self { target_group, container, port } = self;
        // Tasks in `awsvpc` mode are targets by their IP addresses. Source: Amazon ECS API
        // reference, `LoadBalancer`; the message is from terraform-provider-aws, issues 11723 and
        // 12252.
        if let Some(kind) = elb::target_type(cloud, target_group).filter(|kind| kind != "ip")
            && definition.is_awsvpc()
        {
            return Err(invalid(format!(
                "The provided target group {target_group} has target type {kind}, which is incompatible with the \
                 awsvpc network mode specified in the task definition."
            )));
        }
        let containers = definition.containers();
        let named = containers.iter().find(|one| one.text("name") == Some(container));
        let named = named
            .ok_or_else(|| invalid(format!("The container {container} does not exist in the task definition.")))?;
        let is_mapped = |mapping: &Input| mapping.number("containerPort") == Some(i64::from(*port));
        let message = format!("The container {container} did not have a container port {port} defined.");
        ensure!(named.list("portMappings").iter().any(is_mapped), invalid(message));
        Ok(())
    }
}

/// The ARN of a definition that a service may use.
fn usable_definition(cloud: &Cloud, reference: &str) -> Result<String, Refusal> {
    let definition = definition::find(cloud, reference)?.ok_or_else(|| client("TaskDefinition not found."))?;
    ensure!(definition.status == definition::Status::Active, client("TaskDefinition is inactive"));
    Ok(definition.arn(cloud))
}

fn launch(cloud: &Cloud, cluster: &str, input: &Input) -> Result<Launch, Refusal> {
    let cluster = cluster::active(cloud, cluster)?;
    let strategy = input.list("capacityProviderStrategy");
    match (input.text("launchType"), strategy.is_empty()) {
        (Some(_), false) => Err(invalid("Specify either a launch type or a capacity provider strategy, but not both.")),
        (Some("FARGATE"), true) => Ok(Launch::Fargate),
        (Some("EC2" | "EXTERNAL"), true) => Ok(Launch::Instances),
        (Some(odd), true) => Err(invalid(format!("launch type should be one of [EC2,FARGATE,EXTERNAL], not {odd}"))),
        (None, false) => {
            capacity::check_strategy(&cluster.capacity_providers(), &strategy)?;
            let message = "At least one capacity provider must have a weight greater than zero.";
            ensure!(!capacity::is_weightless(&strategy), invalid(message));
            Ok(Launch::Strategy(capacity::with_defaults(&strategy)))
        }
        (None, true) => Ok(cluster.strategy().cloned().map_or(Launch::Instances, Launch::Strategy)),
    }
}

fn network(cloud: &Cloud, input: &Input) -> Result<Network, Refusal> {
    let input = input.inner("awsvpcConfiguration");
    let (subnets, groups) = (input.texts("subnets"), input.texts("securityGroups"));
    ensure!(!subnets.is_empty(), invalid("subnets can not be empty."));
    let fits = subnets.len() <= 16 && groups.len() <= 5;
    ensure!(fits, invalid("At most 16 subnets and 5 security groups can be specified."));
    let unknown = |kind: &str, id: &str, what: &str, code: &str| {
        invalid(format!(
            "Error retrieving {kind} information for [{id}]: The {what} '{id}' does not exist (ErrorCode: {code})"
        ))
    };
    let (view, mut vpcs) = (cloud.view(Service::Ec2), BTreeSet::new());
    for id in &subnets {
        let subnet = cloud.ec2.subnets.seen(id, view);
        vpcs.insert(&subnet.ok_or_else(|| unknown("subnet", id, "subnet ID", "InvalidSubnetID.NotFound"))?.vpc);
    }
    for id in &groups {
        let group = cloud.ec2.groups.seen(id, view);
        vpcs.insert(
            &group.ok_or_else(|| unknown("security group", id, "security group", "InvalidGroup.NotFound"))?.vpc,
        );
    }
    ensure!(vpcs.len() <= 1, invalid("All specified subnets and security groups must be from the same VPC."));
    Ok(Network { subnets, groups, public_ip: input.text("assignPublicIp") == Some("ENABLED") })
}

fn balancers(cloud: &Cloud, balancers: &[Input]) -> Result<Vec<Balancer>, Refusal> {
    // Source: Amazon ECS Developer Guide, "Registering multiple target groups".
    ensure!(balancers.len() <= 5, invalid("load balancers can have at most 5 items."));
    let mut checked = Vec::new();
    for balancer in balancers {
        let missing = |what: &str| invalid(format!("{what} can not be blank for a load balancer."));
        let target_group = balancer.text("targetGroupArn").ok_or_else(|| missing("targetGroupArn"))?;
        let container = balancer.text("containerName").ok_or_else(|| missing("containerName"))?;
        let port = balancer.within("containerPort", 1..=65_535).map_err(invalid)?;
        let port = port.ok_or_else(|| missing("containerPort"))?;
        let unknown = || invalid(format!("The specified target group does not exist: {target_group}"));
        let is_behind_listener = elb::is_behind_listener(cloud, target_group).ok_or_else(unknown)?;
        let message =
            format!("The target group with targetGroupArn {target_group} does not have an associated load balancer.");
        ensure!(is_behind_listener, invalid(message));
        checked.push(Balancer { target_group: target_group.to_owned(), container: container.to_owned(), port });
    }
    Ok(checked)
}
