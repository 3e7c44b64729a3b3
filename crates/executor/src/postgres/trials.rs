//! Really tries statements that must be refused: thousands in one request. Each is rolled back
//! separately, so that it cannot affect the next.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::INSUFFICIENT_PRIVILEGE;
use super::{PostgresError, literal};

/// How many statements to try in one request.
const STATEMENTS_PER_REQUEST: usize = 2_000;
/// The error that the block raises to roll back a statement that was not refused.
const SUCCEEDED: &str = "SAAS1";
/// The errors for a block that the role may not write: no right on its language, or no such language.
const BLOCKS_UNAVAILABLE: [&str; 2] = [INSUFFICIENT_PRIVILEGE, "42704"];

/// The outcome of a statement that was not refused for lack of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnexpectedResult {
    /// It succeeded and was rolled back.
    Succeeded,
    /// It was refused for another reason.
    OtherError {
        /// The error code.
        code: String,
        /// The message of the server.
        message: String,
    },
}

/// Tries statements one after the other. Returns, by index, those that did not fail with
/// `insufficient_privilege`. Uses blocks if the server `catches_errors` in them.
///
/// # Errors
/// When the statements could not be tried.
pub(super) async fn try_all(
    client: &Client,
    statements: &[String],
    catches_errors: bool,
) -> Result<BTreeMap<usize, UnexpectedResult>, PostgresError> {
    let mut results = BTreeMap::new();
    for (request, statements) in statements.chunks(STATEMENTS_PER_REQUEST).enumerate() {
        let found = if catches_errors {
            match try_in_one_block(client, statements).await {
                Err(error) if BLOCKS_UNAVAILABLE.iter().any(|code| error.is(code)) => {
                    try_one_by_one(client, statements).await?
                }
                tried => tried?,
            }
        } else {
            try_one_by_one(client, statements).await?
        };
        results.extend(
            found.into_iter().map(|(index, parse_result)| (request * STATEMENTS_PER_REQUEST + index, parse_result)),
        );
    }
    Ok(results)
}

/// Tries the statements in one block. The block returns its results through a parameter, because a block
/// has no return value.
///
/// A caught error rolls back everything since `BEGIN`, including roles and parameters. Source: PostgreSQL
/// documentation, section 43.6.8.
async fn try_in_one_block(
    client: &Client,
    statements: &[String],
) -> Result<BTreeMap<usize, UnexpectedResult>, PostgresError> {
    let quoted: Vec<String> = statements.iter().map(|sql| literal(sql)).collect();
    let block = format!(
        "DECLARE
            refused int := 0;
            other text[] := '{{}}';
            statements text[] := ARRAY[{}]::text[];
        BEGIN
            FOR i IN 1 .. cardinality(statements) LOOP
                BEGIN
                    EXECUTE statements[i];
                    RAISE EXCEPTION USING ERRCODE = '{SUCCEEDED}';
                EXCEPTION WHEN OTHERS THEN
                    IF SQLSTATE = '{INSUFFICIENT_PRIVILEGE}' THEN
                        refused := refused + 1;
                    ELSE
                        other := other || format('%s %s %s', i - 1, SQLSTATE, SQLERRM);
                    END IF;
                END;
            END LOOP;
            PERFORM set_config('saas.refused', refused::text, true), set_config('saas.other', array_to_json(other)::text, true);
        END",
        quoted.join(", ")
    );
    let request = format!(
        "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL search_path = pg_catalog; DO {};
         SELECT current_setting('saas.refused'), current_setting('saas.other'); ROLLBACK",
        literal(&block)
    );
    let answer = match client.simple_query(&request).await {
        Ok(answer) => answer,
        Err(error) => {
            // The request ended within its transaction. A broken connection fails here.
            let rolled_back = client.batch_execute("ROLLBACK").await;
            rolled_back.map_err(PostgresError::while_doing("roll back the test statements"))?;
            return Err(PostgresError::while_doing("test forbidden statements")(error));
        }
    };
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.parse::<usize>().ok()?, row.get(1)?)),
        _ => None,
    });
    let parsed = row.and_then(|(refused, other)| {
        let other: Vec<String> = serde_json::from_str(other).ok()?;
        let results: BTreeMap<usize, UnexpectedResult> =
            other.iter().map(|text| parse_result(text)).collect::<Option<_>>()?;
        (refused + results.len() == statements.len()).then_some(results)
    });
    parsed.ok_or_else(|| PostgresError::Lost {
        doing: "test forbidden statements".to_owned(),
        reason: "the response does not cover every statement".to_owned(),
    })
}

fn parse_result(text: &str) -> Option<(usize, UnexpectedResult)> {
    let mut parts = text.splitn(3, ' ');
    let (index, code, message) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    Some((index, if code == SUCCEEDED { UnexpectedResult::Succeeded } else { other_error(code, message) }))
}

fn other_error(code: &str, message: &str) -> UnexpectedResult {
    UnexpectedResult::OtherError { code: code.to_owned(), message: message.to_owned() }
}

/// Tries each statement as its own request. The requests are pipelined, and the server runs them in
/// order.
///
/// The statements of one request are one transaction, and `ROLLBACK` ends it. Source: PostgreSQL
/// documentation, section 55.2.2.1.
async fn try_one_by_one(
    client: &Client,
    statements: &[String],
) -> Result<BTreeMap<usize, UnexpectedResult>, PostgresError> {
    let attempts = statements.iter().map(async |sql| client.batch_execute(&format!("{sql}; ROLLBACK")).await);
    let mut results = BTreeMap::new();
    for (index, outcome) in join_all(attempts).await.into_iter().enumerate() {
        match outcome.map_err(PostgresError::while_doing("test forbidden statements")) {
            Err(error) if error.is(INSUFFICIENT_PRIVILEGE) => None,
            Err(PostgresError::Refused { code, message, .. }) => results.insert(index, other_error(&code, &message)),
            Err(error) => return Err(error),
            Ok(()) => results.insert(index, UnexpectedResult::Succeeded),
        };
    }
    Ok(results)
}
