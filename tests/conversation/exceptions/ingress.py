"""Exceptions of Elastic Load Balancing."""

from compare import ABSENT

from exceptions.exception import Except, differs, invents, lacks, lets_pass, refuses, says_otherwise

API = "Elastic Load Balancing API reference, "

EXCEPTIONS = [
    *says_otherwise(
        {"elb.create_load_balancer, no such subnet": ("InvalidSubnetID.NotFound 400", "SubnetNotFound 400")},
        f"{API}CreateLoadBalancer, errors",
        "moto hands on what EC2 says",
    ),
    *says_otherwise(
        {"elb.create_load_balancer, a name of AWS's": ("InvalidSubnetID.NotFound 400", "ValidationError 400")},
        f"{API}CreateLoadBalancer, Name: it must not begin with `internal-`",
        "moto does not look at the name",
    ),
    *says_otherwise(
        {
            "elb.modify_load_balancer_attributes, no such one": (
                "InvalidConfigurationRequest 400",
                "ValidationError 400",
            )
        },
        "github.com/hashicorp/terraform-provider-aws, issue 23971",
        "AWS tells unknown keys from values that it cannot have",
    ),
    *lacks(
        "elb.create_load_balancer",
        ["LoadBalancers.*.Scheme"],
        f"{API}CreateLoadBalancer, Scheme: the default is internet-facing",
        "moto has no default",
    ),
    *lacks(
        "elb.*_load_balancer_attributes",
        ["Attributes.*"],
        f"{API}LoadBalancerAttribute",
        "moto has few of the attributes",
    ),
    *differs(
        "elb.*_load_balancer_attributes",
        {"Attributes.load_balancing.cross_zone.enabled.Value": ("false", "true")},
        f"{API}LoadBalancerAttribute: cross-zone is on for Application Load Balancers",
        "moto has the default of the other kinds",
    ),
    *lacks("elb.set_subnets", ["IpAddressType"], f"{API}SetSubnets", "moto does not know the field"),
    *refuses(
        {"elb.create_target_group, the same again": "DuplicateTargetGroupName 400"},
        f"{API}CreateTargetGroup: `This operation is idempotent`",
        "moto refuses the name whatever else there is in the call",
    ),
    *lacks(
        "elb.*_target_group_attributes",
        ["Attributes.*"],
        f"{API}TargetGroupAttribute",
        "moto has few of the attributes",
    ),
    *invents(
        "elb.*_target_group_attributes",
        ["Attributes.waf.fail_open.enabled"],
        f"{API}LoadBalancerAttribute, which has it",
        "it is an attribute of balancers",
    ),
    *differs(
        "elb.describe_target_health",
        {"*.HealthCheckPort": ("traffic-port", "80"), "*.TargetHealth.State": ("healthy", "unused")},
        f"{API}DescribeTargetHealth, examples; TargetHealth, Reason",
        "in moto every target is healthy, also where nothing leads to it",
    ),
    *lacks(
        "elb.describe_target_health",
        ["*.Target.AvailabilityZone", "*.TargetHealth.Description", "*.TargetHealth.Reason"],
        f"{API}TargetHealth",
        "in moto every target is healthy, also where nothing leads to it",
    ),
    *lacks(
        "elb.describe_target_health, of tasks",
        ["TargetHealthDescriptions"],
        "Amazon ECS Developer Guide, Use load balancing to distribute service traffic",
        "in moto a service does not register its tasks",
    ),
    *invents(
        "elb.*_listener*",
        ["Listeners.*.SslPolicy", "Listeners.*.Certificates"],
        f"{API}Listener: policy and certificates are of HTTPS and TLS",
        "moto has a default policy for HTTP, and keeps what a listener of HTTPS had",
    ),
    *lacks(
        "elb.*",
        [f"*.RedirectConfig.{part}" for part in ["Host", "Path", "Query"]],
        f"{API}RedirectActionConfig, defaults",
        "moto has no defaults for them",
    ),
    *lacks(
        "elb.*_listener*", ["*.MutualAuthentication"], f"{API}Listener, MutualAuthentication", "moto does not know it"
    ),
    Except(
        "elb.add_listener_certificates",
        "Certificates.0.CertificateArn",
        "*",
        "*",
        f"{API}AddListenerCertificates, example",
        "moto answers with all certificates and not with those that were added",
    ),
    *lacks("elb.add_listener_certificates", ["Certificates.0.IsDefault"], f"{API}Certificate", "moto does not say it"),
    *invents(
        "elb.add_listener_certificates",
        ["Certificates.1"],
        f"{API}AddListenerCertificates, example",
        "moto answers with all certificates and not with those that were added",
    ),
    *refuses(
        {
            "elb.delete_target_group, that leads nowhere yet": "TargetGroupNotFound 400",
            "elb.delete_target_group, again": "TargetGroupNotFound 400",
        },
        f"{API}DeleteTargetGroup, whose only error is ResourceInUse",
        "to delete what is not there is no error",
    ),
    *lets_pass({"elb.delete_rule, again": "RuleNotFound 400"}, f"{API}DeleteRule, errors", "moto does not look"),
    *lacks(
        "elb.*",
        ["*.ForwardConfig"],
        f"{API}Action, TargetGroupArn and ForwardConfig",
        "AWS gives the one group in both forms",
    ),
    *lacks(
        "elb.*_rule*",
        [
            "Rules.*.Conditions.*.Values",
            "Rules.*.Conditions.*.HostHeaderConfig",
            "Rules.*.Conditions.*.PathPatternConfig",
        ],
        f"{API}RuleCondition, Values, HostHeaderConfig and PathPatternConfig",
        "AWS gives hosts and paths in both forms",
    ),
    Except(
        "elb.describe_target_groups, in use",
        "TargetGroups.0.LoadBalancerArns.1",
        "*",
        ABSENT,
        f"{API}TargetGroup, LoadBalancerArns: the balancers that lead to the group",
        "moto has a balancer as often as there are rules",
    ),
    *lets_pass(
        {"elb.describe_tags, of nothing": "TargetGroupNotFound 400"}, f"{API}DescribeTags, errors", "moto does not look"
    ),
    *differs(
        "elb.describe_target_groups, all pages",
        {"pages.0.length": ("3", "2")},
        f"{API}DescribeTargetGroups, PageSize",
        "moto does not look at the length of pages",
    ),
    *lacks(
        "elb.describe_target_groups, all pages",
        ["pages.1"],
        f"{API}DescribeTargetGroups, PageSize",
        "moto does not look at the length of pages",
    ),
    *invents(
        "elb.describe_target_groups, that nothing leads to",
        ["TargetGroups.*.LoadBalancerArns"],
        f"{API}TargetGroup, LoadBalancerArns: the balancers that lead to the group",
        "in moto the balancers stay when the listener goes",
    ),
]
