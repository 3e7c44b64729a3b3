//! The master user of a cluster. Its password is validated but not stored.

use super::faults;
use crate::services::prelude::*;
use crate::words::Words;

/// The limits of the lengths of a name and a password. Source: Amazon RDS API reference,
/// `CreateDBCluster`.
const LONGEST_NAME: usize = 16;
const SHORTEST_PASSWORD: usize = 8;
const LONGEST_PASSWORD: usize = 41;

/// Words that neither a master user nor a database can be named: RDS's own users, the key words
/// that PostgreSQL reserves, and unreserved words that RDS is known to reject (`admin`, `catalog`,
/// `db`, `dispatch`, `flag`, `identity`). `postgres` is permitted. Source: published answers of RDS
/// ("MasterUsername admin cannot be used as it is a reserved word used by the engine",
/// "DatabaseName catalog cannot be used. It is a reserved word for this engine"); cfn-lint#4425;
/// PostgreSQL documentation, "SQL key words".
const RESERVED: Words = Words(
    "admin catalog db dispatch flag identity rdsadmin rdsrepladmin rdstopmgr all analyse analyze and any array as asc \
     asymmetric both case cast check collate column constraint create default deferrable desc distinct do else end \
     except false fetch for foreign from grant group having in initially intersect into lateral leading limit \
     localtime localtimestamp not null offset on only or order placing primary public references returning select some \
     symmetric table then to trailing true union unique user using variadic when where window with",
);

/// Validates the name of a master user.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    ensure!(!name.is_empty(), faults::blank("MasterUsername"));
    let is_sound = name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric());
    if !is_sound {
        return Err(faults::value(format!(
            "The parameter MasterUsername is not a valid identifier: it must be 1 to {LONGEST_NAME} letters or \
             numbers, and its first character must be a letter."
        )));
    }
    if is_reserved(name) {
        let message = format!("MasterUsername {name} cannot be used as it is a reserved word used by the engine");
        return Err(faults::value(message));
    }
    Ok(())
}

/// Whether RDS reserves a word.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name.to_ascii_lowercase())
}

/// Validates a password. The error does not repeat it.
pub(super) fn check_password(password: &str) -> Result<(), Refusal> {
    let wrong =
        |why: &str| Err(faults::value(format!("The parameter MasterUserPassword is not a valid password{why}")));
    match password.chars().count() {
        0 => Err(faults::blank("MasterUserPassword")),
        length if length < SHORTEST_PASSWORD => wrong(" because it is shorter than 8 characters."),
        length if length > LONGEST_PASSWORD => wrong(" because it is longer than 41 characters."),
        _ if password.chars().all(|letter| letter.is_ascii_graphic() && !"/@\"".contains(letter)) => Ok(()),
        _ => wrong(". Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_user_names_are_validated() {
        for name in ["saasadmin", "postgres", "a", "Abcdefghijklmno1"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "admin", "Admin", "rdsadmin", "user", "1a", "a_b", "a-b", "abcdefghijklmnopq"] {
            assert!(check_name(name).is_err_and(|refusal| refusal.code == "InvalidParameterValue"), "{name}");
        }
    }

    #[test]
    fn passwords_are_validated() {
        assert_eq!(check_password("Correct-Horse_9!"), Ok(()));
        let long = "x".repeat(42);
        for password in ["", "tiny", long.as_str(), "with space", "with/slash", "with@sign", "with\"quote", "ümlautet"]
        {
            let refusal = check_password(password).expect_err("a password that RDS does not take");
            assert_eq!(refusal.code, "InvalidParameterValue");
            assert!(password.is_empty() || !refusal.message.contains(password), "{}", refusal.message);
        }
    }
}
