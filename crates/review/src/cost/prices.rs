//! The table of prices: what AWS charges in a Region, each price with its date and its source.

use std::collections::BTreeMap;
use std::fmt;

use saas_model::identifier::{InstanceClass, Region};
use saas_model::resource::{Architecture, CapacityProvider};
use serde::Deserialize;

use super::money::{InvalidPrice, Money};

/// The prices that saas brings. A price that no source states is left out.
const BUILT_IN: &str = include_str!("../../prices.json");

/// What has a price. Its text is its key in the table.
#[derive(Clone, Debug)]
pub(super) enum Priced<'p> {
    /// A virtual CPU of a task, for an hour.
    FargateCpu(Architecture, CapacityProvider),
    /// A GB of memory of a task, for an hour.
    FargateMemory(Architecture, CapacityProvider),
    /// A NAT gateway for an hour, without the data that it processes.
    NatGateway,
    /// An application load balancer for an hour, without capacity units.
    LoadBalancer,
    /// A public IPv4 address, for an hour.
    PublicIpv4,
    /// A secret of Secrets Manager for a month, without requests.
    Secret,
    /// A GB that CloudWatch Logs ingests.
    LogsIngested,
    /// An instance of Aurora PostgreSQL for an hour, without storage and requests.
    Aurora(&'p InstanceClass),
}

impl fmt::Display for Priced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fargate = |f: &mut fmt::Formatter<'_>, architecture, capacity, unit| {
            let spot = if capacity == CapacityProvider::FargateSpot { "spot-" } else { "" };
            let architecture = if architecture == Architecture::Arm { "arm" } else { "x86" };
            write!(f, "fargate-{spot}{architecture}-{unit}-hour")
        };
        match self {
            Self::FargateCpu(architecture, capacity) => fargate(f, *architecture, *capacity, "vcpu"),
            Self::FargateMemory(architecture, capacity) => fargate(f, *architecture, *capacity, "gb"),
            Self::NatGateway => f.write_str("nat-gateway-hour"),
            Self::LoadBalancer => f.write_str("load-balancer-hour"),
            Self::PublicIpv4 => f.write_str("public-ipv4-hour"),
            Self::Secret => f.write_str("secret-month"),
            Self::LogsIngested => f.write_str("logs-ingested-gb"),
            Self::Aurora(class) => write!(f, "{AURORA}{class}{HOUR}"),
        }
    }
}

impl Priced<'_> {
    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::FargateCpu(_, CapacityProvider::Fargate) | Self::FargateMemory(_, CapacityProvider::Fargate) => {
                "Fargate tasks".to_owned()
            }
            Self::FargateCpu(_, CapacityProvider::FargateSpot)
            | Self::FargateMemory(_, CapacityProvider::FargateSpot) => "Fargate Spot tasks".to_owned(),
            Self::NatGateway => "NAT gateways".to_owned(),
            Self::LoadBalancer => "load balancers".to_owned(),
            Self::PublicIpv4 => "public IPv4 addresses".to_owned(),
            Self::Secret => "secrets".to_owned(),
            Self::LogsIngested => "logs".to_owned(),
            Self::Aurora(class) => format!("Aurora ({class})"),
        }
    }
}

const AURORA: &str = "aurora-postgresql-";
const HOUR: &str = "-hour";

/// Whether a table may have this key. A misspelt one would be a price that is missing without a reason.
fn is_known(key: &str) -> bool {
    use Priced::{FargateCpu, FargateMemory, LoadBalancer, LogsIngested, NatGateway, PublicIpv4, Secret};
    let class = key.strip_prefix(AURORA).and_then(|rest| rest.strip_suffix(HOUR));
    let tasks = [Architecture::X86, Architecture::Arm].into_iter().flat_map(|architecture| {
        [CapacityProvider::Fargate, CapacityProvider::FargateSpot]
            .into_iter()
            .flat_map(move |capacity| [FargateCpu(architecture, capacity), FargateMemory(architecture, capacity)])
    });
    let mut others = [NatGateway, LoadBalancer, PublicIpv4, Secret, LogsIngested].into_iter().chain(tasks);
    class.is_some_and(|class| class.parse::<InstanceClass>().is_ok()) || others.any(|priced| priced.to_string() == key)
}

/// A price with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The price of one unit.
    pub amount: Money,
    /// The day at which the source states it, as `2026-03-28`.
    pub as_of: String,
    /// Where it is stated.
    pub source: String,
}

