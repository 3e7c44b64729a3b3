//! Receipts and their history.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anstyle::Style;
use saas_executor::receipts::KeptReceipt;
use saas_model::Digest;
use saas_model::Receipt;
use saas_model::receipt::{Body, Ending, FORMAT, FailedStep, Isolation, Step, StoppedStep, Verb, Verified, When, Who};
use serde::Serialize;

use super::style::{self, styled};
use super::{event, outputs};

/// Where a receipt was stored.
pub(crate) fn written(receipt: &Receipt, key: Option<&str>, file: Option<&Path>) -> String {
    let places =
        [key.map(|key| format!("to the control bucket as {key}")), file.map(|file| format!("to `{}`", file.display()))];
    let places: Vec<String> = places.into_iter().flatten().collect();
    if places.is_empty() {
        let why = "the control bucket was deleted with the platform; --receipt FILE writes it to a file";
        return format!("receipt {} not written: {why}\n", receipt.id().short());
    }
    let places = places.join(" and ");
    format!("receipt {} written {places}\n", receipt.id().short())
}

/// A whole receipt as text.
pub(crate) fn text(receipt: &Receipt) -> String {
    let Body {
        plan,
        platform,
        environment,
        account,
        region,
        command,
        change_set,
        who: Who { caller, run },
        when: When { began, acted_millis },
        ending,
        done,
        failed,
        not_reached,
        not_begun,
        calls,
        verification,
        outputs: values,
        isolation,
        previous,
    } = receipt.body();
    let mut text = format!(
        "receipt {}\n  format      {FORMAT}\n  platform    {platform}, {environment}\n  account     {account}, {region}\n  \
         plan        {plan}\n  change set  {change_set}\n  command     {command}: {}\n  by          {caller}\n  run         \
         {run}\n  after       {}\n  when        {began}, applied in {}\n  isolation   {}\n  done        {}\n  calls       {}\n  verified    {}\n",
        styled(style::BOLD, receipt.id()),
        styled(style_of(*ending), ending),
        previous.map_or("no other receipt".to_owned(), |id| format!("receipt {id}")),
        event::duration(*acted_millis),
        isolation.as_ref().map_or("not proven".to_owned(), isolation_text),
        counts(receipt.body()),
        tally(calls),
        verification.as_ref().map_or("no".to_owned(), verified_text),
    );
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = write!(text, "\n{}\n{}", styled(style::BOLD, title), lines.concat());
        }
    };
    let step = |Step { address, verb }: &Step| format!("  {verb} {address}\n");
    section("done", done.iter().map(step).collect());
    let failure = |FailedStep { address, verb, error }: &FailedStep| format!("  {verb} {address}: {error}\n");
    section("failed", failed.iter().map(failure).collect());
    let stopped =
        |StoppedStep { address, verb, because }: &StoppedStep| format!("  {verb} {address}: `{because}` failed\n");
    section("skipped", not_reached.iter().map(stopped).collect());
    section("not started", not_begun.iter().map(step).collect());
    if let Some(Verified { deviations, broken, .. }) = verification {
        section("drift", deviations.iter().map(|address| format!("  {address}\n")).collect());
        section("failed isolation checks", broken.iter().map(|probe| format!("  {probe}\n")).collect());
    }
    let values = outputs::text(values);
    section("outputs", values.lines().map(|line| format!("  {line}\n")).collect());
    text
}

fn isolation_text(Isolation { certificate, accepted_risks }: &Isolation) -> String {
    match accepted_risks.as_slice() {
        [] => format!("proven, certificate {certificate}"),
        risks => format!("certificate {certificate}; accepted although refuted: {}", risks.join(", ")),
    }
}

const fn style_of(ending: Ending) -> Style {
    match ending {
        Ending::Complete => style::GREEN,
        Ending::Interrupted => style::YELLOW,
        Ending::Failed | Ending::LeaseLost => style::RED,
    }
}

/// The number of completed steps per action, and of the others.
fn counts(body: &Body) -> String {
    let mut verbs: BTreeMap<Verb, usize> = BTreeMap::new();
    for Step { verb, .. } in &body.done {
        *verbs.entry(*verb).or_default() += 1;
    }
    let done = verbs.into_iter().map(|(verb, count)| (count, event::done(verb)));
    let rest =
        [(body.failed.len(), "failed"), (body.not_reached.len(), "skipped"), (body.not_begun.len(), "not started")];
    let counts = done.chain(rest).filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
}

fn tally(calls: &BTreeMap<String, BTreeMap<String, u64>>) -> String {
    let sum = |operations: &BTreeMap<String, u64>| operations.values().sum::<u64>();
    let services: Vec<String> =
        calls.iter().map(|(service, operations)| format!("{service} {}", sum(operations))).collect();
    format!("{}: {}", calls.values().map(sum).sum::<u64>(), services.join(", "))
}

