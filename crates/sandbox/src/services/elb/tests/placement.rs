use std::time::Duration;

use super::*;
use crate::dials::{Lag, Staleness};
use crate::testing::{all, pass};

fn create(bench: &Bench, input: Input<'_>) -> String {
    refused(bench, "CreateLoadBalancer", &and(input, &[("Name", "web")]))
}

#[tokio::test(start_paused = true)]
async fn two_subnets_in_two_zones_are_required() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| add_subnet(cloud, "subnet-0000000000000000d", VPC, "us-east-1a", "10.0.9.0/24"));
    assert_eq!(create(&bench, &[]), "ValidationError");
    assert_eq!(create(&bench, &[("Subnets.member.1", SUBNETS[0])]), "ValidationError");
    let same_zone = [("Subnets.member.1", SUBNETS[0]), ("Subnets.member.2", "subnet-0000000000000000d")];
    assert_eq!(create(&bench, &same_zone), "InvalidConfigurationRequest");
    assert_eq!(create(&bench, &and(&same_zone, &[("Subnets.member.3", SUBNETS[1])])), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn subnets_must_exist_in_one_vpc() {
    let bench = Bench::with_network();
    let (others, _) = add_other_vpc(&bench);
    let with = |second| create(&bench, &[("Subnets.member.1", SUBNETS[0]), ("Subnets.member.2", second)]);
    assert_eq!(with("subnet-00000000000000099"), "SubnetNotFound");
    assert_eq!(with("subnet-1 subnet-2"), "InvalidSubnet");
    assert_eq!(with(others[1]), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn subnets_are_given_as_ids_or_as_mappings() {
    let bench = Bench::with_network();
    let mapped = [("SubnetMappings.member.1.SubnetId", SUBNETS[0]), ("SubnetMappings.member.2.SubnetId", SUBNETS[1])];
    let allocated = [("SubnetMappings.member.1.AllocationId", "eipalloc-1")];
    assert_eq!(create(&bench, &and(&mapped, &allocated)), "ValidationError");
    assert_eq!(create(&bench, &and(&mapped, PLACED)), "ValidationError");
    done(&bench, "CreateLoadBalancer", &and(&mapped, &[("Name", "web")]));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_must_have_eight_free_addresses() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| {
        let subnet = cloud.ec2.subnets.get_mut(SUBNETS[0]).expect("it is there");
        // 16 addresses, of which AWS reserves five.
        subnet.cidr = "10.0.1.0/28".to_owned();
    });
    for name in ["a", "b", "c", "d"] {
        balancer(&bench, name);
    }
    assert_eq!(create(&bench, PLACED), "InvalidSubnet");
}

#[tokio::test(start_paused = true)]
async fn security_groups_must_exist_in_the_vpc() {
    let bench = Bench::with_network();
    let (_, other) = add_other_vpc(&bench);
    let with = |group| create(&bench, &and(&PLACED[..2], &[("SecurityGroups.member.1", group)]));
    assert_eq!(with("sg-00000000000000099"), "InvalidSecurityGroup");
    assert_eq!(with("web"), "ValidationError");
    assert_eq!(with(other), "InvalidConfigurationRequest");
    let keys: Vec<String> = (1..=6).map(|number| format!("SecurityGroups.member.{number}")).collect();
    let six: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), GROUP)).collect();
    assert_eq!(create(&bench, &and(&PLACED[..2], &six)), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn a_new_security_group_is_not_found_immediately() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| {
        cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(10)));
        let group = cloud.ec2.groups.remove(GROUP).expect("it is there");
        cloud.forget();
        cloud.ec2.groups.insert(GROUP.to_owned(), group);
    });
    assert_eq!(create(&bench, PLACED), "InvalidSecurityGroup");
    pass(Duration::from_secs(10)).await;
    balancer(&bench, "web");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_without_security_groups_has_the_default_one() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| {
        let group = SecurityGroup {
            id: "sg-0000000000000000d".to_owned(),
            vpc: VPC.to_owned(),
            name: "default".to_owned(),
            ..SecurityGroup::default()
        };
        cloud.ec2.groups.insert(group.id.clone(), group);
    });
    let answer = done(&bench, "CreateLoadBalancer", &and(&PLACED[..2], &[("Name", "web")]));
    assert!(answer.contains("<SecurityGroups><member>sg-0000000000000000d</member></SecurityGroups>"));
}

