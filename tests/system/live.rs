//! The live state: stale listings, copies, passwords, and blockers of a destroy.

use std::collections::BTreeSet;

use saas_executor::apply::change_set::{Action, Change, ChangeSet};
use saas_executor::event::Silent;
use saas_executor::verify::{Scope, Verification};
use saas_executor::{Intent, Options, Session};
use saas_model::impact::Impact;
use saas_model::resource::{ResourceSpec, Secret};
use saas_model::{Kind, Lock, Plan};
use saas_tests::fault_proxy::{Fault, Listing};

use crate::cloud::Cloud;
use crate::manual_changes::NAMES;
use crate::platform::{SPEC, apply, assert_clean, bring, edited, plan, verify, with_tenant};

pub(crate) const APPLY: Intent = Intent::Plan { deep: false };

/// What would be done now, and how many calls finding that out takes.
pub(crate) async fn change_set(options: Options, plan: &Plan, intent: Intent) -> (ChangeSet, u64) {
    let session = Session::open(plan, options, &Silent).await;
    let observation = session.observe(intent).await.expect("live resources can be found");
    let changes = session.change_set(&observation, intent).await.expect("it can be compared");
    (changes, session.calls().total())
}

pub(crate) fn addresses(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.address.as_str()).collect()
}

/// Every listing that can be stale, with the text that identifies a lookup by name.
const LISTINGS: &[Listing] = &[
    Listing { operation: "ListSecrets", by_name: "", empty: r#"{"SecretList":[]}"# },
    Listing { operation: "DescribeLogGroups", by_name: "\"limit\":1", empty: r#"{"logGroups":[]}"# },
    Listing { operation: "ListServices", by_name: "", empty: r#"{"serviceArns":[]}"# },
    Listing { operation: "ListClusters", by_name: "", empty: r#"{"clusterArns":[]}"# },
    Listing { operation: "ListTaskDefinitions", by_name: "", empty: r#"{"taskDefinitionArns":[]}"# },
    Listing { operation: "GetResources", by_name: "", empty: r#"{"ResourceTagMappingList":[]}"# },
    Listing {
        operation: "Action=GetAccountAuthorizationDetails",
        by_name: "",
        empty: "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
                <GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><RoleDetailList/>\
                </GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
    },
    Listing {
        operation: "GET /?",
        by_name: "",
        empty: "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets/>\
                </ListAllMyBucketsResult>",
    },
    Listing {
        operation: "Action=DescribeDBClusters&",
        by_name: "DBClusterIdentifier=",
        empty: "<DescribeDBClustersResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                <DescribeDBClustersResult><DBClusters/></DescribeDBClustersResult></DescribeDBClustersResponse>",
    },
    Listing {
        operation: "Action=DescribeDBInstances&",
        by_name: "DBInstanceIdentifier=",
        empty: "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                <DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
    },
    Listing {
        operation: "Action=DescribeDBSubnetGroups&",
        by_name: "DBSubnetGroupName=",
        empty: "<DescribeDBSubnetGroupsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                <DescribeDBSubnetGroupsResult><DBSubnetGroups/></DescribeDBSubnetGroupsResult>\
                </DescribeDBSubnetGroupsResponse>",
    },
    Listing {
        operation: "Action=DescribeDBClusterParameterGroups&",
        by_name: "DBClusterParameterGroupName=",
        empty: "<DescribeDBClusterParameterGroupsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                <DescribeDBClusterParameterGroupsResult><DBClusterParameterGroups/>\
                </DescribeDBClusterParameterGroupsResult></DescribeDBClusterParameterGroupsResponse>",
    },
    Listing {
        operation: "Action=DescribeLoadBalancers&",
        by_name: ".member.1",
        empty: "<DescribeLoadBalancersResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
                <DescribeLoadBalancersResult><LoadBalancers/></DescribeLoadBalancersResult>\
                </DescribeLoadBalancersResponse>",
    },
    Listing {
        operation: "Action=DescribeTargetGroups&",
        by_name: ".member.1",
        empty: "<DescribeTargetGroupsResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
                <DescribeTargetGroupsResult><TargetGroups/></DescribeTargetGroupsResult>\
                </DescribeTargetGroupsResponse>",
    },
    Listing {
        operation: "Action=DescribeSecurityGroups&",
        by_name: "group-name",
        empty: "<DescribeSecurityGroupsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                <securityGroupInfo/></DescribeSecurityGroupsResponse>",
    },
];

/// Each listing in turn shows nothing of a live platform: an apply must still have no changes, and a
/// destroy must still delete everything.
pub(crate) async fn stale_listing_does_not_mean_missing(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    for listing in LISTINGS {
        let late = || cloud.options_with(Fault::Late(*listing));
        let (changes, _) = change_set(late(), &plan, APPLY).await;
        assert!(changes.is_empty(), "{}: {:#?}", listing.operation, changes.changes);
        let (changes, _) = change_set(late(), &plan, Intent::Nothing).await;
        let planned: BTreeSet<&str> = plan.nodes().iter().map(|node| node.address.as_str()).collect();
        let removed: BTreeSet<&str> = addresses(&changes.changes).into_iter().collect();
        assert_eq!(planned.difference(&removed).collect::<Vec<_>>(), Vec::<&&str>::new(), "{}", listing.operation);
        let session = Session::open(&plan, late(), &Silent).await;
        let verification = session.verify(&Scope::All).await.expect("live resources can be read");
        assert!(verification.is_clean(), "{}: {verification:#?}", listing.operation);
    }
}

/// Without contradicting evidence there are no lookups by name: neither for a complete platform, nor
/// for new tenants.
pub(crate) async fn complete_listing_needs_no_lookups(cloud: &Cloud) {
    let (three, lock) = plan(SPEC, &Lock::default());
    let (_, calls) = change_set(cloud.options(), &three, APPLY).await;
    assert!(calls <= 15, "a first apply makes few reads: {calls}");
    apply(cloud, &three).await;
    let (_, calls) = change_set(cloud.options(), &three, APPLY).await;
    let thirty = (0..27).fold(SPEC.to_owned(), |spec, number| with_tenant(&spec, &format!("tenant-{number:02}")));
    let (thirty, _) = plan(&thirty, &lock);
    let (changes, with_new_tenants) = change_set(cloud.options(), &thirty, APPLY).await;
    assert!(changes.changes.iter().all(|change| matches!(change.action, Action::Create)), "{changes:#?}");
    assert_eq!(with_new_tenants, calls, "new tenants are not looked up one by one");
}

/// A destroy within five minutes of an apply deletes all secrets.
pub(crate) async fn destroy_deletes_recent_secrets(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    let secrets = plan.nodes().iter().filter(|node| Secret::of(&node.resource).is_some()).count();
    let (changes, _) = change_set(cloud.options_with(Fault::Late(LISTINGS[0])), &plan, Intent::Nothing).await;
    let going = changes.changes.iter().filter(|change| change.kind == Kind::Secret).count();
    assert_eq!(going, secrets);
    bring(cloud, &plan, Intent::Nothing).await;
    assert_eq!(cloud.inventory(), Vec::<String>::new());
    let (changes, _) = change_set(cloud.options(), &plan, Intent::Nothing).await;
    assert!(changes.is_empty(), "{changes:#?}");
}

/// A tenant that is removed within five minutes of its creation has its secret deleted.
pub(crate) async fn removed_tenant_has_its_recent_secret_deleted(cloud: &Cloud) {
    let (four, lock) = plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    apply(cloud, &four).await;
    let (three, _) = plan(SPEC, &lock);
    let (changes, _) = change_set(cloud.options_with(Fault::Late(LISTINGS[0])), &three, APPLY).await;
    assert!(addresses(&changes.changes).contains(&"tenant/hooli-xyz/password"), "{changes:#?}");
}

/// After a password was changed in Secrets Manager or in PostgreSQL, an apply makes both equal again.
pub(crate) async fn changed_passwords_are_synchronized(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    let is_broken = |found: &Verification| found.probes.iter().any(|probe| !probe.is_good());

    cloud.python(&[
        "-c",
        "import boto3\n\
         boto3.client('secretsmanager').put_secret_value(\
             SecretId='rds/tenant/acme-corp/password', SecretString='another-password')",
    ]);
    assert!(is_broken(&verify(cloud, &plan).await), "the tenant cannot log in with its secret");
    let repaired = apply(cloud, &plan).await;
    let touched = addresses(&repaired.changes.changes);
    // Tasks read the secret at their start, so they are restarted.
    for node in ["schema", "service/web/task-definition", "service/web"] {
        assert!(touched.contains(&&*format!("tenant/acme-corp/{node}")), "{touched:?}");
    }
    assert_clean(cloud, &plan).await;
    assert!(apply(cloud, &plan).await.changes.is_empty());

    // No catalog shows it, and any tenant can do it.
    as_tenant(cloud, "alter role t_globex_inc_app password 'another-password'");
    assert!(is_broken(&verify(cloud, &plan).await), "the tenant cannot log in any more");
    let repaired = apply(cloud, &plan).await;
    assert_eq!(addresses(&repaired.changes.changes), ["tenant/globex-inc/schema"]);
    assert_clean(cloud, &plan).await;
    assert!(apply(cloud, &plan).await.changes.is_empty());
}

/// Runs SQL as the application of a tenant.
fn as_tenant(cloud: &Cloud, sql: &str) {
    cloud.sql(&format!("set session authorization t_globex_inc_app; {sql}; select 1"));
}

/// Whatever a tenant's application does in PostgreSQL, the next apply reverts it if the verification fails for it.
pub(crate) async fn no_tenant_makes_the_verification_fail_for_good(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    for sql in [
        "alter role current_user password 'another-password'",
        "alter role current_user password null",
        "alter role current_user set default_transaction_read_only = on",
        "alter role current_user set local_preload_libraries = 'nothing'",
        "alter role current_user set idle_session_timeout = 1",
        "alter role current_user in database saas set search_path = public",
        "alter role current_user in database saas set statement_timeout = 1",
        "select lo_from_bytea(4711, 'x'); grant select on large object 4711 to public",
        "select lo_from_bytea(4712, 'x'); grant all on large object 4712 to t_acme_corp_app with grant option",
    ] {
        as_tenant(cloud, sql);
        assert!(!verify(cloud, &plan).await.is_clean(), "{sql}");
        apply(cloud, &plan).await;
        assert_clean(cloud, &plan).await;
    }
}

/// The administrator's password is updated in place, and the cluster is not replaced.
pub(crate) async fn new_admin_password_is_set_in_place(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.python(&[
        "-c",
        "import boto3\n\
         boto3.client('secretsmanager').delete_secret(\
             SecretId='rds/saas-platform/admin/password', ForceDeleteWithoutRecovery=True)",
    ]);
    let applied = apply(cloud, &plan).await;
    assert!(applied.changes.at_stake(&[]).is_empty(), "{:#?}", applied.changes.at_stake(&[]));
    let cluster = applied.changes.changes.iter().find(|change| change.address.as_str() == "database/cluster");
    let action = cluster.map(|change| &change.action);
    assert!(matches!(action, Some(Action::Update { .. })), "{action:#?}");
    assert!(applied.changes.changes.iter().all(|change| !matches!(change.action, Action::Replace { .. })));
    assert_clean(cloud, &plan).await;
}

/// A version downgrade is refused before the first write, with the version to use instead.
pub(crate) async fn version_downgrade_is_refused(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.python(&[
        "-c",
        "import boto3\n\
         boto3.client('rds').modify_db_cluster(\
             DBClusterIdentifier='saas-platform-db', EngineVersion='15.10', ApplyImmediately=True)",
    ]);
    let (changes, _) = change_set(cloud.options(), &plan, APPLY).await;
    let [blocker] = changes.blockers.as_slice() else { panic!("{:#?}", changes.blockers) };
    assert_eq!((blocker.address.as_str(), blocker.id.as_str()), ("database/cluster", "saas-platform-db"));
    assert!(blocker.remedy.contains("engine_version = \"15.10\""), "{blocker:?}");
}

/// Resources with the platform's tags that saas did not create are reported with their ids and not
/// touched.
pub(crate) async fn copies_are_not_touched(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.python(&[
        "-c",
        &format!(
            "{NAMES}\
             cluster = rds.describe_db_clusters()['DBClusters'][0]\n\
             rds.create_db_cluster(DBClusterIdentifier='saas-platform-db-restored', Engine='aurora-postgresql', \
                 EngineVersion=cluster['EngineVersion'], MasterUsername='saasadmin', MasterUserPassword='long-enough', \
                 DBSubnetGroupName=cluster['DBSubnetGroup'], StorageEncrypted=True, Tags=cluster['TagList'])\n\
             old = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]\n\
             ec2.create_security_group(GroupName='copied', Description='a copy', VpcId=old['VpcId'], \
                 TagSpecifications=[{{'ResourceType': 'security-group', 'Tags': old['Tags']}}])\n\
             tags = iam.list_role_tags(RoleName='saas-platform-acme-corp-task')['Tags']\n\
             trust = iam.get_role(RoleName='saas-platform-acme-corp-task')['Role']['AssumeRolePolicyDocument']\n\
             import json\n\
             iam.create_role(RoleName='copied', AssumeRolePolicyDocument=json.dumps(trust), Tags=tags)\n\
             secret = secrets.describe_secret(SecretId='rds/tenant/acme-corp/password')\n\
             secrets.create_secret(Name='copied', SecretString='x', Tags=secret['Tags'])"
        ),
    ]);
    let (changes, _) = change_set(cloud.options(), &plan, APPLY).await;
    assert!(changes.is_empty(), "{:#?}", changes.changes);
    let foreign: BTreeSet<String> = changes.foreign.iter().map(|one| format!("{} {}", one.kind, one.id)).collect();
    assert!(foreign.contains("db-cluster saas-platform-db-restored"), "{foreign:?}");
    assert!(foreign.contains("role copied"), "{foreign:?}");
    assert_eq!(foreign.len(), 4, "{foreign:?}");
    let verification = verify(cloud, &plan).await;
    assert!(verification.is_clean(), "{verification:#?}");
    assert_eq!(verification.foreign.len(), 4);
    // A destroy does not touch them either, and reports those that block it.
    let (changes, _) = change_set(cloud.options(), &plan, Intent::Nothing).await;
    assert_eq!(changes.foreign.len(), 4);
    let blocked: BTreeSet<&str> = changes.blockers.iter().map(|blocker| blocker.address.as_str()).collect();
    assert!(blocked.contains("database/subnet-group"), "{:#?}", changes.blockers);
    assert!(blocked.contains("network/vpc"), "{:#?}", changes.blockers);
}

/// Copies that were made before the last change of the plan have older digests; for some kinds only
/// their tags distinguish them from the original.
pub(crate) async fn older_copies_are_not_touched(cloud: &Cloud) {
    let (first, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &first).await;
    cloud.python(&[
        "-c",
        &format!(
            "{NAMES}\
             def tags(listed): return [tag for tag in listed if not tag['Key'].startswith('aws:')]\n\
             old = ec2.describe_addresses()['Addresses'][0]\n\
             ec2.allocate_address(Domain='vpc', TagSpecifications=[{{'ResourceType': 'elastic-ip', \
                 'Tags': tags(old['Tags'])}}])\n\
             old = [vpc for vpc in ec2.describe_vpcs()['Vpcs'] if vpc.get('Tags')][0]\n\
             copies = [ec2.create_vpc(CidrBlock=old['CidrBlock'], TagSpecifications=[{{'ResourceType': 'vpc', \
                 'Tags': tags(old['Tags'])}}])['Vpc']['VpcId'] for _ in range(2)]\n\
             tables = ec2.describe_route_tables(Filters=[{{'Name': 'vpc-id', 'Values': [old['VpcId']]}}])['RouteTables']\n\
             public = [table for table in tables for tag in table['Tags'] \
                 if tag['Value'] == 'network/route-table/public'][0]\n\
             ec2.create_route_table(VpcId=copies[0], TagSpecifications=[{{'ResourceType': 'route-table', \
                 'Tags': tags(public['Tags'])}}])\n\
             s3.create_bucket(Bucket='saas-platform-acme-corp-data-backup')\n\
             s3.put_bucket_tagging(Bucket='saas-platform-acme-corp-data-backup', \
                 Tagging={{'TagSet': s3.get_bucket_tagging(Bucket='saas-platform-acme-corp-data')['TagSet']}})\n\
             s3.put_object(Bucket='saas-platform-acme-corp-data-backup', Key='one', Body=b'one')\n\
             group = rds.describe_db_cluster_parameter_groups(\
                 DBClusterParameterGroupName='saas-platform-aurora-postgresql15')['DBClusterParameterGroups'][0]\n\
             rds.create_db_cluster_parameter_group(\
                 DBClusterParameterGroupName='saas-platform-aurora-postgresql15-copy', \
                 DBParameterGroupFamily='aurora-postgresql15', Description='a copy', \
                 Tags=rds.list_tags_for_resource(ResourceName=group['DBClusterParameterGroupArn'])['TagList'])"
        ),
    ]);
    let (changes, _) = change_set(cloud.options(), &first, APPLY).await;
    assert!(changes.is_empty(), "{:#?}", changes.changes);
    let reported: BTreeSet<String> = changes.foreign.iter().map(|one| one.kind.to_string()).collect();
    for kind in ["elastic-ip", "vpc", "route-table", "bucket", "db-cluster-parameter-group"] {
        assert!(reported.contains(kind), "{kind}: {reported:?}");
    }
    // All digests are different now, and the tenant of the bucket is no longer planned.
    let other = edited(SPEC, "cost_center = \"platform\"", "cost_center = \"shared\"");
    let other = edited(&other, "[[tenant]]\nid = \"acme-corp\"\ncost_center = \"cc-acme\"\n", "");
    let (second, _) = plan(&other, &lock);
    apply(cloud, &second).await;
    let (changes, _) = change_set(cloud.options(), &second, APPLY).await;
    assert!(changes.is_empty(), "{:#?}", changes.changes);
    let foreign: BTreeSet<&str> = changes.foreign.iter().map(|one| one.id.as_str()).collect();
    assert!(foreign.contains("saas-platform-acme-corp-data-backup"), "{foreign:?}");
    assert!(foreign.contains("saas-platform-aurora-postgresql15-copy"), "{foreign:?}");
    let verification = verify(cloud, &second).await;
    assert!(verification.is_clean(), "{verification:#?}");
}

/// Manual changes that block a destroy: the node, and a part of the reported id.
const BLOCKERS: &[(&str, &str, &str)] = &[
    (
        "rds.modify_db_cluster(DBClusterIdentifier='saas-platform-db', DeletionProtection=True)",
        "database/cluster",
        "saas-platform-db",
    ),
    (
        "rds.create_db_instance(DBInstanceIdentifier='reader', DBClusterIdentifier='saas-platform-db', \
         Engine='aurora-postgresql', DBInstanceClass='db.r6g.large')",
        "database/cluster",
        "reader",
    ),
    (
        "elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[\
         {'Key': 'deletion_protection.enabled', 'Value': 'true'}])",
        "ingress/0/load-balancer",
        "loadbalancer/app/saas-platform-0",
    ),
    (
        "old = ecs.describe_services(cluster='saas-platform', services=['saas-platform-acme-corp'])['services'][0]\n\
         ecs.create_service(cluster='saas-platform', serviceName='foreign', taskDefinition=old['taskDefinition'], \
         desiredCount=0, launchType='FARGATE', networkConfiguration=old['networkConfiguration'])",
        "service/cluster",
        "service/saas-platform/foreign",
    ),
    (
        "vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
         other = ec2.create_security_group(GroupName='other', Description='other', VpcId=vpc)['GroupId']\n\
         ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[{'IpProtocol': 'tcp', 'FromPort': 22, \
         'ToPort': 22, 'UserIdGroupPairs': [{'GroupId': group}]}])",
        "tenant/acme-corp/security-group",
        "sg-",
    ),
    (
        "vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
         ec2.create_subnet(VpcId=vpc, CidrBlock='10.0.99.0/24', AvailabilityZone='us-east-1a')",
        "network/vpc",
        "subnet-",
    ),
    (
        "logs.put_log_group_deletion_protection(\
         logGroupIdentifier='/ecs/tenant/acme-corp', deletionProtectionEnabled=True)",
        "tenant/acme-corp/log-group",
        "/ecs/tenant/acme-corp",
    ),
    (
        "vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
         in_vpc = [{'Name': 'vpc-id', 'Values': [vpc]}]\n\
         groups = ec2.describe_security_groups(Filters=in_vpc)['SecurityGroups']\n\
         ids = {one['GroupName']: one['GroupId'] for one in groups}\n\
         ec2.authorize_security_group_ingress(GroupId=ids['default'], IpPermissions=[{'IpProtocol': 'tcp', \
         'FromPort': 22, 'ToPort': 22, 'UserIdGroupPairs': [{'GroupId': ids['saas-platform-globex-inc']}]}])",
        "tenant/globex-inc/security-group",
        "sg-",
    ),
    (
        "vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
         public = [{'Name': 'vpc-id', 'Values': [vpc]}, {'Name': 'cidr', 'Values': ['10.0.1.0/24']}]\n\
         subnet = ec2.describe_subnets(Filters=public)['Subnets'][0]['SubnetId']\n\
         address = ec2.allocate_address(Domain='vpc')['AllocationId']\n\
         ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)",
        "network/vpc",
        "nat-",
    ),
    (
        "vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
         tables = ec2.describe_route_tables(Filters=[{'Name': 'vpc-id', 'Values': [vpc]}])['RouteTables']\n\
         main = [one['RouteTableAssociationId'] for table in tables for one in table['Associations'] if one['Main']]\n\
         named = {tag['Value']: table['RouteTableId'] for table in tables for tag in table['Tags']}\n\
         ec2.replace_route_table_association(\
         AssociationId=main[0], RouteTableId=named['network/route-table/public'])",
        "network/route-table/public",
        "rtbassoc-",
    ),
    (
        "s3.put_object_lock_configuration(Bucket='saas-platform-control', ObjectLockConfiguration={\
         'ObjectLockEnabled': 'Enabled', 'Rule': {'DefaultRetention': {'Mode': 'GOVERNANCE', 'Days': 30}}})",
        "control/bucket",
        "saas-platform-control",
    ),
];

/// Every known blocker of a destroy is reported with its id before anything is deleted.
pub(crate) async fn destroy_reports_blockers_first(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    let (changes, _) = change_set(cloud.options(), &plan, Intent::Nothing).await;
    assert_eq!(changes.blockers, [], "the platform's own resources block nothing");
    for (python, _, _) in BLOCKERS {
        cloud.python(&["-c", &format!("{NAMES}{python}")]);
    }
    let (changes, _) = change_set(cloud.options(), &plan, Intent::Nothing).await;
    for (_, address, id) in BLOCKERS {
        let named = changes.blockers.iter().any(|one| one.address.as_str() == *address && one.id.contains(id));
        assert!(named, "{address} {id}: {:#?}", changes.blockers);
    }
    // None of it blocks an apply that adds a tenant.
    let (four, _) = crate::platform::plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    let (changes, _) = change_set(cloud.options(), &four, APPLY).await;
    assert_eq!(changes.blockers, []);
}

/// The name scope of log groups and secrets is fixed for the lifetime of a platform: changing it is
/// refused in both directions, and a removed tenant's resources are deleted in either scope.
pub(crate) async fn name_scope_cannot_be_changed(cloud: &Cloud) {
    let scoped = format!("{SPEC}\n[names]\nscope = \"platform\"\n");
    for (live, other) in [(SPEC, scoped.as_str()), (scoped.as_str(), SPEC)] {
        let (four, lock) = plan(&with_tenant(live, "hooli-xyz"), &Lock::default());
        apply(cloud, &four).await;
        let (three, _) = plan(live, &lock);
        let (late, _) = change_set(cloud.options_with(Fault::Late(LISTINGS[0])), &three, APPLY).await;
        assert!(addresses(&late.changes).contains(&"tenant/hooli-xyz/password"), "{late:#?}");
        apply(cloud, &three).await;
        let left: Vec<String> = cloud.inventory().into_iter().filter(|line| line.contains("hooli-xyz")).collect();
        assert_eq!(left, Vec::<String>::new());

        for options in [cloud.options(), cloud.options_with(Fault::Late(LISTINGS[0]))] {
            let (changes, _) = change_set(options, &plan(other, &lock).0, APPLY).await;
            let refused: BTreeSet<String> = changes
                .impact()
                .into_iter()
                .filter(|field| matches!(field.impact, Impact::CannotChangeLive { .. }))
                .filter_map(|field| Some(field.address?.to_string()))
                .collect();
            for tenant in ["acme-corp", "globex-inc", "initech-llc"] {
                assert!(refused.contains(&format!("tenant/{tenant}/log-group")), "{refused:?}");
                assert!(refused.contains(&format!("tenant/{tenant}/password")), "{refused:?}");
            }
        }
        bring(cloud, &three, Intent::Nothing).await;
        assert_eq!(cloud.inventory(), Vec::<String>::new());
    }
}

/// A view of one tenant on a table of another does not block deleting both.
pub(crate) async fn destroy_drops_views_across_tenants(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.sql(
        "create table globex_inc.invoice (id int); create view acme_corp.invoice as table globex_inc.invoice; select 1",
    );
    let applied = bring(cloud, &plan, Intent::Nothing).await;
    assert_eq!(applied.changes.blockers, []);
    assert_eq!(cloud.inventory(), Vec::<String>::new());
}

/// A log group holds data: its deletion must be allowed explicitly.
pub(crate) async fn log_group_deletion_is_data_loss(cloud: &Cloud) {
    let (four, lock) = plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    apply(cloud, &four).await;
    cloud.python(&[
        "-c",
        "import boto3\n\
         boto3.client('logs').create_log_stream(logGroupName='/ecs/tenant/hooli-xyz', logStreamName='one')",
    ]);
    let (three, _) = plan(SPEC, &lock);
    let lost = |changes: &ChangeSet| -> Vec<String> {
        changes.at_stake(&[]).into_iter().map(|stake| stake.address.to_string()).collect()
    };
    let (changes, _) = change_set(cloud.options(), &three, APPLY).await;
    assert!(lost(&changes).contains(&"tenant/hooli-xyz/log-group".to_owned()), "{:?}", lost(&changes));
    let (changes, _) = change_set(cloud.options(), &four, Intent::Nothing).await;
    assert!(lost(&changes).contains(&"tenant/hooli-xyz/log-group".to_owned()), "{:?}", lost(&changes));
}

/// An approval covers decisions only: the amount of data that a tenant holds may change meanwhile.
pub(crate) async fn approval_stays_valid_while_a_tenant_writes(cloud: &Cloud) {
    let (four, lock) = plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    apply(cloud, &four).await;
    let (three, _) = plan(SPEC, &lock);
    let (empty, _) = change_set(cloud.options(), &three, APPLY).await;
    cloud.sql("create table hooli_xyz.invoice (id int); insert into hooli_xyz.invoice values (1); select 1");
    let (holding, _) = change_set(cloud.options(), &three, APPLY).await;
    assert_ne!(empty.changes, holding.changes, "the data that would be lost is reported");
    assert_eq!(empty.digest(), holding.digest());
}

/// An apply that adds one tenant to many verifies that tenant.
pub(crate) async fn apply_verifies_only_changed_tenants(cloud: &Cloud) {
    let spec = (0..57).fold(SPEC.to_owned(), |spec, number| with_tenant(&spec, &format!("tenant-{number:02}")));
    let (sixty, lock) = plan(&spec, &Lock::default());
    apply(cloud, &sixty).await;
    let (more, _) = plan(&with_tenant(&spec, "hooli-xyz"), &lock);
    let applied = apply(cloud, &more).await;
    let session = Session::open(&more, cloud.options(), &Silent).await;
    let scope = applied.changes.scope(&more);
    let verification = session.verify(&scope).await.expect("live resources can be read");
    assert!(verification.is_clean(), "{verification:#?}");
    assert_eq!(verification.compared, applied.changes.changes.len(), "the tenant's nodes");
    assert!(session.calls().total() <= 80, "{}: {:#?}", session.calls().total(), session.calls());

    // Deviations of the tenant are found; deviations elsewhere are left to `saas verify`.
    cloud.python(&[
        "-c",
        "import boto3\n\
         logs = boto3.client('logs')\n\
         for tenant in ('hooli-xyz', 'acme-corp'):\n    \
             logs.put_retention_policy(logGroupName=f'/ecs/tenant/{tenant}', retentionInDays=1)",
    ]);
    let session = Session::open(&more, cloud.options(), &Silent).await;
    let verification = session.verify(&scope).await.expect("live resources can be read");
    let found: Vec<&str> = verification.deviations.iter().map(|deviation| deviation.address.as_str()).collect();
    assert_eq!(found, ["tenant/hooli-xyz/log-group"]);
}

/// New scaling bounds move the service's task count by themselves; that is one change, not two.
pub(crate) async fn new_scaling_bounds_are_one_change(cloud: &Cloud) {
    let (first, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &first).await;
    let (second, _) =
        plan(&edited(SPEC, "min_count = 2", "min_count = 3").replace("desired_count = 2", "desired_count = 3"), &lock);
    let applied = apply(cloud, &second).await;
    assert!(applied.changes.changes.iter().all(|change| change.kind == Kind::ScalableTarget), "{:#?}", applied.changes);
    assert_clean(cloud, &second).await;
}
