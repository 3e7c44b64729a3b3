//! Scenarios that must pass on every cloud.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use saas_executor::apply::change_set::{Action, AllowedDataLoss, Change};
use saas_executor::event::Silent;
use saas_executor::verify::Drift;
use saas_executor::{Approval, Intent, Refusal, Session};
use saas_model::plan::Draft;
use saas_model::{Kind, Lock, Node, Plan, Resource};
use saas_tests::setup;

use crate::cloud::Cloud;
use crate::platform::{OVERRIDES, SPEC, TENANTS, apply, assert_clean, bring, edited, plan, verify, with_tenant};

fn fixture() -> (Plan, Lock) {
    plan(SPEC, &Lock::default())
}

fn addresses(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.address.as_str()).collect()
}

pub(crate) async fn every_requirement_is_read_back(cloud: &Cloud) {
    let (plan, _) = fixture();
    let applied = apply(cloud, &plan).await;
    assert_eq!(applied.execution.done.len(), plan.nodes().len());
    assert!(applied.execution.widest > 8, "independent nodes run side by side: {}", applied.execution.widest);
    cloud.read_back(&TENANTS);
    assert_clean(cloud, &plan).await;
}

/// An independent client finds each node of the plan exactly once, with its name and digest, and no
/// other resource.
pub(crate) async fn live_resources_match_the_plan(cloud: &Cloud) {
    let (plan, _) = fixture();
    apply(cloud, &plan).await;
    assert_matches(cloud, &plan);
}

/// Panics unless an independent client finds each node of the plan exactly once, and no other resource.
pub(crate) fn assert_matches(cloud: &Cloud, plan: &Plan) {
    let committed = cloud.committed();
    // The listings of AWS do not have these with their tags; PostgreSQL stores the first three in
    // comments.
    let untagged = [Kind::DatabaseAccess, Kind::TenantSchema, Kind::Migration, Kind::ScalableTarget, Kind::Schedule];
    // These have names, but AWS lists them by the ids that it assigns.
    let by_id = [Kind::SecurityGroup, Kind::TaskDefinition];
    let expected: Vec<_> = plan.nodes().iter().filter(|node| !untagged.contains(&node.kind())).collect();
    for node in &expected {
        let (kind, digest) = (node.kind().to_string(), node.digest.to_string());
        let found: Vec<_> = committed.iter().filter(|[_, _, address, _]| *address == node.address.as_str()).collect();
        let [[found_kind, name, _, found_digest]] = found.as_slice() else { panic!("{}: {found:?}", node.address) };
        assert_eq!((found_kind, found_digest), (&kind, &digest), "{}", node.address);
        let planned = node.resource.name().filter(|_| !by_id.contains(&node.kind()));
        assert!(planned.is_none_or(|planned| planned == name), "{} has the name {name}", node.address);
    }
    assert_eq!(committed.len(), expected.len(), "{committed:#?}");
}

pub(crate) async fn https_serves_certificates_and_redirects(cloud: &Cloud) {
    let output = cloud.python(&[
        "-c",
        "import boto3\n\
         acm = boto3.client('acm')\n\
         for domain in ('*.example.com', 'hooli-xyz.example.com'):\n    \
             print(acm.request_certificate(DomainName=domain)['CertificateArn'])",
    ]);
    let [shared, own] = output.lines().collect::<Vec<_>>().try_into().expect("two certificates");
    let spec = format!(
        "{SPEC}\n[[tenant]]\nid = \"hooli-xyz\"\ncost_center = \"cc-hooli\"\ncertificate = \"{own}\"\n\n\
         [ingress]\ncertificate = \"{shared}\"\n\n[storage]\nbucket_suffix = \"eu\"\n"
    );
    let (https, lock) = plan(&spec, &Lock::default());
    apply(cloud, &https).await;
    assert_clean(cloud, &https).await;
    assert!(apply(cloud, &https).await.changes.is_empty());

    // Without its own certificate the tenant uses the shared one; nothing else changes.
    let (fewer, _) = plan(&edited(&spec, &format!("certificate = \"{own}\"\n"), ""), &lock);
    let applied = apply(cloud, &fewer).await;
    assert_eq!(addresses(&applied.changes.changes), ["ingress/0/listener/https"]);
    assert_clean(cloud, &fewer).await;
    bring(cloud, &fewer, Intent::Nothing).await;
}

