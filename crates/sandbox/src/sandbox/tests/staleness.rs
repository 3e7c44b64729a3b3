//! Tests of stale reads in each service, after creations, updates and deletions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::dials::{Dials, Lag, Staleness};
use crate::services::Service;
use crate::testing::{Bench, all, pass};

const LAG: Duration = Duration::from_secs(60);

/// An account in which only the reads of one service lag.
fn slow(service: Service) -> Bench {
    lagging(service, Lag::of(LAG))
}

fn lagging(service: Service, lag: Lag) -> Bench {
    Bench::with(Dials { staleness: Staleness::default().with(service, lag), ..Dials::default() })
}

/// Makes a change, and waits until reads show it.
async fn seen(bench: &Bench, act: impl FnOnce(&Bench)) {
    act(bench);
    pass(LAG).await;
}

fn json(bench: &Bench, service: Service, operation: &str, input: &Value) -> Value {
    bench.json(service, operation, input).unwrap_or_else(|code| panic!("{operation} is refused: {code}"))
}

fn secrets(bench: &Bench) -> Vec<(String, String)> {
    let listed = json(bench, Service::Secrets, "ListSecrets", &json!({}));
    let text = |secret: &Value, key: &str| secret[key].as_str().unwrap_or_default().to_owned();
    let secrets = listed["SecretList"].as_array().expect("a list").iter();
    secrets.map(|secret| (text(secret, "Name"), text(secret, "Description"))).collect()
}

#[tokio::test(start_paused = true)]
async fn secrets_are_listed_late_and_described_at_once() {
    let five_minutes = Duration::from_secs(300);
    let bench = lagging(Service::Secrets, Lag::of(five_minutes));
    let secret = |id: &str, description: &str| json!({id: "a", "Description": description});
    let listed = |description: &str| vec![("a".to_owned(), description.to_owned())];
    let described = || bench.json(Service::Secrets, "DescribeSecret", &json!({"SecretId": "a"}));

    json(&bench, Service::Secrets, "CreateSecret", &secret("Name", "made"));
    assert_eq!(described().expect("it is there")["Description"], "made");
    pass(five_minutes - Duration::from_millis(1)).await;
    assert_eq!(secrets(&bench), []);
    pass(Duration::from_millis(1)).await;
    assert_eq!(secrets(&bench), listed("made"));

    json(&bench, Service::Secrets, "UpdateSecret", &secret("SecretId", "changed"));
    assert_eq!(described().expect("it is there")["Description"], "changed");
    assert_eq!(secrets(&bench), listed("made"));
    pass(five_minutes).await;
    assert_eq!(secrets(&bench), listed("changed"));

    json(&bench, Service::Secrets, "DeleteSecret", &json!({"SecretId": "a", "ForceDeleteWithoutRecovery": true}));
    assert_eq!(secrets(&bench), listed("changed"));
    pass(five_minutes).await;
    assert_eq!(secrets(&bench), []);
    assert!(described().is_err());
}

#[tokio::test(start_paused = true)]
async fn each_service_has_its_own_lag() {
    let bench = slow(Service::Secrets);
    json(&bench, Service::Logs, "CreateLogGroup", &json!({"logGroupName": "a"}));
    assert_eq!(groups(&bench).len(), 1);
    json(&bench, Service::Secrets, "CreateSecret", &json!({"Name": "a"}));
    assert_eq!(secrets(&bench).len(), 0);
}

