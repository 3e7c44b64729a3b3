//! The state of a session: its user and its settings. It is read from the backend before another
//! session gets its turn, and restored when its own turn comes.

use std::collections::BTreeSet;

use super::backend::{Answer, Backend, Broken};
use super::guard::custom_parameters;
use super::quote::{identifier, literal};
use super::wire::Message;

/// Reads the settings of a session. A session can be removed from the backend and restored later,
/// unless it is pinned by objects that belong to a backend. Those are the rows of kind `held`.
///
/// `{customs}` are names of parameters that no view lists.
const STATE: &str = "
    SELECT 'setting', name, setting, NULL FROM pg_catalog.pg_settings WHERE source = 'session'
    UNION ALL
    SELECT 'setting', name, pg_catalog.current_setting(name), NULL
    FROM unnest({customs}::text[]) AS custom (name) WHERE pg_catalog.current_setting(name, true) <> ''
    UNION ALL
    SELECT 'role', pg_catalog.current_setting('role'), NULL, NULL
    UNION ALL
    SELECT CASE WHEN from_sql THEN 'sql' ELSE 'prepared' END, name, statement,
        pg_catalog.array_to_string(parameter_types::oid[], ',')
    FROM pg_catalog.pg_prepared_statements
    UNION ALL
    SELECT 'held', NULL, NULL, NULL
    WHERE EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema())
        OR EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory')
        OR EXISTS (SELECT FROM pg_catalog.pg_cursors)
        OR EXISTS (SELECT FROM pg_catalog.pg_listening_channels())";

/// A session of a client.
#[derive(Debug)]
pub(super) struct Session {
    user: String,
    /// Its state when it began.
    beginning: State,
    state: State,
    /// The unnamed statement, which the catalog does not list.
    unnamed: Option<Message>,
    /// Names of custom parameters, which the catalog does not list either.
    customs: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct State {
    settings: Vec<(String, String)>,
    /// The role set by `SET ROLE`.
    role: Option<String>,
    /// The messages that prepare its statements again.
    prepared: Vec<Message>,
    /// Whether it has temporary tables, advisory locks, cursors or channels that it listens to.
    held: bool,
}

impl State {
    /// Reads the state of the current session.
    fn read(backend: &mut Backend, customs: &BTreeSet<String>) -> Result<Option<Self>, Broken> {
        let customs: Vec<String> = customs.iter().map(|name| literal(name)).collect();
        let Ok(rows) = backend.run(&STATE.replace("{customs}", &format!("ARRAY[{}]", customs.join(", "))))? else {
            return Ok(None);
        };
        let mut state = Self::default();
        for row in rows {
            let mut values = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || values.next().unwrap_or_default();
            let (kind, name, text, types) = (next(), next(), next(), next());
            match kind.as_str() {
                "setting" => state.settings.push((name, text)),
                "role" => state.role = Some(name).filter(|name| name != "none"),
                "sql" => state.prepared.push(Message::query(&text)),
                "prepared" => {
                    let types: Vec<u32> = types.split(',').filter_map(|id| id.parse().ok()).collect();
                    state.prepared.push(Message::parse(name.as_bytes(), text.as_bytes(), &types));
                }
                _ => state.held = true,
            }
        }
        Ok(Some(state))
    }
}

impl Session {
    /// The session that has just begun in the backend.
    pub(super) fn started(user: &str, backend: &mut Backend) -> Result<Self, Broken> {
        let beginning = State::read(backend, &BTreeSet::new())?.unwrap_or_default();
        Ok(Self { user: user.to_owned(), state: beginning.clone(), beginning, unnamed: None, customs: BTreeSet::new() })
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// Records a message that the client sends.
    pub(super) fn note(&mut self, message: &Message) {
        match (message.kind(), message.sql()) {
            // A simple query destroys the unnamed statement.
            // Source: PostgreSQL documentation, section 55.2.3.
            (b'Q', _) => self.unnamed = None,
            (b'P', Some((b"", _))) => self.unnamed = Some(message.clone()),
            _ => {}
        }
        if let Some((_, sql)) = message.sql() {
            self.customs.extend(custom_parameters(sql));
        }
    }

    /// Reads its state from the idle backend. Returns whether another session can use the backend.
    pub(super) fn save(&mut self, backend: &mut Backend) -> Result<bool, Broken> {
        if let Some(state) = State::read(backend, &self.customs)? {
            self.state = state;
        }
        if self.state.held {
            // The read was a simple query, which destroyed the unnamed statement.
            self.prepare_unnamed(backend)?;
        }
        Ok(!self.state.held)
    }

    /// Restores its state in a backend after [`clear`]. An error means that the session cannot
    /// continue, for example because its role was dropped.
    pub(super) fn restore(&self, backend: &mut Backend) -> Result<Answer, Broken> {
        let State { settings, role, prepared, held: _ } = &self.state;
        let mut statements = Vec::new();
        if !settings.is_empty() {
            statements.push(format!("SELECT {}", settings.iter().map(set).collect::<Vec<_>>().join(", ")));
        }
        statements.push(become_user(&self.user));
        statements.extend(role.iter().map(|role| format!("SET ROLE {}", identifier(role))));
        let answer = backend.run(&statements.join(";"))?;
        if answer.is_ok() {
            for message in prepared {
                // A statement that can no longer be prepared fails when it is executed.
                backend.exchange(&[message.clone(), Message::sync()])?;
            }
            self.prepare_unnamed(backend)?;
        }
        Ok(answer)
    }

    /// Resets it to its initial state, also in the backend: its parameters, or all of it.
    pub(super) fn renew(&mut self, all: bool, backend: &mut Backend) -> Result<Answer, Broken> {
        if all {
            self.state = self.beginning.clone();
            self.unnamed = None;
        } else {
            self.state.settings.clone_from(&self.beginning.settings);
        }
        clear(backend)?;
        self.restore(backend)
    }

    fn prepare_unnamed(&self, backend: &mut Backend) -> Result<(), Broken> {
        if let Some(message) = &self.unnamed {
            backend.exchange(&[message.clone(), Message::sync()])?;
        }
        Ok(())
    }
}

/// The statement that switches the session to a user. Permissions are then checked as after a
/// login.
pub(super) fn become_user(user: &str) -> String {
    format!("SET SESSION AUTHORIZATION {}", identifier(user))
}

/// The expression that sets a parameter for the session.
pub(super) fn set((name, value): &(String, String)) -> String {
    format!("pg_catalog.set_config({}, {}, false)", literal(name), literal(value))
}

/// Switches the idle backend to the superuser and resets all settings.
pub(super) fn clear(backend: &mut Backend) -> Result<(), Broken> {
    let become_superuser = become_user(backend.superuser());
    run(backend, &format!("{become_superuser}; RESET ALL; DEALLOCATE ALL"))
}

/// Ends the current session, even within a transaction.
pub(super) fn end(backend: &mut Backend) -> Result<(), Broken> {
    // Ends a series of messages, if one is open.
    backend.exchange(&[Message::sync()])?;
    run(backend, "ROLLBACK")?;
    let become_superuser = become_user(backend.superuser());
    run(backend, &become_superuser)?;
    // This statement must be the only one in its message.
    run(backend, "DISCARD ALL")
}

/// Runs SQL that must not fail.
fn run(backend: &mut Backend, sql: &str) -> Result<(), Broken> {
    backend.run(sql)?.map(drop).map_err(|refusal| Broken(refusal.message))
}
