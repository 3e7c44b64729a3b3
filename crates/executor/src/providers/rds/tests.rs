//! RDS in cases that no emulator provokes: pages, parameters that need a reboot, transient refusals.

use saas_model::Address;
use saas_model::resource::{Kind, Resource, Vpc};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::apply::change_set::Action;
use crate::apply::diff::compare;
use crate::apply::intent::Intent;
use crate::provider;
use crate::state::observed::Identity;
use crate::testing::{Bench, database};

/// How often a mock responds; without a limit if not given.
const ONCE: u64 = 1;

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    [database::nodes(), vec![("network/vpc", vpc.into())]].concat()
}

async fn bench(server: &MockServer) -> Bench {
    let bench = Bench::new(&server.uri(), nodes()).await;
    bench.assume("network/vpc", Identity::of_id("vpc-1"));
    bench.assume("database/subnet-group", Identity::of_id("saas-platform-db"));
    bench.assume("database/parameter-group", Identity::of_id("saas-platform-aurora-postgresql15"));
    bench.assume("database/admin-password", Identity::of_arn("arn:aws:secretsmanager:us-east-1:123456789012:secret:a"));
    bench
}

fn answer(action: &str, result: &str) -> ResponseTemplate {
    let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
    ResponseTemplate::new(200).set_body_raw(body, "text/xml")
}

fn refusal(code: &str, message: &str) -> ResponseTemplate {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>");
    ResponseTemplate::new(400).set_body_raw(body, "text/xml")
}

/// Answers calls of an action whose body contains a text, `times` times.
async fn on(server: &MockServer, action: &str, with: &str, times: u64, response: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(body_string_contains(format!("Action={action}&")))
        .and(body_string_contains(with))
        .respond_with(response)
        .up_to_n_times(times)
        .mount(server)
        .await;
}

async fn count(server: &MockServer, action: &str) -> usize {
    let requests = server.received_requests().await.expect("requests are recorded");
    let action = format!("Action={action}&");
    requests.iter().filter(|request| String::from_utf8_lossy(&request.body).starts_with(&action)).count()
}

fn cluster(status: &str, member: &str, more: &str) -> String {
    format!(
        "<DBCluster><DBClusterIdentifier>saas-platform-db</DBClusterIdentifier><Status>{status}</Status>\
         <EngineVersion>15.4</EngineVersion><DatabaseName>saas</DatabaseName><MasterUsername>saasadmin</MasterUsername>\
         <DBClusterArn>arn:aws:rds:us-east-1:123456789012:cluster:saas-platform-db</DBClusterArn>\
         <Endpoint>writer.example</Endpoint><DBClusterMembers><DBClusterMember>\
         <DBInstanceIdentifier>saas-platform-db-writer</DBInstanceIdentifier><IsClusterWriter>true</IsClusterWriter>\
         <DBClusterParameterGroupStatus>{member}</DBClusterParameterGroupStatus></DBClusterMember></DBClusterMembers>\
         {more}</DBCluster>"
    )
}

fn instance(status: &str) -> String {
    instance_with(status, "")
}

fn instance_with(status: &str, more: &str) -> String {
    format!(
        "<DBInstance><DBInstanceIdentifier>saas-platform-db-writer</DBInstanceIdentifier>\
         <DBInstanceClass>db.r6g.large</DBInstanceClass><DBInstanceStatus>{status}</DBInstanceStatus>\
         <DBInstanceArn>arn:aws:rds:us-east-1:123456789012:db:saas-platform-db-writer</DBInstanceArn>{more}</DBInstance>"
    )
}

fn tags(address: &str) -> String {
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    format!("<TagList>{}{}</TagList>", tag("saas:platform", "saas-platform"), tag("saas:address", address))
}

#[tokio::test]
async fn db_clusters_of_all_pages_are_found() {
    let server = MockServer::start().await;
    let foreign = cluster("available", "in-sync", "");
    let first = format!("<Marker>next-page</Marker><DBClusters>{foreign}</DBClusters>");
    let ours = cluster("creating", "in-sync", &tags("database/cluster"));
    let second = format!("<DBClusters>{ours}</DBClusters>");
    on(&server, "DescribeDBClusters", "Marker=next-page", ONCE, answer("DescribeDBClusters", &second)).await;
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &first)).await;
    let bench = bench(&server).await;
    let found = provider::list(Kind::DbCluster, &bench.cx()).await.expect("both pages are answered");
    assert_eq!(found.len(), 1, "what carries no tag of ours is not ours");
    assert_eq!(found[0].identity.endpoint.as_deref(), Some("writer.example"));
    assert_eq!(found[0].digest, None, "it is still being created");
}

