//! What people said of the comments of `rehearse` and `diff`, one test each.

mod common;

use common::{SPEC, edited, plan, review_of, review_of_plans, review_with, with_tenants};
use saas_model::{Address, Digest, Lock, Spec};
use saas_review::rehearsed::{Floor, Step};
use saas_review::render::{COMMENT, markdown};
use saas_review::{Approval, Rehearsed, Review};

fn position(comment: &str, text: &str) -> usize {
    comment.find(text).unwrap_or_else(|| panic!("`{text}` is missing: {comment}"))
}

/// The lines in blocks of differences.
fn differences(comment: &str) -> Vec<&str> {
    let blocks = comment.split("```diff\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).collect()
}

fn without_globex() -> String {
    edited("[[tenant]]\nid = \"globex-inc\"\ncost_center = \"cc-globex\"\n", "")
}

fn rehearsed() -> Rehearsed {
    Rehearsed {
        change_set: Digest::from_bytes([7; 32]),
        clean: true,
        seconds: 330,
        chain: vec![Step { address: Address::literal("database/writer"), verb: "update".to_owned(), seconds: 300 }],
        steps: Vec::new(),
        calls: 34,
        lease_calls: 30,
        floors: vec![Floor { what: "Rds".to_owned(), calls: 4, seconds: 12, assumed: false }],
        data_lost: Vec::new(),
        warnings: vec!["known before".to_owned(), "new".to_owned()],
        warnings_before: vec!["known before".to_owned()],
        failures: Vec::new(),
    }
}

#[test]
fn data_loss_comes_first() {
    let comment = markdown(&review_of(Some(SPEC), &without_globex()));
    assert!(
        comment.starts_with("### 1 tenant leaves (globex-inc), its data is lost. Everything else stays.\n"),
        "{comment}"
    );
    assert!(position(&comment, "**Data lost:** globex-inc") < position(&comment, "#### Who may newly reach what"));
    assert!(!comment.contains("succeeded"), "it does not end well: {comment}");
}

#[test]
fn instance_class_says_who_is_interrupted_for_how_long() {
    let comment = markdown(&review_of(Some(SPEC), &edited("db.r6g.large", "db.r6g.xlarge")));
    assert!(comment.contains("About 5 minutes of downtime for all 3 tenants."), "{comment}");
    assert!(comment.contains("- **Interruption:** all 3 tenants, about 5 minutes: the database restarts"), "{comment}");
}

#[test]
fn domain_of_250_tenants_fits_and_says_what_else_it_needs() {
    let many = with_tenants(250);
    let comment =
        markdown(&review_of(Some(&many), &many.replace("domain = \"example.com\"", "domain = \"example.org\"")));
    assert!(comment.chars().count() < COMMENT / 10, "{}", comment.chars().count());
    assert!(!comment.contains("do not fit"), "{comment}");
    assert!(comment.contains("- **DNS:** `{tenant}.example.org` of 250 tenants"), "{comment}");
}

#[test]
fn domain_with_https_says_what_certificates_must_be_valid_for() {
    let spec = include_str!("../../../fixtures/real-application/saas.toml");
    let comment =
        markdown(&review_of(Some(spec), &spec.replace("harbor.example.net\"\ncost", "port.example.net\"\ncost")));
    assert!(
        comment.contains("**Certificates:** the certificates stay as they are; they must be valid for"),
        "{comment}"
    );
}

#[test]
fn what_was_known_before_is_not_said_again() {
    let comment = markdown(&review_with(Some(SPEC), &edited("db.r6g.large", "db.r6g.xlarge"), Some(&rehearsed())));
    assert!(!comment.contains("known before") && comment.contains("- **Warning:** new"), "{comment}");
    assert!(!comment.contains("PUBLIC"), "{comment}");
    // Fewer tenants need less of a quota that more tenants needed already.
    let fewer = markdown(&review_of(Some(SPEC), &without_globex()));
    assert!(!fewer.contains("Quota"), "{fewer}");
}

#[test]
fn added_tenant_is_one_line_with_host_bucket_image_and_size() {
    let more = format!("{SPEC}\n[[tenant]]\nid = \"umbrella-co\"\ncost_center = \"cc-umbrella\"\n");
    let comment = markdown(&review_of(Some(SPEC), &more));
    let line = "+ umbrella-co: umbrella-co.example.com, bucket saas-platform-umbrella-co-data, schema umbrella_co, web \
                nginx@sha256:0d17b565c37b 1 vCPU 2048 MiB 2 to 8 tasks, 16 resources";
    assert_eq!(differences(&comment), [line], "{comment}");
}

#[test]
fn every_line_of_a_difference_begins_with_its_sign() {
    let comment = markdown(&review_of(Some(SPEC), &edited("cpu_target = 60", "cpu_target = 50")));
    let lines = differences(&comment);
    assert!(lines.iter().any(|line| line.starts_with("+ ")) && lines.iter().any(|line| line.starts_with("- ")));
    assert!(lines.iter().all(|line| ["+ ", "- ", "@@ "].iter().any(|sign| line.starts_with(sign))), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains('→')), "{lines:?}");
}

