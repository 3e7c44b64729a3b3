//! The fixture `real-application`: several services, a worker, jobs, secrets, permissions, migrations.

use std::collections::BTreeSet;

use saas_executor::Intent;
use saas_model::{Kind, Lock, Plan};

use crate::cloud::Cloud;
use crate::platform::{apply, assert_clean, bring, edited, plan};
use crate::scenarios::assert_matches;

/// The fixture's spec.
pub(crate) const SPEC: &str = include_str!("../../fixtures/real-application/saas.toml");

/// How the program that reads a platform back is told of it.
const READ_BACK: &[&str] = &[
    "--application=real-application",
    "--domain=harbor.example.net",
    "--platform=harbor",
    "--environment=staging",
    "--vpc-cidr=10.80.0.0/16",
    "--account=345678901234",
    "--region=us-west-2",
    "--cost-center=cc-harbor",
    "--provisioner=arn:aws:iam::345678901234:role/saas-provisioner",
    "acme:cc-acme",
    "globex:cc-globex",
    "initech:cc-initech",
];

/// The certificate in the spec.
const CERTIFICATE: &str = "arn:aws:acm:us-west-2:345678901234:certificate/1b4e28ba-2fa1-41d2-883f-0016d3cca427";

#[tokio::test]
async fn sandbox_runs_a_real_application() {
    let (plan, _) = plan(SPEC, &Lock::default());
    lives_and_is_destroyed(&Cloud::sandbox_for(&plan).await, &plan, &[]).await;
}

/// moto does not return whether commands can be run in a service, so in none they can.
#[tokio::test]
async fn moto_runs_a_real_application() {
    let spec = edited(SPEC, "exec = true\nreadonly_root = false", "readonly_root = false");
    let cloud = Cloud::moto_for(&plan(&spec, &Lock::default()).0).await;
    let certificate = cloud.python(&[
        "-c",
        "import boto3\n\
         print(boto3.client('acm').request_certificate(DomainName='*.harbor.example.net')['CertificateArn'])",
    ]);
    let (plan, _) = plan(&edited(&spec, CERTIFICATE, certificate.trim()), &Lock::default());
    lives_and_is_destroyed(&cloud, &plan, &["--without-commands"]).await;
}

/// The application is applied, is as its requirements say, is applied again without a call that changes anything,
/// and is destroyed. `arguments` are for the program that reads it back.
async fn lives_and_is_destroyed(cloud: &Cloud, plan: &Plan, arguments: &[&str]) {
    let applied = apply(cloud, plan).await;
    assert_eq!(applied.execution.done.len(), plan.nodes().len());
    cloud.read_back_with(&[READ_BACK, arguments].concat());
    assert_matches(cloud, plan);
    assert_clean(cloud, plan).await;
    let extensions = cloud.sql("select extname from pg_extension join pg_namespace n on n.oid = extnamespace \
                                where nspname = 'extensions' order by 1");
    assert_eq!(extensions, ["pg_trgm", "pgcrypto"]);

    let again = apply(cloud, plan).await;
    assert!(again.changes.is_empty(), "{:#?}", again.changes);
    assert_eq!(again.calls.mutating(), 0, "{:#?}", again.calls);

    bring(cloud, plan, Intent::Nothing).await;
    // Outside of development, a final snapshot stays, and the secrets within their recovery window.
    let left: BTreeSet<String> = cloud.inventory().into_iter().collect();
    let is_kept = |line: &&String| {
        line.starts_with("secret-scheduled-for-deletion ") || line.starts_with("db-cluster-snapshot harbor-db-")
    };
    let secrets = plan.nodes().iter().filter(|node| node.kind() == Kind::Secret).count();
    assert!(left.iter().all(|line| is_kept(&line)), "{left:#?}");
    assert_eq!(left.len(), secrets + 1, "{left:#?}");
    let roles = cloud.sql("select rolname from pg_roles where rolname like 't\\_%'");
    assert_eq!(roles, Vec::<String>::new());
}
