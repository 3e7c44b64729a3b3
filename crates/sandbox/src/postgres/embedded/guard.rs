//! Rejects statements that would break the shared backend or make a client its superuser; they fail
//! with a PostgreSQL error instead.
//!
//! It compares words and does not parse SQL: it guards against accidents. It does not detect a
//! statement that a client hides in a string; that client harms only its own sandbox.

use super::answer::Refusal;
use super::quote::literal;
use super::wire::Message;

/// A failing message to send in place of a forbidden one; `None` if the message is allowed.
pub(super) fn guarded(message: &Message) -> Option<Message> {
    let (_, sql) = message.sql()?;
    let refusal = refusal(sql)?;
    // The error must come from the backend, because there it also fails the transaction.
    let (code, text) = (literal(&refusal.code), literal(&refusal.message));
    Some(message.with_sql(&format!("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = {code}, MESSAGE = {text}; END $$")))
}

fn refusal(sql: &str) -> Option<Refusal> {
    sql.split(';').find_map(|statement| {
        let words: Vec<String> = words(statement).collect();
        let has = |wanted: &[&str]| words.windows(wanted.len()).any(|found| found == wanted);
        let sets = has(&["set_config"]) || matches!(words.first().map(String::as_str), Some("set" | "reset"));
        if sets && (has(&["session", "authorization"]) || has(&["session_authorization"])) {
            return Some(Refusal::new("42501", "permission denied to set session authorization"));
        }
        if words.first().is_some_and(|word| word == "copy") && has(&["from", "stdin"]) {
            let text = "the PostgreSQL of a sandbox does not support COPY FROM STDIN; use INSERT";
            return Some(Refusal::new("0A000", text));
        }
        None
    })
}

/// Whether a statement resets a session to its initial state: only its parameters, or all of it.
pub(super) fn renewal(sql: &str) -> Option<Renewal> {
    let words: Vec<String> = words(sql).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["discard", "all"] => Some(Renewal::All),
        ["reset", "all"] => Some(Renewal::Settings),
        _ => None,
    }
}

/// The part of a session that is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    Settings,
    All,
}

/// Possible names of custom parameters, such as `my.tenant`, in SQL that may set some.
pub(super) fn custom_parameters(sql: &str) -> Vec<String> {
    let sets = words(sql).any(|word| matches!(word.as_str(), "set" | "set_config"));
    let is_name = |part: &str| part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    sql.split(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '_' | '.'))
        .filter(|text| sets && text.split('.').count() == 2 && text.split('.').all(is_name))
        .map(str::to_lowercase)
        .collect()
}

fn words(sql: &str) -> impl Iterator<Item = String> {
    sql.split(|character: char| !character.is_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superuser_switches_and_copies_are_refused() {
        for (sql, code) in [
            ("SET SESSION AUTHORIZATION postgres", Some("42501")),
            ("select 1; set local  session\nauthorization 'postgres'", Some("42501")),
            ("SELECT set_config('session_authorization', 'postgres', false)", Some("42501")),
            ("RESET SESSION AUTHORIZATION", Some("42501")),
            ("COPY acme.invoices FROM STDIN", Some("0A000")),
            ("COPY acme.invoices TO STDOUT", None),
            ("SHOW session_authorization", None),
            ("SET search_path = a", None),
            ("CREATE SCHEMA a AUTHORIZATION b", None),
        ] {
            assert_eq!(refusal(sql).map(|refusal| refusal.code).as_deref(), code, "{sql}");
        }
    }

    #[test]
    fn a_refused_statement_keeps_its_name() {
        let message = Message::parse(b"s1", b"RESET SESSION AUTHORIZATION", &[]);
        let guarded = guarded(&message).expect("it is refused");
        let (name, sql) = guarded.sql().expect("it has SQL");
        assert_eq!(name, b"s1");
        assert!(sql.starts_with("DO $$"), "{sql}");
    }

    #[test]
    fn custom_parameters_require_a_dot() {
        let found = custom_parameters("SET my.Tenant = 'a'; SELECT set_config('app.x', b.c, 1.5, d.e.f)");
        assert_eq!(found, ["my.tenant", "app.x", "b.c"]);
        assert!(custom_parameters("SELECT a.b FROM c.d").is_empty());
    }

    #[test]
    fn a_session_can_be_reset() {
        assert_eq!(renewal(" discard  ALL;"), Some(Renewal::All));
        assert_eq!(renewal("RESET ALL"), Some(Renewal::Settings));
        assert_eq!(renewal("RESET search_path"), None);
    }
}