#[test]
fn old_and_new_image_stand_below_each_other_with_short_digests() {
    let image = edited("0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31", &"b".repeat(64));
    let comment = markdown(&review_of(Some(SPEC), &image));
    let lines = differences(&comment);
    let at = lines.iter().position(|line| line.starts_with("- containers.web.image")).expect("the old image is shown");
    assert!(
        lines[at].ends_with("nginx@sha256:0d17b565c37b") && lines[at + 1].ends_with("nginx@sha256:bbbbbbbbbbbb"),
        "{lines:?}"
    );
}

#[test]
fn update_and_replacement_have_marks_of_their_own() {
    let spec = edited("port = 80", "port = 81").replace("retention_days = 30", "retention_days = 60");
    let comment = markdown(&review_of(Some(SPEC), &spec));
    assert!(comment.contains("@@ ~ update tenant/{tenant}/log-group (log-group)"), "{comment}");
    assert!(comment.contains("@@ ± replace tenant/{tenant}/service/web/target-group (target-group)"), "{comment}");
}

#[test]
fn renamed_service_is_called_renamed() {
    let spec = edited("[service.web]", "[service.app]");
    let comment = markdown(&review_of(Some(SPEC), &spec));
    assert!(comment.contains("Service web of 3 tenants is renamed to app"), "{comment}");
    let lines = differences(&comment);
    assert!(lines.contains(&"- tenant/{tenant}/service/web and what belongs to it"), "{lines:?}");
}

#[test]
fn renamed_tenant_is_told_that_its_data_does_not_move() {
    let comment = markdown(&review_of(Some(SPEC), &edited("id = \"globex-inc\"", "id = \"globex-ltd\"")));
    assert!(comment.contains("globex-inc and globex-ltd have the same cost center"), "{comment}");
    assert!(comment.contains("**Data lost:** globex-inc"), "{comment}");
}

#[test]
fn calls_of_the_lease_are_told_apart() {
    let comment = markdown(&review_with(Some(SPEC), &edited("db.r6g.large", "db.r6g.xlarge"), Some(&rehearsed())));
    assert!(
        comment.contains("About 5 min 30 s on AWS, in 34 changing calls, 30 of which keep the lease."),
        "{comment}"
    );
    assert!(comment.contains("████  5 min") || comment.contains("████ 5 min  update database/writer"), "{comment}");
}

#[test]
fn apply_command_is_complete() {
    let lost = |tenant: &str| {
        ["bucket", "log-group", "password", "schema"].map(|rest| Address::literal(format!("tenant/{tenant}/{rest}")))
    };
    let rehearsed = Rehearsed { data_lost: lost("globex-inc").to_vec(), ..rehearsed() };
    let review = review_with(Some(SPEC), &without_globex(), Some(&rehearsed));
    let digest = "07".repeat(32);
    let command = format!("saas apply plan.msgpack --approve {digest} --allow-data-loss tenant/globex-inc");
    assert_eq!(review.approval, Approval::Command(command.clone()));
    assert!(markdown(&review).contains(&format!("```sh\n{command}\n```")));
}

#[test]
fn without_a_rehearsal_the_plans_say_which_data_is_lost() {
    let review = review_of(Some(SPEC), &without_globex());
    let lost: Vec<&str> = review.people.data_lost_at.iter().map(Address::as_str).collect();
    let of_globex = ["bucket", "log-group", "password", "schema"].map(|rest| format!("tenant/globex-inc/{rest}"));
    assert_eq!(lost, of_globex);
}

#[test]
fn proof_is_shown() {
    let Review { isolation, .. } = review_of(Some(SPEC), SPEC);
    assert!(isolation.is_proven() && isolation.opens_nothing());
    let comment = markdown(&review_of(Some(SPEC), &without_globex()));
    assert!(comment.contains("Nothing. 66 obligations are proven for 2 tenants"), "{comment}");
    assert!(comment.contains(&isolation_digest(&without_globex())), "{comment}");
}

fn isolation_digest(spec: &str) -> String {
    let spec_of = |text: &str| Spec::parse("saas.toml", text).expect("the spec is valid");
    let lock = saas_planner::plan(&spec_of(SPEC), &Lock::default()).expect("the spec can be planned").lock;
    let planned = saas_planner::plan(&spec_of(spec), &lock).expect("the spec can be planned");
    saas_prover::prove(&planned.plan).id().to_string()
}

