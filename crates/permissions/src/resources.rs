//! The resources of a plan and its successors, as the ARNs and tags with which policies name them.
//!
//! Tenants come and go, so names are patterns. A resource whose id AWS chooses is recognised by the tag
//! `saas:platform`, which it has from its creation on.

use std::collections::BTreeSet;
use std::fmt::Display;

use saas_model::arn::Place;
use saas_model::identifier::RoleArn;
use saas_model::names::{NameScope, Names};
use saas_model::{ExternalResources, Kind, Plan, Resource};
use strum::IntoEnumIterator;

use crate::any_tenant::for_any_tenant;

/// The resources of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    /// The prefix of the service.
    service: &'static str,
    /// The name of the type in the Service Authorization Reference.
    name: &'static str,
    /// Their ARNs, with `*`.
    pub(crate) arns: Vec<String>,
    /// The ARNs of what may have one of their names, and may not be theirs.
    pub(crate) namesakes: Vec<String>,
    /// How the platform's own are told from others of the same ARNs.
    pub(crate) told_by: ToldBy,
}

/// How resources of a platform are told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToldBy {
    /// By their names, which the ARNs contain.
    Name,
    /// By the tag `saas:platform`.
    Tag,
    /// They belong to no kind: AWS brings them, or a call leaves them behind. They are used and not changed.
    Use,
}

/// The resources of a platform.
pub(crate) struct Resources<'p> {
    place: Place<'p>,
    names: Names,
    /// The names of tenants' secrets and log groups have one scope; both as long as there are no tenants.
    scopes: Vec<Names>,
    role_path: String,
    keeps_snapshots: bool,
    provisioner: &'p RoleArn,
    control_bucket: Option<String>,
    external: External,
    types: Vec<Typed>,
}

/// What the plan refers to and does not create, with `*` where a name has the tenant's.
#[derive(Default)]
struct External {
    certificates: BTreeSet<String>,
    secrets: BTreeSet<String>,
    parameters: BTreeSet<String>,
}

impl External {
    fn of(plan: &Plan) -> Self {
        let mut all = Self::default();
        let platform = &plan.header().platform;
        for node in plan.nodes() {
            let general = |name: &str| for_any_tenant(name, platform, &node.tags.tenant_id);
            let ExternalResources { certificates, secrets, parameters, permissions_boundaries: _, queues: _ } =
                ExternalResources::of([&node.resource]);
            all.certificates.extend(certificates.iter().map(ToString::to_string));
            all.secrets.extend(secrets.keys().map(|name| general(name.as_str())));
            all.parameters.extend(parameters.iter().map(|name| general(name.as_str())));
        }
        all
    }
}

impl<'p> Resources<'p> {
    pub(crate) fn of(plan: &'p Plan) -> Self {
        let header = plan.header();
        let names = Names::new(header.platform.clone());
        let resources = Self {
            place: header.place(),
            scopes: scopes(plan, &names),
            role_path: format!("/saas/{}/", header.environment),
            keeps_snapshots: !header.environment.is_development(),
            provisioner: &header.provisioner,
            control_bucket: plan.control_bucket().map(|(_, bucket)| bucket.name.to_string()),
            external: External::of(plan),
            types: Vec::new(),
            names,
        };
        Self { types: Kind::iter().flat_map(|kind| resources.of_kind(kind)).collect(), ..resources }
    }

    /// The platform's resources of a type; `None` when no kind has the type.
    pub(crate) fn of_type(&self, service: &str, name: &str) -> Option<&Typed> {
        self.types.iter().find(|typed| typed.service == service && typed.name == name)
    }

    /// The ARNs of a type's resources that belong to no kind, for the lease, the receipts and the checks beforehand;
    /// `None` when these read no such type.
    pub(crate) fn of_core(&self, service: &str, name: &str) -> Option<Vec<String>> {
        let External { certificates, secrets, parameters } = &self.external;
        let bucket = self.control_bucket.iter();
        let parameter =
            |name: &String| self.place.arn("ssm", format_args!("parameter/{}", name.trim_start_matches('/')));
        match (service, name) {
            ("s3", "bucket") => Some(bucket.map(|bucket| self.place.bucket_arn(bucket)).collect()),
            ("s3", "object") => Some(bucket.map(|bucket| self.place.bucket_arn(format_args!("{bucket}/*"))).collect()),
            ("acm", "certificate") => Some(certificates.iter().cloned().collect()),
            ("iam", "role") => Some(vec![self.provisioner.to_string()]),
            ("secretsmanager", "Secret") => Some(secrets.iter().flat_map(|name| self.secret_arns(name)).collect()),
            ("ssm", "parameter") => Some(parameters.iter().map(parameter).collect()),
            _ => None,
        }
    }

