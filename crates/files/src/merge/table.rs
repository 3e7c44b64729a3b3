//! A spec as tables and lines. Every byte of the text belongs to one line, so that what does not change is written as
//! it was read.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::order::Keyed;

/// A table with what is under it. The root of a file has no header.
#[derive(Debug)]
pub(super) struct Table<'t> {
    /// Unique among its siblings: the path; for an entry of an array of tables also its `id` or `name`, or else all that
    /// it says.
    key: String,
    /// The path of an entry of an array of tables that has neither `id` nor `name`.
    pub(super) unnamed: Option<String>,
    /// The line of the header.
    pub(super) header: Option<Line<'t>>,
    /// The assignments.
    pub(super) lines: Vec<Line<'t>>,
    /// In the root, all tables; in an entry of an array of tables, the tables of this entry.
    pub(super) tables: Vec<Table<'t>>,
    /// What follows the last line of the file, in the root.
    pub(super) end: &'t str,
}

/// A header or an assignment, which can take several lines of text.
#[derive(Clone, Debug)]
pub(super) struct Line<'t> {
    /// The key of an assignment, the path of a header.
    key: String,
    /// Whether it is the header of an entry of an array of tables.
    is_of_array: bool,
    is_header: bool,
    /// The blank lines and comments above it.
    pub(super) above: &'t str,
    /// Its text without the comment at its end.
    pub(super) code: &'t str,
    /// The comment at its end, with the blanks before it.
    pub(super) comment: &'t str,
    /// The line ending; empty at the end of a file.
    pub(super) ending: &'t str,
}

impl Keyed for Table<'_> {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Keyed for Line<'_> {
    fn key(&self) -> &str {
        &self.key
    }
}

impl<'t> Table<'t> {
    /// Reads valid TOML.
    ///
    /// # Errors
    /// The name of a table that is there twice.
    pub(super) fn of(text: &'t str) -> Result<Self, String> {
        let (lines, end) = lines(text);
        let mut lines = lines.into_iter().peekable();
        let mut root = Self { end, ..Self::empty() };
        while let Some(line) = lines.next_if(|line| !line.is_header) {
            root.lines.push(line);
        }
        let mut tables = Vec::new();
        while let Some(header) = lines.next() {
            let mut table = Self { header: Some(header), ..Self::empty() };
            while let Some(line) = lines.next_if(|line| !line.is_header) {
                table.lines.push(line);
            }
            tables.push(table);
        }
        let mut tables = tables.into_iter().peekable();
        while let Some(table) = tables.next() {
            root.tables.push(table.with_inner(&mut tables));
        }
        root.name_tables()?;
        Ok(root)
    }

    const fn empty() -> Self {
        Self { key: String::new(), unnamed: None, header: None, lines: Vec::new(), tables: Vec::new(), end: "" }
    }

    /// The table with those that follow and belong to it, if it is an entry of an array of tables.
    fn with_inner(mut self, following: &mut std::iter::Peekable<impl Iterator<Item = Self>>) -> Self {
        let Some(header) = self.header.as_ref().filter(|header| header.is_of_array) else { return self };
        let within = format!("{}.", header.key);
        let is_inner = |table: &Self| table.header.as_ref().is_some_and(|inner| inner.key.starts_with(&within));
        while let Some(inner) = following.next_if(is_inner) {
            let inner = inner.with_inner(following);
            self.tables.push(inner);
        }
        self
    }

    /// Gives the tables under this one their keys.
    fn name_tables(&mut self) -> Result<(), String> {
        for at in 0..self.tables.len() {
            self.tables[at].name_tables()?;
            let table = &self.tables[at];
            let header = table.header.as_ref().expect("every table but the root has a header");
            let path = header.key.clone();
            let (key, unnamed) = match (header.is_of_array, table.name()) {
                (false, _) => (format!("`[{path}]`"), None),
                (true, Some(name)) => (format!("`[[{path}]]` {name}"), None),
                (true, None) => {
                    let content = format!("[[{path}]] {}", table.meaning().join(" "));
                    let same = self.tables[..at].iter().filter(|other| other.key.starts_with(&content)).count();
                    (format!("{content} {same}"), Some(path))
                }
            };
            if self.tables[..at].iter().any(|other| other.key == key) {
                return Err(key);
            }
            (self.tables[at].key, self.tables[at].unnamed) = (key, unnamed);
        }
        Ok(())
    }

