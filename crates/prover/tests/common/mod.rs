//! Plans for the prover's tests: the fixtures, and planned platforms whose tenant ids are prefixes
//! of each other, optionally with one change.

#![allow(dead_code, reason = "each test file uses some of these")]

use saas_model::plan::{Draft, OwnerTags};
use saas_model::{Address, Lock, Node, Plan, Resource, Spec};
use saas_planner::plan;
use serde_json::{Value, json};

pub(crate) const SPEC: &str = include_str!("../../../../fixtures/saas-platform/saas.toml");
pub(crate) const MANY_FEATURES: &str = include_str!("../../../../fixtures/many-features/saas.toml");

pub(crate) const REAL_APPLICATION: &str = include_str!("../../../../fixtures/real-application/saas.toml");

/// The checked-in plans.
pub(crate) fn fixtures() -> [Plan; 3] {
    [
        include_bytes!("../../../../fixtures/saas-platform/plan.msgpack").as_slice(),
        include_bytes!("../../../../fixtures/many-features/plan.msgpack"),
        include_bytes!("../../../../fixtures/real-application/plan.msgpack"),
    ]
    .map(|bytes| Plan::decode(bytes).expect("the fixtures can be read"))
}

/// The plan of a spec, with these tenants instead of its own.
pub(crate) fn planned<T: AsRef<str>>(spec: &str, tenants: &[T]) -> Plan {
    try_planned(spec, tenants).expect("the test's specs can be planned")
}

/// The same, if it can be planned.
pub(crate) fn try_planned<T: AsRef<str>>(spec: &str, tenants: &[T]) -> Option<Plan> {
    let shared = spec.split("[[tenant]]").next().unwrap_or_default();
    let tenants = tenants.iter().map(|id| format!("[[tenant]]\nid = \"{0}\"\ncost_center = \"cc-{0}\"\n", id.as_ref()));
    let text = std::iter::once(shared.to_owned()).chain(tenants).collect::<String>();
    let spec = Spec::parse("saas.toml", &text).expect("the test's specs are valid");
    Some(plan(&spec, &Lock::default()).ok()?.plan)
}

/// Tenant ids with common prefixes.
pub(crate) const PREFIXES: [&str; 5] = ["acme", "acme-corp", "acme-corp-eu", "acm", "acme-data"];

/// The plan that most tests modify.
pub(crate) fn prefixes() -> Plan {
    planned(SPEC, &PREFIXES)
}

/// The same with HTTPS, a private image, and an emergency role.
pub(crate) fn prefixes_with_features() -> Plan {
    planned(MANY_FEATURES, &PREFIXES)
}

/// The same with several services, a worker, jobs, secrets and permissions.
pub(crate) fn prefixes_of_an_application() -> Plan {
    planned(REAL_APPLICATION, &PREFIXES)
}

pub(crate) fn drafts(plan: &Plan) -> Vec<Draft> {
    let draft = |node: &Node| Draft {
        address: node.address.clone(),
        after: node.after.clone(),
        initial: node.initial,
        tags: node.tags.clone(),
        resource: node.resource.clone(),
    };
    plan.nodes().iter().map(draft).collect()
}

/// Seals the plan with other nodes and recomputed digests.
pub(crate) fn resealed(plan: &Plan, drafts: Vec<Draft>) -> Result<Plan, String> {
    let sealed = Plan::seal(plan.header().clone(), drafts, plan.outputs().clone());
    sealed.map(|(plan, _)| plan).map_err(|faults| format!("{faults:?}"))
}

/// The plan with the resource at an address changed as JSON.
pub(crate) fn changed(plan: &Plan, address: &str, change: impl FnOnce(&mut Value)) -> Result<Plan, String> {
    let mut drafts = drafts(plan);
    let draft = drafts.iter_mut().find(|draft| draft.address.as_str() == address);
    let draft = draft.ok_or_else(|| format!("there is no node at {address}"))?;
    draft.resource = with(&draft.resource, change)?;
    resealed(plan, drafts)
}