#[tokio::test(start_paused = true)]
async fn interfaces_exist_in_every_subnet_until_minutes_after_the_deletion() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let subnets = || {
        bench.cloud(|cloud| {
            let interfaces = cloud.ec2.interfaces.values();
            let mut subnets: Vec<String> = interfaces.map(|interface| interface.subnet.clone()).collect();
            subnets.sort();
            subnets
        })
    };
    assert_eq!(subnets(), SUBNETS[..2]);
    bench.cloud(|cloud| {
        for interface in cloud.ec2.interfaces.values() {
            assert_eq!(interface.groups, [GROUP]);
            assert!(interface.description.starts_with("ELB app/web/"));
        }
    });
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]);
    pass(Duration::from_secs(60)).await;
    assert_eq!(subnets(), SUBNETS[..2]);
    pass(Duration::from_secs(15 * 60)).await;
    assert!(subnets().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_can_move_to_other_subnets() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let before = bench.cloud(|cloud| cloud.elb.load_balancers[&arn].places.clone());
    let other = [("Subnets.member.1", SUBNETS[1]), ("Subnets.member.2", SUBNETS[2])];
    let answer = done(&bench, "SetSubnets", &and(&other, &[("LoadBalancerArn", &arn)]));
    assert_eq!(all(&answer, "SubnetId"), SUBNETS[1..]);
    let after = bench.cloud(|cloud| cloud.elb.load_balancers[&arn].places.clone());
    assert_eq!(after[0], before[1]);
    assert_eq!(bench.cloud(|cloud| cloud.ec2.interfaces.len()), 3);
    pass(Duration::from_secs(15 * 60)).await;
    assert_eq!(bench.cloud(|cloud| cloud.ec2.interfaces.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn subnets_and_groups_of_another_vpc_are_refused() {
    let bench = Bench::with_network();
    let (others, group) = add_other_vpc(&bench);
    let arn = balancer(&bench, "web");
    let set = |input: Input<'_>| refused(&bench, "SetSubnets", &and(input, &[("LoadBalancerArn", &arn)]));
    assert_eq!(set(&[("Subnets.member.1", SUBNETS[0])]), "ValidationError");
    let foreign = [("Subnets.member.1", others[0]), ("Subnets.member.2", others[1])];
    assert_eq!(set(&foreign), "InvalidConfigurationRequest");
    let regroup =
        |group| refused(&bench, "SetSecurityGroups", &[("LoadBalancerArn", &arn), ("SecurityGroups.member.1", group)]);
    assert_eq!(regroup(group), "InvalidConfigurationRequest");
    assert_eq!(regroup("sg-00000000000000099"), "InvalidSecurityGroup");
    assert_eq!(refused(&bench, "SetSecurityGroups", &[("LoadBalancerArn", &arn)]), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn interfaces_have_the_security_groups_of_the_load_balancer() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let other = "sg-00000000000000003";
    bench.cloud(|cloud| {
        let group = SecurityGroup { id: other.to_owned(), vpc: VPC.to_owned(), ..SecurityGroup::default() };
        cloud.ec2.groups.insert(other.to_owned(), group);
    });
    let input = [("LoadBalancerArn", arn.as_str()), ("SecurityGroups.member.1", other)];
    assert_eq!(all(&done(&bench, "SetSecurityGroups", &input), "member"), [other]);
    bench.cloud(|cloud| assert!(cloud.ec2.interfaces.values().all(|interface| interface.groups == [other])));
}

#[tokio::test(start_paused = true)]
async fn dual_stack_requires_subnets_with_ipv6() {
    let bench = Bench::with_network();
    assert_eq!(create(&bench, &and(PLACED, &[("IpAddressType", "dualstack")])), "InvalidSubnet");
    let internal = [("IpAddressType", "dualstack"), ("Scheme", "internal")];
    assert_eq!(create(&bench, &and(PLACED, &internal)), "InvalidConfigurationRequest");
    let arn = balancer(&bench, "web");
    let set = [("LoadBalancerArn", arn.as_str()), ("IpAddressType", "dualstack")];
    assert_eq!(refused(&bench, "SetIpAddressType", &set), "InvalidSubnet");
    let set = [("LoadBalancerArn", arn.as_str()), ("IpAddressType", "ipv4")];
    assert_eq!(first(&done(&bench, "SetIpAddressType", &set), "IpAddressType").as_deref(), Some("ipv4"));
}

#[tokio::test(start_paused = true)]
async fn security_groups_and_subnets_are_in_use_until_the_interfaces_are_deleted() {
    let bench = Bench::with_network();
    let arn = balancer(&bench, "web");
    let ec2 = |action: &str, input: Input<'_>| bench.query(Service::Ec2, action, input).map(drop);
    let stays = || {
        assert_eq!(ec2("DeleteSecurityGroup", &[("GroupId", GROUP)]), Err("DependencyViolation".to_owned()));
        assert_eq!(ec2("DeleteSubnet", &[("SubnetId", SUBNETS[0])]), Err("DependencyViolation".to_owned()));
    };
    stays();
    done(&bench, "DeleteLoadBalancer", &[("LoadBalancerArn", &arn)]);
    pass(Duration::from_secs(60)).await;
    stays();
    pass(Duration::from_secs(15 * 60)).await;
    ec2("DeleteSecurityGroup", &[("GroupId", GROUP)]).expect("nothing has it any more");
    ec2("DeleteSubnet", &[("SubnetId", SUBNETS[0])]).expect("nothing is in it any more");
}