pub(crate) async fn second_apply_makes_no_mutating_call(cloud: &Cloud) {
    let (plan, _) = fixture();
    let first = apply(cloud, &plan).await;
    // A hand-written boto3 script needs 139 calls. It does not observe first, has no lease bucket (6),
    // does not announce what it creates, overwrites the tags that others put on a bucket (4), and gives secrets no
    // policy (4).
    assert!(first.calls.total() <= 139 + 32, "{}: {:#?}", first.calls.total(), first.calls);
    let second = apply(cloud, &plan).await;
    assert!(second.changes.is_empty(), "{:#?}", second.changes);
    assert_eq!(second.calls.mutating(), 0, "{:#?}", second.calls);
}

pub(crate) async fn added_tenant_changes_only_its_own_nodes(cloud: &Cloud) {
    let (three, lock) = fixture();
    apply(cloud, &three).await;
    let before = cloud.inventory();
    let (four, _) = plan(&with_tenant(SPEC, "hooli-xyz"), &lock);
    let applied = apply(cloud, &four).await;
    for change in &applied.changes.changes {
        assert_eq!(change.address.tenant(), Some("hooli-xyz"), "{change:#?}");
        assert_eq!(change.action, Action::Create, "{change:#?}");
    }
    let after = cloud.inventory();
    assert!(before.iter().all(|resource| after.contains(resource)), "existing resources are unchanged");
    assert_clean(cloud, &four).await;
}

pub(crate) async fn removed_tenant_leaves_no_resources(cloud: &Cloud) {
    let (three, lock) = fixture();
    apply(cloud, &three).await;
    let before = cloud.inventory();
    let roles = "select rolname from pg_roles where rolname like 't\\_%' order by 1";
    let roles_before = cloud.sql(roles);
    let (four, lock) = plan(&with_tenant(SPEC, "hooli-xyz"), &lock);
    apply(cloud, &four).await;
    let (three_again, _) = plan(SPEC, &lock);
    let applied = apply(cloud, &three_again).await;
    for change in &applied.changes.changes {
        assert_eq!(change.address.tenant(), Some("hooli-xyz"), "{change:#?}");
        assert!(matches!(change.action, Action::Delete { .. }), "{change:#?}");
    }
    assert_eq!(cloud.inventory(), before);
    assert_eq!(cloud.sql(roles), roles_before);
    assert_clean(cloud, &three_again).await;
}

pub(crate) async fn updatable_fields_change_in_place(cloud: &Cloud) {
    let (first, lock) = fixture();
    apply(cloud, &first).await;
    let before = cloud.inventory().len();
    let spec = edited(SPEC, "retention_days = 30", "retention_days = 60");
    let spec = edited(&spec, "cpu_target = 60", "cpu_target = 50");
    let spec = edited(&spec, "memory = 2048", "memory = 4096");
    let spec = edited(&spec, "cost_center = \"cc-acme\"", "cost_center = \"cc-acme-eu\"");
    let (second, _) = plan(&spec, &lock);
    let applied = apply(cloud, &second).await;
    for change in &applied.changes.changes {
        assert!(matches!(change.action, Action::Update { .. }), "{change:#?}");
    }
    assert_clean(cloud, &second).await;
    assert!(apply(cloud, &second).await.changes.is_empty());
    assert_eq!(cloud.inventory().len(), before + TENANTS.len(), "earlier revisions stay");
}

pub(crate) async fn new_port_creates_before_destroying(cloud: &Cloud) {
    let (first, lock) = fixture();
    apply(cloud, &first).await;
    let before = cloud.inventory().len();
    let (second, _) = plan(&edited(SPEC, "port = 80\n", "port = 8080\n"), &lock);
    let applied = apply(cloud, &second).await;
    let groups: Vec<_> = applied.changes.changes.iter().filter(|change| change.kind == Kind::TargetGroup).collect();
    assert_eq!(groups.len(), 3);
    for group in groups {
        assert!(matches!(group.action, Action::Replace { beside: true, .. }), "{group:#?}");
    }
    assert!(apply(cloud, &second).await.changes.is_empty());
    assert_clean(cloud, &second).await;
    assert_eq!(cloud.inventory().len(), before + TENANTS.len(), "earlier revisions stay");
}

/// A service can roll back to an earlier revision when the new one does not start.
pub(crate) async fn last_task_definition_revisions_are_kept(cloud: &Cloud) {
    let (first, lock) = fixture();
    apply(cloud, &first).await;
    let before = cloud.inventory().len();
    let old = SPEC.lines().find_map(|line| line.strip_prefix("image = ")).expect("the spec names an image");
    let mut last = first;
    for (rollout, digit) in (1..).zip(["1", "2", "3", "4", "5"]) {
        let image = format!("\"public.ecr.aws/nginx/nginx@sha256:{}\"", digit.repeat(64));
        (last, _) = plan(&edited(SPEC, old, &image), &lock);
        apply(cloud, &last).await;
        let revisions = cloud.inventory().len() - before;
        assert_eq!(revisions, TENANTS.len() * rollout.min(3), "after {rollout} rollouts");
        assert!(apply(cloud, &last).await.changes.is_empty(), "kept revisions are not a change");
    }
    assert_clean(cloud, &last).await;
    bring(cloud, &last, Intent::Nothing).await;
    assert_eq!(cloud.inventory(), Vec::<String>::new());
}

