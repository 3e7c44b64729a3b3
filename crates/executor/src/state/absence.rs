//! Resources that a listing omits, or still shows after their deletion.
//!
//! A listing may be late: it lacks new resources and still has deleted ones. `ListSecrets` says of itself
//! that it "might not reflect changes from the last five minutes"; all of AWS is eventually consistent to
//! some degree. Source: Secrets Manager API, `ListSecrets`; EC2 API, "Eventual consistency".
//!
//! So absence from a listing does not prove absence. The executor describes by name the resources whose
//! listing contradicts the rest: a planned resource that is not listed while others of its tenant are, and
//! a secret that is listed while nothing else is, or although it is not planned. Without a contradiction it
//! makes no call: a first apply of many tenants makes none for any of them.
//!
//! A listed resource may no longer exist, either. AWS shows everything but secrets within half a minute,
//! and every writing command waits that long (see [`crate::lease`]).

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::resource::{DbCluster, Kind, ReferenceTarget, ResourceSpec};
use saas_model::{Address, Node};
use strum::IntoEnumIterator;

use crate::apply::intent::Intent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::postgres::is_wrong_password;
use crate::provider::{self, Identification, Listing, NamesOfTenant, ResourceProvider, declaration};
use crate::state::observed::{Identity, ObservedResource, is_named};
use crate::state::provenance::{has_planned_name, names_of_tenant};
use crate::state::unlabelled;

/// Describes by name the resources of a kind that the listing should have shown, and those that it may show
/// after their deletion.
pub(crate) async fn describe_doubtful(cx: &Context<'_>, kind: Kind, intent: Intent) -> Result<()> {
    let mut doubtful: Vec<&Node> = Vec::new();
    let tenants = cx.live.tenants_with_other_kinds(kind);
    let is_late_kind = is_late_by_minutes(kind);
    for node in cx.plan.nodes().iter().filter(|node| node.kind() == kind && cx.scope.looks_at(&node.address)) {
        let has_siblings = tenants.contains(&node.address.tenant().map(str::to_owned));
        let is_doubtful = match cx.live.get(&node.address) {
            // A command that reports an empty platform must check the kinds that AWS lists latest of all.
            None => has_siblings || is_late_kind && intent == Intent::Nothing,
            // A deep plan must use their current state.
            Some(_) => is_late_kind && (!has_siblings || intent == Intent::Plan { deep: true }),
        };
        if is_doubtful {
            doubtful.push(node);
        }
    }
    describe(cx, kind, &doubtful).await
}

/// Describes the secrets again whose version differs from the one in the resolved inputs of a dependent:
/// the listing may show an earlier version.
pub(crate) async fn describe_changed_versions(cx: &Context<'_>) -> Result<()> {
    let mut targets: BTreeMap<Kind, BTreeSet<&Address>> = BTreeMap::new();
    for node in cx.plan.nodes() {
        let Some(found) = cx.live.get(&node.address) else { continue };
        if found.resolved_inputs.is_none() || found.resolved_inputs == cx.resolved_inputs(node).ok() {
            continue;
        }
        node.resource.references(&mut |reference| {
            if let ReferenceTarget::Kind(kind) = reference.target
                && is_late_by_minutes(kind)
            {
                targets.entry(kind).or_default().insert(reference.address);
            }
        });
    }
    for (kind, addresses) in targets {
        let nodes: Vec<&Node> = addresses.into_iter().filter_map(|address| cx.plan.node(address)).collect();
        describe(cx, kind, &nodes).await?;
    }
    Ok(())
}

fn is_late_by_minutes(kind: Kind) -> bool {
    declaration(kind).listing == Listing::LateByMinutes
}

/// How many names are described at a time.
const WIDTH: usize = 8;

