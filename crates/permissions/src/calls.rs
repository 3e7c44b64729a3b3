//! Which actions of IAM a call needs.
//!
//! Most actions have the name of the operation. A call needs more than its own action where it tags what it creates,
//! passes a role to a service, or is the first call of a service in an account.

use saas_model::Kind;

/// A call that saas declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeclaredCall {
    /// The kind of resources whose provider makes it; `None` for the lease, the receipts and the checks beforehand.
    pub kind: Option<Kind>,
    /// The call, `service:Operation`, with the prefix that IAM gives to the service.
    pub call: &'static str,
    /// Who needs it.
    pub purpose: Purpose,
}

/// Who needs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Every command: it reads.
    Read,
    /// Only an apply or a destroy: it writes, or checks beforehand.
    Write,
}

/// Why a call needs an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// To do what it says.
    Itself,
    /// To tag what it creates.
    TagsCreated,
    /// To pass a role to this service.
    Passes(&'static str),
    /// Because the first call of this service in an account creates its role.
    Links(LinkedRole),
}

/// A service-linked role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LinkedRole {
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
}

/// The actions of calls that are not named like them.
///
/// Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; AWS Secrets Manager API Reference,
/// `BatchGetSecretValue`.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("s3:DeleteBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:DeleteObjects", &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
    ("s3:GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
    ("s3:GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"]),
    ("s3:GetBucketNotificationConfiguration", &["s3:GetBucketNotification"]),
    ("s3:GetBucketReplication", &["s3:GetReplicationConfiguration"]),
    ("s3:GetObjectLockConfiguration", &["s3:GetBucketObjectLockConfiguration"]),
    ("s3:GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3:HeadBucket", &["s3:ListBucket"]),
    ("s3:ListBucketInventoryConfigurations", &["s3:GetInventoryConfiguration"]),
    ("s3:ListBuckets", &["s3:ListAllMyBuckets"]),
    ("s3:ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
    ("s3:ListObjectVersions", &["s3:ListBucketVersions"]),
    ("s3:ListObjectsV2", &["s3:ListBucket"]),
    ("s3:PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
    ("s3:PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("secretsmanager:BatchGetSecretValue", &["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]),
];