#[tokio::test]
async fn writer_with_pending_parameters_is_rebooted() {
    let server = MockServer::start().await;
    let describe = |member| {
        answer("DescribeDBClusters", &format!("<DBClusters>{}</DBClusters>", cluster("available", member, "")))
    };
    let instances = |status| answer("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>", instance(status)));
    on(&server, "CreateDBInstance", "", ONCE, answer("CreateDBInstance", &instance("creating"))).await;
    on(&server, "DescribeDBInstances", "", ONCE, instances("creating")).await;
    on(&server, "DescribeDBInstances", "", ONCE, instances("available")).await;
    on(&server, "DescribeDBClusters", "", ONCE, describe("applying")).await;
    on(&server, "DescribeDBClusters", "", ONCE, describe("pending-reboot")).await;
    on(
        &server,
        "RebootDBInstance",
        "saas-platform-db-writer",
        ONCE,
        answer("RebootDBInstance", &instance("rebooting")),
    )
    .await;
    on(&server, "DescribeDBInstances", "", ONCE, instances("rebooting")).await;
    on(&server, "DescribeDBInstances", "", ONCE, instances("available")).await;
    on(&server, "DescribeDBClusters", "", ONCE, describe("in-sync")).await;
    let bench = bench(&server).await;
    bench.assume("database/cluster", Identity::of_id("saas-platform-db"));
    provider::create(&bench.cx(), bench.node("database/writer")).await.expect("it gets there");
    assert_eq!(count(&server, "RebootDBInstance").await, 1);
    assert_eq!(count(&server, "DescribeDBClusters").await, 3);
}

#[tokio::test]
async fn first_db_cluster_waits_for_the_service_linked_role() {
    let server = MockServer::start().await;
    let message = "Unable to create the resource. Verify that you have permission to create service linked role. \
                   Otherwise wait and try again later";
    on(&server, "CreateDBCluster", "", 2, refusal("InvalidParameterValue", message)).await;
    let made = cluster("creating", "in-sync", "");
    on(&server, "CreateDBCluster", "", ONCE, answer("CreateDBCluster", &made)).await;
    let ready = format!("<DBClusters>{}</DBClusters>", cluster("available", "in-sync", ""));
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &ready)).await;
    let value = r#"{"ARN":"a","SecretString":"not-a-real-password"}"#;
    Mock::given(wiremock::matchers::header("x-amz-target", "secretsmanager.GetSecretValue"))
        .respond_with(ResponseTemplate::new(200).set_body_string(value))
        .mount(&server)
        .await;
    let bench = bench(&server).await;
    let identity =
        provider::create(&bench.cx(), bench.node("database/cluster")).await.expect("the third call is taken");
    assert_eq!(identity.endpoint.as_deref(), Some("writer.example"));
    assert_eq!(count(&server, "CreateDBCluster").await, 3);
}

/// For each call that may be the first of the account, and each message of RDS.
#[tokio::test]
async fn all_rds_creations_wait_for_the_service_linked_role() {
    let texts = [
        "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise \
         wait and try again later",
        "Missing necessary credentials to create Service Linked Role AWSServiceRoleForRDS",
        "Missing necessary credentials. Please check \
         http://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html",
    ];
    let server = MockServer::start().await;
    let available = cluster("available", "in-sync", "");
    for (action, made) in [
        ("CreateDBSubnetGroup", "<DBSubnetGroup><DBSubnetGroupArn>arn:group</DBSubnetGroupArn></DBSubnetGroup>".into()),
        (
            "CreateDBClusterParameterGroup",
            "<DBClusterParameterGroup><DBClusterParameterGroupArn>arn:group</DBClusterParameterGroupArn>\
             </DBClusterParameterGroup>"
                .into(),
        ),
        ("CreateDBCluster", available.clone()),
        ("CreateDBInstance", instance("available")),
    ] {
        for text in texts {
            on(&server, action, "", ONCE, refusal("InvalidParameterValue", text)).await;
        }
        on(&server, action, "", ONCE, answer(action, &made)).await;
    }
    let clusters = answer("DescribeDBClusters", &format!("<DBClusters>{available}</DBClusters>"));
    on(&server, "DescribeDBClusters", "", 100, clusters).await;
    let instances = format!("<DBInstances>{}</DBInstances>", instance("available"));
    on(&server, "DescribeDBInstances", "", 100, answer("DescribeDBInstances", &instances)).await;
    let bench = bench(&server).await;
    bench.know("database/admin-password", "hunter2-hunter2");
    for address in ["database/subnet-group", "database/parameter-group", "database/cluster"] {
        let made = provider::create(&bench.cx(), bench.node(address)).await;
        bench.assume(address, made.unwrap_or_else(|error| panic!("{address}: {error}")));
    }
    provider::create(&bench.cx(), bench.node("database/writer")).await.expect("the role is there in the end");
}

