//! Certificates as text and as Markdown, and the difference of two proofs as entries of an outline.

use std::collections::BTreeMap;
use std::fmt::Write;

use itertools::Itertools as _;
use saas_prover::certificate::{Body, Channel, Finding, Obligation, Remark};
use saas_prover::{Certificate, Counterexample, Verdict};

use super::outline::{Entry, Sign};
use super::plain::Plain;
use super::style::{self, styled};
use super::tenant_list;
use crate::proof::{self, Access, ProofDiff, ProofSummary};

/// One line: the number of obligations that are proven, or that are not.
#[must_use]
pub fn summary(certificate: &Certificate) -> String {
    let summary = ProofSummary::of(certificate);
    let pointer = if summary.residual > 0 && summary.refuted == 0 { ", which `saas prove` explains" } else { "" };
    format!("{}{pointer}, certificate {}", verdict(summary), summary.certificate)
}

fn verdict(summary: ProofSummary) -> String {
    let ProofSummary { certificate: _, tenants, obligations, residual, refuted } = summary;
    let tenants = match tenants {
        1 => "1 tenant".to_owned(),
        tenants => format!("{tenants} tenants"),
    };
    match refuted {
        0 => format!("{obligations} obligations proven for {tenants}, {residual} of them except for known risks"),
        refuted => format!("NOT PROVEN: {refuted} of {obligations} obligations for {tenants} are refuted"),
    }
}

/// For a terminal.
#[must_use]
pub fn text(certificate: &Certificate) -> String {
    let body = certificate.body();
    let summary = ProofSummary::of(certificate);
    let colour = if summary.refuted == 0 { style::GREEN } else { style::RED };
    let mut text = format!(
        "plan {}: {}\ncertificate {}, {}\n",
        body.plan.short(),
        styled(colour, verdict(summary)),
        certificate.id(),
        body.prover
    );
    if summary.refuted > 0 {
        let _ = write!(text, "\n{}\n{}", styled(style::BOLD, "refuted"), refutations(certificate));
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "obligations"));
    let rows: Vec<[String; 5]> = channels(body).iter().map(|(channel, row)| row.cells(*channel)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    for row in &rows {
        let mut cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:0$}", width(column)));
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    for (title, remarks) in [("known risks", &body.risks), ("assumptions", &body.assumptions)] {
        let _ = writeln!(text, "\n{}", styled(style::BOLD, title));
        for Remark { id, text: about } in remarks {
            let _ = writeln!(text, "  {id}: {about}");
        }
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "trusted roles"));
    for role in &body.trusted {
        let _ = writeln!(text, "  {}", Plain(role));
    }
    text
}

/// For a pull request or an auditor.
#[must_use]
pub fn markdown(certificate: &Certificate) -> String {
    let body = certificate.body();
    let verdict = verdict(ProofSummary::of(certificate));
    let (plan, id, prover) = (body.plan, certificate.id(), &body.prover);
    let mut text = format!("### saas prove: {verdict}\n\nPlan `{plan}`, certificate `{id}`, {prover}.\n");
    if body.refuted().next().is_some() {
        let _ = write!(text, "\n#### refuted\n\n{}", fenced(&refutations(certificate)));
    }
    text.push_str("\n#### obligations\n\n| channel | proven | with a known risk | refuted | layers of what is proven |\n|---|---|---|---|---|\n");
    for (channel, row) in channels(body) {
        let _ = writeln!(text, "| {} |", row.cells(channel).join(" | "));
    }
    for (title, remarks) in [("known risks", &body.risks), ("assumptions", &body.assumptions)] {
        let _ = writeln!(text, "\n#### {title}\n");
        for Remark { id, text: about } in remarks {
            let _ = writeln!(text, "- **{id}**: {about}");
        }
    }
    let roles: String = body.trusted.iter().map(|role| format!("{}\n", Plain(role))).collect();
    let _ = write!(text, "\n#### trusted roles\n\n{}", fenced(&roles));
    text
}

/// The refuted claims, each with a counterexample that can be replayed. Without styles.
#[must_use]
pub fn refutations(certificate: &Certificate) -> String {
    listed(certificate, certificate.body().refuted())
}

/// The same for some of the refuted claims, by their ids.
#[must_use]
pub fn refutations_of(certificate: &Certificate, ids: &[String]) -> String {
    listed(certificate, certificate.body().refuted().filter(|(obligation, _)| ids.contains(&obligation.id)))
}