/// The number of priorities of a tenant.
const BLOCK: u32 = 100;

/// Three rules whose priorities rotate, and a new rule that gets the priority of a deleted one.
pub(crate) async fn rule_priorities_can_rotate(cloud: &Cloud) {
    let (first, lock) = fixture();
    apply(cloud, &first).await;
    let turned = with_priorities(&first, |priority| (priority + BLOCK) % (3 * BLOCK));
    apply(cloud, &turned).await;
    assert_clean(cloud, &turned).await;
    let without = SPEC.rfind("[[tenant]]").expect("the spec has tenants");
    let (replaced, _) = plan(&with_tenant(&SPEC[..without], "hooli-xyz"), &lock);
    let rotate = |priority| if priority > 3 * BLOCK { 1 } else { (priority + BLOCK) % (3 * BLOCK) };
    let replaced = with_priorities(&replaced, rotate);
    apply(cloud, &replaced).await;
    assert_clean(cloud, &replaced).await;
}

/// A plan with changed priorities of its listener rules.
fn with_priorities(plan: &Plan, priority: impl Fn(u32) -> u32) -> Plan {
    let draft = |node: &Node| {
        let mut resource = node.resource.clone();
        if let Resource::ListenerRule(rule) = &mut resource {
            rule.priority = priority(rule.priority);
        }
        let Node { address, after, initial, tags, .. } = node.clone();
        Draft { address, after, initial, tags, resource }
    };
    let drafts = plan.nodes().iter().map(draft).collect();
    Plan::seal(plan.header().clone(), drafts, plan.outputs().clone()).expect("priorities stay different").0
}

pub(crate) async fn drift_is_detected_and_repaired(cloud: &Cloud) {
    let (plan, _) = fixture();
    apply(cloud, &plan).await;
    cloud.python(&[
        "-c",
        "import boto3\n\
         s3 = boto3.client('s3')\n\
         s3.put_bucket_versioning(Bucket='saas-platform-acme-corp-data', VersioningConfiguration={'Status': 'Suspended'})\n\
         logs = boto3.client('logs')\n\
         logs.delete_retention_policy(logGroupName='/ecs/tenant/acme-corp')\n\
         logs.delete_log_group(logGroupName='/ecs/tenant/globex-inc')",
    ]);
    let verification = verify(cloud, &plan).await;
    let found: Vec<_> =
        verification.deviations.iter().map(|deviation| (deviation.address.as_str(), &deviation.what)).collect();
    assert!(
        matches!(found[0], ("tenant/acme-corp/bucket", Drift::Fields { fields, .. }) if fields[0].field == "versioning")
    );
    assert!(matches!(found[1], ("tenant/acme-corp/log-group", Drift::Fields { .. })), "{found:#?}");
    assert!(matches!(found[2], ("tenant/globex-inc/log-group", Drift::Missing)), "{found:#?}");
    // Resources that write to this group are reported as well.
    assert!(matches!(found[3], ("tenant/globex-inc/service/web/task-definition", Drift::Fields { .. })), "{found:#?}");
    assert_eq!(found.len(), 4, "{found:#?}");

    let repaired = bring(cloud, &plan, Intent::Plan { deep: true }).await;
    assert!(addresses(&repaired.changes.changes).contains(&"tenant/acme-corp/bucket"));
    assert_clean(cloud, &plan).await;
}