#[tokio::test]
async fn db_cluster_with_deletion_protection_is_not_deleted() {
    let server = MockServer::start().await;
    let protected = cluster("available", "in-sync", "<DeletionProtection>true</DeletionProtection>");
    let describe = format!("<DBClusters>{protected}</DBClusters>");
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &describe)).await;
    let bench = bench(&server).await;
    bench.assume("database/cluster", Identity::of_id("saas-platform-db"));
    let found = bench.live.get(&Address::literal("database/cluster")).expect("it was assumed");
    let error = provider::delete(&bench.cx(), &found).await.expect_err("deletion protection is on");
    assert!(error.to_string().contains("deletion protection is enabled"), "{error}");
    assert_eq!(count(&server, "DeleteDBCluster").await, 0);
}

#[tokio::test]
async fn deletion_in_progress_is_waited_for() {
    let server = MockServer::start().await;
    let deleting = answer("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>", instance("deleting")));
    on(&server, "DeleteDBInstance", "", ONCE, refusal("InvalidDBInstanceState", "it is already being deleted")).await;
    on(&server, "DescribeDBInstances", "", 2, deleting).await;
    on(&server, "DescribeDBInstances", "", ONCE, refusal("DBInstanceNotFound", "gone")).await;
    let bench = bench(&server).await;
    bench.assume("database/writer", Identity::of_id("saas-platform-db-writer"));
    let found = bench.live.get(&Address::literal("database/writer")).expect("it was assumed");
    provider::delete(&bench.cx(), &found).await.expect("it goes by itself");
    assert_eq!(count(&server, "DescribeDBInstances").await, 3);
}

/// An apply after a destroy that was killed halfway.
#[tokio::test]
async fn planned_resource_in_deletion_is_deleted_before_it_is_created_again() {
    let server = MockServer::start().await;
    let deleting = cluster("deleting", "in-sync", &tags("database/cluster"));
    let deleting = answer("DescribeDBClusters", &format!("<DBClusters>{deleting}</DBClusters>"));
    on(&server, "DescribeDBClusters", "", 2, deleting).await;
    let writer = instance_with("deleting", &tags("database/writer"));
    let writer = answer("DescribeDBInstances", &format!("<DBInstances>{writer}</DBInstances>"));
    on(&server, "DescribeDBInstances", "", ONCE, writer).await;
    let bench = bench(&server).await;
    for kind in [Kind::DbCluster, Kind::DbInstance] {
        let found = provider::list(kind, &bench.cx()).await.expect("the listing is answered");
        bench.live.observed(&bench.plan, found);
    }
    // The other resources are removed from the state, so they are not described.
    for other in bench.live.all().into_iter().filter(|found| !found.deleting) {
        bench.live.remove(&other);
    }
    let changes = compare(&bench.cx(), Intent::Plan { deep: false }).await.expect("nothing has to be read");
    for address in ["database/cluster", "database/writer"] {
        let change = changes.changes.iter().find(|change| change.address.as_str() == address).expect("it changes");
        assert_eq!(change.action, Action::Replace { fields: Vec::new(), beside: false }, "{address}");
        assert_eq!(change.at_stake, None, "its data is lost already");
    }
}

#[tokio::test]
async fn stopped_db_cluster_is_reported_as_stopped() {
    let server = MockServer::start().await;
    let bench = bench(&server).await;
    let stopped = cluster("stopped", "", &tags("database/cluster"));
    let listed = answer("DescribeDBClusters", &format!("<DBClusters>{stopped}</DBClusters>"));
    on(&server, "DescribeDBClusters", "", u64::MAX, listed).await;
    let found = provider::list(Kind::DbCluster, &bench.cx()).await.expect("the listing can be read");
    bench.live.observed(&bench.plan, found);
    let reported: Vec<String> = crate::login::stopped(&bench.cx()).iter().map(ToString::to_string).collect();
    let expected =
        "the database cluster `saas-platform-db` of `database/cluster` is `stopped` and accepts no connections";
    assert_eq!(reported, [expected]);
}