fn listed<'c>(certificate: &'c Certificate, refuted: impl Iterator<Item = (&'c Obligation, &'c Finding)>) -> String {
    let body = certificate.body();
    let mut text = String::new();
    for (obligation, finding) in refuted {
        let Verdict::Refuted { at, reason, counterexample } = &finding.verdict else { continue };
        let tenants: Vec<&str> = body.names(&finding.about).collect();
        let Obligation { id, claim, .. } = obligation;
        let _ = writeln!(text, "  {id}: {claim}");
        let _ = writeln!(text, "    {}, {}: {reason}", subject(&tenants), Plain(at));
        let _ = writeln!(text, "    {}", attack(counterexample));
    }
    text
}

fn subject(tenants: &[&str]) -> String {
    match tenants {
        [] => "platform".to_owned(),
        [tenant] => format!("tenant {tenant}"),
        tenants => tenant_list(tenants),
    }
}

/// The counterexample with the way to replay it.
fn attack(counterexample: &Counterexample) -> String {
    let how = match counterexample {
        Counterexample::Request(_) => "this request succeeds",
        Counterexample::Path(_) => "this path is open",
        Counterexample::Host { .. } => "this request is forwarded",
        Counterexample::Sql { .. } => "this statement succeeds",
        Counterexample::Field { .. } => "in the plan",
        Counterexample::Undecided(_) => "no counterexample",
    };
    format!("{how}: {}", Plain(&counterexample.to_string()))
}

/// Who may newly reach what, as entries of an outline.
#[must_use]
pub fn opened(diff: &ProofDiff) -> Vec<Entry> {
    diff.opened.iter().map(|access| entry(Sign::Impact, access)).collect()
}

/// What is no longer reachable, as entries of an outline.
#[must_use]
pub fn closed(diff: &ProofDiff) -> Vec<Entry> {
    diff.closed.iter().map(|access| Entry { details: Vec::new(), ..entry(Sign::Removed, access) }).collect()
}

/// What is refuted, as entries of an outline.
#[must_use]
pub fn refuted(certificate: &Certificate) -> Vec<Entry> {
    proof::refuted(certificate).iter().map(|access| entry(Sign::Impact, access)).collect()
}

fn entry(sign: Sign, access: &Access) -> Entry {
    match access {
        Access::Refuted { obligation, tenants, at, reason, counterexample } => {
            let tenants: Vec<&str> = tenants.iter().map(String::as_str).collect();
            let title = format!("{obligation} is refuted, {}, {}: {reason}", subject(&tenants), Plain(at));
            Entry { sign, title, details: vec![attack(counterexample)] }
        }
        Access::Trusted(role) => {
            let title = format!("{} may access and change all buckets", Plain(role));
            Entry { sign, title, details: Vec::new() }
        }
        Access::Risk(Remark { id, text }) => {
            Entry { sign, title: format!("known risk: {id}"), details: vec![text.clone()] }
        }
    }
}

/// One line: whether anything is newly reachable, and what is proven of the plan after.
#[must_use]
pub fn changes(diff: &ProofDiff) -> String {
    let opened = match diff.opened.len() {
        0 => "nothing is newly reachable".to_owned(),
        1 => "1 way of access is new".to_owned(),
        count => format!("{count} ways of access are new"),
    };
    let after = diff.after;
    format!("{opened}; {}, certificate {}", verdict(after), after.certificate.short())
}

/// The numbers of a channel's obligations by verdict, and of its proven ones by layer.
#[derive(Default)]
struct Row {
    proven: usize,
    residual: usize,
    refuted: usize,
    layers: BTreeMap<String, usize>,
}

impl Row {
    fn cells(&self, channel: Channel) -> [String; 5] {
        let Self { proven, residual, refuted, layers } = self;
        let layers = layers.iter().map(|(layer, count)| format!("{layer} {count}")).join(", ");
        [
            channel.to_string(),
            format!("{proven} proven"),
            format!("{residual} with a known risk"),
            format!("{refuted} refuted"),
            layers,
        ]
    }
}

/// The obligations by channel. One that is refuted for any tenant counts as refuted, and one with a
/// known risk for any tenant as residual.
fn channels(body: &Body) -> BTreeMap<Channel, Row> {
    let mut rows: BTreeMap<Channel, Row> = BTreeMap::new();
    for Obligation { id: _, channel, layer, claim: _, findings } in &body.obligations {
        let row = rows.entry(*channel).or_default();
        let any = |matches: fn(&Verdict) -> bool| findings.iter().any(|finding| matches(&finding.verdict));
        if any(Verdict::is_refuted) {
            row.refuted += 1;
            continue;
        }
        match any(|verdict| matches!(verdict, Verdict::Residual { .. })) {
            true => row.residual += 1,
            false => row.proven += 1,
        }
        *row.layers.entry(layer.to_string()).or_default() += 1;
    }
    rows
}

/// A code block that no content can close.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}{fence}\n")
}