    /// The name of an entry of an array of tables.
    fn name(&self) -> Option<&'t str> {
        let named = |key: &str| self.lines.iter().find(|line| line.key == key).map(Line::value);
        named("id").or_else(|| named("name")).map(|value| value.trim_matches(['"', '\'']))
    }

    /// The tokens of the table and of those under it, without comments above lines.
    fn meaning(&self) -> Vec<&'t str> {
        let own = self.lines.iter().flat_map(|line| tokens(line.code));
        let inner = self
            .tables
            .iter()
            .flat_map(|table| table.header.iter().flat_map(|header| tokens(header.code)).chain(table.meaning()));
        own.chain(inner).collect()
    }

    /// All its lines, with those of the tables under it.
    pub(super) fn all_lines(&self) -> Vec<&Line<'t>> {
        let own = self.header.iter().chain(&self.lines);
        own.chain(self.tables.iter().flat_map(Self::all_lines)).collect()
    }

    /// Whether it is the same, apart from blanks.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (ours, others) = (self.all_lines(), other.all_lines());
        ours.len() == others.len() && ours.iter().zip(&others).all(|(line, other)| line.is_same(other))
    }
}

impl<'t> Line<'t> {
    /// The value of an assignment, as it is written.
    pub(super) fn value(&self) -> &'t str {
        let equals = lexed(self.code).find(|(kind, _)| *kind == TokenKind::Equals);
        equals.map_or("", |(_, place)| self.code[place.end..].trim())
    }

    /// Whether both say the same, apart from blanks and the comment at the end.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.code == other.code || tokens(self.code) == tokens(other.code)
    }

    /// Whether both are the same with their comments, apart from blanks.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.says_the_same(other)
            && self.comment.trim() == other.comment.trim()
            && comments(self.above) == comments(other.above)
    }
}

/// The comments of a text between two lines.
pub(super) fn comments(above: &str) -> Vec<&str> {
    above.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// The tokens that have a meaning, and the comments between them.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = Vec::new();
    for (kind, place) in lexed(code) {
        match kind {
            TokenKind::Whitespace | TokenKind::Newline | TokenKind::Eof => continue,
            // The comma after the last value of an array.
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket if tokens.last() == Some(&",") => {
                tokens.pop();
            }
            _ => {}
        }
        tokens.push(&code[place]);
    }
    tokens
}

fn lexed(text: &str) -> impl Iterator<Item = (TokenKind, Range<usize>)> {
    Source::new(text).lex().map(|token: Token| (token.kind(), token.span().start()..token.span().end()))
}

/// How many brackets are open.
#[derive(Default)]
struct Depth(usize);

impl Depth {
    fn read(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => self.0 += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => self.0 = self.0.saturating_sub(1),
            _ => {}
        }
    }
}

/// The headers and assignments of a text, and what follows the last of them.
fn lines(text: &str) -> (Vec<Line<'_>>, &str) {
    let mut lines = Vec::new();
    // Where the text above the next line starts, and where the present line of text starts.
    let (mut above, mut start) = (0, 0);
    let mut tokens = lexed(text);
    while let Some((kind, place)) = tokens.next() {
        match kind {
            TokenKind::Newline => start = place.end,
            TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof => {}
            _ => {
                let mut line = Unread { kinds: vec![kind], keys: Vec::new(), in_key: true, depth: Depth::default() };
                line.read(kind, &text[place.clone()]);
                let (mut code_end, mut comment_end, mut ending) = (place.end, place.end, place.end);
                for (kind, place) in tokens.by_ref() {
                    ending = place.end;
                    if line.depth.0 == 0 && matches!(kind, TokenKind::Newline | TokenKind::Eof) {
                        break;
                    }
                    comment_end = place.end;
                    if line.depth.0 > 0 || !matches!(kind, TokenKind::Comment | TokenKind::Whitespace) {
                        code_end = place.end;
                    }
                    line.kinds.push(kind);
                    line.read(kind, &text[place]);
                }
                lines.push(Line {
                    key: line.keys.join("."),
                    is_header: line.kinds[0] == TokenKind::LeftSquareBracket,
                    is_of_array: line.kinds.starts_with(&[TokenKind::LeftSquareBracket; 2]),
                    above: &text[above..start],
                    code: &text[start..code_end],
                    comment: &text[code_end..comment_end],
                    ending: &text[comment_end..ending],
                });
                (above, start) = (ending, ending);
            }
        }
    }
    (lines, &text[above..])
}

/// A line whose tokens are being read.
struct Unread<'t> {
    kinds: Vec<TokenKind>,
    /// The parts of its key or path.
    keys: Vec<&'t str>,
    in_key: bool,
    depth: Depth,
}

impl<'t> Unread<'t> {
    fn read(&mut self, kind: TokenKind, text: &'t str) {
        self.depth.read(kind);
        match kind {
            TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString if self.in_key => {
                self.keys.push(text.trim_matches(['"', '\'']));
            }
            TokenKind::Equals | TokenKind::RightSquareBracket => self.in_key = false,
            _ => {}
        }
    }
}
