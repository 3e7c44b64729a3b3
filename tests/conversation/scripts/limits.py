"""What every service demands of names, tags and numbers, so far as both say it."""

from talk import Talk

from scripts.stage import TRUST

TOO_MANY = [{"Key": f"key-{number}", "Value": "x"} for number in range(51)]


def limits(talk: Talk) -> None:
    """One refusal after the other; what is made nevertheless has a name of its own."""
    iam, secrets, logs, s3, ec2 = talk.iam, talk.secrets, talk.logs, talk.s3, talk.ec2
    iam.create_role("too many tags", RoleName="many", AssumeRolePolicyDocument=TRUST, Tags=TOO_MANY)
    iam.create_role(
        "a long tag", RoleName="long", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "x" * 129, "Value": "x"}]
    )
    iam.create_role("a tag twice", RoleName="twice", AssumeRolePolicyDocument=TRUST, Tags=TOO_MANY[:1] * 2)
    secrets.create_secret("a short token", Name="token", SecretString="x", ClientRequestToken="short")
    secrets.get_secret_value("a long id", SecretId="x" * 2049)
    logs.create_log_group("a long name", logGroupName="x" * 513)
    s3.create_bucket("a short name", Bucket="ab")
    s3.create_bucket(Bucket="a-bucket-of-limits")
    s3.put_bucket_tagging("of AWS's", Bucket="a-bucket-of-limits", Tagging={"TagSet": [{"Key": "aws:x", "Value": "x"}]})
    s3.delete_bucket(Bucket="a-bucket-of-limits")
    vpc = ec2.create_vpc(CidrBlock="10.13.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags("too many", Resources=[vpc], Tags=TOO_MANY)
    elb = talk.elb
    elb.create_target_group("a long name", Name="x" * 33, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    elb.create_target_group("a hyphen at its end", Name="x-", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    elb.create_target_group("without a port", Name="portless", Protocol="HTTP", VpcId=vpc, TargetType="ip")
    elb.create_target_group("no such protocol", Name="protocol", Protocol="FTP", Port=21, VpcId=vpc, TargetType="ip")
    elb.create_load_balancer("a name of AWS's", Name="internal-x", Subnets=["subnet-00000000000000000"])
    ecs = talk.ecs
    ecs.describe_task_definition("of no family", taskDefinition="nothing")
    ecs.list_task_definitions("of no family", familyPrefix="nothing")
    ecs.list_services("of no cluster", cluster="nothing")
    rds = talk.rds
    rds.describe_db_clusters("by an unknown name's filter", Filters=[{"Name": "db-cluster-id", "Values": ["nothing"]}])
    rds.describe_db_instances("by a filter that is none", Filters=[{"Name": "colour", "Values": ["red"]}])
    rds.create_db_subnet_group(
        "a reserved name",
        DBSubnetGroupName="default",
        DBSubnetGroupDescription="x",
        SubnetIds=["subnet-00000000000000000"],
    )
    ec2.delete_vpc(VpcId=vpc)