const CLUSTER_ARN: &str = "arn:aws:rds:us-east-1:123456789012:cluster:saas-platform-db";

/// The ids of the blockers when the cluster is to be deleted.
async fn in_the_way_of_the_cluster(server: &MockServer) -> Vec<String> {
    let bench = bench(server).await;
    bench.assume("database/cluster", Identity::of_id("saas-platform-db"));
    bench.assume("database/writer", Identity::of_id("saas-platform-db-writer"));
    let change = bench.removal("database/cluster");
    let blockers = provider::blockers(Kind::DbCluster, &bench.cx(), &[&change]).await.expect("RDS answers");
    blockers.into_iter().map(|blocker| blocker.id).collect()
}

#[tokio::test]
async fn replicas_global_clusters_and_deployments_are_blockers_of_a_db_cluster() {
    let server = MockServer::start().await;
    let replica = "<ReadReplicaIdentifiers><ReadReplicaIdentifier>arn:replica</ReadReplicaIdentifier>\
                   </ReadReplicaIdentifiers>";
    let clusters = format!("<DBClusters>{}</DBClusters>", cluster("available", "in-sync", replica));
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &clusters)).await;
    let member = |arn: &str| {
        format!(
            "<GlobalClusterMembers><GlobalClusterMember><DBClusterArn>{arn}</DBClusterArn></GlobalClusterMember>\
                 </GlobalClusterMembers>"
        )
    };
    let global = |name: &str, arn: &str| {
        format!(
            "<GlobalClusterMember><GlobalClusterIdentifier>{name}</GlobalClusterIdentifier>{}</GlobalClusterMember>",
            member(arn)
        )
    };
    let globals =
        format!("<GlobalClusters>{}{}</GlobalClusters>", global("other", "arn:x"), global("world", CLUSTER_ARN));
    on(&server, "DescribeGlobalClusters", "", ONCE, answer("DescribeGlobalClusters", &globals)).await;
    let deployment = |id: &str, status: &str| {
        format!(
            "<member><BlueGreenDeploymentIdentifier>{id}</BlueGreenDeploymentIdentifier><Status>{status}</Status></member>"
        )
    };
    let deployments = deployment("bgd-1", "AVAILABLE") + &deployment("bgd-2", "DELETING");
    let deployments = format!("<BlueGreenDeployments>{deployments}</BlueGreenDeployments>");
    let of_it = "Filters.Filter.1.Name=source";
    on(&server, "DescribeBlueGreenDeployments", of_it, ONCE, answer("DescribeBlueGreenDeployments", &deployments))
        .await;
    assert_eq!(in_the_way_of_the_cluster(&server).await, ["arn:replica", "world", "bgd-1"]);
}

/// A call that an emulator lacks, or that the caller is denied, does not stop the destroy.
#[tokio::test]
async fn unavailable_blocker_queries_do_not_block_a_destroy() {
    let server = MockServer::start().await;
    let clusters = format!("<DBClusters>{}</DBClusters>", cluster("available", "in-sync", ""));
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &clusters)).await;
    on(&server, "DescribeGlobalClusters", "", ONCE, refusal("UnknownOperationException", "an emulator")).await;
    on(&server, "DescribeBlueGreenDeployments", "", ONCE, refusal("AccessDenied", "not allowed")).await;
    assert_eq!(in_the_way_of_the_cluster(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn db_cluster_in_an_undeletable_state_is_a_blocker() {
    for (status, blocked) in [
        ("available", false),
        ("modifying", false),
        ("creating", false),
        ("backing-up", true),
        ("upgrading", true),
        ("stopped", true),
        ("inaccessible-encryption-credentials-recoverable", true),
    ] {
        let server = MockServer::start().await;
        let clusters = format!("<DBClusters>{}</DBClusters>", cluster(status, "in-sync", &tags("database/cluster")));
        on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &clusters)).await;
        let bench = bench(&server).await;
        let found = provider::list(Kind::DbCluster, &bench.cx()).await.expect("RDS answers");
        assert_eq!(!found[0].blockers.is_empty(), blocked, "{status}: {:?}", found[0].blockers);
    }
}

