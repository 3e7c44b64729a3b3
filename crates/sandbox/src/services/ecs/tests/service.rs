//! Validation and answers of `CreateService`.

use std::time::Duration;

use serde_json::json;

use super::around::{delete_listener, delete_target_group};
use super::*;
use crate::services::ec2::{SecurityGroup, Subnet};
use crate::testing::{item, pass};

const INVALID: &str = "InvalidParameterException";

fn refuses(changes: &Value, part: &str) {
    let bench = prepared();
    refused(&bench, "CreateService", &with(&service(), changes), INVALID, part);
    assert!(item(&bench.inventory(), "ecs:service", "shop/web").is_none());
}

fn network(changes: &Value) -> Value {
    let network = service()["networkConfiguration"]["awsvpcConfiguration"].clone();
    json!({"networkConfiguration": {"awsvpcConfiguration": with(&network, changes)}})
}

#[tokio::test(start_paused = true)]
async fn a_service_is_returned_as_requested() {
    let bench = prepared();
    let made = call(&bench, "CreateService", &service())["service"].clone();
    assert_eq!(made["serviceArn"], "arn:aws:ecs:us-east-1:123456789012:service/shop/web");
    assert_eq!(made["taskDefinition"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
    assert_eq!([&made["status"], &made["launchType"], &made["platformVersion"]], ["ACTIVE", "FARGATE", "1.4.0"]);
    for field in ["desiredCount", "loadBalancers", "healthCheckGracePeriodSeconds", "propagateTags", "tags"] {
        assert_eq!(made[field], service()[field], "{field}");
    }
    assert_eq!(made["networkConfiguration"], service()["networkConfiguration"]);
    assert_eq!([&made["enableECSManagedTags"], &made["runningCount"]], [&json!(true), &json!(0)]);
    let configuration = &made["deploymentConfiguration"];
    for field in ["deploymentCircuitBreaker", "minimumHealthyPercent", "maximumPercent"] {
        assert_eq!(configuration[field], service()["deploymentConfiguration"][field], "{field}");
    }
    assert_eq!(rollout(&made), "IN_PROGRESS");
    let without = call(&bench, "DescribeServices", &json!({"cluster": CLUSTER, "services": ["web"]}));
    assert!(without["services"][0]["tags"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_service_has_the_defaults_that_aws_sets() {
    let bench = prepared();
    let bare = json!({
        "platformVersion": null, "loadBalancers": null, "healthCheckGracePeriodSeconds": null, "tags": null,
        "deploymentConfiguration": null, "propagateTags": null, "enableECSManagedTags": null,
    });
    let made = call(&bench, "CreateService", &with(&service(), &bare))["service"].clone();
    let configuration = &made["deploymentConfiguration"];
    assert_eq!([&configuration["minimumHealthyPercent"], &configuration["maximumPercent"]], [&json!(100), &json!(200)]);
    assert_eq!(configuration["deploymentCircuitBreaker"], json!({"enable": false, "rollback": false}));
    assert_eq!([&made["platformVersion"], &made["propagateTags"]], ["LATEST", "NONE"]);
    assert_eq!(made["deployments"][0]["platformVersion"], "1.4.0");
    assert_eq!(made["availabilityZoneRebalancing"], "ENABLED");
    assert!(made["healthCheckGracePeriodSeconds"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_service_requires_existing_subnets_and_groups() {
    refuses(&json!({"networkConfiguration": null}), "Network Configuration must be provided when networkMode 'awsvpc'");
    refuses(&network(&json!({"subnets": []})), "subnets can not be empty.");
    refuses(&network(&json!({"subnets": ["subnet-1"]})), "InvalidSubnetID.NotFound");
    refuses(&network(&json!({"securityGroups": ["sg-1"]})), "InvalidGroup.NotFound");
    refuses(&network(&json!({"securityGroups": vec![GROUP; 6]})), "5 security groups");
    refuses(&network(&json!({"subnets": vec![SUBNETS[0]; 17]})), "16 subnets");
    refuses(&network(&json!({"assignPublicIp": "MAYBE"})), "assignPublicIp");
}

#[tokio::test(start_paused = true)]
async fn subnets_and_groups_must_be_in_one_vpc() {
    let bench = prepared();
    bench.cloud(|cloud| {
        let vpc = "vpc-2".to_owned();
        let subnet = Subnet { id: "subnet-2".to_owned(), vpc: vpc.clone(), ..Subnet::default() };
        cloud.ec2.subnets.insert(subnet.id.clone(), subnet);
        let group = SecurityGroup { id: "sg-2".to_owned(), vpc, ..SecurityGroup::default() };
        cloud.ec2.groups.insert(group.id.clone(), group);
    });
    for change in [json!({"subnets": [SUBNETS[0], "subnet-2"]}), json!({"securityGroups": ["sg-2"]})] {
        refused(&bench, "CreateService", &with(&service(), &network(&change)), INVALID, "same VPC");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_security_group_is_not_visible_immediately() {
    let bench = prepared();
    bench.cloud(|cloud| {
        cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(10)));
        let group = cloud.ec2.groups.remove(GROUP).expect("it is there");
        cloud.forget();
        cloud.ec2.groups.insert(GROUP.to_owned(), group);
    });
    refused(&bench, "CreateService", &service(), INVALID, "InvalidGroup.NotFound");
    pass(Duration::from_secs(10)).await;
    call(&bench, "CreateService", &service());
}

#[tokio::test(start_paused = true)]
async fn the_target_group_must_be_attached_to_a_listener() {
    let bench = prepared();
    delete_listener(&bench);
    let lonely = "does not have an associated load balancer.";
    refused(&bench, "CreateService", &service(), INVALID, lonely);
    delete_target_group(&bench);
    refused(&bench, "CreateService", &service(), INVALID, "does not exist");
}

#[tokio::test(start_paused = true)]
async fn the_load_balancer_requires_an_existing_container_port() {
    let balancer = |changes: &Value| json!({"loadBalancers": [with(&service()["loadBalancers"][0], changes)]});
    refuses(&balancer(&json!({"containerName": "db"})), "The container db does not exist in the task definition.");
    refuses(&balancer(&json!({"containerPort": 81})), "The container web did not have a container port 81 defined.");
    refuses(&balancer(&json!({"containerPort": 0})), "containerPort");
    for field in ["targetGroupArn", "containerName", "containerPort"] {
        refuses(&balancer(&json!({field: null})), field);
    }
}

#[tokio::test(start_paused = true)]
async fn missing_and_inactive_definitions_are_refused() {
    let bench = prepared();
    for missing in ["none", "web:2"] {
        let input = with(&service(), &json!({"taskDefinition": missing}));
        refused(&bench, "CreateService", &input, "ClientException", "TaskDefinition not found.");
    }
    call(&bench, "DeregisterTaskDefinition", &json!({"taskDefinition": "web:1"}));
    let input = with(&service(), &json!({"taskDefinition": "web:1"}));
    refused(&bench, "CreateService", &input, "ClientException", "TaskDefinition is inactive");
    refused(&bench, "CreateService", &service(), "ClientException", "TaskDefinition not found.");
    let without = with(&service(), &json!({"taskDefinition": null}));
    refused(&bench, "CreateService", &without, INVALID, "TaskDefinition can not be blank.");
}

#[tokio::test(start_paused = true)]
async fn names_tokens_and_numbers_are_validated() {
    refuses(&json!({"serviceName": "a b"}), "service name");
    refuses(&json!({"serviceName": "x".repeat(256)}), "service name");
    refuses(&json!({"serviceName": null}), "serviceName");
    refuses(&json!({"clientToken": "x".repeat(37)}), "clientToken");
    refuses(&json!({"clientToken": "a b"}), "clientToken");
    refuses(&json!({"desiredCount": -1}), "desiredCount");
    refuses(&json!({"desiredCount": 5_001}), "desiredCount");
    refuses(&json!({"desiredCount": null}), "desiredCount");
    refuses(&json!({"propagateTags": "ALL"}), "propagateTags");
    refuses(&json!({"tags": [{"key": "aws:x", "value": ""}]}), "aws:");
    refuses(&json!({"launchType": "MOON"}), "launchType");
    refuses(&json!({"schedulingStrategy": "DAEMON"}), "daemon");
    refuses(&json!({"role": "some-role"}), "service linked role");
    refuses(&json!({"placementStrategy": [{"type": "random"}]}), "placementStrategy");
    let unknown = with(&service(), &json!({"cluster": "none"}));
    refused(&prepared(), "CreateService", &unknown, "ClusterNotFoundException", "");
    let platform = with(&service(), &json!({"platformVersion": "9.9.9"}));
    refused(&prepared(), "CreateService", &platform, "PlatformUnknownException", "");
    let controller = with(&service(), &json!({"deploymentController": {"type": "EXTERNAL"}}));
    refused(&prepared(), "CreateService", &controller, "UnsupportedFeatureException", "");
}

#[tokio::test(start_paused = true)]
async fn a_grace_period_requires_a_load_balancer() {
    let without = "Health check grace period is only valid for services configured to use load balancers";
    refuses(&json!({"loadBalancers": []}), without);
    refuses(&json!({"healthCheckGracePeriodSeconds": -1}), "healthCheckGracePeriodSeconds");
    let long = with(&service(), &json!({"healthCheckGracePeriodSeconds": 2_147_483_648_u32}));
    refused(&prepared(), "CreateService", &long, "SerializationException", "healthCheckGracePeriodSeconds");
}

#[tokio::test(start_paused = true)]
async fn the_deployment_configuration_is_validated() {
    let rollout = |changes: Value| json!({"deploymentConfiguration": changes});
    refuses(&rollout(json!({"minimumHealthyPercent": 101})), "minimumHealthyPercent");
    refuses(&rollout(json!({"minimumHealthyPercent": -1})), "minimumHealthyPercent");
    refuses(&rollout(json!({"maximumPercent": 99})), "maximumPercent");
    refuses(&rollout(json!({"minimumHealthyPercent": 100, "maximumPercent": 100})), "block deployments");
    refuses(&rollout(json!({"deploymentCircuitBreaker": {"enable": true}})), "rollback");
    let odd = json!({"enable": true, "rollback": true, "thresholdConfiguration": {"type": "COUNT", "value": 0}});
    refuses(&rollout(json!({"deploymentCircuitBreaker": odd})), "threshold");
}

#[tokio::test(start_paused = true)]
async fn a_launch_type_excludes_a_capacity_provider_strategy() {
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
    refuses(&json!({"capacityProviderStrategy": strategy}), "not both");
    let alone = json!({"launchType": null, "capacityProviderStrategy": strategy});
    refuses(&alone, "is not associated with this cluster");
    let bench = prepared();
    let providers =
        json!({"cluster": CLUSTER, "capacityProviders": ["FARGATE_SPOT"], "defaultCapacityProviderStrategy": []});
    call(&bench, "PutClusterCapacityProviders", &providers);
    let made = call(&bench, "CreateService", &with(&service(), &alone))["service"].clone();
    let described = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]);
    assert_eq!((&made["capacityProviderStrategy"], &made["launchType"]), (&described, &json!(null)));
}

#[tokio::test(start_paused = true)]
async fn an_existing_name_is_refused_unless_token_and_arguments_are_equal() {
    let bench = prepared();
    let first = with(&service(), &json!({"clientToken": "token"}));
    let made = call(&bench, "CreateService", &first)["service"]["createdAt"].clone();
    pass(Duration::from_secs(60)).await;
    assert_eq!(call(&bench, "CreateService", &first)["service"]["createdAt"], made);
    let not = "Creation of service was not idempotent.";
    refused(&bench, "CreateService", &service(), INVALID, not);
    refused(&bench, "CreateService", &with(&first, &json!({"clientToken": "other"})), INVALID, not);
    refused(&bench, "CreateService", &with(&first, &json!({"desiredCount": 3})), INVALID, not);
    assert_eq!(described(&bench)["desiredCount"], 2);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_draining_service_is_blocked() {
    let bench = running().await;
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web", "force": true}));
    let draining = "Unable to Start a service that is still Draining.";
    refused(&bench, "CreateService", &service(), INVALID, draining);
    pass(LONG).await;
    let made = call(&bench, "CreateService", &service())["service"].clone();
    assert_eq!((&made["status"], &made["runningCount"]), (&json!("ACTIVE"), &json!(0)));
    // Forgetting the first service does not remove the second.
    pass(Duration::from_secs(3_600)).await;
    assert_eq!(described(&bench)["status"], "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn a_newly_inactive_service_blocks_its_name_during_the_lag() {
    let bench = prepared();
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of_creations(Duration::from_secs(10))));
    call(&bench, "CreateService", &with(&service(), &json!({"desiredCount": 0})));
    pass(LONG).await;
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web"}));
    pass(Duration::from_secs(1)).await;
    assert_eq!(described(&bench)["status"], "INACTIVE");
    refused(&bench, "CreateService", &service(), INVALID, "Creation of service was not idempotent.");
    pass(LONG).await;
    assert_eq!(call(&bench, "CreateService", &service())["service"]["status"], "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn reusing_the_token_of_a_deleted_service_creates_another() {
    let bench = prepared();
    let input = with(&service(), &json!({"clientToken": "token", "desiredCount": 0}));
    call(&bench, "CreateService", &input);
    call(&bench, "DeleteService", &json!({"cluster": CLUSTER, "service": "web"}));
    pass(LONG).await;
    assert_eq!(call(&bench, "CreateService", &input)["service"]["status"], "ACTIVE");
}

#[tokio::test(start_paused = true)]
async fn a_cluster_has_at_most_5000_services() {
    let bench = prepared();
    call(&bench, "CreateService", &service());
    bench.cloud(|cloud| {
        let one = cloud.ecs.services["shop/web"].clone();
        for number in 1..5_000 {
            let name = format!("s{number}");
            let service = super::super::service::Service { name, deployments: Vec::new(), ..one.clone() };
            cloud.ecs.services.insert(service.key(), service);
        }
    });
    let another = with(&service(), &json!({"serviceName": "another"}));
    refused(&bench, "CreateService", &another, "ClientException", "5000 services");
}

#[tokio::test(start_paused = true)]
async fn an_ec2_launch_type_service_finds_no_instances() {
    let bench = prepared();
    call(&bench, "CreateService", &with(&service(), &json!({"launchType": "EC2", "platformVersion": null})));
    pass(LONG).await;
    let events = events(&described(&bench));
    assert!(events.iter().any(|event| event.contains("No Container Instances were found in your cluster.")));
}
