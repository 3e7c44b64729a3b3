//! As many managed policies as the statements need.

use saas_model::policy::{Actions, Policy, Statement};

/// The characters that a managed policy may have, without whitespace.
/// Source: IAM User Guide, "IAM and AWS STS quotas".
pub const LONGEST_POLICY: usize = 6_144;

/// The characters of a policy that count: IAM ignores whitespace.
#[must_use]
pub fn counted(policy: &Policy) -> usize {
    policy.to_json().chars().filter(|letter| !letter.is_whitespace()).count()
}

/// Fills one policy after the other with statements, in their order. A statement that is too long for a policy of its
/// own is divided by its actions.
pub(crate) fn split(statements: Vec<Statement>, longest: usize) -> Vec<Policy> {
    let mut policies: Vec<Policy> = Vec::new();
    for statement in statements.into_iter().flat_map(|statement| parts(statement, longest)) {
        if let Some(last) = policies.last_mut() {
            last.statements.push(statement.clone());
            if counted(last) <= longest {
                continue;
            }
            last.statements.pop();
        }
        policies.push(Policy { statements: vec![statement] });
    }
    policies
}

fn parts(statement: Statement, longest: usize) -> Vec<Statement> {
    let alone = Policy { statements: vec![statement] };
    let fits = counted(&alone) <= longest;
    let [statement] = alone.statements.try_into().expect("there is one statement");
    let actions = match &statement.actions {
        Actions::Of(actions) if !fits && actions.len() > 1 => actions.clone(),
        // All actions but some cannot be divided.
        Actions::Of(_) | Actions::AllBut(_) => return vec![statement],
    };
    let (first, second) = actions.split_at(actions.len().div_ceil(2));
    let halves = [(first, "A"), (second, "B")].map(|(actions, suffix)| Statement {
        sid: format!("{}{suffix}", statement.sid).into(),
        actions: actions.iter().cloned().collect(),
        ..statement.clone()
    });
    halves.into_iter().flat_map(|half| parts(half, longest)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use saas_model::policy::Effect;

    use super::*;

    fn statement(number: usize, actions: usize) -> Statement {
        Statement {
            sid: format!("S{number}").into(),
            effect: Effect::Allow,
            principal: None,
            actions: (0..actions).map(|action| format!("s3:Action{number}x{action}")).collect(),
            resources: ["*".to_owned()].into(),
            conditions: [].into(),
        }
    }

    proptest! {
        #[test]
        fn no_policy_is_too_long_and_no_action_is_lost(sizes in prop::collection::vec(1..60_usize, 1..20)) {
            let statements: Vec<_> = sizes.iter().enumerate().map(|(number, size)| statement(number, *size)).collect();
            let all = |statements: &[Statement]| -> BTreeSet<String> {
                statements.iter().flat_map(|statement| statement.actions.patterns().iter().cloned()).collect()
            };
            let before = all(&statements);
            let policies = split(statements, 600);
            prop_assert!(policies.iter().all(|policy| counted(policy) <= 600));
            let after: BTreeSet<String> = policies.iter().flat_map(|policy| all(&policy.statements)).collect();
            prop_assert_eq!(before, after);
            let sids: Vec<_> = policies.iter().flat_map(|policy| &policy.statements).map(|one| &one.sid).collect();
            prop_assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len());
        }
    }
}