/// Prices by Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    regions: BTreeMap<String, BTreeMap<String, Price>>,
}

/// Why a text is not a table of prices.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPrices {
    /// It does not have the form of the table.
    #[error("it does not have the form of a table of prices")]
    Form(#[from] serde_json::Error),
    /// A price is not a number of dollars.
    #[error("`{key}` of {region}")]
    Price {
        /// The Region.
        region: String,
        /// The key of the price.
        key: String,
        /// What is wrong.
        source: InvalidPrice,
    },
    /// Nothing has this price.
    #[error("`{key}` of {region}: nothing has this price; see `prices.json` of saas-review for the keys")]
    Unknown {
        /// The Region.
        region: String,
        /// The key.
        key: String,
    },
    /// A date is not a day.
    #[error("`{key}` of {region}: `as_of` is not a day such as `2026-03-28`")]
    Day {
        /// The Region.
        region: String,
        /// The key.
        key: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The day at which the sources were read.
    #[serde(rename = "read")]
    _read: String,
    regions: BTreeMap<String, BTreeMap<String, Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    usd: String,
    as_of: String,
    source: String,
}

impl Prices {
    /// The prices that saas brings.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the prices that saas brings are valid: a test reads them")
    }

    /// Reads a table of prices in JSON.
    ///
    /// # Errors
    /// If the text is not one; the error says what is wrong, and where.
    pub fn parse(json: &str) -> Result<Self, InvalidPrices> {
        let Table { _read: _, regions } = serde_json::from_str(json)?;
        let price = |region: &str, key: String, row: Row| {
            let Row { usd, as_of, source } = row;
            if !is_known(&key) {
                return Err(InvalidPrices::Unknown { region: region.to_owned(), key });
            }
            if !is_day(&as_of) {
                return Err(InvalidPrices::Day { region: region.to_owned(), key });
            }
            match usd.parse() {
                Ok(amount) => Ok((key, Price { amount, as_of, source })),
                Err(source) => Err(InvalidPrices::Price { region: region.to_owned(), key, source }),
            }
        };
        let prices = |(region, rows): (String, BTreeMap<String, Row>)| {
            let rows = rows.into_iter().map(|(key, row)| price(&region, key, row));
            Ok((region.clone(), rows.collect::<Result<_, InvalidPrices>>()?))
        };
        Ok(Self { regions: regions.into_iter().map(prices).collect::<Result<_, InvalidPrices>>()? })
    }

    /// Whether there are prices of a Region.
    #[must_use]
    pub fn has(&self, region: &Region) -> bool {
        self.regions.contains_key(region.as_str())
    }

    pub(super) fn of(&self, region: &Region, priced: &Priced<'_>) -> Option<&Price> {
        self.regions.get(region.as_str())?.get(&priced.to_string())
    }
}

fn is_day(text: &str) -> bool {
    text.len() == "2026-03-28".len()
        && text.char_indices().all(|(index, c)| if matches!(index, 4 | 7) { c == '-' } else { c.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_prices_are_valid_and_each_has_its_source() {
        let prices = Prices::built_in();
        for region in ["us-east-1", "eu-central-1"] {
            let rows = &prices.regions[region];
            assert!(rows.len() >= 8, "{region}");
            assert!(rows.values().all(|price| price.source.starts_with("https://")), "{region}");
        }
    }

    #[test]
    fn invalid_tables_say_where() {
        let table = |row: &str| format!(r#"{{"read": "2026-01-01", "regions": {{"us-east-1": {{{row}}}}}}}"#);
        let error = |row: &str| Prices::parse(&table(row)).expect_err(row).to_string();
        let row = |key: &str, usd: &str, day: &str| {
            format!(r#""{key}": {{"usd": "{usd}", "as_of": "{day}", "source": "an invoice"}}"#)
        };
        assert!(Prices::parse(&table(&row("secret-month", "0.4", "2026-01-01"))).is_ok());
        assert_eq!(error(&row("secret-month", "0,4", "2026-01-01")), "`secret-month` of us-east-1");
        assert!(error(&row("secrets-month", "0.4", "2026-01-01")).contains("`secrets-month` of us-east-1: nothing"));
        assert!(error(&row("secret-month", "0.4", "1.1.2026")).contains("as_of"));
        assert!(Prices::parse("{}").is_err());
    }
}