fn verified_text(verified: &Verified) -> String {
    let Verified { clean, compared, attempts, deviations, broken } = verified;
    let scope = format!("{compared} resources compared, {attempts} isolation checks");
    if *clean {
        format!("live equals plan; {scope}")
    } else {
        format!("no: drift: {}, failed isolation checks: {}; {scope}", deviations.len(), broken.len())
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    receipt: u32,
    id: Digest,
    #[serde(flatten)]
    body: &'a Body,
}

impl<'a> Shown<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        Self { receipt: FORMAT, id: receipt.id(), body: receipt.body() }
    }
}

/// A whole receipt as JSON: `receipt` (the format version), `id`, and the fields of [`Body`].
pub(crate) fn json(receipt: &Receipt) -> String {
    super::json(&Shown::of(receipt))
}

/// One line per receipt.
pub(crate) fn history(receipts: &[KeptReceipt]) -> String {
    if receipts.is_empty() {
        return "no receipts yet\n".to_owned();
    }
    let line = |(at, KeptReceipt { key, receipt }): (usize, &KeptReceipt)| match receipt {
        Ok(receipt) => {
            let body = receipt.body();
            let (id, plan) = (styled(style::BOLD, receipt.id().short()), body.plan.short());
            let ending = styled(style_of(body.ending), format_args!("{:11}", body.ending.to_string()));
            let Body { command, who: Who { caller, .. }, when: When { began, .. }, .. } = body;
            let strange = if follows(receipts, at) { "" } else { NOT_THE_NEXT };
            let counts = counts(body);
            format!("{began}  {id}  {:7}  {ending}  plan {plan}  by {caller}: {counts}\n{strange}", command.to_string())
        }
        Err(error) => format!("{key}: {}\n", styled(style::RED, error)),
    };
    receipts.iter().enumerate().map(line).collect()
}

/// The line below a receipt that another one should precede.
const NOT_THE_NEXT: &str = "  it does not follow the receipt in the next line: one of the two was planted, or others \
                            between them were removed\n";

/// Whether the receipt at this place states the readable one before it.
fn follows(newest_first: &[KeptReceipt], at: usize) -> bool {
    let mut readable = newest_first[at..].iter().filter_map(|kept| kept.receipt.as_ref().ok());
    match (readable.next(), readable.next()) {
        (Some(receipt), Some(before)) => receipt.follows(before),
        (_, None) | (None, _) => true,
    }
}

