//! The proof as a matrix: tenant by tenant, channel by channel.

use std::collections::BTreeMap;

use saas_prover::certificate::{About, Channel, Layer, Obligation, Remark};
use saas_prover::{Certificate, Verdict};
use serde::Serialize;

/// What is proven of each tenant, through each channel through which another one might reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The channels of the claims: the columns.
    pub channels: Vec<Column>,
    /// What is proven of the resources that tenants share, a cell for each column.
    pub platform: Vec<Cell>,
    /// The tenants. Those with equal cells share a row; the most tenants come first.
    pub rows: Vec<Row>,
    /// The known risks.
    pub risks: Vec<Remark>,
    /// The assumptions of the proof.
    pub assumptions: Vec<Remark>,
}

/// A channel with its claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The channel.
    pub channel: Channel,
    /// The claims.
    pub claims: Vec<Claim>,
}

/// A claim, about every tenant or about the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The name of the obligation, such as `s3/objects`.
    pub obligation: String,
    /// The layer of protection that it belongs to.
    pub layer: Layer,
    /// The claim.
    pub text: String,
    /// For how many tenants it holds, and so on. For a claim about the platform, the sum is one.
    pub found: Cell,
    /// The known risks that it leaves open.
    pub risks: Vec<String>,
    /// Whether it is about the platform.
    pub platform: bool,
}

/// Tenants of which the same is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The tenants, sorted.
    pub tenants: Vec<String>,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// Verdicts, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cell {
    /// Claims that hold.
    pub proven: usize,
    /// Claims that hold except for a known risk.
    pub residual: usize,
    /// Claims that do not hold, or that the prover cannot decide.
    pub refuted: usize,
}

impl Cell {
    /// The number of verdicts.
    #[must_use]
    pub const fn total(self) -> usize {
        let Self { proven, residual, refuted } = self;
        proven + residual + refuted
    }

    const fn count(&mut self, verdict: &Verdict, times: usize) {
        match verdict {
            Verdict::Proven(_) => self.proven += times,
            Verdict::Residual { .. } => self.residual += times,
            Verdict::Refuted { .. } => self.refuted += times,
        }
    }
}

impl Matrix {
    /// The matrix of a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let body = certificate.body();
        let mut columns: BTreeMap<Channel, Vec<Claim>> = BTreeMap::new();
        for obligation in &body.obligations {
            columns.entry(obligation.channel).or_default().push(Claim::of(obligation));
        }
        let places: BTreeMap<Channel, usize> = columns.keys().copied().zip(0..).collect();
        let mut platform = vec![Cell::default(); columns.len()];
        let mut tenants = vec![platform.clone(); body.tenants.len()];
        for obligation in &body.obligations {
            let column = places[&obligation.channel];
            for finding in &obligation.findings {
                match &finding.about {
                    About::Platform => platform[column].count(&finding.verdict, 1),
                    about @ About::Tenants(_) => {
                        for place in about.places() {
                            if let Some(cells) = tenants.get_mut(place as usize) {
                                cells[column].count(&finding.verdict, 1);
                            }
                        }
                    }
                }
            }
        }
        let mut alike: BTreeMap<Vec<Cell>, Vec<String>> = BTreeMap::new();
        for (tenant, cells) in body.tenants.iter().zip(tenants) {
            alike.entry(cells).or_default().push(tenant.clone());
        }
        let mut rows: Vec<Row> = alike.into_iter().map(|(cells, tenants)| Row { tenants, cells }).collect();
        rows.sort_by(|one, other| (other.tenants.len(), &one.tenants).cmp(&(one.tenants.len(), &other.tenants)));
        let channels = columns.into_iter().map(|(channel, claims)| Column { channel, claims }).collect();
        Self { channels, platform, rows, risks: body.risks.clone(), assumptions: body.assumptions.clone() }
    }
}

impl Claim {
    fn of(obligation: &Obligation) -> Self {
        let Obligation { id, channel: _, layer, claim, findings } = obligation;
        let mut found = Cell::default();
        let (mut risks, mut platform) = (Vec::new(), false);
        for finding in findings {
            let times = match &finding.about {
                About::Platform => {
                    platform = true;
                    1
                }
                about @ About::Tenants(_) => about.places().count(),
            };
            found.count(&finding.verdict, times);
            if let Verdict::Residual { risk, witness: _ } = &finding.verdict
                && !risks.contains(risk)
            {
                risks.push(risk.clone());
            }
        }
        Self { obligation: id.clone(), layer: *layer, text: claim.clone(), found, risks, platform }
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Plan;

    use super::*;

    #[test]
    fn each_claim_is_in_the_row_of_each_tenant() {
        let plan = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
        let plan = Plan::decode(plan).expect("the fixture is a plan");
        let certificate = saas_prover::prove(&plan);
        let matrix = Matrix::of(&certificate);
        let tenants: Vec<&str> = matrix.rows.iter().flat_map(|row| &row.tenants).map(String::as_str).collect();
        assert_eq!(tenants, ["acme-corp", "globex-inc", "initech-llc"]);
        let claims = |platform: bool| {
            let claims = matrix.channels.iter().flat_map(|column| &column.claims);
            claims.filter(|claim| claim.platform == platform).count()
        };
        let counted = |cells: &[Cell]| cells.iter().map(|cell| cell.total()).sum::<usize>();
        assert!(matrix.rows.iter().all(|row| counted(&row.cells) == claims(false)), "{matrix:?}");
        assert_eq!(counted(&matrix.platform), claims(true));
        assert_eq!(claims(false) + claims(true), certificate.body().obligations.len());
    }
}
