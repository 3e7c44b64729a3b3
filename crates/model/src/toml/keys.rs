//! The keys and tables of a file that users write.

/// A key of a file that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it must be given.
    pub(crate) presence: Presence,
    /// Its meaning.
    pub(crate) meaning: &'static str,
    /// An example: the text after `=`, or an entry of the table.
    pub(crate) example: &'static str,
    /// The value that it has when it is absent, as in an example; `None` when there is none, or another key decides.
    pub(crate) default: Option<&'static str>,
}

/// Whether a key of a table must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It need not.
    Optional,
    /// It must.
    Required,
    /// It must, unless the table says `like`, or is one in which a tenant differs from the platform.
    UnlessLike,
}

/// A table of a file that users write: its full name and its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    /// Its full name, such as `network.zone`; empty for the top level. A `*` stands for a name that users
    /// choose, as in `service.*`.
    pub(crate) table: &'static str,
    /// Whether it is an array of tables, such as `[[tenant]]`.
    pub(crate) is_list: bool,
    /// All keys that are allowed in it; empty when users choose its keys.
    pub(crate) keys: &'static [Key],
}

impl Keys {
    /// The header line of the table, with `<name>` in place of a name that users choose.
    pub(crate) fn header(&self) -> String {
        self.header_of(&self.table.replace('*', "<name>"))
    }

    /// The header line of a table of this kind with this full name.
    pub(super) fn header_of(&self, name: &str) -> String {
        if self.is_list { format!("[[{name}]]") } else { format!("[{name}]") }
    }

    /// The full name of the table of this kind that is most like `name`.
    pub(super) fn like(&self, name: &str) -> String {
        let mut given = name.split('.');
        let part = |part| match (part, given.next()) {
            ("*", given) => given.unwrap_or("<name>"),
            (part, _) => part,
        };
        self.table.split('.').map(part).collect::<Vec<_>>().join(".")
    }

    /// Whether a table with this full name is of this kind.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.like(name) == name
    }
}

/// The full name of a key.
pub(crate) fn path(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}
