//! Tests of the contents of a plan.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{MANY_FEATURES, REAL_APPLICATION, SPEC, fields, node, planned, spec, spec_of, tenants};
use saas_model::plan::Initial;
use saas_model::resource::{Direction, Peer, Resource};
use saas_model::{Address, Plan};
use serde_json::{Value, json};

fn addresses(plan: &Plan, prefix: &str) -> Vec<String> {
    let address = |node: &saas_model::Node| node.address.as_str().strip_prefix(prefix).map(str::to_owned);
    plan.nodes().iter().filter_map(address).collect()
}

fn after(plan: &Plan, address: &str) -> Vec<String> {
    node(plan, address).after.iter().map(Address::to_string).collect()
}

#[test]
fn addresses_are_stable() {
    let plan = planned(&spec(SPEC)).plan;
    assert_eq!(
        addresses(&plan, "network/"),
        [
            "elastic-ip/us-east-1a",
            "elastic-ip/us-east-1b",
            "elastic-ip/us-east-1c",
            "endpoint/s3",
            "internet-gateway",
            "nat-gateway/us-east-1a",
            "nat-gateway/us-east-1b",
            "nat-gateway/us-east-1c",
            "route-table/private/us-east-1a",
            "route-table/private/us-east-1b",
            "route-table/private/us-east-1c",
            "route-table/public",
            "subnet/private/us-east-1a",
            "subnet/private/us-east-1b",
            "subnet/private/us-east-1c",
            "subnet/public/us-east-1a",
            "subnet/public/us-east-1b",
            "subnet/public/us-east-1c",
            "vpc",
        ]
    );
    assert_eq!(
        addresses(&plan, "database/"),
        [
            "access",
            "admin-password",
            "client-security-group",
            "cluster",
            "parameter-group",
            "rule/from-clients",
            "security-group",
            "subnet-group",
            "writer"
        ]
    );
    assert_eq!(addresses(&plan, "ingress/"), ["0/listener/http", "0/load-balancer", "0/rule/http", "0/security-group"]);
    assert_eq!(addresses(&plan, "service/"), ["cluster"]);
    assert_eq!(addresses(&plan, "control/"), ["bucket"]);
    let of_tenant = [
        "bucket",
        "execution-role",
        "log-group",
        "password",
        "rule/from-load-balancer/80",
        "rule/https-out",
        "rule/load-balancer-out/80",
        "rule/to-database",
        "schema",
        "security-group",
        "service/web",
        "service/web/listener-rule",
        "service/web/scaling",
        "service/web/target-group",
        "service/web/task-definition",
        "task-role",
    ];
    for tenant in ["acme-corp", "globex-inc", "initech-llc"] {
        assert_eq!(addresses(&plan, &format!("tenant/{tenant}/")), of_tenant);
    }
    assert_eq!(plan.nodes().len(), 19 + 9 + 4 + 1 + 1 + 3 * of_tenant.len());
}

#[test]
fn dependencies_without_references_are_complete() {
    let plan = planned(&spec(SPEC)).plan;
    assert_eq!(after(&plan, "network/nat-gateway/us-east-1a"), ["network/internet-gateway"]);
    assert_eq!(after(&plan, "database/access"), ["database/writer"]);
    assert_eq!(after(&plan, "ingress/0/load-balancer"), ["network/route-table/public"]);
    assert_eq!(after(&plan, "service/cluster").len(), 3);
    assert_eq!(
        after(&plan, "tenant/acme-corp/service/web"),
        [
            "database/rule/from-clients",
            "tenant/acme-corp/rule/from-load-balancer/80",
            "tenant/acme-corp/rule/https-out",
            "tenant/acme-corp/rule/load-balancer-out/80",
            "tenant/acme-corp/rule/to-database",
            "tenant/acme-corp/schema",
            "tenant/acme-corp/service/web/listener-rule",
        ]
    );
}

#[test]
fn every_node_has_owner_tags() {
    let plan = planned(&spec(SPEC)).plan;
    for node in plan.nodes() {
        let (tenant, cost_center) = match node.address.tenant() {
            Some("acme-corp") => ("acme-corp", "cc-acme"),
            Some("globex-inc") => ("globex-inc", "cc-globex"),
            Some("initech-llc") => ("initech-llc", "cc-initech"),
            _ => ("shared", "platform"),
        };
        assert_eq!((&*node.tags.tenant_id, node.tags.cost_center.as_str()), (tenant, cost_center), "{}", node.address);
        let initial = (node.address.as_str().ends_with("/service/web")).then_some(Initial { desired_count: 2 });
        assert_eq!(node.initial, initial, "{}", node.address);
    }
}

