//! Amounts of money, exact to a billionth of a dollar. Nothing here is a floating-point number.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Billionths of a dollar in a dollar.
const NANOS: i128 = 1_000_000_000;

/// The decimals of [`NANOS`].
const DECIMALS: usize = 9;

/// Billionths of a dollar in a cent.
const CENT: i128 = NANOS / 100;

/// An amount of US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i128);

/// Why a text is not a price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a price: write dollars with a point and at most nine decimals, such as `0.04048`")]
pub struct InvalidPrice(String);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This amount for `numerator / denominator` units, rounded to the nearest billionth.
    ///
    /// # Panics
    /// If `denominator` is zero.
    #[must_use]
    pub const fn times(self, numerator: u64, denominator: u64) -> Self {
        let (numerator, denominator) = (numerator as i128, denominator as i128);
        let product = self.0.saturating_mul(numerator);
        let half = if product < 0 { -denominator / 2 } else { denominator / 2 };
        Self((product.saturating_add(half)) / denominator)
    }

    /// The difference with its sign: `+$1.20`, `-$1.20`, or `±$0`.
    #[must_use]
    pub fn signed(self) -> String {
        match self.cents() {
            0 => "±$0".to_owned(),
            cents if cents > 0 => format!("+{self}"),
            _ => self.to_string(),
        }
    }

    /// How much of `whole` it is, in parts of `parts`, rounded down; 0 if it is negative, at most `parts`.
    #[must_use]
    pub fn part_of(self, whole: Self, parts: u64) -> u64 {
        let part = self.0.saturating_mul(i128::from(parts)).checked_div(whole.0).unwrap_or(0);
        u64::try_from(part).unwrap_or(0).min(parts)
    }

    /// Whole cents, rounded.
    const fn cents(self) -> i128 {
        let half = if self.0 < 0 { -CENT / 2 } else { CENT / 2 };
        (self.0 + half) / CENT
    }
}

impl FromStr for Money {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPrice(text.to_owned());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str, most: usize| {
            !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 7) || !is_number(decimals, DECIMALS) {
            return Err(invalid());
        }
        let number = |part: &str| part.parse::<i128>().map_err(|_| invalid());
        Ok(Self(number(whole)? * NANOS + number(&format!("{decimals:0<DECIMALS$}"))?))
    }
}

/// Dollars and cents, with commas: `$1,234.50`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents();
        let sign = if cents < 0 { "-" } else { "" };
        let (dollars, cents) = ((cents / 100).unsigned_abs().to_string(), (cents % 100).unsigned_abs());
        write!(f, "{sign}$")?;
        for (index, digit) in dollars.chars().enumerate() {
            if index > 0 && (dollars.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{cents:02}")
    }
}

/// The exact amount as a text, as JSON has no decimal numbers: `1234.5`.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sign = if self.0 < 0 { "-" } else { "" };
        let decimals = format!("{:09}", (self.0 % NANOS).unsigned_abs());
        let whole = (self.0 / NANOS).unsigned_abs();
        let text = format!("{sign}{whole}.{}", decimals.trim_end_matches('0'));
        serializer.serialize_str(text.trim_end_matches('.'))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().expect("a valid price")
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(money("0.1") + money("0.2"), money("0.3"));
        assert_eq!(money("0.00154154").times(730 * 512, 1_024), money("0.5626621"));
        assert_eq!(serde_json::json!(money("0.00154154").times(1, 3)), "0.000513847");
        assert_eq!(serde_json::json!(money("12")), "12");
    }

    #[test]
    fn cents_are_rounded_and_thousands_are_separated() {
        assert_eq!(money("1234567.895").to_string(), "$1,234,567.90");
        assert_eq!(money("0.004").to_string(), "$0.00");
        assert_eq!((money("1") - money("1001.5")).to_string(), "-$1,000.50");
        let signed = [money("3"), Money::ZERO, Money::ZERO - money("3"), Money::ZERO - money("0.001")];
        assert_eq!(signed.map(Money::signed), ["+$3.00", "±$0", "-$3.00", "±$0"]);
    }

    #[test]
    fn parts_of_a_whole_are_counted() {
        assert_eq!(money("1").part_of(money("3"), 1_000), 333);
        assert_eq!(money("3").part_of(money("3"), 1_000), 1_000);
        assert_eq!(money("3").part_of(Money::ZERO, 1_000), 0);
        assert_eq!((Money::ZERO - money("3")).part_of(money("3"), 1_000), 0);
    }

    #[test]
    fn other_texts_are_no_prices() {
        for text in ["", "1,5", "-1", "1e3", ".5", "1.", "0.0000000001", "12345678", "NaN"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }
}
