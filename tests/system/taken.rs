//! Names inside of the platform that something else has taken.

use std::collections::BTreeSet;

use saas_executor::apply::change_set::Action;
use saas_executor::event::Silent;
use saas_executor::preflight::{Check, Failure, TakenName};
use saas_executor::{Session, SessionError};
use saas_model::Lock;
use saas_model::resource::{ListenerRule, ResourceSpec};

use crate::cloud::Cloud;
use crate::live::APPLY;
use crate::manual_changes::NAMES;
use crate::platform::{SPEC, apply, plan, with_tenant};

/// What a new tenant needs in the network, in the cluster, on the listener and in the database, and others
/// have there, is told with whose it is before anything is made.
pub(crate) async fn names_inside_of_the_platform_are_looked_up_first(cloud: &Cloud) {
    let (three, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &three).await;
    let (four, _) = plan(&with_tenant(SPEC, "hooli-xyz"), &lock);
    let taken = async || {
        let session = Session::open(&four, cloud.options(), &Silent).await;
        let observation = session.observe(APPLY).await.expect("live resources can be found");
        let others: BTreeSet<Check> = Check::all().filter(|check| *check != Check::Names).collect();
        match session.preflight(&observation, &others).await {
            Ok(()) => Vec::new(),
            Err(SessionError::Preflight(failed)) => match failed.0.as_slice() {
                [Failure::NamesTaken(taken)] => taken.clone(),
                _ => panic!("{failed}"),
            },
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(taken().await, []);

    let of_tenant = |node: &&saas_model::Node| node.address.tenant() == Some("hooli-xyz");
    let priority = four.nodes().iter().filter(of_tenant).find_map(|node| ListenerRule::of(&node.resource));
    let priority = priority.expect("a tenant has a rule").priority;
    cloud.python(&[
        "-c",
        &format!(
            "{NAMES}\
             name = 'saas-platform-hooli-xyz'\n\
             vpc = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['VpcId']\n\
             ec2.create_security_group(GroupName=name, Description='mine', VpcId=vpc)\n\
             old = ecs.describe_services(cluster='saas-platform', services=['saas-platform-acme-corp'])['services'][0]\n\
             ecs.create_service(cluster='saas-platform', serviceName=name, taskDefinition=old['taskDefinition'], \
                 desiredCount=0, launchType='FARGATE', networkConfiguration=old['networkConfiguration'], \
                 tags=[{{'key': 'saas:platform', 'value': 'another'}}])\n\
             for listener in elb.describe_listeners(LoadBalancerArn=balancer)['Listeners']:\n    \
                 rules = elb.describe_rules(ListenerArn=listener['ListenerArn'])['Rules']\n    \
                 if len(rules) > 1:\n        \
                     elb.create_rule(ListenerArn=listener['ListenerArn'], Priority={priority}, \
                         Conditions=[{{'Field': 'host-header', 'Values': ['mine.example.com']}}], \
                         Actions=[{{'Type': 'forward', 'TargetGroupArn': targets}}])"
        ),
    ]);
    cloud.sql(
        "create role somebody; create schema hooli_xyz authorization somebody; create role t_hooli_xyz_app; select 1",
    );

    let told: Vec<String> = taken().await.iter().map(TakenName::to_string).collect();
    let said = |parts: [&str; 2]| told.iter().any(|text| parts.iter().all(|part| text.contains(part)));
    for parts in [
        ["security-group `saas-platform-hooli-xyz`", "has no saas tags"],
        ["service `saas-platform-hooli-xyz`", "belongs to platform `another`"],
        [&*format!("listener-rule priority `{priority}`"), "has no saas tags"],
        ["tenant-schema schema `hooli_xyz`", "belongs to the database role `somebody`"],
        ["tenant-schema role `t_hooli_xyz_app`", "has no saas record"],
    ] {
        assert!(said(parts), "{parts:?}: {told:#?}");
    }
    assert_eq!(told.len(), 5, "{told:#?}");
}

/// A bucket of a planned name without tags may be anyone's: it is told before anything is made, with how to import it
/// or to rename the planned one, and stays as it is.
pub(crate) async fn untagged_bucket_of_a_planned_name_is_not_adopted(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    cloud.python(&[
        "-c",
        "import boto3\n\
         s3 = boto3.client('s3')\n\
         s3.create_bucket(Bucket='saas-platform-acme-corp-data')\n\
         s3.put_object(Bucket='saas-platform-acme-corp-data', Key='theirs', Body=b'theirs')",
    ]);
    let before = cloud.inventory();
    let session = Session::open(&plan, cloud.options(), &Silent).await;
    let observation = session.observe(APPLY).await.expect("live resources can be found");
    let others: BTreeSet<Check> = Check::all().filter(|check| *check != Check::Names).collect();
    let Err(SessionError::Preflight(failed)) = session.preflight(&observation, &others).await else {
        panic!("it was adopted")
    };
    let [Failure::NamesTaken(taken)] = failed.0.as_slice() else { panic!("{failed}") };
    let told: Vec<String> = taken.iter().map(TakenName::to_string).collect();
    assert_eq!(told, ["bucket `saas-platform-acme-corp-data` (`tenant/acme-corp/bucket`) has no saas tags"]);
    let hint = failed.0[0].hint().unwrap_or_default();
    assert!(hint.contains("import it by adding the tags") && hint.contains("bucket_suffix"), "{hint}");
    assert_eq!(cloud.inventory(), before);

    // Imported by its tags.
    cloud.python(&[
        "-c",
        "import boto3\n\
         tags = {'saas:platform': 'saas-platform', 'saas:address': 'tenant/acme-corp/bucket'}\n\
         boto3.client('s3').put_bucket_tagging(Bucket='saas-platform-acme-corp-data', \
             Tagging={'TagSet': [{'Key': key, 'Value': value} for key, value in tags.items()]})",
    ]);
    let applied = apply(cloud, &plan).await;
    let bucket = applied.changes.changes.iter().find(|change| change.address.as_str() == "tenant/acme-corp/bucket");
    assert!(matches!(bucket.map(|change| &change.action), Some(Action::Update { .. })), "{bucket:#?}");
}