#[tokio::test]
async fn foreign_instance_in_the_subnet_group_is_a_blocker() {
    let server = MockServer::start().await;
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", "<DBClusters/>")).await;
    let instance = |name: &str, group: &str, more: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier><DBSubnetGroup><DBSubnetGroupName>{group}\
             </DBSubnetGroupName></DBSubnetGroup>{more}</DBInstance>"
        )
    };
    let in_cluster = "<DBClusterIdentifier>saas-platform-db</DBClusterIdentifier>";
    let instances = instance("reports", "saas-platform-db", "")
        + &instance("elsewhere", "another", "")
        + &instance("saas-platform-db-writer", "saas-platform-db", in_cluster);
    let instances = format!("<DBInstances>{instances}</DBInstances>");
    on(&server, "DescribeDBInstances", "", ONCE, answer("DescribeDBInstances", &instances)).await;
    let bench = bench(&server).await;
    bench.assume("database/subnet-group", Identity::of_id("saas-platform-db"));
    let change = bench.removal("database/subnet-group");
    let blockers = provider::blockers(Kind::DbSubnetGroup, &bench.cx(), &[&change]).await.expect("RDS answers");
    assert_eq!(blockers.iter().map(|blocker| blocker.id.as_str()).collect::<Vec<_>>(), ["reports"]);
}

/// What reaches the data of a cluster beside the planned connections is told with how it is closed.
#[tokio::test]
async fn ways_into_a_database_cluster_are_exposures() {
    let server = MockServer::start().await;
    let more = "<AssociatedRoles><DBClusterRole><RoleArn>arn:aws:iam::123456789012:role/export</RoleArn>\
                </DBClusterRole></AssociatedRoles><HttpEndpointEnabled>true</HttpEndpointEnabled>\
                <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>\
                <ActivityStreamStatus>started</ActivityStreamStatus>\
                <ActivityStreamKinesisStreamName>statements</ActivityStreamKinesisStreamName>\
                <DomainMemberships><DomainMembership><Domain>d-1</Domain></DomainMembership></DomainMemberships>\
                <ReadReplicaIdentifiers><ReadReplicaIdentifier>copy</ReadReplicaIdentifier></ReadReplicaIdentifiers>\
                <GlobalClusterIdentifier>world</GlobalClusterIdentifier>";
    let open = cluster("available", "in-sync", &(tags("database/cluster") + more));
    let clusters = format!("<DBClusters>{open}</DBClusters>");
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &clusters)).await;
    let bench = bench(&server).await;
    provider::list(Kind::DbCluster, &bench.cx()).await.expect("it is answered");
    let exposures = bench.live.exposures();
    let ids: Vec<&str> = exposures.iter().map(|exposure| exposure.id.as_str()).collect();
    let expected = [
        "HttpEndpointEnabled",
        "IAMDatabaseAuthenticationEnabled",
        "arn:aws:iam::123456789012:role/export",
        "copy",
        "d-1",
        "statements",
        "world",
    ];
    assert_eq!(ids, expected);
    assert!(exposures.iter().all(|exposure| exposure.address.as_str() == "database/cluster"), "{exposures:#?}");
}

/// An instance of the cluster needs no tag to answer with its data.
#[tokio::test]
async fn foreign_instance_of_the_database_cluster_is_an_exposure() {
    let server = MockServer::start().await;
    let reader = "<DBInstance><DBInstanceIdentifier>reader</DBInstanceIdentifier><DBInstanceStatus>available\
                  </DBInstanceStatus><DBClusterIdentifier>saas-platform-db</DBClusterIdentifier>\
                  <PubliclyAccessible>true</PubliclyAccessible></DBInstance>";
    let instances = format!("<DBInstances>{reader}</DBInstances>");
    let clusters = format!("<DBClusters>{}</DBClusters>", cluster("available", "in-sync", ""));
    on(&server, "DescribeDBInstances", "", ONCE, answer("DescribeDBInstances", &instances)).await;
    on(&server, "DescribeDBClusters", "", ONCE, answer("DescribeDBClusters", &clusters)).await;
    let bench = bench(&server).await;
    bench.assume("database/cluster", Identity::of_id("saas-platform-db"));
    let found = provider::list(Kind::DbInstance, &bench.cx()).await.expect("it is answered");
    assert_eq!(found, []);
    let exposures = bench.live.exposures();
    let [exposure] = exposures.as_slice() else { panic!("{exposures:#?}") };
    assert_eq!((exposure.address.as_str(), exposure.id.as_str()), ("database/cluster", "reader"));
    assert!(exposure.what.ends_with("and has a public address"), "{exposure:?}");
}
