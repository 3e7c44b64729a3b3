//! Names of RDS resources: identifiers, ARNs, host names and resource ids.

use std::ops::RangeInclusive;

use super::faults;
use crate::cloud::Account;
use crate::ids::Ids;
use crate::services::prelude::*;

/// The identifier of a new resource: letters, digits and hyphens. RDS stores it in lower case.
pub(super) fn new(input: &Input, parameter: &str, most: usize) -> Result<String, Refusal> {
    let name = input.required(parameter)?;
    check(parameter, name, most)?;
    Ok(name.to_ascii_lowercase())
}

/// Validates an identifier.
pub(super) fn check(parameter: &str, name: &str, most: usize) -> Result<(), Refusal> {
    ensure!(!name.is_empty(), faults::blank(parameter));
    if name.len() > most {
        let message =
            format!("The parameter {parameter} is not a valid identifier because it is longer than {most} characters.");
        return Err(faults::value(message));
    }
    let is_sound = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && !name.ends_with('-')
        && !name.contains("--");
    if is_sound {
        return Ok(());
    }
    Err(faults::value(format!(
        "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only \
         ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    )))
}

/// The lookup key for an identifier in any case, or for an ARN.
pub(super) fn lookup(text: &str) -> String {
    let name = match text.strip_prefix("arn:") {
        // arn:<partition>:rds:<region>:<account>:<kind>:<name>
        Some(rest) => rest.splitn(6, ':').nth(5).unwrap_or(text),
        None => text,
    };
    name.to_ascii_lowercase()
}

/// The identifier of the resource that a call refers to.
pub(super) fn required(input: &Input, parameter: &str) -> Result<String, Refusal> {
    input.required(parameter).map(lookup)
}

/// An optional number of a call; `wrong` is the message for a number that is out of range.
pub(super) fn number<T: TryFrom<i64>>(
    input: &Input,
    parameter: &str,
    range: RangeInclusive<i64>,
    wrong: impl Fn(i64) -> String,
) -> Result<Option<T>, Refusal> {
    let Some(number) = input.number(parameter) else { return Ok(None) };
    let in_range = Some(number).filter(|number| range.contains(number)).and_then(|number| number.try_into().ok());
    in_range.map(Some).ok_or_else(|| faults::value(wrong(number)))
}

/// A required description.
pub(super) fn description<'a>(input: &'a Input, parameter: &str) -> Result<&'a str, Refusal> {
    let text = input.required(parameter)?;
    ensure!(!text.trim().is_empty(), faults::blank(parameter));
    ensure!(!text.chars().any(char::is_control), faults::value("Input can't contain control characters."));
    Ok(text)
}

/// An ARN of RDS.
pub(super) fn arn(account: &Account, kind: &str, name: &str) -> String {
    account.arn("rds", &format!("{kind}:{name}"))
}

/// A new resource id, which is never reused.
pub(super) fn resource(cloud: &mut Cloud, prefix: &str) -> String {
    format!("{prefix}-{}", cloud.ids.letters(26).to_ascii_uppercase())
}

/// The host name of a cluster or an instance. The part after the name is the same for all resources
/// of an account in a Region. Source: Amazon Aurora User Guide, "Amazon Aurora endpoint
/// connections".
pub(super) fn host(account: &Account, name: &str, role: &str) -> String {
    let own = Ids::new(fold(account, 'c')).letters(11).to_ascii_lowercase();
    let (region, suffix) = (&account.region, account.dns_suffix());
    match account.partition() {
        // In China, the Region follows the service name, as endpoints in published code show.
        "aws-cn" => format!("{name}.{role}c{own}.rds.{region}.{suffix}"),
        _ => format!("{name}.{role}c{own}.{region}.rds.{suffix}"),
    }
}

/// The default encryption key: `aws/rds`, of which each account has its own.
pub(super) fn default_key(account: &Account) -> String {
    let mut ids = Ids::new(fold(account, 'k'));
    account.arn("kms", &format!("key/{}", ids.uuid()))
}

/// A hash of an account and a Region (Fowler, Noll and Vo).
fn fold(account: &Account, salt: char) -> u64 {
    let text = account.id.chars().chain(account.region.chars()).chain([salt]);
    text.fold(0xcbf2_9ce4_8422_2325, |hash, letter| (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_letters_digits_and_single_hyphens() {
        let check = |name| check("DBClusterIdentifier", name, 63).map_err(|refusal| refusal.code);
        let (longest, longer) = ("a".repeat(63), "a".repeat(64));
        assert!(check("saas-demo-db").is_ok() && check("A").is_ok() && check(&longest).is_ok());
        for name in ["", "1a", "-a", "a-", "a--b", "a_b", "a.b", "ä", &longer] {
            assert!(check(name).is_err_and(|code| code == "InvalidParameterValue"), "{name}");
        }
    }

    #[test]
    fn resources_are_looked_up_by_name_or_arn() {
        assert_eq!(lookup("Saas-DB"), "saas-db");
        assert_eq!(lookup("arn:aws:rds:us-east-1:123456789012:cluster:saas-db"), "saas-db");
        assert_eq!(lookup("arn:aws:rds:us-east-1:123456789012:cluster-snapshot:rds:saas-2026"), "rds:saas-2026");
    }

    #[test]
    fn endpoints_of_an_account_share_a_domain() {
        let account = Account { id: "123456789012".into(), region: "us-east-1".into(), caller: String::new() };
        let domain = |host: String| host.rsplit_once("cluster-").map(|(_, domain)| domain.to_owned());
        assert_eq!(domain(host(&account, "a", "cluster-")), domain(host(&account, "b", "cluster-")));
        assert!(host(&account, "a", "cluster-").ends_with(".us-east-1.rds.amazonaws.com"));
    }
}
