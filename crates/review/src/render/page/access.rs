//! Who may newly reach what, in words.

use saas_files::proof::{Access, ProofSummary};
use saas_prover::certificate::Remark;

use super::super::layout::{Block, Sign};
use crate::access::{Isolation, Reach};
use crate::changes::Tenants;
use crate::words::{count, names};

/// `joining` are the tenants that join a live platform.
pub(super) fn blocks(isolation: &Isolation, joining: &[Tenants]) -> Vec<Block> {
    let Isolation { proof, opened, closed, gained, lost } = isolation;
    let ProofSummary { certificate, tenants, obligations, residual, refuted } = proof;
    let proven = match refuted {
        0 => format!(
            "{obligations} obligations are proven for {}, {residual} of them except for known risks, which `saas prove` explains; certificate `{certificate}`.",
            count(*tenants, "tenant")
        ),
        refuted => format!(
            "{refuted} of {obligations} obligations for {} are refuted, and an apply refuses this plan; certificate `{certificate}`.",
            count(*tenants, "tenant")
        ),
    };
    let joining: Vec<&String> = joining.iter().flat_map(|tenants| &tenants.ids).collect();
    let nothing = match (isolation.opens_nothing(), joining.len()) {
        (false, _) => String::new(),
        (true, 0) => "Nothing. ".to_owned(),
        (true, 1) => format!("{} gets what every tenant has, and nothing else is new. ", names(&joining)),
        (true, _) => format!("{} get what every tenant has, and nothing else is new. ", names(&joining)),
    };
    let mut lines = Vec::new();
    lines.extend(opened.iter().flat_map(|access| self::access(Sign::New, access)));
    lines.extend(gained.iter().map(|reach| (Sign::New, self::reach(reach))));
    lines.extend(closed.iter().flat_map(|access| self::access(Sign::Old, access)));
    lines.extend(lost.iter().map(|reach| (Sign::Old, self::reach(reach))));
    let mut blocks = Vec::new();
    if !lines.is_empty() {
        blocks.push(Block::Differences(lines));
    }
    blocks.push(Block::Paragraph(format!("{nothing}{proven}")));
    blocks
}

fn reach(Reach { what, tenants }: &Reach) -> String {
    match tenants.len() {
        0 | 1 => what.clone(),
        number => format!("{what}; {}: {}", count(number, "tenant"), names(tenants)),
    }
}

fn access(sign: Sign, access: &Access) -> Vec<(Sign, String)> {
    match access {
        Access::Refuted { obligation, tenants, at, reason, counterexample } => {
            let whose = match tenants.len() {
                0 => "the platform".to_owned(),
                number => format!("{}: {}", count(number, "tenant"), names(tenants)),
            };
            let attack = format!("counterexample: {counterexample}");
            vec![(sign, format!("{obligation} is refuted ({whose}), {at}: {reason}")), (Sign::Same, attack)]
        }
        Access::Trusted(role) => vec![(sign, format!("{role} may access and change all buckets"))],
        Access::Risk(Remark { id, text }) => vec![(sign, format!("known risk {id}: {text}"))],
    }
}