    /// The ARN of a service-linked role.
    pub(crate) fn linked_role(&self, service: &str, name: &str) -> String {
        self.role_arn(&format!("/aws-service-role/{service}/"), name)
    }

    /// The ARN of the ECS cluster.
    pub(crate) fn ecs_cluster(&self) -> String {
        self.place.arn("ecs", format_args!("cluster/{}", self.names.ecs_cluster()))
    }

    /// The ARNs and tags of a kind's resources, by their types.
    fn of_kind(&self, kind: Kind) -> Vec<Typed> {
        let names = &self.names;
        let (prefixed, cluster, db) = (names.prefixed(), names.ecs_cluster(), names.db_cluster());
        match kind {
            Kind::Vpc => vec![self.tagged("ec2", "vpc")],
            Kind::Subnet => vec![self.tagged("ec2", "subnet")],
            Kind::InternetGateway => vec![self.tagged("ec2", "internet-gateway")],
            Kind::ElasticIp => vec![self.tagged("ec2", "elastic-ip")],
            Kind::NatGateway => vec![self.tagged("ec2", "natgateway")],
            Kind::RouteTable => vec![self.tagged("ec2", "route-table")],
            Kind::VpcEndpoint => vec![self.tagged("ec2", "vpc-endpoint")],
            Kind::SecurityGroup => vec![self.tagged("ec2", "security-group")],
            Kind::SecurityGroupRule => vec![self.tagged("ec2", "security-group-rule")],
            Kind::DbSubnetGroup => vec![self.rds("subgrp", names.db_subnet_group())],
            Kind::DbClusterParameterGroup => vec![self.rds("cluster-pg", names.db_parameter_group_pattern())],
            Kind::DbCluster => {
                // A cluster has a default option group. Source: Aurora User Guide, "Amazon RDS policy actions", `og`.
                let mut types = vec![self.rds("cluster", &db), self.rds("og", "default:*").used()];
                if self.keeps_snapshots {
                    types.push(self.rds("cluster-snapshot", format_args!("{db}-final-*")).used());
                }
                types
            }
            // An instance has a default parameter group. Source: RDS API Reference, `CreateDBInstance`.
            Kind::DbInstance => vec![self.rds("db", names.db_writer()), self.rds("pg", "default*").used()],
            // In PostgreSQL.
            Kind::DatabaseAccess | Kind::TenantSchema => Vec::new(),
            Kind::Bucket => vec![
                named("s3", "bucket", vec![self.place.bucket_arn(&prefixed)]),
                named("s3", "object", vec![self.place.bucket_arn(format_args!("{prefixed}/*"))]),
            ],
            Kind::Secret => {
                let secrets = |scopes: &[Names]| -> Vec<String> {
                    let tenants = scopes.iter().flat_map(Names::secret_patterns);
                    let secrets = tenants.chain([names.admin_secret().to_string()]);
                    secrets.flat_map(|name| self.secret_arns(name)).collect()
                };
                // Secrets of tenants are looked for in both scopes.
                let namesakes = secrets(&both_scopes(names));
                vec![Typed { namesakes, ..named("secretsmanager", "Secret", secrets(&self.scopes)) }]
            }
            Kind::LogGroup => {
                let arn =
                    |names: &Names| self.place.arn("logs", format_args!("log-group:{}", names.log_group_pattern()));
                let arns: Vec<String> = self.scopes.iter().map(arn).collect();
                vec![named("logs", "log-group", arns.clone()), named("logs", "log-stream", arns)]
            }
            Kind::Role => {
                // A name is taken whatever the path of the role is that has it.
                let namesakes = vec![self.role_arn("/", &prefixed), self.role_arn("/*/", &prefixed)];
                vec![Typed { namesakes, ..named("iam", "role", vec![self.role_arn(&self.role_path, &prefixed)]) }]
            }
            Kind::LoadBalancer => vec![self.balancing("loadbalancer/app/", &prefixed)],
            Kind::Listener => vec![self.balancing("listener/app", format_args!("/{prefixed}"))],
            Kind::ListenerRule => vec![self.balancing("listener-rule/app", format_args!("/{prefixed}"))],
            // Their names have 32 characters, too few for that of the platform.
            Kind::TargetGroup => vec![self.tagged("elasticloadbalancing", "targetgroup")],
            // What is within the cluster is the platform's, or opens it and is reported.
            Kind::EcsCluster => vec![self.regional("ecs", "cluster", &cluster)],
            Kind::Service => vec![self.regional("ecs", "service", format_args!("{cluster}/*"))],
            Kind::Migration => vec![self.regional("ecs", "task", format_args!("{cluster}/*"))],
            Kind::TaskDefinition => vec![self.regional("ecs", "task-definition", format_args!("{prefixed}:*"))],
            Kind::ScalableTarget => {
                // The ids of targets have no pattern. Source: Application Auto Scaling API Reference, `ScalableTargetARN`.
                let targets = named(SCALING, "ScalableTarget", vec![self.place.arn(SCALING, "scalable-target/*")]);
                let alarms = format!("alarm:TargetTracking-service/{cluster}/*");
                let alarms = named("cloudwatch", "alarm", vec![self.place.arn("cloudwatch", alarms)]);
                vec![Typed { told_by: ToldBy::Tag, ..targets }, alarms]
            }
            Kind::ScheduleGroup => vec![self.regional("scheduler", "schedule-group", &prefixed)],
            Kind::Schedule => vec![self.regional("scheduler", "schedule", format_args!("{prefixed}/*"))],
        }
    }