#[test]
fn task_definition_has_the_tenants_environment() {
    let plan = planned(&spec(SPEC)).plan;
    let task = fields(&plan, "tenant/acme-corp/service/web/task-definition");
    assert_eq!((&task["cpu"], &task["memory"]), (&json!(1024), &json!(2048)));
    let container = &task["containers"]["web"];
    assert_eq!(container["readonly_root"], true);
    assert_eq!(container["writable"], json!({ "/run": 64, "/tmp": 64, "/var/cache/nginx": 64 }));
    assert_eq!(container["secrets"], json!({ "DATABASE_PASSWORD": { "whole": "tenant/acme-corp/password" } }));
    let environment = container["environment"].as_object().expect("a table");
    let names: Vec<&String> = environment.keys().collect();
    assert_eq!(
        names,
        [
            "BUCKET",
            "DATABASE_HOST",
            "DATABASE_NAME",
            "DATABASE_PORT",
            "DATABASE_SCHEMA",
            "DATABASE_SSLMODE",
            "DATABASE_USER",
            "TENANT_ID"
        ]
    );
    let host = json!([{ "output": { "address": "database/cluster", "attribute": "endpoint" } }]);
    assert_eq!(environment["DATABASE_HOST"], host);
    assert_eq!(environment["DATABASE_USER"], json!([{ "literal": "t_acme_corp_app" }]));
}

#[test]
fn outputs() {
    let plan = planned(&spec(SPEC)).plan;
    let outputs: BTreeMap<&str, String> =
        plan.outputs().iter().map(|(address, text)| (address.as_str(), text.to_string())).collect();
    assert_eq!(outputs.len(), 3 + 3 * 3);
    assert_eq!(outputs["database/endpoint"], "${database/cluster.endpoint}");
    assert_eq!(outputs["ingress/0/load-balancer-name"], "saas-platform-0");
    assert_eq!(outputs["ingress/0/dns-name"], "${ingress/0/load-balancer.dns-name}");
    assert_eq!(outputs["tenant/acme-corp/url"], "http://acme-corp.example.com");
    assert_eq!(outputs["tenant/acme-corp/password-secret"], "rds/tenant/acme-corp/password");
    assert_eq!(
        outputs["tenant/acme-corp/connection"],
        "postgresql://t_acme_corp_app@${database/cluster.endpoint}:5432/saas\
         ?sslmode=verify-full&options=-csearch_path%3Dacme_corp"
    );
}

#[test]
fn https_redirects_port_80_and_adds_certificates() {
    let planned = planned(&spec(MANY_FEATURES));
    let plan = &planned.plan;
    assert_eq!(fields(plan, "ingress/0/listener/http")["default_action"], "redirect-to-https");
    let https = fields(plan, "ingress/0/listener/https");
    assert_eq!(https["default_action"], "not-found");
    assert_eq!(https["tls_policy"], "ELBSecurityPolicy-TLS13-1-2-2021-06");
    let certificate = "arn:aws:acm:eu-central-1:210987654321:certificate/";
    assert_eq!(https["certificate"], format!("{certificate}6f1c3d2e-0a4b-4c5d-8e9f-a1b2c3d4e5f6"));
    assert_eq!(https["more_certificates"], json!([format!("{certificate}0b9a8f7e-6d5c-4b3a-9281-706f5e4d3c2b")]));
    assert_eq!(fields(plan, "ingress/0/rule/https")["port"], 443);
    assert_eq!(fields(plan, "tenant/contoso/service/web/listener-rule")["listener"], "ingress/0/listener/https");
    let url = Address::literal("tenant/contoso/url");
    assert_eq!(plan.outputs()[&url].to_string(), "https://contoso.apps.example.org");
}

