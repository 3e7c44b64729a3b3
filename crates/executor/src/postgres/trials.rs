//! Statements that must be refused, really tried: thousands in one request, each taken back by
//! itself, so that what one did is not there for the next.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::NO_RIGHT;
use super::{PostgresError, literal};

/// How many statements are tried in one request.
const A_REQUEST: usize = 2_000;
/// What the block raises to take back what was not refused.
const LET: &str = "SAAS1";
/// How a block is refused where nobody may write one: no right on its language, or no such language.
const NO_BLOCKS: [&str; 2] = [NO_RIGHT, "42704"];

/// How a statement ended that was not refused for want of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was done, and taken back.
    Done,
    /// It was refused for another reason.
    Otherwise {
        /// The code.
        code: String,
        /// What the server says.
        message: String,
    },
}

/// Tries statements one after the other, and gives by their places those that did not end with
/// `insufficient_privilege`. In blocks where the server `catches_errors` in them.
///
/// # Errors
/// When they could not be tried.
pub(super) async fn try_all(
    client: &Client,
    statements: &[String],
    catches_errors: bool,
) -> Result<BTreeMap<usize, Ending>, PostgresError> {
    let mut endings = BTreeMap::new();
    for (request, statements) in statements.chunks(A_REQUEST).enumerate() {
        let found = if catches_errors {
            match try_together(client, statements).await {
                Err(error) if NO_BLOCKS.iter().any(|code| error.is(code)) => try_singly(client, statements).await?,
                tried => tried?,
            }
        } else {
            try_singly(client, statements).await?
        };
        endings.extend(found.into_iter().map(|(index, ending)| (request * A_REQUEST + index, ending)));
    }
    Ok(endings)
}

/// Tries them in one block. What it tells goes through a parameter, for a block returns nothing.
///
/// An error that is caught takes back what was done since `BEGIN`, with roles and parameters that
/// were set. Source: PostgreSQL documentation, section 43.6.8.
async fn try_together(client: &Client, statements: &[String]) -> Result<BTreeMap<usize, Ending>, PostgresError> {
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
                    RAISE EXCEPTION USING ERRCODE = '{LET}';
                EXCEPTION WHEN OTHERS THEN
                    IF SQLSTATE = '{NO_RIGHT}' THEN
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
            // The request ended in the middle of its transaction. A connection that broke says so.
            let rolled_back = client.batch_execute("ROLLBACK").await;
            rolled_back.map_err(PostgresError::while_doing("end the attempts"))?;
            return Err(PostgresError::while_doing("try what is forbidden")(error));
        }
    };
    let told = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.parse::<usize>().ok()?, row.get(1)?)),
        _ => None,
    });
    let understood = told.and_then(|(refused, other)| {
        let other: Vec<String> = serde_json::from_str(other).ok()?;
        let endings: BTreeMap<usize, Ending> = other.iter().map(|text| ending(text)).collect::<Option<_>>()?;
        (refused + endings.len() == statements.len()).then_some(endings)
    });
    understood.ok_or_else(|| PostgresError::Lost {
        doing: "try what is forbidden".to_owned(),
        reason: "not every attempt is accounted for".to_owned(),
    })
}

fn ending(text: &str) -> Option<(usize, Ending)> {
    let mut parts = text.splitn(3, ' ');
    let (index, code, message) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    Some((index, if code == LET { Ending::Done } else { otherwise(code, message) }))
}

fn otherwise(code: &str, message: &str) -> Ending {
    Ending::Otherwise { code: code.to_owned(), message: message.to_owned() }
}

/// Tries each as a request of its own. They travel together, and are done one after the other.
///
/// Statements sent together are one transaction, and `ROLLBACK` ends it.
/// Source: PostgreSQL documentation, section 55.2.2.1.
async fn try_singly(client: &Client, statements: &[String]) -> Result<BTreeMap<usize, Ending>, PostgresError> {
    let attempts = statements.iter().map(async |sql| client.batch_execute(&format!("{sql}; ROLLBACK")).await);
    let mut endings = BTreeMap::new();
    for (index, outcome) in join_all(attempts).await.into_iter().enumerate() {
        match outcome.map_err(PostgresError::while_doing("try what is forbidden")) {
            Err(error) if error.is(NO_RIGHT) => None,
            Err(PostgresError::Refused { code, message, .. }) => endings.insert(index, otherwise(&code, &message)),
            Err(lost) => return Err(lost),
            Ok(()) => endings.insert(index, Ending::Done),
        };
    }
    Ok(endings)
}