/// Describes by name the unlisted resources of tenants that exist and are no longer planned. A resource
/// that is not listed yet would outlive its tenant, and one whose name has another scope than the planned
/// names may be in no listing. A listed secret that no longer exists would be reported as data loss.
pub(crate) async fn describe_unlisted_of_removed_tenants(cx: &Context<'_>) -> Result<()> {
    for kind in Kind::iter().filter(|kind| is_late_by_minutes(*kind)) {
        for listed in cx.live.of_kind(kind).iter().filter(|listed| cx.plan.node(&listed.address).is_none()) {
            if provider::named(kind, cx, &listed.identity.id).await?.is_none() {
                cx.live.forget(&listed.address);
            }
        }
    }
    let planned: BTreeSet<&str> = cx.plan.nodes().iter().filter_map(|node| node.address.tenant()).collect();
    let live = cx.live.all();
    let found_addresses: BTreeSet<&str> = live.iter().filter_map(|found| found.address.tenant()).collect();
    let mut unlisted: Vec<(Kind, String)> = Vec::new();
    let late = || Kind::iter().filter(|kind| declaration(*kind).listing != Listing::Prompt);
    for (&tenant, kind) in
        found_addresses.difference(&planned).flat_map(|tenant| late().map(move |kind| (tenant, kind)))
    {
        let of_tenant = || live.iter().filter(|found| found.kind == kind && found.address.tenant() == Some(tenant));
        let is_listed = |name: &String| match declaration(kind).naming().map(|naming| &naming.of_tenant) {
            Some(NamesOfTenant::Each(_)) => of_tenant().any(|found| is_named(&found.identity.id, name)),
            Some(NamesOfTenant::One(_) | NamesOfTenant::Undetermined) | None => of_tenant().next().is_some(),
        };
        let names = names_of_tenant(cx.plan, kind, tenant).into_iter().filter(|name| !is_listed(name));
        unlisted.extend(names.map(|name| (kind, name)));
    }
    let asked = stream::iter(&unlisted).map(|(kind, name)| provider::named(*kind, cx, name));
    let found: Vec<Option<ObservedResource>> = asked.buffered(WIDTH).try_collect().await?;
    cx.live.observed(cx.plan, found.into_iter().flatten().collect());
    Ok(())
}

