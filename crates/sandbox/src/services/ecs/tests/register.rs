//! Validation and answers of `RegisterTaskDefinition`.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::dials::Dials;
use crate::services::Service;
use crate::testing::pass;

fn refuses(changes: &Value, part: &str) {
    refused(&bench(), "RegisterTaskDefinition", &with(&definition(), changes), "ClientException", part);
}

fn refuses_container(changes: &Value, part: &str) {
    refuses(&json!({"containerDefinitions": [with(&container(), changes)]}), part);
}

#[tokio::test(start_paused = true)]
async fn a_definition_is_returned_with_the_defaults_of_aws() {
    let bench = bench();
    let input = with(
        &definition(),
        &json!({
            "cpu": "1 vCPU",
            "memory": "2 GB",
            "taskRoleArn": "web-task",
            "containerDefinitions": [{
                "name": "web",
                "image": "nginx",
                "portMappings": [{"containerPort": 80}],
                "readonlyRootFilesystem": true,
                "stopTimeout": 5,
            }],
            "tags": [{"key": "tenant", "value": "acme"}],
        }),
    );
    let answer = call(&bench, "RegisterTaskDefinition", &input);
    assert_eq!(answer["tags"], input["tags"]);
    let made = &answer["taskDefinition"];
    assert_eq!(made["taskDefinitionArn"], "arn:aws:ecs:us-east-1:123456789012:task-definition/web:1");
    assert_eq!([&made["revision"], &made["status"]], [&json!(1), &json!("ACTIVE")]);
    assert_eq!([&made["cpu"], &made["memory"], &made["taskRoleArn"]], ["1024", "2048", TASK_ROLE]);
    assert_eq!(made["runtimePlatform"], input["runtimePlatform"]);
    assert_eq!(made["compatibilities"], json!(["EC2", "FARGATE"]));
    assert_eq!([&made["volumes"], &made["placementConstraints"]], [&json!([{"name": "scratch"}]), &json!([])]);
    let container = &made["containerDefinitions"][0];
    assert_eq!(container["portMappings"], json!([{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]));
    assert_eq!([&container["essential"], &container["readonlyRootFilesystem"]], [&json!(true), &json!(true)]);
    assert_eq!([&container["environment"], &container["mountPoints"]], [&json!([]), &json!([])]);
    assert_eq!([&container["cpu"], &container["stopTimeout"]], [&json!(0), &json!(5)]);
}

#[tokio::test(start_paused = true)]
async fn roles_secrets_and_log_groups_need_not_exist() {
    call(&Bench::with_network(), "RegisterTaskDefinition", &definition());
}

#[tokio::test(start_paused = true)]
async fn a_new_role_cannot_be_passed_immediately() {
    let bench = Bench::with(Dials { passed_roles: Duration::from_secs(8), ..Dials::default() });
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let role = [("RoleName", "web-exec"), ("AssumeRolePolicyDocument", &trust.to_string())];
    bench.query(Service::Iam, "CreateRole", &role).expect("a role");
    let (code, text) = refusal(&bench, "RegisterTaskDefinition", &definition());
    assert_eq!(code, "AccessDeniedException");
    assert!(text.contains(&format!("iam:PassRole on resource: {EXECUTION_ROLE}")), "{text}");
    pass(Duration::from_secs(8)).await;
    call(&bench, "RegisterTaskDefinition", &definition());
}

#[tokio::test(start_paused = true)]
async fn revision_numbers_are_never_reused() {
    let bench = bench();
    for number in 1..=2 {
        let made = call(&bench, "RegisterTaskDefinition", &definition());
        assert_eq!(made["taskDefinition"]["revision"], number);
    }
    let second = json!({"taskDefinition": "web:2"});
    call(&bench, "DeregisterTaskDefinition", &second);
    call(&bench, "DeleteTaskDefinitions", &json!({"taskDefinitions": ["web:2"]}));
    crate::testing::pass(LONG).await;
    refused(&bench, "DescribeTaskDefinition", &second, "ClientException", "Unable to describe task definition.");
    assert_eq!(call(&bench, "RegisterTaskDefinition", &definition())["taskDefinition"]["revision"], 3);
}

#[tokio::test(start_paused = true)]
async fn invalid_fargate_sizes_are_refused() {
    refuses(&json!({"cpu": "1024", "memory": "1024"}), "No Fargate configuration exists for given values: 1024 CPU");
    refuses(&json!({"cpu": null}), "Fargate requires that 'cpu' be defined at the task level.");
    let limited = with(&container(), &json!({"memory": 512}));
    let unlimited = json!({"memory": null, "containerDefinitions": [limited]});
    refuses(&unlimited, "Fargate requires that 'memory' be defined at the task level.");
    let odd = with(&definition(), &json!({"cpu": "much"}));
    refused(&bench(), "RegisterTaskDefinition", &odd, "InvalidParameterException", "Invalid 'cpu' setting for task.");
    refuses_container(
        &json!({"memory": 4096}),
        "The 'memory' setting for container 'web' is greater than for the task.",
    );
    refuses_container(&json!({"cpu": 2048}), "more than the task has");
    refuses(&json!({"ephemeralStorage": {"sizeInGiB": 20}}), "21 and 200");
}

#[tokio::test(start_paused = true)]
async fn fargate_requires_awsvpc_and_no_host_access() {
    for mode in [json!(null), json!("bridge"), json!("host")] {
        refuses(&json!({"networkMode": mode}), "Fargate only supports network mode ‘awsvpc’.");
    }
    refuses(&json!({"networkMode": "wire"}), "networkMode");
    refuses(&json!({"pidMode": "host"}), "do not support pidMode 'host'");
    refuses(&json!({"ipcMode": "host"}), "ipcMode");
    refuses(&json!({"placementConstraints": [{"type": "memberOf", "expression": "x"}]}), "placement constraints");
    refuses(&json!({"volumes": [{"name": "scratch", "host": {"sourcePath": "/"}}]}), "sourcePath");
    refuses(&json!({"runtimePlatform": {"cpuArchitecture": "PDP11"}}), "cpuArchitecture");
    refuses(&json!({"requiresCompatibilities": ["FARGATE", "MOON"]}), "requiresCompatibilities");
    refuses_container(&json!({"privileged": true}), "privileged");
    refuses_container(&json!({"links": ["other"]}), "links");
}

#[tokio::test(start_paused = true)]
async fn images_secrets_and_logs_require_an_execution_role() {
    let without =
        |changes: Value| json!({"executionRoleArn": null, "containerDefinitions": [with(&container(), &changes)]});
    refuses(&without(json!({})), "to support ECR images");
    refuses(&without(json!({"image": "nginx", "secrets": null})), "to support log driver awslogs");
    refuses(&without(json!({"image": "nginx", "logConfiguration": null})), "a value for 'executionRoleArn'");
}

#[tokio::test(start_paused = true)]
async fn roles_are_validated() {
    for role in ["arn:aws:iam::123:role/x", "arn:aws:iam::123456789012:user/x", "arn:aws:s3:::x", "a role"] {
        refuses(&json!({"taskRoleArn": role}), "Role is not valid");
        refuses(&json!({"executionRoleArn": role}), "Role is not valid");
    }
}

#[tokio::test(start_paused = true)]
async fn families_and_containers_are_validated() {
    refuses(&json!({"family": "a b"}), "Family contains invalid characters.");
    refuses(&json!({"family": "x".repeat(256)}), "Family");
    refuses(&json!({"containerDefinitions": []}), "Container list cannot be empty.");
    refuses(&json!({"containerDefinitions": [container(), container()]}), "unique");
    let many: Vec<_> = (0..11).map(|number| with(&container(), &json!({"name": format!("c{number}")}))).collect();
    refuses(&json!({"containerDefinitions": many}), "at most 10");
    refuses_container(&json!({"name": null}), "Container.name should not be null or empty.");
    refuses_container(&json!({"image": null}), "Container.image should not be null or empty.");
    refuses_container(&json!({"name": "a.b"}), "Invalid container name");
    refuses_container(&json!({"essential": false}), "essential");
    refuses_container(&json!({"dependsOn": [{"containerName": "db", "condition": "HEALTHY"}]}), "does not exist");
    refuses_container(&json!({"environment": [{"name": "LONG", "value": "x".repeat(70_000)}]}), "65536");
    let without = with(&definition(), &json!({"family": null}));
    refused(&bench(), "RegisterTaskDefinition", &without, "ClientException", "family");
}

#[tokio::test(start_paused = true)]
async fn host_and_container_ports_must_be_equal() {
    let ports = |mappings: Value| json!({"portMappings": mappings});
    let differ = "When networkMode=awsvpc, the host ports and container ports in port mappings must match.";
    refuses_container(&ports(json!([{"containerPort": 80, "hostPort": 8080}])), differ);
    refuses_container(&ports(json!([{"containerPort": 0}])), "1 to 65535");
    refuses_container(&ports(json!([{"containerPort": 65_536}])), "1 to 65535");
    refuses_container(&ports(json!([{"containerPort": 80, "protocol": "sctp"}])), "protocol");
    refuses_container(&ports(json!([{"containerPort": 80}, {"containerPort": 80}])), "twice");
}

#[tokio::test(start_paused = true)]
async fn mounts_require_an_existing_volume() {
    refuses(&json!({"volumes": []}), "Unknown volume 'scratch'.");
    refuses(&json!({"volumes": [{"name": "scratch"}, {"name": "scratch"}]}), "unique");
    refuses(&json!({"volumes": [{"name": "a/b"}]}), "Volume name");
    let mount = json!({"sourceVolume": "scratch", "containerPath": "/tmp"});
    refuses_container(&json!({"mountPoints": [mount, mount]}), "mounted twice");
    refuses_container(&json!({"mountPoints": [{"sourceVolume": "scratch"}]}), "containerPath");
}

#[tokio::test(start_paused = true)]
async fn secrets_must_be_arns_or_parameter_names() {
    let from = |from: &str| json!({"secrets": [{"name": "PASSWORD", "valueFrom": from}]});
    for sound in [format!("{}:password::", AROUND.secret), "parameter/name".to_owned()] {
        let input = json!({"containerDefinitions": [with(&container(), &from(&sound))]});
        call(&bench(), "RegisterTaskDefinition", &with(&definition(), &input));
    }
    for odd in ["a secret", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:us-east-1:123456789012:key"] {
        refuses_container(&from(odd), "Invalid secret");
    }
    refuses_container(&from(""), "Secret.valueFrom should not be null or empty.");
    let twice = json!({"secrets": [{"name": "COLOR", "valueFrom": AROUND.secret}]});
    refuses_container(&twice, "not shared with any new or existing environment variables");
}

#[tokio::test(start_paused = true)]
async fn logs_require_a_fargate_driver_and_its_options() {
    refuses_container(&json!({"logConfiguration": {"logDriver": "journald"}}), "journald is not a valid log driver");
    for option in ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"] {
        let mut log = container()["logConfiguration"].clone();
        log["options"].as_object_mut().expect("options").remove(option);
        refuses_container(&json!({"logConfiguration": log}), option);
    }
}

