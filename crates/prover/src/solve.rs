//! Decides exactly whether policies allow any request of a region.
//!
//! A request is allowed if at least one allow statement applies and no deny statement does. Each
//! deny statement can fail to apply for a few reasons (another action, another resource, a
//! condition that does not hold), and each reason leaves a smaller region. The final region is
//! either empty or contains a request. The search is deterministic: it tries no random values.

use saas_model::policy::Effect;

use crate::catalogue::{CATALOGUE, Level};
use crate::policy::{Names, Rule, Undecided};
use crate::region::Region;
use crate::request::{Answer, Request, evaluate};

/// The maximum number of explored regions, after which a question counts as undecided.
const MOST_REGIONS: u32 = 50_000;

/// A request of `region` that at least one of `rules` allows and none denies; `None` if there is
/// none.
///
/// # Errors
/// When the question is undecided. Callers must treat this as "there may be such a request".
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

/// A request of `region` that none of `rules` denies: one that succeeds for a principal with full
/// permissions from elsewhere. `None` if there is none.
///
/// # Errors
/// When the question is undecided. Callers must treat this as "there may be such a request".
pub fn not_denied(rules: &[Rule<'_>], region: &Region) -> Result<Option<Request>, Undecided> {
    let request = avoiding(&denials(rules), region.clone(), &mut { MOST_REGIONS })?;
    Ok(request.map(|request| with_a_name(request, rules)))
}

/// The request with the name of an unlisted action that the statements let through as one of their exceptions, if its
/// action stands for all unlisted ones: so that it can be replayed.
fn with_a_name(request: Request, rules: &[Rule<'_>]) -> Request {
    if CATALOGUE.action(&request.action).is_some_and(|action| action.level != Level::Unknown) {
        return request;
    }
    let exceptions = rules.iter().flat_map(|rule| match rule.actions {
        Names::AllBut(patterns) => patterns,
        Names::Of(_) => &[],
    });
    let names = exceptions.map(|pattern| pattern.replace('*', "NotListed").replace('?', "x"));
    let mut named = names.map(|action| Request { action, ..request.clone() });
    let passes = |request: &Request| evaluate(rules.iter().copied(), request) != Ok(Answer::Denied);
    if passes(&request) { request } else { named.find(passes).unwrap_or(request) }
}

fn denials<'r, 'a>(rules: &'r [Rule<'a>]) -> Vec<&'r Rule<'a>> {
    rules.iter().filter(|rule| rule.effect == Effect::Deny).collect()
}

fn avoiding(denials: &[&Rule<'_>], region: Region, left: &mut u32) -> Result<Option<Request>, Undecided> {
    *left = left.checked_sub(1).ok_or(Undecided::TooManyCases)?;
    // Empty regions are dropped immediately, so the combinations do not multiply.
    let Some(request) = region.request()? else { return Ok(None) };
    let Some((denial, rest)) = denials.split_first() else { return Ok(Some(request)) };
    for region in region.outside(denial)? {
        if let Some(request) = avoiding(rest, region, left)? {
            return Ok(Some(request));
        }
    }
    Ok(None)
}
