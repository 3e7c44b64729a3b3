"""Exceptions of what moto lets pass. Each call stands in the script of the same name, for nothing else."""

from exceptions.exception import differs, lets_pass, refuses, says_otherwise

EC2 = "Amazon EC2 API reference, Error codes"
ELB = "Elastic Load Balancing API reference, errors of the operation"
RDS = "Amazon RDS API reference, errors of the operation"
IAM = "AWS IAM API reference, errors of the operation"
ECS = "Amazon ECS API reference, errors of the operation"
SCALING = "Application Auto Scaling API reference, errors of the operation"
S3 = "Amazon S3 API reference, Error responses"
SECRETS = "AWS Secrets Manager API reference, errors of the operation"
LOGS = "Amazon CloudWatch Logs API reference, errors of the operation"
LAX = "moto does not look"

EXCEPTIONS = [
    *lets_pass(
        {
            "ec2.create_tags, a reserved key": "InvalidParameterValue 400",
            "ec2.create_tags, a long key": "InvalidParameterValue 400",
            "ec2.create_subnet, not a block": "InvalidParameterValue 400",
            "ec2.create_subnet, too small": "InvalidSubnet.Range 400",
            "ec2.create_route, that is no block": "InvalidParameterValue 400",
            "ec2.create_security_group, a long name": "InvalidParameterValue 400",
            "ec2.create_security_group, a name like an id": "InvalidParameterValue 400",
            "ec2.create_security_group, an odd description": "InvalidParameterValue 400",
            "ec2.authorize_security_group_ingress, upside down": "InvalidParameterValue 400",
            "ec2.authorize_security_group_ingress, beyond all ports": "InvalidParameterValue 400",
            "ec2.authorize_security_group_ingress, nothing": "MissingParameter 400",
            "ec2.create_route, no such NAT": "InvalidNatGatewayID.NotFound 400",
            "ec2.associate_route_table, with the same again": "Resource.AlreadyAssociated 400",
            "ec2.detach_internet_gateway, with an address in use": "DependencyViolation 400",
            "ec2.attach_internet_gateway, if it is gone": "Resource.AlreadyAssociated 400",
            "ec2.attach_internet_gateway, to a network that has one": "InvalidParameterValue 400",
            "ec2.create_vpc_endpoint, to no such service": "InvalidServiceName 400",
            "ec2.create_vpc_endpoint, a second time": "RouteAlreadyExists 400",
            "ec2.release_address, taken": "AuthFailure 400",
            "ec2.delete_subnet, with a NAT gateway in it": "DependencyViolation 400",
            "ec2.create_security_group, no such network": "InvalidVpcID.NotFound 400",
            "ec2.delete_security_group, that another's rule names": "DependencyViolation 400",
            "ec2.delete_vpc, with a group": "DependencyViolation 400",
            "ec2.delete_security_group, of a balancer": "DependencyViolation 400",
        },
        EC2,
        LAX,
    ),
    *refuses(
        {"ec2.revoke_security_group_egress, without its description": "InvalidPermission.NotFound 400"},
        "Amazon EC2 API reference, RevokeSecurityGroupEgress: the description need not be specified to revoke the rule",
        "moto compares descriptions of groups too",
    ),
    *lets_pass(
        {
            "elb.create_load_balancer, a name that is taken": "DuplicateLoadBalancerName 400",
            "elb.create_load_balancer, in one subnet": "ValidationError 400",
            "elb.create_listener, on a port that is taken": "DuplicateListener 400",
            "elb.create_listener, of HTTPS without a certificate": "ValidationError 400",
            "elb.create_rule, too low a priority": "ValidationError 400",
            "elb.create_rule, of priority 0": "ValidationError 400",
            "elb.create_rule, by nothing": "ValidationError 400",
            "elb.create_rule, to nothing": "ValidationError 400",
            "elb.describe_tags, of nothing": "LoadBalancerNotFound 400",
            "elb.modify_load_balancer_attributes, of no number": "ValidationError 400",
            "elb.create_listener, on port 0": "ValidationError 400",
            "elb.create_load_balancer, of no such group": "InvalidSecurityGroup 400",
            "elb.delete_load_balancer, protected": "OperationNotPermitted 400",
        },
        ELB,
        LAX,
    ),
    *lets_pass(
        {
            "rds.create_db_subnet_group, a name that is taken": "DBSubnetGroupAlreadyExists 400",
            "rds.create_db_subnet_group, in one zone": "DBSubnetGroupDoesNotCoverEnoughAZs 400",
            "rds.modify_db_cluster_parameter_group, no such parameter": "InvalidParameterValue 400",
            "rds.modify_db_cluster_parameter_group, a static one at once": "InvalidParameterCombination 400",
            "rds.create_db_cluster, no such subnet group": "DBSubnetGroupNotFoundFault 404",
            "rds.create_db_cluster, a name like *": "InvalidParameterValue 400",
            "rds.create_db_cluster, a long password": "InvalidParameterValue 400",
            "rds.create_db_cluster, a slash in it": "InvalidParameterValue 400",
            "rds.create_db_cluster, no such version": "InvalidParameterCombination 400",
            "rds.create_db_cluster, a reserved user": "InvalidParameterValue 400",
            "rds.delete_db_cluster, neither with a snapshot nor without": "InvalidParameterCombination 400",
            "rds.delete_db_cluster_parameter_group, in use": "InvalidDBParameterGroupState 400",
        },
        RDS,
        LAX,
    ),
    *differs(
        "elb.create_listener, the same again",
        {"Listeners.0.ListenerArn": ("*", "*")},
        "Elastic Load Balancing API reference, CreateListener: `This operation is idempotent`",
        "moto makes another listener on the port",
    ),
    *says_otherwise(
        {
            "rds.create_db_cluster, a name that is taken": (
                "DBClusterSnapshotAlreadyExistsFault 400",
                "DBClusterAlreadyExistsFault 400",
            ),
            "rds.delete_db_subnet_group, in use": (
                "DBSubnetGroupNotFoundFault 404",
                "InvalidDBSubnetGroupStateFault 400",
            ),
        },
        RDS,
        "moto makes the cluster, and stumbles over its snapshot; and it loses the group by changing it",
    ),
    *refuses(
        {"rds.describe_db_subnet_groups, changed": "DBSubnetGroupNotFoundFault 404"},
        "Amazon RDS API reference, ModifyDBSubnetGroup",
        "moto loses a group by changing it",
    ),
    *lets_pass(
        {
            "iam.create_role, a name that is taken but for its case": "EntityAlreadyExists 409",
            "iam.create_role, a long name": "ValidationError 400",
            "iam.create_role, a tag of AWS's": "InvalidInput 400",
            "iam.create_role, a path without end": "ValidationError 400",
            "iam.create_role, too long a session": "ValidationError 400",
            "iam.create_role, a trust that is no JSON": "MalformedPolicyDocument 400",
            "iam.create_role, a name with a blank": "ValidationError 400",
            "iam.put_role_policy, too large": "LimitExceeded 409",
            "iam.put_role_policy, with a principal": "MalformedPolicyDocument 400",
        },
        IAM,
        LAX,
    ),
    *lets_pass(
        {
            "ecs.create_cluster, a name with a dot": "InvalidParameterException 400",
            "ecs.register_task_definition, no such size": "ClientException 400",
            "ecs.register_task_definition, two of a name": "ClientException 400",
            "ecs.register_task_definition, none essential": "ClientException 400",
            "ecs.register_task_definition, no such volume": "ClientException 400",
            "ecs.register_task_definition, a family with a blank": "ClientException 400",
            "ecs.register_task_definition, another network": "ClientException 400",
            "ecs.register_task_definition, without containers": "ClientException 400",
            "ecs.create_service, without a network": "InvalidParameterException 400",
            "ecs.create_service, a name that is taken": "InvalidParameterException 400",
            "ecs.describe_services, eleven": "InvalidParameterException 400",
            "ecs.delete_cluster, with a service": "ClusterContainsServicesException 400",
        },
        ECS,
        LAX,
    ),
    *lets_pass(
        {
            "scaling.register_scalable_target, upside down": "ValidationException 400",
            "scaling.put_scaling_policy, before its target": "ObjectNotFoundException 400",
            "scaling.put_scaling_policy, no such metric": "ValidationException 400",
        },
        SCALING,
        LAX,
    ),
    *lets_pass(
        {
            "s3.create_bucket, a name with capitals": "InvalidBucketName 400",
            "s3.create_bucket, a name with an underscore": "InvalidBucketName 400",
            "s3.create_bucket, a name like an address": "InvalidBucketName 400",
            "s3.put_bucket_tagging, too many": "BadRequest 400",
            "s3.list_objects_v2, a token of nobody's": "InvalidArgument 400",
            "s3.list_object_versions, a marker of nobody's": "InvalidArgument 400",
            "s3.put_object, unless it has a tag": "NotImplemented 501",
            "s3.put_object, of another digest": "BadDigest 400",
            "s3.put_bucket_versioning, neither on nor off": "MalformedXML 400",
            "s3.put_object, a long key": "KeyTooLongError 400",
            "s3.head_bucket, of another account": "403 403",
            "s3.put_bucket_versioning, of another account": "AccessDenied 403",
            "s3.put_object, of another account": "AccessDenied 403",
            "s3.get_object, of another account": "AccessDenied 403",
            "s3.put_bucket_policy, that is no JSON": "MalformedPolicy 400",
            "s3.put_bucket_policy, of another bucket": "MalformedPolicy 400",
            "s3.put_bucket_policy, for everybody": "AccessDenied 403",
        },
        S3,
        LAX,
    ),
    *lets_pass(
        {
            "secrets.create_secret, a name with a blank": "ValidationException 400",
            "secrets.create_secret, too many tags": "InvalidParameterException 400",
            "secrets.create_secret, a long name": "ValidationException 400",
            "secrets.list_secrets, too many at once": "ValidationException 400",
            "secrets.put_secret_value, of both kinds": "InvalidParameterException 400",
            "secrets.put_secret_value, scheduled for deletion": "InvalidRequestException 400",
            "secrets.tag_resource, scheduled for deletion": "InvalidRequestException 400",
        },
        SECRETS,
        LAX,
    ),
    *lets_pass(
        {
            "logs.create_log_group, a name with a blank": "InvalidParameterException 400",
            "logs.describe_log_groups, by prefix and pattern": "InvalidParameterException 400",
            "logs.describe_log_groups, none at once": "InvalidParameterException 400",
            "logs.describe_log_groups, a token of nobody's": "InvalidParameterException 400",
            "logs.put_retention_policy, not a number of AWS's": "InvalidParameterException 400",
            "logs.list_tags_for_resource, unknown": "ResourceNotFoundException 400",
            "logs.tag_resource, unknown": "ResourceNotFoundException 400",
        },
        LOGS,
        LAX,
    ),
]