/// The actions that tag what a call creates.
///
/// Sources: Amazon EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation"; Amazon ECS Developer
/// Guide, "Grant permission to tag resources on creation"; Elastic Load Balancing User Guide, "Grant permission to tag
/// resources during creation"; API references of the others, `Tags` of the operation.
const TAGGING: &[(&str, &[&str])] = &[
    ("application-autoscaling:TagResource", &["application-autoscaling:RegisterScalableTarget"]),
    (
        "ec2:CreateTags",
        &[
            "ec2:AllocateAddress",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateInternetGateway",
            "ec2:CreateNatGateway",
            "ec2:CreateRouteTable",
            "ec2:CreateSecurityGroup",
            "ec2:CreateSubnet",
            "ec2:CreateVpc",
            "ec2:CreateVpcEndpoint",
        ],
    ),
    ("ecs:TagResource", &["ecs:CreateCluster", "ecs:CreateService", "ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    (
        "elasticloadbalancing:AddTags",
        &[
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:CreateRule",
            "elasticloadbalancing:CreateTargetGroup",
        ],
    ),
    ("iam:TagRole", &["iam:CreateRole"]),
    ("logs:TagResource", &["logs:CreateLogGroup"]),
    (
        "rds:AddTagsToResource",
        &[
            "rds:CreateDBCluster",
            "rds:CreateDBClusterParameterGroup",
            "rds:CreateDBInstance",
            "rds:CreateDBSubnetGroup",
        ],
    ),
    ("scheduler:TagResource", &["scheduler:CreateScheduleGroup"]),
    ("secretsmanager:TagResource", &["secretsmanager:CreateSecret"]),
];

/// The services to which a call passes roles.
///
/// Sources: Amazon ECS Developer Guide, "Task IAM role" and "Task execution IAM role"; EventBridge Scheduler User Guide,
/// "Identity-based policies", `iam:PassRole`.
const PASSING: &[(&str, &[&str])] = &[
    (ECS_TASKS, &["ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    (SCHEDULER, &["scheduler:CreateSchedule", "scheduler:UpdateSchedule"]),
];

/// The services that assume the roles of a platform.
pub(crate) const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";
pub(crate) const SCHEDULER: &str = "scheduler.amazonaws.com";

/// The roles that services create at the first of these calls.
///
/// Source: the guide of each service, "Using service-linked roles".
const LINKING: &[(&str, LinkedRole)] = &[
    (
        "application-autoscaling:RegisterScalableTarget",
        LinkedRole {
            service: "ecs.application-autoscaling.amazonaws.com",
            name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
        },
    ),
    ("ecs:CreateCluster", LinkedRole { service: "ecs.amazonaws.com", name: "AWSServiceRoleForECS" }),
    (
        "elasticloadbalancing:CreateLoadBalancer",
        LinkedRole { service: "elasticloadbalancing.amazonaws.com", name: "AWSServiceRoleForElasticLoadBalancing" },
    ),
    ("rds:CreateDBCluster", LinkedRole { service: "rds.amazonaws.com", name: "AWSServiceRoleForRDS" }),
];

/// The actions of other services that Application Auto Scaling requires of its callers.
///
/// Source: Amazon ECS Developer Guide, "IAM permissions required for Amazon ECS service auto scaling".
const SCALING: &[(&str, &[&str])] = &[
    ("application-autoscaling:DeleteScalingPolicy", &["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"]),
    ("application-autoscaling:DeregisterScalableTarget", &["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"]),
    ("application-autoscaling:PutScalingPolicy", &["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]),
    ("application-autoscaling:RegisterScalableTarget", &["ecs:DescribeServices", "ecs:UpdateService"]),
];

/// The actions that a call needs, each with the reason.
pub(crate) fn actions(call: &'static str) -> Vec<(&'static str, Reason)> {
    let own = of(OTHER_NAMES, call).map_or_else(|| vec![call], <[_]>::to_vec);
    let scaling = of(SCALING, call).unwrap_or_default();
    let mut actions: Vec<_> = own.iter().chain(scaling).map(|action| (*action, Reason::Itself)).collect();
    let tagging = TAGGING.iter().filter(|(_, calls)| calls.contains(&call));
    actions.extend(tagging.map(|(action, _)| (*action, Reason::TagsCreated)));
    let passing = PASSING.iter().filter(|(_, calls)| calls.contains(&call));
    actions.extend(passing.map(|(service, _)| ("iam:PassRole", Reason::Passes(service))));
    let linking = LINKING.iter().filter(|(first, _)| *first == call);
    actions.extend(linking.map(|(_, role)| ("iam:CreateServiceLinkedRole", Reason::Links(*role))));
    actions
}

fn of(table: &[(&str, &'static [&'static str])], call: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == call).map(|(_, actions)| *actions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn every_action_of_the_tables_exists() {
        let renamed = OTHER_NAMES.iter().chain(SCALING).flat_map(|(_, actions)| actions.iter().copied());
        let tagging = TAGGING.iter().flat_map(|(action, calls)| calls.iter().chain([action]).copied());
        let passing = PASSING.iter().flat_map(|(_, calls)| calls.iter().copied());
        for action in renamed.chain(tagging).chain(passing).chain(LINKING.iter().map(|(call, _)| *call)) {
            assert!(catalogue::action(action).is_some(), "AWS has no action `{action}`");
        }
    }

    #[test]
    fn renamed_operations_are_no_actions_themselves() {
        for (call, actions) in OTHER_NAMES.iter().filter(|(call, actions)| !actions.contains(call)) {
            assert!(catalogue::action(call).is_none(), "`{call}` is an action, and not {actions:?}");
        }
    }

    #[test]
    fn registration_of_a_task_definition_tags_it_and_passes_its_roles() {
        let expected = [
            ("ecs:RegisterTaskDefinition", Reason::Itself),
            ("ecs:TagResource", Reason::TagsCreated),
            ("iam:PassRole", Reason::Passes(ECS_TASKS)),
        ];
        assert_eq!(actions("ecs:RegisterTaskDefinition"), expected);
    }
}