fn groups(bench: &Bench) -> Vec<(String, Option<i64>)> {
    let listed = json(bench, Service::Logs, "DescribeLogGroups", &json!({}));
    let groups = listed["logGroups"].as_array().expect("a list").iter();
    groups
        .map(|group| (group["logGroupName"].as_str().unwrap_or_default().to_owned(), group["retentionInDays"].as_i64()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn log_groups_are_listed_late() {
    let bench = slow(Service::Logs);
    let group = json!({"logGroupName": "a"});
    seen(&bench, |bench| {
        json(bench, Service::Logs, "CreateLogGroup", &group);
        assert_eq!(groups(bench), []);
    })
    .await;
    seen(&bench, |bench| {
        let retention = json!({"logGroupName": "a", "retentionInDays": 7});
        json(bench, Service::Logs, "PutRetentionPolicy", &retention);
        assert_eq!(groups(bench), [("a".to_owned(), None)]);
    })
    .await;
    seen(&bench, |bench| {
        json(bench, Service::Logs, "DeleteLogGroup", &group);
        assert_eq!(groups(bench), [("a".to_owned(), Some(7))]);
    })
    .await;
    assert_eq!(groups(&bench), []);
}

fn s3(bench: &Bench, method: &str, uri: &str, body: &str) -> (u16, String) {
    let answer = bench.send(Service::S3, method, uri, &[], body.as_bytes().to_vec());
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

#[tokio::test(start_paused = true)]
async fn bucket_listings_and_settings_are_stale() {
    let bench = slow(Service::S3);
    let listed = |bench: &Bench| all(&s3(bench, "GET", "/", "").1, "Name");
    let versioning = |bench: &Bench| all(&s3(bench, "GET", "/saas-a?versioning", "").1, "Status");
    seen(&bench, |bench| {
        assert_eq!(s3(bench, "PUT", "/saas-a", "").0, 200);
        assert_eq!(listed(bench), Vec::<String>::new());
        assert_eq!(s3(bench, "HEAD", "/saas-a", "").0, 200, "who asks for it by its name is told");
    })
    .await;
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    seen(&bench, |bench| {
        assert_eq!(s3(bench, "PUT", "/saas-a?versioning", on).0, 200);
        assert_eq!(versioning(bench), Vec::<String>::new());
    })
    .await;
    assert_eq!(versioning(&bench), ["Enabled"]);
    seen(&bench, |bench| {
        assert_eq!(s3(bench, "DELETE", "/saas-a", "").0, 204);
        assert_eq!(listed(bench), ["saas-a"]);
        assert_eq!(s3(bench, "HEAD", "/saas-a", "").0, 404);
    })
    .await;
    assert_eq!(listed(&bench), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn objects_are_never_stale() {
    let bench = slow(Service::S3);
    s3(&bench, "PUT", "/saas-a", "");
    s3(&bench, "PUT", "/saas-a/key", "one");
    assert_eq!(s3(&bench, "GET", "/saas-a/key", "").1, "one");
    s3(&bench, "PUT", "/saas-a/key", "two");
    assert_eq!(s3(&bench, "GET", "/saas-a/key", "").1, "two");
    s3(&bench, "DELETE", "/saas-a/key", "");
    assert_eq!(s3(&bench, "GET", "/saas-a/key", "").0, 404);
}

#[tokio::test(start_paused = true)]
async fn reads_of_changed_and_deleted_roles_are_stale() {
    let bench = slow(Service::Iam);
    let iam = |action: &str, input: &[(&str, &str)]| bench.query(Service::Iam, action, input);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
        "Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;
    let role = [("RoleName", "task"), ("AssumeRolePolicyDocument", trust)];
    iam("CreateRole", &role).expect("a role");
    pass(LAG).await;
    iam("TagRole", &[("RoleName", "task"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "1")]).expect("tags");
    let keys = || all(&iam("ListRoleTags", &role[..1]).expect("tags"), "Key");
    assert_eq!(keys(), Vec::<String>::new());
    pass(LAG).await;
    assert_eq!(keys(), ["a"]);
    iam("DeleteRole", &role[..1]).expect("it goes");
    assert!(iam("GetRole", &role[..1]).is_ok());
    assert_eq!(iam("DeleteRole", &role[..1]), Err("NoSuchEntity".to_owned()));
    pass(LAG).await;
    assert_eq!(iam("GetRole", &role[..1]), Err("NoSuchEntity".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn deleted_ec2_resources_are_still_described() {
    let bench = slow(Service::Ec2);
    let ec2 = |action: &str, input: &[(&str, &str)]| bench.query(Service::Ec2, action, input).expect("it is done");
    let listed = || all(&ec2("DescribeVpcs", &[]), "vpcId");
    let vpc = all(&ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").remove(0);
    assert_eq!(listed(), Vec::<String>::new());
    pass(LAG).await;
    assert_eq!(listed().as_slice(), std::slice::from_ref(&vpc));
    ec2("DeleteVpc", &[("VpcId", &vpc)]);
    assert_eq!(listed().as_slice(), std::slice::from_ref(&vpc));
    assert_eq!(
        bench.query(Service::Ec2, "CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", "10.0.0.0/24")]),
        Err("InvalidVpcID.NotFound".to_owned()),
        "what changes something sees what is there"
    );
    pass(LAG).await;
    assert_eq!(listed(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn creations_alone_may_be_delayed() {
    let bench = lagging(Service::Ec2, Lag::of_creations(LAG));
    let ec2 = |action: &str, input: &[(&str, &str)]| bench.query(Service::Ec2, action, input).expect("it is done");
    let vpc = all(&ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "vpcId").remove(0);
    assert!(all(&ec2("DescribeVpcs", &[]), "vpcId").is_empty());
    pass(LAG).await;
    ec2("CreateTags", &[("ResourceId.1", &vpc), ("Tag.1.Key", "a"), ("Tag.1.Value", "1")]);
    assert_eq!(all(&ec2("DescribeVpcs", &[]), "key"), ["a"]);
    ec2("DeleteVpc", &[("VpcId", &vpc)]);
    assert!(all(&ec2("DescribeVpcs", &[]), "vpcId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_tagging_api_lags_behind_all_services() {
    let bench = slow(Service::Tagging);
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let listed = || {
        let answer = json(&bench, Service::Tagging, "GetResources", &json!({}));
        answer["ResourceTagMappingList"].as_array().map_or(0, Vec::len)
    };
    json(&bench, Service::Secrets, "CreateSecret", &json!({"Name": "a", "Tags": tags}));
    json(&bench, Service::Logs, "CreateLogGroup", &json!({"logGroupName": "a", "tags": {"a": "1"}}));
    assert_eq!(listed(), 0);
    assert_eq!((secrets(&bench).len(), groups(&bench).len()), (1, 1), "the services themselves know");
    pass(LAG).await;
    assert_eq!(listed(), 2);
    json(&bench, Service::Logs, "DeleteLogGroup", &json!({"logGroupName": "a"}));
    assert_eq!(listed(), 2);
    pass(LAG).await;
    assert_eq!(listed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lag_applies_to_changes_made_before_it_was_set() {
    let bench = Bench::new();
    json(&bench, Service::Secrets, "CreateSecret", &json!({"Name": "a"}));
    assert_eq!(secrets(&bench).len(), 1);
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(LAG)));
    assert_eq!(secrets(&bench).len(), 0);
}