/// A list, the newest first. Each entry has a `key`, a `receipt` in the form of [`json`] or an `error`, and whether
/// the receipt `follows` the one before it.
pub(crate) fn history_json(receipts: &[KeptReceipt]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum What<'a> {
        Receipt(Shown<'a>),
        Error(String),
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        key: &'a str,
        #[serde(flatten)]
        what: What<'a>,
        follows: bool,
    }
    let entries = receipts.iter().enumerate().map(|(at, KeptReceipt { key, receipt })| {
        let what = match receipt {
            Ok(receipt) => What::Receipt(Shown::of(receipt)),
            Err(error) => What::Error(error.to_string()),
        };
        Entry { key, what, follows: follows(receipts, at) }
    });
    super::json(&entries.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use saas_model::Address;
    use saas_model::receipt::{Command, UnreadableReceipt};
    use saas_model::time::UtcTime;

    use super::*;

    fn receipt() -> Receipt {
        let address = |text: &str| Address::literal(text);
        Receipt::new(Body {
            plan: Digest::from_bytes([7; 32]),
            platform: "saas-platform".parse().expect("valid"),
            environment: "development".parse().expect("valid"),
            account: "123456789012".parse().expect("valid"),
            region: "us-east-1".parse().expect("valid"),
            command: Command::Apply,
            change_set: Digest::from_bytes([8; 32]),
            who: Who { caller: "arn:aws:iam::123456789012:role/saas-provisioner".into(), run: "0f0f".into() },
            when: When { began: UtcTime::from_unix(1_795_430_527), acted_millis: 1_250 },
            ending: Ending::Interrupted,
            done: vec![Step { address: address("network/vpc"), verb: Verb::Create }],
            failed: vec![FailedStep {
                address: address("database/writer"),
                verb: Verb::Create,
                error: "interrupted".into(),
            }],
            not_reached: vec![StoppedStep {
                address: address("database/access"),
                verb: Verb::Create,
                because: address("database/writer"),
            }],
            not_begun: vec![Step { address: address("tenant/acme-corp/service/web"), verb: Verb::Create }],
            calls: [("EC2".to_owned(), [("CreateVpc".to_owned(), 2)].into())].into(),
            verification: None,
            outputs: [(address("database/endpoint"), "db".to_owned())].into(),
            isolation: Some(Isolation {
                certificate: Digest::from_bytes([9; 32]),
                accepted_risks: vec!["s3/objects".into()],
            }),
            previous: None,
        })
    }

    #[test]
    fn text_has_all_parts() {
        let text = text(&receipt());
        let id = receipt().id().to_string();
        insta::assert_snapshot!(strip_str(&text).to_string().replace(&id, "<id>"), @r"
        receipt <id>
          format      1
          platform    saas-platform, development
          account     123456789012, us-east-1
          plan        0707070707070707070707070707070707070707070707070707070707070707
          change set  0808080808080808080808080808080808080808080808080808080808080808
          command     apply: interrupted
          by          arn:aws:iam::123456789012:role/saas-provisioner
          run         0f0f
          after       no other receipt
          when        2026-11-23T10:42:07Z, applied in 1.250 s
          isolation   certificate 0909090909090909090909090909090909090909090909090909090909090909; accepted although refuted: s3/objects
          done        1 created, 1 failed, 1 skipped, 1 not started
          calls       2: EC2 2
          verified    no

        done
          create network/vpc

        failed
          create database/writer: interrupted

        skipped
          create database/access: `database/writer` failed

        not started
          create tenant/acme-corp/service/web

        outputs
          database/endpoint = db
        ");
    }

    #[test]
    fn json_is_flat() {
        let shown: serde_json::Value = serde_json::from_str(&json(&receipt())).expect("it is JSON");
        assert_eq!(shown["receipt"], 1);
        assert_eq!(shown["id"], receipt().id().to_string());
        assert_eq!(shown["ending"], "interrupted");
        assert_eq!(shown["when"]["began"], "2026-11-23T10:42:07Z");
        assert_eq!(shown["done"][0]["verb"], "create");
    }

    #[test]
    fn history_has_one_line_per_receipt() {
        let good = KeptReceipt { key: "receipts/a".into(), receipt: Ok(receipt()) };
        let bad = KeptReceipt { key: "receipts/b".into(), receipt: Err(UnreadableReceipt::Trailing(3)) };
        let all = [good, bad];
        let text = strip_str(&history(&all)).to_string().replace(&receipt().id().short(), "<id>");
        insta::assert_snapshot!(text, @r"
        2026-11-23T10:42:07Z  <id>  apply    interrupted  plan 07070707  by arn:aws:iam::123456789012:role/saas-provisioner: 1 created, 1 failed, 1 skipped, 1 not started
        receipts/b: 3 bytes follow the end of the receipt
        ");
        let json: serde_json::Value = serde_json::from_str(&history_json(&all)).expect("it is JSON");
        assert_eq!(json[0]["receipt"]["ending"], "interrupted");
        assert_eq!(json[1]["error"], "3 bytes follow the end of the receipt");
        assert_eq!(history(&[]), "no receipts yet\n");
    }

    #[test]
    fn planted_receipt_shows_in_the_history() {
        let kept = |receipt: &Receipt| KeptReceipt { key: receipt.object_key(), receipt: Ok(receipt.clone()) };
        let with = |previous| Receipt::new(Body { previous, ..receipt().body().clone() });
        let (old, planted) = (receipt(), Receipt::new(Body { ending: Ending::Complete, ..receipt().body().clone() }));
        let new = with(Some(old.id()));
        let shown = |all: &[&Receipt]| {
            let all: Vec<KeptReceipt> = all.iter().copied().map(kept).collect();
            let json: serde_json::Value = serde_json::from_str(&history_json(&all)).expect("it is JSON");
            let follows: Vec<bool> = (0..all.len()).map(|at| json[at]["follows"] == true).collect();
            assert_eq!(history(&all).matches("planted").count(), follows.iter().filter(|follows| !**follows).count());
            follows
        };
        assert_eq!(shown(&[&new, &old]), [true, true]);
        assert_eq!(shown(&[&new, &planted, &old]), [false, true, true]);
        assert_eq!(shown(&[&planted, &new, &old]), [false, true, true]);
        let newest = with(Some(new.id()));
        assert_eq!(shown(&[&newest, &old]), [false, true], "one was removed");
    }

    #[test]
    fn destinations_are_named() {
        let short = receipt().id().short();
        let file = Path::new("a.msgpack");
        assert_eq!(
            written(&receipt(), Some("receipts/x"), Some(file)),
            format!("receipt {short} written to the control bucket as receipts/x and to `a.msgpack`\n")
        );
        assert!(written(&receipt(), None, None).starts_with(&format!("receipt {short} not written: ")));
    }
}