#[tokio::test(start_paused = true)]
async fn durations_are_validated() {
    refuses_container(&json!({"stopTimeout": 121}), "120");
    refuses_container(&json!({"stopTimeout": 1}), "at least 2 seconds");
    refuses_container(&json!({"startTimeout": 1}), "at least 2 seconds");
    let health = |changes: Value| json!({"healthCheck": with(&json!({"command": ["CMD-SHELL", "true"]}), &changes)});
    refuses_container(&health(json!({"command": ["true"]})), "CMD");
    for (key, odd) in [("interval", 4), ("timeout", 61), ("retries", 11), ("startPeriod", 301)] {
        refuses_container(&health(json!({key: odd})), key);
    }
}

#[tokio::test(start_paused = true)]
async fn tags_are_validated() {
    let bench = bench();
    let many: Vec<_> = (0..51).map(|number| json!({"key": format!("k{number}"), "value": ""})).collect();
    for (tags, code) in [
        (json!(many), "ClientException"),
        (json!([{"key": "aws:x", "value": ""}]), "InvalidParameterException"),
        (json!([{"key": "", "value": ""}]), "ClientException"),
        (json!([{"key": "k", "value": "x".repeat(257)}]), "ClientException"),
        (json!([{"key": "k", "value": "<>"}]), "ClientException"),
        (json!([{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]), "InvalidParameterException"),
    ] {
        let input = with(&definition(), &json!({"tags": tags}));
        refused(&bench, "RegisterTaskDefinition", &input, code, "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_in_memory_has_a_path_a_size_and_options() {
    let tmpfs = |changes: &Value| {
        let tmpfs = json!({"containerPath": "/run", "size": 64, "mountOptions": ["mode=1777", "noexec"]});
        json!({"linuxParameters": {"tmpfs": [with(&tmpfs, changes)]}})
    };
    let good = with(&container(), &tmpfs(&json!({})));
    let made = call(&bench(), "RegisterTaskDefinition", &with(&definition(), &json!({"containerDefinitions": [good]})));
    let made = &made["taskDefinition"]["containerDefinitions"][0]["linuxParameters"];
    assert_eq!(*made, tmpfs(&json!({}))["linuxParameters"]);
    refuses_container(&tmpfs(&json!({"containerPath": "run"})), "absolute path");
    refuses_container(&tmpfs(&json!({"containerPath": "/tmp"})), "mounted twice");
    refuses_container(&tmpfs(&json!({"size": 0})), "size");
    for option in ["mode", "mode=", "fast", "ro=1"] {
        refuses_container(&tmpfs(&json!({"mountOptions": [option]})), "mount option");
    }
    refuses_container(&json!({"linuxParameters": {"sharedMemorySize": 64}}), "do not support sharedMemorySize");
}
