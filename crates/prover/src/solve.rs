//! Whether policies let any request of a region through, decided exactly.
//!
//! A request is let through when one statement that allows applies and none that denies does. Each
//! statement that denies can fail to apply for a few reasons (another action, another resource, a
//! condition that does not hold), and each reason leaves a smaller region. What remains at the end is
//! empty, or a request can be taken from it. No value is tried at random.

use saas_model::policy::Effect;

use crate::policy::{Rule, Undecided};
use crate::region::Region;
use crate::request::Request;

/// How many regions are looked at before a question counts as undecided.
const MOST_REGIONS: u32 = 50_000;

/// A request of `region` that one of `rules` allows and none denies; `None` when there is none.
///
/// # Errors
/// When it is not decided; then the answer must count as "there may be one".
pub fn allowed(rules: &[Rule<'_>], region: &Region) -> Result<Option<Request>, Undecided> {
    let mut left = MOST_REGIONS;
    for allow in rules.iter().filter(|rule| rule.effect == Effect::Allow) {
        for region in region.within(allow)? {
            if let Some(request) = avoiding(&denials(rules), region, &mut left)? {
                return Ok(Some(request));
            }
        }
    }
    Ok(None)
}

/// A request of `region` that none of `rules` denies: what a principal that is allowed everything
/// elsewhere can do. `None` when there is none.
///
/// # Errors
/// When it is not decided; then the answer must count as "there may be one".
pub fn not_denied(rules: &[Rule<'_>], region: &Region) -> Result<Option<Request>, Undecided> {
    avoiding(&denials(rules), region.clone(), &mut { MOST_REGIONS })
}

fn denials<'r, 'a>(rules: &'r [Rule<'a>]) -> Vec<&'r Rule<'a>> {
    rules.iter().filter(|rule| rule.effect == Effect::Deny).collect()
}

fn avoiding(denials: &[&Rule<'_>], region: Region, left: &mut u32) -> Result<Option<Request>, Undecided> {
    *left = left.checked_sub(1).ok_or(Undecided::TooManyCases)?;
    // An empty region is left at once, so the reasons do not multiply.
    let Some(request) = region.request()? else { return Ok(None) };
    let Some((denial, rest)) = denials.split_first() else { return Ok(Some(request)) };
    for region in region.outside(denial)? {
        if let Some(request) = avoiding(rest, region, left)? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}
