//! Ways into the platform that were made by hand, beside everything that the plan has.

use saas_executor::event::Silent;
use saas_executor::verify::{Deviation, Drift};
use saas_executor::{Intent, Session};
use saas_model::{Kind, Lock};

use crate::cloud::Cloud;
use crate::live::{APPLY, change_set};
use crate::manual_changes::NAMES;
use crate::platform::{OVERRIDES, SPEC, apply, approve_all, assert_clean, plan, verify, with_tenant};

/// A hole: how it is made and closed by hand, the node that it opens, and what is said of it.
struct Hole {
    made: &'static str,
    closed: &'static str,
    address: &'static str,
    what: &'static str,
    /// Whether the listings show it, so that every command does.
    is_listed: bool,
}

/// What the statements of [`HOLES`] speak of, beside [`NAMES`].
const MORE_NAMES: &str = "\
    listeners = elb.describe_listeners(LoadBalancerArn=balancer)['Listeners']\n\
    def rules(listener): return elb.describe_rules(ListenerArn=listener['ListenerArn'])['Rules']\n\
    listener = [one for one in listeners if len(rules(one)) > 1][0]\n\
    forward = [{'Type': 'forward', 'TargetGroupArn': targets}]\n\
    acme = ecs.describe_services(cluster='saas-platform', services=['saas-platform-acme-corp'])['services'][0]\n\
    network = acme['networkConfiguration']\n\
    task_role = iam.get_role(RoleName='saas-platform-acme-corp-task')['Role']['Arn']\n\
    def trust(principal): return json.dumps({'Version': '2012-10-17', 'Statement': [\
        {'Effect': 'Allow', 'Principal': principal, 'Action': 'sts:AssumeRole'}]})\n";

const HOLES: &[Hole] = &[
    Hole {
        made: "elb.create_listener(LoadBalancerArn=balancer, Port=8081, Protocol='HTTP', DefaultActions=forward)",
        closed: "[elb.delete_listener(ListenerArn=one['ListenerArn']) for one in listeners if one['Port'] == 8081]",
        address: "ingress/0/load-balancer",
        what: "this listener accepts requests on port 8081",
        is_listed: true,
    },
    Hole {
        made: "elb.create_rule(ListenerArn=listener['ListenerArn'], Priority=777, Actions=forward, \
               Conditions=[{'Field': 'host-header', 'Values': ['*.example.com']}])",
        closed: "[elb.delete_rule(RuleArn=one['RuleArn']) for one in rules(listener) if one['Priority'] == '777']",
        address: "ingress/0/listener/http",
        what: "this rule with priority 777 takes the requests for *.example.com (forward to arn:",
        is_listed: true,
    },
    // With the tags of a node, but not the name: it is not the platform's, and no less in its cluster.
    Hole {
        made: "ecs.create_service(cluster='saas-platform', serviceName='debug', desiredCount=0, \
               taskDefinition=acme['taskDefinition'], launchType='FARGATE', networkConfiguration=network, \
               tags=[{'key': 'saas:platform', 'value': 'saas-platform'}, \
                     {'key': 'saas:address', 'value': 'tenant/acme-corp/service/web'}])",
        closed: "ecs.delete_service(cluster='saas-platform', service='debug', force=True)",
        address: "service/cluster",
        what: "this service runs tasks of arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme-corp:",
        is_listed: true,
    },
    Hole {
        made: "rds.create_db_instance(DBInstanceIdentifier='reader', DBClusterIdentifier='saas-platform-db', \
               Engine='aurora-postgresql', DBInstanceClass='db.r6g.large', PubliclyAccessible=True)",
        closed: "rds.delete_db_instance(DBInstanceIdentifier='reader', SkipFinalSnapshot=True)",
        address: "database/cluster",
        what: "this database instance answers with the data of all tenants, and has a public address",
        is_listed: true,
    },
    Hole {
        made: "elb.register_targets(TargetGroupArn=targets, Targets=[{'Id': '10.0.11.200'}])",
        closed: "elb.deregister_targets(TargetGroupArn=targets, Targets=[{'Id': '10.0.11.200'}])",
        address: "tenant/acme-corp/service/web/target-group",
        what: "this address receives requests of the target group, and is no task of its service",
        is_listed: false,
    },
    Hole {
        made: "iam.create_role(RoleName='helper', AssumeRolePolicyDocument=trust({'AWS': task_role}))",
        closed: "iam.delete_role(RoleName='helper')",
        address: "tenant/acme-corp/task-role",
        what: "may let arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-corp-task assume it",
        is_listed: true,
    },
    Hole {
        made: "iam.create_role(RoleName='helper', AssumeRolePolicyDocument=trust('*'))",
        closed: "iam.delete_role(RoleName='helper')",
        address: "tenant/acme-corp/execution-role",
        what: "and 5 other roles of tenants assume it",
        is_listed: true,
    },
    Hole {
        made: "logs.put_subscription_filter(logGroupName='/ecs/tenant/acme-corp', filterName='copy', filterPattern='', \
               destinationArn='arn:aws:lambda:us-east-1:123456789012:function:copy')",
        closed: "logs.delete_subscription_filter(logGroupName='/ecs/tenant/acme-corp', filterName='copy')",
        address: "tenant/acme-corp/log-group",
        what: "sends the events of the log group to arn:aws:lambda:us-east-1:123456789012:function:copy",
        is_listed: false,
    },
];