#[test]
fn lowest_slot_gives_the_default_certificate() {
    let arn =
        |id: &str| format!("arn:aws:acm:us-east-1:123456789012:certificate/6f1c3d2e-0a4b-4c5d-8e9f-{:0>12x}", id.len());
    let certified: String = ["zeta", "alpha"]
        .map(|id| {
            let arn = arn(id);
            format!("[[tenant]]\nid = \"{id}\"\ncost_center = \"cc\"\ncertificate = \"{arn}\"\n")
        })
        .concat();
    let shared = SPEC.split("[[tenant]]").next().expect("a split gives at least one piece");
    let lock = saas_model::Lock::default()
        .reconciled([(&"zeta".parse().expect("a valid id"), saas_model::lock::Demand::default())]);
    let spec = spec(&format!("{shared}{certified}"));
    let plan = saas_planner::plan(&spec, &lock).expect("it can be planned").plan;
    let https = fields(&plan, "ingress/0/listener/https");
    assert_eq!(https["certificate"], arn("zeta"));
    assert_eq!(https["more_certificates"], json!([arn("alpha")]));
}

#[test]
fn control_bucket_has_its_fixed_address() {
    let plan = planned(&spec(MANY_FEATURES)).plan;
    let (node, bucket) = plan.control_bucket().expect("every plan has one");
    assert_eq!(node.address.as_str(), saas_model::plan::CONTROL_BUCKET);
    assert_eq!(bucket.name.as_str(), "atlas-control-x7");
    assert!(bucket.versioning, "receipts are kept as they were written");
}

#[test]
fn tenant_settings_override_the_platforms() {
    let plan = planned(&spec(MANY_FEATURES)).plan;
    assert_eq!(fields(&plan, "tenant/contoso/service/web/task-definition")["cpu"], 2048);
    assert_eq!(fields(&plan, "tenant/contoso/service/web/scaling")["max"], 12);
    assert_eq!(node(&plan, "tenant/contoso/service/web").initial, Some(Initial { desired_count: 4 }));
    assert_eq!(fields(&plan, "tenant/northwind/service/web/target-group")["port"], 8080);
    assert_eq!(fields(&plan, "tenant/fabrikam-labs/service/web/target-group")["port"], 80);
    assert_eq!(fields(&plan, "tenant/fabrikam-labs/rule/from-load-balancer/80")["port"], 80);
    assert_eq!(fields(&plan, "tenant/contoso/bucket")["name"], "atlas-contoso-data-c2");
    assert_eq!(fields(&plan, "tenant/contoso/schema")["connection_limit"], 40);
    let writable = |tenant: &str| {
        fields(&plan, &format!("tenant/{tenant}/service/web/task-definition"))["containers"]["web"]["writable"].clone()
    };
    assert_eq!(writable("northwind"), json!({ "/tmp": 64 }), "unless the spec says otherwise");
    assert_eq!(writable("fabrikam-labs"), json!({ "/run": 64, "/tmp": 64, "/var/cache/nginx": 64 }));
}

#[test]
fn tenant_suffix_changes_only_its_bucket() {
    let other = "id = \"globex-inc\"\nbucket_suffix = \"x7\"";
    let (before, after) = (planned(&spec(SPEC)).plan, planned(&spec(&SPEC.replace("id = \"globex-inc\"", other))).plan);
    assert_eq!(fields(&after, "tenant/globex-inc/bucket")["name"], "saas-platform-globex-inc-data-x7");
    let environment =
        &fields(&after, "tenant/globex-inc/service/web/task-definition")["containers"]["web"]["environment"];
    assert_eq!(environment["BUCKET"], json!([{ "literal": "saas-platform-globex-inc-data-x7" }]));
    for (old, new) in before.nodes().iter().zip(after.nodes()) {
        assert!(old == new || old.address.tenant() == Some("globex-inc"), "{}", old.address);
    }
}

#[test]
fn sixty_tenants_use_two_shards() {
    let plan = planned(&spec_of(&tenants(60))).plan;
    assert!(plan.node(&Address::literal("ingress/1/load-balancer")).is_some());
    assert!(plan.node(&Address::literal("ingress/2/load-balancer")).is_none());
    let mut rules: BTreeMap<(&Address, Direction), u32> = BTreeMap::new();
    for node in plan.nodes() {
        if let Resource::SecurityGroupRule(rule) = &node.resource {
            *rules.entry((rule.group.address(), rule.direction)).or_default() += 1;
        }
    }
    // A load balancer's group has an outbound rule per tenant.
    assert_eq!(rules.values().max(), Some(&50));
}