/// Returns a tenant's resource under one of its other possible names than `asked`.
pub(crate) async fn under_another_name<K: ResourceProvider>(
    cx: &Context<'_>,
    tenant: &str,
    asked: &str,
) -> Result<Option<ObservedResource>> {
    for name in names_of_tenant(cx.plan, K::KIND, tenant).iter().filter(|name| *name != asked) {
        if let Some(found) = K::named(cx, name).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Planned resources that have no name to describe them by, and are not listed while others of their tenant
/// are.
pub(crate) fn unlisted_without_name(cx: &Context<'_>) -> Vec<Address> {
    let unnamed = |node: &&Node| match declaration(node.kind()).identification {
        Identification::Tags | Identification::Part(_) => true,
        Identification::Name(_) | Identification::Property => false,
    };
    let live = cx.live.all();
    let tenants: BTreeSet<Option<&str>> = live.iter().map(|found| found.address.tenant()).collect();
    let missing = |node: &&Node| {
        cx.live.get(&node.address).is_none() && tenants.contains(&node.address.tenant()) && !cx.live.is_bare()
    };
    cx.plan.nodes().iter().filter(unnamed).filter(missing).map(|node| node.address.clone()).collect()
}

async fn describe(cx: &Context<'_>, kind: Kind, nodes: &[&Node]) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let found = if declaration(kind).is_found_by_tags_alone() {
        unlabelled::list_by_tags(cx, kind, nodes).await?
    } else {
        provider::describe_by_name(kind, cx, nodes).await?
    };
    if is_late_by_minutes(kind) {
        let found_addresses: BTreeSet<&Address> = found.iter().map(|found: &ObservedResource| &found.address).collect();
        // A resource of another name was not described.
        let was_described =
            |node: &&&Node| cx.live.get(&node.address).is_none_or(|found| has_planned_name(&found, node));
        for node in nodes.iter().filter(|node| !found_addresses.contains(&node.address)).filter(was_described) {
            cx.live.forget(&node.address);
        }
    }
    cx.live.observed(cx.plan, found);
    Ok(())
}

/// Whether the administrator cannot log in to PostgreSQL: it rejects the password, or the secret does not
/// exist.
pub(crate) fn is_without_password(error: &Error) -> bool {
    is_wrong_password(error) || matches!(error, Error::NotLive(_))
}

/// Assumes that the contents of the database are as planned. Where the administrator cannot log in, this
/// apply sets the password of the cluster again, and the next apply checks the database.
pub(crate) fn assume_as_planned(cx: &Context<'_>, kind: Kind, error: &Error) {
    let clusters = cx.live.of_kind(Kind::DbCluster).into_iter();
    for cluster in clusters.filter(|cluster| is_wrong_password(error) && cluster.unmodelled.is_empty()) {
        if let Some(planned) = cx.plan.node(&cluster.address).and_then(|node| DbCluster::of(&node.resource)) {
            let secret = planned.admin_password.address().as_str();
            cx.live.insert(cluster.differs("admin_password", "another than in the secret", secret));
        }
    }
    for node in cx.plan.nodes().iter().filter(|node| node.kind() == kind) {
        cx.live.insert(ObservedResource {
            digest: Some(node.digest),
            resolved_inputs: cx.resolved_inputs(node).ok(),
            fields: Some(node.resource.clone()),
            ..ObservedResource::bare(kind, node.address.clone(), Identity::of_id(node.address.as_str()))
        });
    }
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{LogGroup, Secret};
    use saas_model::{Address, Kind, Resource};
    use wiremock::matchers::{body_string_contains, header, method, path_regex, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::state::observed::Identity;
    use crate::testing::Bench;

    const PASSWORD: &str = "tenant/acme-corp/password";

    async fn bench(server: &MockServer) -> Bench {
        let secret = Secret {
            name: "rds/tenant/acme-corp/password".parse().expect("valid"),
            description: "password".into(),
            content: saas_model::resource::SecretContent::Password,
            rotation: false,
            policy: saas_model::policy::Policy::default(),
        };
        let group = LogGroup { name: "/ecs/tenant/acme-corp".parse().expect("valid"), retention_days: 30 };
        let nodes: Vec<(&str, Resource)> =
            vec![(PASSWORD, secret.into()), ("tenant/acme-corp/log-group", group.into())];
        let bench = Bench::new(&server.uri(), nodes).await;
        let gone = r#"{"__type":"ResourceNotFoundException","message":"Secrets Manager can't find the secret."}"#;
        Mock::given(header("x-amz-target", "secretsmanager.DescribeSecret"))
            .respond_with(ResponseTemplate::new(400).set_body_string(gone))
            .mount(server)
            .await;
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme-corp/password-AbCdEf";
        bench.assume(PASSWORD, Identity::of_arn(arn));
        bench
    }

    async fn asked(bench: &Bench, server: &MockServer, intent: Intent) -> (usize, bool) {
        describe_doubtful(&bench.cx(), Kind::Secret, intent).await.expect("Secrets Manager answers");
        let requests = server.received_requests().await.expect("requests are recorded").len();
        (requests, bench.live.get(&Address::literal(PASSWORD)).is_some())
    }

    #[tokio::test]
    async fn secret_listed_alone_is_described_and_may_be_deleted() {
        let server = MockServer::start().await;
        let bench = bench(&server).await;
        assert_eq!(asked(&bench, &server, Intent::Nothing).await, (1, false));
    }

    /// Of a tenant that is no longer planned, one role is listed and nothing else is yet.
    #[tokio::test]
    async fn unlisted_resources_of_a_removed_tenant_are_looked_up_by_name() {
        let server = MockServer::start().await;
        let bench = Bench::new(&server.uri(), Vec::new()).await;
        let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let tags = |node: &str| {
            let address = tag("saas:address", &format!("tenant/gone/{node}"));
            tag("saas:platform", "saas-platform") + &address + &tag("saas:digest", &"0".repeat(64))
        };
        let xml = |status, body: String| ResponseTemplate::new(status).set_body_raw(body, "text/xml");
        let role = format!(
            "<GetRoleResponse><GetRoleResult><Role><Path>/saas/development/</Path><RoleName>saas-platform-gone-task\
             </RoleName><RoleId>i</RoleId><Arn>arn:aws:iam::123456789012:role/saas-platform-gone-task</Arn>\
             <CreateDate>2026-01-01T00:00:00Z</CreateDate><Tags>{}</Tags></Role></GetRoleResult></GetRoleResponse>",
            tags("task-role").replace("Tag>", "member>")
        );
        Mock::given(body_string_contains("RoleName=saas-platform-gone-task"))
            .and(body_string_contains("Action=GetRole&"))
            .respond_with(xml(200, role))
            .mount(&server)
            .await;
        let missing =
            "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>there is none</Message></Error></ErrorResponse>";
        Mock::given(body_string_contains("Action=GetRole&"))
            .respond_with(xml(404, missing.to_owned()))
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path_regex("^/schedule-groups/"))
            .respond_with(
                ResponseTemplate::new(404)
                    .insert_header("x-amzn-errortype", "ResourceNotFoundException")
                    .set_body_string(r#"{"Message":"Schedule group does not exist."}"#),
            )
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path_regex("^/saas-platform-gone-data/?$"))
            .and(query_param("tagging", ""))
            .respond_with(xml(200, format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags("bucket"))))
            .mount(&server)
            .await;
        let gone = r#"{"__type":"ResourceNotFoundException","message":"there is none"}"#;
        Mock::given(header("x-amz-target", "secretsmanager.DescribeSecret"))
            .respond_with(ResponseTemplate::new(400).set_body_string(gone))
            .mount(&server)
            .await;
        Mock::given(header("x-amz-target", "Logs_20140328.DescribeLogGroups"))
            .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"logGroups":[]}"#))
            .mount(&server)
            .await;
        let listed = |action: &str, list: &str| {
            format!(
                "<{action}Response><{action}Result><{list}/><IsTruncated>false</IsTruncated></{action}Result></{action}Response>"
            )
        };
        for (action, list) in [
            ("ListRolePolicies", "PolicyNames"),
            ("ListAttachedRolePolicies", "AttachedPolicies"),
            ("ListInstanceProfilesForRole", "InstanceProfiles"),
        ] {
            Mock::given(body_string_contains(format!("Action={action}&")))
                .respond_with(xml(200, listed(action, list)))
                .mount(&server)
                .await;
        }
        let execution = Address::literal("tenant/gone/execution-role");
        bench.live.insert(ObservedResource::bare(Kind::Role, execution, Identity::of_id("saas-platform-gone-exec")));
        describe_unlisted_of_removed_tenants(&bench.cx()).await.expect("AWS answers");
        let live: Vec<String> = bench.live.all().into_iter().map(|found| found.address.to_string()).collect();
        assert_eq!(live, ["tenant/gone/bucket", "tenant/gone/execution-role", "tenant/gone/task-role"]);
    }

    #[tokio::test]
    async fn secret_listed_with_others_is_described_only_by_a_deep_plan() {
        let server = MockServer::start().await;
        let bench = bench(&server).await;
        bench.assume("tenant/acme-corp/log-group", Identity::of_id("/ecs/tenant/acme-corp"));
        assert_eq!(asked(&bench, &server, Intent::Plan { deep: false }).await, (0, true));
        assert_eq!(asked(&bench, &server, Intent::Plan { deep: true }).await, (1, false));
    }
}