#[test]
fn new_permission_and_new_destination_come_first_and_others_are_not_said_again() {
    let spec = SPEC.replace(
        "[logs]",
        "[[service.web.allow]]\nactions = [\"sqs:SendMessage\"]\nresources = \
         [\"arn:aws:sqs:us-east-1:123456789012:work-{tenant.id}\"]\n\n[[service.web.egress]]\nport = 587\ncidr = \
         \"203.0.113.0/24\"\n\n[logs]",
    );
    let review = review_of(Some(SPEC), &spec);
    let gained: Vec<&str> = review.isolation.gained.iter().map(|reach| reach.what.as_str()).collect();
    assert_eq!(gained.len(), 2, "{gained:?}");
    assert!(
        gained.iter().any(|what| what.contains("sqs:SendMessage on arn:aws:sqs:us-east-1:123456789012:work-{tenant}")),
        "{gained:?}"
    );
    assert!(gained.iter().any(|what| what.ends_with("may connect to TCP 587 of 203.0.113.0/24")), "{gained:?}");
    // A tenant that joins may do what the others may.
    let more = format!("{spec}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n");
    assert!(review_of(Some(&spec), &more).isolation.opens_nothing());
}

#[test]
fn refuted_plan_cannot_be_approved() {
    let live = plan(SPEC);
    let hostile = saas_model::Plan::decode(&opened(&live)).expect("it is a plan");
    let review = review_of_plans(Some(&live), &hostile, None);
    assert!(matches!(review.approval, Approval::No(_)), "{:?}", review.approval);
    let comment = markdown(&review);
    assert!(comment.starts_with("### Not proven: tenants can access each other's data"), "{comment}");
    assert!(comment.contains("It cannot be approved"), "{comment}");
}

/// The plan with a database that the whole network reaches.
fn opened(plan: &saas_model::Plan) -> Vec<u8> {
    use saas_model::plan::Draft;
    use saas_model::resource::{Peer, Resource};
    let drafts = plan.nodes().iter().cloned().map(|node| {
        let mut resource = node.resource;
        if let (Resource::SecurityGroupRule(rule), "database/rule/from-clients") =
            (&mut resource, node.address.as_str())
        {
            rule.peer = Peer::Cidr("0.0.0.0/0".parse().expect("a range"));
        }
        Draft { address: node.address, after: node.after, initial: node.initial, tags: node.tags, resource }
    });
    let sealed = saas_model::Plan::seal(plan.header().clone(), drafts.collect(), plan.outputs().clone());
    sealed.expect("the plan has no faults").1
}

#[test]
fn secrets_are_in_no_form_of_a_review() {
    let secret = "sk_live_51H8";
    let spec = SPEC.replace(
        "[logs]",
        &format!("[service.web.environment]\nSTRIPE_API_KEY = {{ public = \"{secret}\" }}\n\n[logs]"),
    );
    let review = review_of(Some(SPEC), &spec);
    let json = serde_json::to_string(&review).expect("its keys are texts");
    for shown in [markdown(&review), saas_review::render::text(&review), json] {
        assert!(shown.contains("STRIPE_API_KEY") && !shown.contains(secret), "{shown}");
    }
}

const REAL: &str = include_str!("../../../fixtures/real-application/saas.toml");

#[test]
fn a_new_image_of_many_services_is_one_sentence() {
    let (start, from) = REAL.split_once("[service.web]\nimage = \"").expect("the fixture has it");
    let (image, _) = from.split_once('"').expect("the image ends");
    let (repository, digest) = image.split_once("sha256:").expect("it has a digest");
    let other = format!("{repository}sha256:{}{}", "0".repeat(8), &digest[8..]);
    let review = review_of(Some(REAL), &format!("{start}{}", REAL[start.len()..].replacen(image, &other, 1)));
    let images: Vec<&String> = review.headline.iter().filter(|sentence| sentence.contains("the image ")).collect();
    let [sentence] = images[..] else { panic!("{:?}", review.headline) };
    assert!(sentence.starts_with("3 tenants get the image ") && sentence.ends_with(" and 1 more."), "{sentence}");
}

#[test]
fn new_extensions_are_listed() {
    let before = REAL.replacen("\"pg_trgm\", ", "", 1);
    assert_ne!(before, REAL);
    let told = "tenants may use the extension `pg_trgm` of PostgreSQL";
    let gained = |review: &Review| review.isolation.gained.iter().any(|reach| reach.what == told);
    assert!(gained(&review_of(Some(&before), REAL)) && gained(&review_of(None, REAL)));
    assert!(!gained(&review_of(Some(REAL), REAL)));
}

#[test]
fn a_service_that_follows_a_new_revision_is_counted() {
    let review = review_of(Some(SPEC), &edited("cpu = 1024", "cpu = 512"));
    let changes = &review.changes;
    assert_eq!((changes.updated, changes.rebound), (6, 3), "a task definition and a service for each tenant");
    assert!(markdown(&review).contains("Resources: 6 to update; 3 of them only follow another one"));
}