pub(crate) async fn data_loss_must_be_allowed(cloud: &Cloud) {
    let (four, lock) = plan(&with_tenant(SPEC, "hooli-xyz"), &Lock::default());
    apply(cloud, &four).await;
    // The policy keeps the provisioner from data, so the object is put while the policy is removed. The test checks
    // only what the plan sees.
    cloud.python(&[
        "-c",
        "import boto3\n\
         s3 = boto3.client('s3')\n\
         bucket = 'saas-platform-hooli-xyz-data'\n\
         policy = s3.get_bucket_policy(Bucket=bucket)['Policy']\n\
         s3.delete_bucket_policy(Bucket=bucket)\n\
         s3.put_object(Bucket=bucket, Key='invoice', Body=b'paid')\n\
         s3.put_bucket_policy(Bucket=bucket, Policy=policy)\n\
         boto3.client('logs').create_log_stream(logGroupName='/ecs/tenant/hooli-xyz', logStreamName='saas-test')",
    ]);
    cloud.sql("create table hooli_xyz.invoice (id int); insert into hooli_xyz.invoice values (1); select 1");
    let (three, _) = plan(SPEC, &lock);
    let session = Session::open(&three, cloud.options(), &Silent).await;
    let intent = Intent::Plan { deep: false };
    let baseline = session.baseline(intent).await.expect("live resources can be listed");
    let proposal = session.propose(baseline, &OVERRIDES).await.expect("it can be compared");
    let at_stake: Vec<String> =
        proposal.changes().at_stake(&[]).into_iter().map(|stake| stake.address.to_string()).collect();
    let held = ["bucket", "log-group", "password", "schema"].map(|node| format!("tenant/hooli-xyz/{node}"));
    assert_eq!(at_stake, held);
    let tenant: AllowedDataLoss = "tenant/hooli-xyz".parse().expect("an address");
    let refused = proposal.changes().check(&Approval::all());
    assert!(matches!(refused, Err(Refusal::DataLoss(lost)) if lost.len() == held.len()));
    let approved = proposal.approve(&Approval::all().with_data_loss([tenant])).expect("the loss is allowed");
    let execution = session.execute(approved).await.expect("no other run holds the lease");
    assert!(execution.is_complete(), "{execution:#?}");
    assert_clean(cloud, &three).await;
}

pub(crate) async fn sixty_tenants_can_be_applied(cloud: &Cloud) {
    let spec = (0..57).fold(SPEC.to_owned(), |spec, number| with_tenant(&spec, &format!("tenant-{number:02}")));
    let (sixty, _) = plan(&spec, &Lock::default());
    let applied = apply(cloud, &sixty).await;
    // A hand-written boto3 script needs 1,795 calls, and gives the 61 secrets no policy; see above. Resources that are
    // created at the same time are announced in one write, so the number of writes depends on how fast task
    // definitions are registered.
    assert!(applied.calls.total() <= 1_795 + 60 + 61, "{}: {:#?}", applied.calls.total(), applied.calls);
    assert!(apply(cloud, &sixty).await.changes.is_empty());
}

pub(crate) async fn destroy_deletes_everything(cloud: &Cloud) {
    let (plan, _) = fixture();
    apply(cloud, &plan).await;
    bring(cloud, &plan, Intent::Nothing).await;
    assert_eq!(cloud.inventory(), Vec::<String>::new());
    assert_eq!(cloud.sql("select nspname from pg_namespace where nspname = 'acme_corp'"), Vec::<String>::new());
    assert_eq!(cloud.sql("select rolname from pg_roles where rolname like 't\\_%'"), Vec::<String>::new());
    // The platform can be created again. moto keeps the automated snapshot of a deleted cluster, and
    // rejects another one in the same minute; AWS deletes it with the cluster.
    cloud.python(&[
        "-c",
        "import boto3\n\
         rds = boto3.client('rds')\n\
         for snapshot in rds.describe_db_cluster_snapshots()['DBClusterSnapshots']:\n    \
             rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot['DBClusterSnapshotIdentifier'])",
    ]);
    apply(cloud, &plan).await;
    assert_clean(cloud, &plan).await;
}

pub(crate) async fn apply_after_kills_is_complete(cloud: &Cloud) {
    let (plan, _) = fixture();
    let work = tempfile::tempdir().expect("a directory");
    let file = work.path().join("plan.msgpack");
    fs_err::write(&file, plan.encode()).expect("the plan is written");
    let saas = setup::target_directory().expect("tests run out of cargo's directory").join("debug/saas");
    let mut random = fastrand::Rng::new();
    eprintln!("the kill times derive from seed {}", random.get_seed());
    for _ in 0..6 {
        let moment = Duration::from_millis(random.u64(100..1_200));
        let mut apply = std::process::Command::new(&saas)
            .args(["apply", "--yes"])
            .arg(&file)
            .args(cloud.arguments())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("saas is built with the tests");
        sleep(moment);
        // SIGKILL: the process cannot handle it.
        apply.kill().expect("it is ours");
        apply.wait().expect("it has been killed");
        // The next apply waits neither a minute for the lease to expire, nor half a minute for
        // resources that moto would show at once.
        cloud.delete_lease();
    }
    apply(cloud, &plan).await;
    assert_clean(cloud, &plan).await;
    assert!(apply(cloud, &plan).await.changes.is_empty());
    cloud.read_back(&TENANTS);
    let mut inventory = cloud.inventory();
    let all = inventory.len();
    inventory.dedup();
    assert_eq!(inventory.len(), all, "there are no duplicates");
}
