//! Tests of Elastic Load Balancing over the wire, and their helpers.

mod attributes;
mod certificates;
mod listeners;
mod load_balancers;
mod placement;
mod rules;
mod tags;
mod target_groups;
mod targets;

use crate::services::Service;
use crate::services::ec2::{SecurityGroup, Subnet, Vpc};
use crate::testing::{Bench, GROUP, SUBNETS, VPC, first};

const OTHER_VPC: &str = "vpc-00000000000000002";
const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000001";

const OTHER_CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000002";

type Input<'a> = &'a [(&'a str, &'a str)];

/// A network and this many issued certificates: [`CERTIFICATE`], [`OTHER_CERTIFICATE`] and so on.
fn with_certificates(count: usize) -> Bench {
    let bench = Bench::with_network();
    bench.cloud(|cloud| {
        for number in 1..=count {
            cloud.acm.issue(&certificate(number), cloud.now);
        }
    });
    bench
}

fn certificate(number: usize) -> String {
    format!("arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-{number:012}")
}

/// A call: its answer, or its error code.
fn call(bench: &Bench, action: &str, input: Input<'_>) -> Result<String, String> {
    bench.query(Service::Elb, action, input)
}

/// The answer to a call that must succeed.
fn done(bench: &Bench, action: &str, input: Input<'_>) -> String {
    call(bench, action, input).unwrap_or_else(|code| panic!("{action} is refused: {code}"))
}

/// The error code of a call that must fail.
fn refused(bench: &Bench, action: &str, input: Input<'_>) -> String {
    call(bench, action, input).expect_err("the call should be refused")
}

/// The same parameters with more of them.
fn and<'a>(input: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    input.iter().chain(more).copied().collect()
}

/// The parameters of a load balancer in two subnets, except its name.
const PLACED: Input<'static> =
    &[("Subnets.member.1", SUBNETS[0]), ("Subnets.member.2", SUBNETS[1]), ("SecurityGroups.member.1", GROUP)];

fn balancer(bench: &Bench, name: &str) -> String {
    let answer = done(bench, "CreateLoadBalancer", &and(PLACED, &[("Name", name)]));
    first(&answer, "LoadBalancerArn").expect("an ARN")
}

/// The parameters of a target group of IP addresses, except its name.
const GROUPED: Input<'static> = &[("Protocol", "HTTP"), ("Port", "80"), ("VpcId", VPC), ("TargetType", "ip")];

fn group(bench: &Bench, name: &str) -> String {
    let answer = done(bench, "CreateTargetGroup", &and(GROUPED, &[("Name", name)]));
    first(&answer, "TargetGroupArn").expect("an ARN")
}

/// A default action that needs no other resources.
const NOT_FOUND: Input<'static> = &[
    ("DefaultActions.member.1.Type", "fixed-response"),
    ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "404"),
];

fn listener(bench: &Bench, balancer: &str, port: &str) -> String {
    let input = and(NOT_FOUND, &[("LoadBalancerArn", balancer), ("Protocol", "HTTP"), ("Port", port)]);
    first(&done(bench, "CreateListener", &input), "ListenerArn").expect("an ARN")
}

fn https_listener(bench: &Bench, balancer: &str) -> String {
    let protocol = [("LoadBalancerArn", balancer), ("Protocol", "HTTPS"), ("Port", "443")];
    let input = and(&protocol, &[("Certificates.member.1.CertificateArn", CERTIFICATE)]);
    first(&done(bench, "CreateListener", &and(&input, NOT_FOUND)), "ListenerArn").expect("an ARN")
}

/// Creates a rule for one host.
fn rule(bench: &Bench, listener: &str, priority: &str, group: &str) -> Result<String, String> {
    let input = [
        ("ListenerArn", listener),
        ("Priority", priority),
        ("Conditions.member.1.Field", "host-header"),
        ("Conditions.member.1.HostHeaderConfig.Values.member.1", "a.example.com"),
        ("Actions.member.1.Type", "forward"),
        ("Actions.member.1.TargetGroupArn", group),
    ];
    call(bench, "CreateRule", &input).map(|answer| first(&answer, "RuleArn").expect("an ARN"))
}

/// Adds a second VPC with a security group and a subnet in each of two zones.
fn add_other_vpc(bench: &Bench) -> ([&'static str; 2], &'static str) {
    let (subnets, group) = (["subnet-00000000000000011", "subnet-00000000000000012"], "sg-00000000000000002");
    bench.cloud(|cloud| {
        cloud.ec2.vpcs.insert(OTHER_VPC.to_owned(), Vpc { id: OTHER_VPC.to_owned(), ..Vpc::default() });
        for (id, zone) in subnets.into_iter().zip(["us-east-1a", "us-east-1b"]) {
            add_subnet(cloud, id, OTHER_VPC, zone, "10.1.0.0/24");
        }
        let other = SecurityGroup { id: group.to_owned(), vpc: OTHER_VPC.to_owned(), ..SecurityGroup::default() };
        cloud.ec2.groups.insert(group.to_owned(), other);
    });
    (subnets, group)
}

fn add_subnet(cloud: &mut crate::cloud::Cloud, id: &str, vpc: &str, zone: &str, cidr: &str) {
    let subnet = Subnet {
        id: id.to_owned(),
        vpc: vpc.to_owned(),
        cidr: cidr.to_owned(),
        zone: zone.to_owned(),
        ..Subnet::default()
    };
    cloud.ec2.subnets.insert(id.to_owned(), subnet);
}