fn by_hand(cloud: &Cloud, statement: &str) {
    cloud.python(&["-c", &format!("{NAMES}{MORE_NAMES}{statement}")]);
}

/// Every hole that is made by hand beside the plan is found, with what it opens and how it is closed, and an apply
/// neither closes it nor says that all is well.
pub(crate) async fn holes_beside_the_plan_are_found(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    for Hole { made, closed, address, what: told, is_listed } in HOLES {
        by_hand(cloud, made);
        let found = verify(cloud, &plan).await;
        assert!(!found.is_clean(), "{made}");
        let [deviation] = found.deviations.as_slice() else { panic!("{made}: {found:#?}") };
        let Deviation { address: opened, what: Drift::Exposed { what, remedy, .. }, .. } = deviation else {
            panic!("{made}: {deviation:#?}")
        };
        assert_eq!(opened.as_str(), *address, "{what}");
        assert!(what.contains(told), "{what}");
        assert!(remedy.contains("aws "), "{remedy}");

        let (changes, _) = change_set(cloud.options(), &plan, APPLY).await;
        assert!(changes.is_empty(), "{made}: an apply leaves it alone: {:#?}", changes.changes);
        assert_eq!(changes.exposures.len(), usize::from(*is_listed), "{made}: {:#?}", changes.exposures);
        by_hand(cloud, closed);
        assert_clean(cloud, &plan).await;
    }
}

/// An apply that does something else ends with what exposes the platform, and is not complete.
pub(crate) async fn an_apply_ends_with_what_exposes_the_platform(cloud: &Cloud) {
    let (three, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &three).await;
    let (four, _) = plan(&with_tenant(SPEC, "hooli-xyz"), &lock);
    let listed: Vec<&Hole> = HOLES.iter().filter(|hole| hole.is_listed).take(3).collect();
    listed.iter().for_each(|hole| by_hand(cloud, hole.made));

    let session = Session::open(&four, cloud.options(), &Silent).await;
    let baseline = session.baseline(Intent::Plan { deep: false }).await.expect("live resources can be listed");
    let proposal = session.propose(baseline, &OVERRIDES).await.expect("live resources can be compared");
    let report = session.apply(approve_all(proposal), |_| {}).await.expect("no other run holds the lease");
    assert!(report.execution.is_complete() && !report.is_complete());
    let verification = report.verification.expect("live resources can be read").expect("all steps are done");
    let exposed: Vec<(&str, Kind)> = verification
        .deviations
        .iter()
        .filter(|deviation| matches!(deviation.what, Drift::Exposed { .. }))
        .map(|deviation| (deviation.address.as_str(), deviation.kind))
        .collect();
    assert_eq!(exposed.len(), verification.deviations.len(), "{verification:#?}");
    let expected = [
        ("ingress/0/listener/http", Kind::Listener),
        ("ingress/0/load-balancer", Kind::LoadBalancer),
        ("service/cluster", Kind::EcsCluster),
    ];
    assert_eq!(exposed, expected);
}