#[test]
fn database_accepts_only_the_clients_group() {
    let plan = planned(&spec_of(&tenants(60))).plan;
    assert_eq!(fields(&plan, "database/cluster")["security_groups"], json!(["database/security-group"]));
    let of_database = |node: &&saas_model::Node| match &node.resource {
        Resource::SecurityGroupRule(rule) => rule.group.address().as_str() == "database/security-group",
        _ => false,
    };
    let rules: Vec<_> = plan.nodes().iter().filter(of_database).collect();
    let [rule] = rules[..] else { panic!("expected one rule for any number of tenants") };
    let fields_of_rule = saas_model::fields::fields(&rule.resource);
    assert_eq!(fields_of_rule["direction"], "ingress");
    assert_eq!(fields_of_rule["peer"], json!({ "group": "database/client-security-group" }));
    for tenant in tenants(60) {
        let groups = json!(["database/client-security-group", format!("tenant/{tenant}/security-group")]);
        assert_eq!(fields(&plan, &format!("tenant/{tenant}/service/web"))["security_groups"], groups);
    }
}

#[test]
fn clients_group_does_not_connect_tenants() {
    let plan = planned(&spec_of(&tenants(3))).plan;
    for node in plan.nodes() {
        let Resource::SecurityGroupRule(rule) = &node.resource else { continue };
        assert_ne!(rule.group.address().as_str(), "database/client-security-group", "{} is a rule of it", node.address);
        if let Peer::Group(peer) = &rule.peer
            && peer.address().as_str() == "database/client-security-group"
        {
            assert_eq!(rule.group.address().as_str(), "database/security-group", "{}", node.address);
        }
    }
}

#[test]
fn no_rule_connects_two_tenants() {
    let plan = planned(&spec_of(&tenants(3))).plan;
    for node in plan.nodes() {
        let Resource::SecurityGroupRule(rule) = &node.resource else { continue };
        if let Peer::Group(peer) = &rule.peer {
            let ends = [rule.group.address().tenant(), peer.address().tenant()];
            assert!(ends.contains(&None), "{} joins {ends:?}", node.address);
            assert!(ends.contains(&node.address.tenant()), "{} is about {ends:?}", node.address);
        }
    }
}

/// Every string in a JSON value.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(map) => map.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[test]
fn plan_contains_no_secrets() {
    for spec_text in [SPEC, MANY_FEATURES, REAL_APPLICATION] {
        let plan = planned(&spec(spec_text)).plan;
        for node in plan.nodes() {
            let fields = saas_model::fields::fields(&node.resource);
            if let Resource::Secret(_) = &node.resource {
                let keys: BTreeSet<&String> = fields.as_object().expect("a table").keys().collect();
                let allowed =
                    BTreeSet::from(["name", "description", "content", "rotation", "policy"].map(str::to_owned));
                assert_eq!(keys, allowed.iter().collect());
            }
            let mut found = Vec::new();
            texts(&fields, &mut found);
            for word in found.into_iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric())) {
                let mixed = word.bytes().any(|c| c.is_ascii_digit()) && word.bytes().any(|c| c.is_ascii_alphabetic());
                let random = word.len() >= 16 && mixed;
                assert!(!random || spec_text.contains(word), "{}: {word}", node.address);
            }
        }
    }
}

#[test]
fn second_platform_in_an_account_has_distinct_names() {
    let text = SPEC.replace("[logs]", "[names]\nscope = \"platform\"\n\n[logs]");
    let text = text.replace("name = \"saas-platform\"", "name = \"second\"");
    let (first, second) = (planned(&spec(SPEC)).plan, planned(&spec(&text)).plan);
    assert_eq!(fields(&second, "tenant/acme-corp/log-group")["name"], "/ecs/second/tenant/acme-corp");
    assert_eq!(fields(&second, "tenant/acme-corp/password")["name"], "rds/second/tenant/acme-corp/password");
    let role = fields(&second, "tenant/acme-corp/execution-role").to_string();
    assert!(role.contains("secret:rds/second/tenant/acme-corp/password-??????"), "{role}");
    assert!(role.contains("log-group:/ecs/second/tenant/acme-corp"), "{role}");
    let secret = Address::literal("tenant/acme-corp/password-secret");
    assert_eq!(second.outputs()[&secret].to_string(), "rds/second/tenant/acme-corp/password");
    // No name that AWS scopes to an account is in both plans.
    let names = |plan: &Plan| -> BTreeSet<String> {
        plan.nodes().iter().filter_map(|node| node.resource.name().map(str::to_owned)).collect()
    };
    let both: Vec<String> = names(&first).intersection(&names(&second)).cloned().collect();
    assert!(both.is_empty(), "{both:?}");
}