    /// Resources whose ids AWS chooses.
    fn tagged(&self, service: &'static str, name: &'static str) -> Typed {
        Typed { told_by: ToldBy::Tag, ..self.regional(service, name, "*") }
    }

    fn regional(&self, service: &'static str, name: &'static str, pattern: impl Display) -> Typed {
        named(service, name, vec![self.place.arn(service, format_args!("{name}/{pattern}"))])
    }

    fn rds(&self, name: &'static str, pattern: impl Display) -> Typed {
        named("rds", name, vec![self.place.arn("rds", format_args!("{name}:{pattern}"))])
    }

    /// A load balancer, or a part of it.
    fn balancing(&self, name: &'static str, pattern: impl Display) -> Typed {
        let arn = self.place.arn("elasticloadbalancing", format_args!("{name}{pattern}/*"));
        named("elasticloadbalancing", name, vec![arn])
    }

    /// Secrets Manager appends `-` and six random characters to a name. It compares a name that no secret has without
    /// them. Source: ministackorg/ministack#1737, measured in eu-central-1.
    fn secret_arns(&self, name: impl Display) -> [String; 2] {
        ["", "-??????"].map(|suffix| self.place.arn("secretsmanager", format_args!("secret:{name}{suffix}")))
    }

    fn role_arn(&self, path: &str, name: &str) -> String {
        self.place.global_arn("iam", format_args!("role{path}{name}"))
    }
}

const SCALING: &str = "application-autoscaling";

impl Typed {
    fn used(self) -> Self {
        Self { told_by: ToldBy::Use, ..self }
    }
}

fn named(service: &'static str, name: &'static str, arns: Vec<String>) -> Typed {
    Typed { service, name, namesakes: arns.clone(), arns, told_by: ToldBy::Name }
}

/// The names in the scope of the plan, which its log groups show.
fn scopes(plan: &Plan, names: &Names) -> Vec<Names> {
    let [account, platform] = both_scopes(names);
    let of_platform = platform.log_group_pattern();
    let log_group = plan.nodes().iter().find_map(|node| match &node.resource {
        Resource::LogGroup(group) => Some(group.name.as_str()),
        _ => None,
    });
    match log_group {
        None => vec![account, platform],
        Some(name) if name.starts_with(of_platform.trim_end_matches('*')) => vec![platform],
        Some(_) => vec![account],
    }
}

fn both_scopes(names: &Names) -> [Names; 2] {
    [NameScope::Account, NameScope::Platform].map(|scope| names.clone().in_scope(scope))
}