/// A resource changed as JSON.
pub(crate) fn with(resource: &Resource, change: impl FnOnce(&mut Value)) -> Result<Resource, String> {
    let mut value = serde_json::to_value(resource).expect("resources are JSON");
    let fields = value.as_object_mut().and_then(|object| object.values_mut().next()).expect("a kind with its fields");
    change(fields);
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// The plan with a copy of a node at another address, changed as JSON.
pub(crate) fn copied(plan: &Plan, from: &str, to: &str, change: impl FnOnce(&mut Value)) -> Result<Plan, String> {
    let mut drafts = drafts(plan);
    let source = drafts.iter().find(|draft| draft.address.as_str() == from);
    let mut copy = source.ok_or_else(|| format!("there is no node at {from}"))?.clone();
    copy.address = Address::new(to).map_err(|error| error.to_string())?;
    copy.tags = OwnerTags { tenant_id: copy.address.tenant().unwrap_or("shared").into(), ..copy.tags };
    copy.resource = with(&copy.resource, change)?;
    drafts.push(copy);
    resealed(plan, drafts)
}

/// A plan with all weaknesses at once: full permissions in S3 and IAM, the administrator's
/// password, trust for any principal, a public writer.
pub(crate) fn hostile() -> Plan {
    let plan = prefixes();
    let mut drafts = drafts(&plan);
    for draft in &mut drafts {
        let change: fn(&mut Value) = match draft.address.as_str() {
            "tenant/acme/task-role" => |fields| {
                fields["policies"]["bucket"][1]["actions"] = json!(["s3:*"]);
                fields["policies"]["bucket"][1]["resources"] = json!(["*"]);
                fields["trust"][0]["principal"] = json!("anyone");
                fields["trust"][0]["actions"] = json!(["sts:AssumeRole", "sts:TagSession"]);
                fields["trust"][0]["conditions"] = json!([]);
            },
            "tenant/acme/service/web/task-definition" => |fields| {
                fields["containers"]["web"]["secrets"]["ADMIN"] = json!({ "whole": "database/admin-password" });
            },
            "database/writer" => |fields| fields["publicly_accessible"] = json!(true),
            "tenant/acme-corp/bucket" => |fields| fields["policy"] = json!([]),
            "tenant/acme-corp/password" => |fields| {
                let task_role = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-task";
                fields["policy"][0]["effect"] = json!("Allow");
                fields["policy"][0]["conditions"] = json!([]);
                fields["policy"][1]["conditions"][0]["values"] = json!([task_role]);
            },
            "tenant/acme/service/web/listener-rule" => |fields| fields["hosts"] = json!(["*.example.com"]),
            "tenant/acme/schema" => |fields| fields["owner"] = json!("t_acme_corp_owner"),
            "database/rule/from-clients" => |fields| fields["peer"] = json!({ "cidr": "0.0.0.0/0" }),
            _ => continue,
        };
        draft.resource = with(&draft.resource, change).expect("the change is a resource");
    }
    resealed(&plan, drafts).expect("the nodes make a plan")
}

/// A plan of an application with all weaknesses of services, jobs, secrets and permissions at once.
pub(crate) fn hostile_application() -> Plan {
    let plan = prefixes_of_an_application();
    let mut drafts = drafts(&plan);
    for draft in &mut drafts {
        let change: fn(&mut Value) = match draft.address.as_str() {
            "tenant/acme/service/web/task-role" => |fields| {
                fields["policies"]["allow"][1]["actions"] = json!(["s3:GetObject"]);
                fields["policies"]["allow"][1]["resources"] = json!(["arn:aws:s3:::harbor-*"]);
                fields["permissions_boundary"] = Value::Null;
            },
            "tenant/acme/execution-role" => |fields| {
                let secrets = "arn:aws:secretsmanager:us-west-2:345678901234:secret:harbor/license/*";
                fields["policies"]["start-tasks"][2]["resources"] = json!([secrets]);
                fields["policies"]["start-tasks"][3]["actions"] = json!(["ssm:*"]);
            },
            "tenant/acme/scheduler-role" => |fields| {
                fields["policies"]["run-jobs"][0]["conditions"] = json!([]);
                let groups = "arn:aws:scheduler:us-west-2:345678901234:schedule-group/*";
                fields["trust"][0]["conditions"][1]["values"] = json!([groups]);
            },
            "tenant/acme/service/web/task-definition" => |fields| {
                fields["containers"]["web"]["secrets"]["OTHER"] =
                    json!({ "external": { "secret": "rds/harbor/tenant/acme-corp/password", "key": null } });
                fields["containers"]["xray"]["secrets"]["OWNER"] = json!({ "whole": "tenant/acme/migrator-password" });
                fields["containers"]["xray"]["environment"]["OTHER"] = json!([{ "literal": "harbor-acme-corp-data" }]);
                fields["containers"]["xray"]["writable"] = json!({ "/": 64 });
            },
            "tenant/acme/service/web/scaling" => |fields| {
                fields["policies"]["requests"]["metric"]["requests"]["target_group"] =
                    json!("tenant/acme-corp/service/web/target-group");
            },
            "tenant/acme/job/nightly" => |fields| {
                fields["role"] = json!("tenant/acme-corp/scheduler-role");
                fields["task"]["subnets"] = json!(["network/subnet/public/us-west-2a"]);
                fields["task"]["security_groups"] =
                    json!(["database/client-security-group", "database/security-group"]);
            },
            "tenant/acme/job/migrate" => |fields| fields["timeout_seconds"] = json!(0),
            "tenant/acme/schema" => |fields| {
                fields["migrator"] = json!({ "role": "t_acme_corp_owner", "password": "tenant/acme/password" });
                fields["search_path"] = json!(["acme", "public"]);
            },
            "tenant/acme/service/hooks/listener-rule" => {
                |fields| fields["hosts"] = json!(["hooks.acme-corp.harbor.example.net"])
            }
            "tenant/acme/rule/egress/587/203.0.113.0-24" => |fields| {
                fields["peer"] = json!({ "cidr": "10.80.0.0/16" });
                fields["port"] = json!(8000);
            },
            "database/access" => |fields| fields["extensions"] = json!(["dblink"]),
            _ => continue,
        };
        draft.resource = with(&draft.resource, change).expect("the change is a resource");
    }
    let mut header = plan.header().clone();
    let (key, value) = ("Tenant_ID", "acme-corp");
    header.platform_tags.insert(key.parse().expect("a key"), value.parse().expect("a value"));
    Plan::seal(header, drafts, plan.outputs().clone()).expect("the nodes make a plan").0
}

/// The claims that the prover refutes for a plan.
pub(crate) fn refuted(plan: &Plan) -> Vec<String> {
    let certificate = saas_prover::prove(plan);
    let checked = saas_prover::check(plan, &certificate).expect("what the prover says is valid");
    checked.refuted
}
