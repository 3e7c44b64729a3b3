//! A page: titled sections of items, tables and blocks, without a form.

/// A review in words. A part of a text between backticks is code.
#[derive(Debug)]
pub(super) struct Page {
    /// The sentences of the headline.
    pub(super) headline: Vec<String>,
    /// The plans.
    pub(super) plans: String,
    /// The sections, in order. A section without blocks is not shown.
    pub(super) sections: Vec<Section>,
}

/// A part of a page.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) part: Part,
    pub(super) blocks: Vec<Block>,
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    People,
    Access,
    Cost,
    Time,
    Changes,
    Preparation,
    Approval,
    Ran,
}

impl Part {
    /// The title of its section.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::People => "What it does to people",
            Self::Access => "Who may newly reach what",
            Self::Cost => "Cost a month",
            Self::Time => "How long it takes",
            Self::Changes => "What changes",
            Self::Preparation => "Before the apply",
            Self::Approval => "How to approve",
            Self::Ran => "What was done",
        }
    }
}

/// Something in a section.
#[derive(Debug)]
pub(super) enum Block {
    /// A sentence of its own.
    Paragraph(String),
    /// Items of a list, each with a label, which may be empty.
    Items(Vec<(&'static str, String)>),
    /// Rows with a first row of titles.
    Table(Vec<Vec<String>>),
    /// Differences: a sign and a text each.
    Differences(Vec<(Sign, String)>),
    /// Lines as they are.
    Lines(Vec<String>),
    /// A command for a shell.
    Command(String),
    /// More, behind a title.
    Folded(String, Vec<Self>),
}

/// The sort of a line among differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The title of the lines below it: what happens to which resource.
    Title,
    /// New.
    New,
    /// Old.
    Old,
    /// Neither.
    Same,
}
