//! The catalogue of AWS actions: each action's access level and resource types.
//!
//! The list is data (`catalogue/actions.txt`) with its own digest, which a certificate names. Each
//! service has one additional action that represents all unlisted ones, such as those that AWS adds
//! later.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use saas_model::Digest;
use saas_model::digest::Domain;

use crate::policy::Names;

const ACTIONS: &str = include_str!("../catalogue/actions.txt");

/// The name of the action that represents all unlisted ones.
const OF_TOMORROW: &str = "AnActionThatIsNotListed";

/// The access level of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Lists resources or objects.
    List,
    /// Reads data.
    Read,
    /// Changes or deletes resources or objects.
    Write,
    /// Changes permissions.
    Permissions,
    /// Changes tags, which policies compare.
    Tagging,
    /// Unknown: the action is not listed.
    Unknown,
}

/// An AWS action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Service and name, such as `s3:GetObject`.
    pub name: String,
    /// Its access level.
    pub level: Level,
    /// The types of resources that it applies to; empty if it applies to none.
    pub types: Vec<&'static str>,
    lowercase: String,
}

/// All actions.
#[derive(Debug)]
pub struct Catalogue {
    actions: Vec<Action>,
    by_name: HashMap<String, usize>,
    services: HashSet<&'static str>,
    digest: Digest,
}

/// When a service's unlisted actions count as matching a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// If any of them may match: for statements that allow.
    IfAny,
    /// If all of them match: for statements that deny.
    IfAll,
}

/// A set of actions of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSet(Vec<u64>);

/// The catalogue that this crate contains.
pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(ACTIONS));

impl Catalogue {
    fn read(text: &'static str) -> Self {
        let mut actions = Vec::with_capacity(2_100);
        let mut service = "";
        let mut add = |name: String, level, types| {
            let lowercase = name.to_ascii_lowercase();
            actions.push(Action { name, level, types, lowercase });
        };
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                service = name;
                add(format!("{service}:{OF_TOMORROW}"), Level::Unknown, Vec::new());
                continue;
            }
            let mut words = line.split(' ');
            let (Some(name), Some(level)) = (words.next(), words.next()) else { continue };
            let level = match level {
                "l" => Level::List,
                "r" => Level::Read,
                "w" => Level::Write,
                "p" => Level::Permissions,
                "t" => Level::Tagging,
                _ => Level::Unknown,
            };
            add(format!("{service}:{name}"), level, words.collect());
        }
        add(format!("aservice:{OF_TOMORROW}"), Level::Unknown, Vec::new());
        let by_name = actions.iter().enumerate().map(|(at, action)| (action.lowercase.clone(), at)).collect();
        let services = text.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']')).collect();
        Self { actions, by_name, services, digest: Domain::Catalogue.digest(text.as_bytes()) }
    }

    /// The digest of the list.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// All actions.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Looks up an action by its name, ignoring case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&at| &self.actions[at])
    }

    /// The actions that satisfy `holds`.
    pub fn having(&self, holds: impl Fn(&Action) -> bool) -> ActionSet {
        let mut set = self.none();
        for (at, _) in self.actions.iter().enumerate().filter(|(_, action)| holds(action)) {
            set.insert(at);
        }
        set
    }

    /// The actions that match any of these patterns, ignoring case. A pattern may match only some
    /// of a service's unlisted actions; `unlisted` decides whether they count.
    #[must_use]
    pub fn like<S: AsRef<str>>(&self, patterns: &[S], unlisted: Unlisted) -> ActionSet {
        let mut set = self.none();
        for pattern in patterns {
            let pattern = pattern.as_ref().to_ascii_lowercase();
            // A variable may have any value, so text with a variable counts as a pattern.
            let wild = pattern.contains(['*', '?', '$']);
            if !wild && let Some(&at) = self.by_name.get(&pattern) {
                set.insert(at);
                continue;
            }
            let (service, name) = pattern.split_once(':').unwrap_or((&pattern, "*"));
            for (at, action) in self.actions.iter().enumerate() {
                let hit = match (action.level, unlisted) {
                    (Level::Unknown, Unlisted::IfAny) => wildcard(service.as_bytes(), action.service().as_bytes()),
                    (Level::Unknown, Unlisted::IfAll) => {
                        let every = !name.is_empty() && name.bytes().all(|c| c == b'*');
                        every && wildcard(service.as_bytes(), action.service().as_bytes())
                    }
                    _ => wild && wildcard(pattern.as_bytes(), action.lowercase.as_bytes()),
                };
                if hit {
                    set.insert(at);
                }
            }
            // The service is not listed.
            if unlisted == Unlisted::IfAny && !self.services.contains(service) {
                set.insert(self.actions.len() - 1);
            }
        }
        set
    }

    /// The actions that an element of a statement names.
    #[must_use]
    pub fn named(&self, names: Names<'_>, unlisted: Unlisted) -> ActionSet {
        // What may be excluded is not certainly named, and what is certainly excluded cannot be named.
        let excluded = match unlisted {
            Unlisted::IfAny => Unlisted::IfAll,
            Unlisted::IfAll => Unlisted::IfAny,
        };
        match names {
            Names::Of(patterns) => self.like(patterns, unlisted),
            Names::AllBut(patterns) => self.all().minus(&self.like(patterns, excluded)),
        }
    }

    /// Whether the actions of a service are listed.
    #[must_use]
    pub fn has_service(&self, service: &str) -> bool {
        self.services.contains(service.to_ascii_lowercase().as_str())
    }

    /// All actions of a service.
    #[must_use]
    pub fn of_service(&self, service: &str) -> ActionSet {
        self.having(|action| action.service() == service)
    }

    /// No action.
    #[must_use]
    pub fn none(&self) -> ActionSet {
        ActionSet(vec![0; self.actions.len().div_ceil(64)])
    }

    /// All actions.
    #[must_use]
    pub fn all(&self) -> ActionSet {
        self.having(|_| true)
    }

    /// The actions of a set.
    pub fn members(&self, set: &ActionSet) -> impl Iterator<Item = &Action> {
        self.actions.iter().enumerate().filter(|(at, _)| set.has(*at)).map(|(_, action)| action)
    }

    /// The action of a set that explains it best: one that everybody knows, or else one that the catalogue lists.
    #[must_use]
    pub fn example(&self, set: &ActionSet) -> Option<&Action> {
        static FAMILIAR: LazyLock<Vec<usize>> = LazyLock::new(|| {
            let names = ["s3:GetObject", "s3:PutObject", "secretsmanager:GetSecretValue"];
            names.iter().filter_map(|name| CATALOGUE.actions.iter().position(|action| action.name == *name)).collect()
        });
        let familiar = FAMILIAR.iter().find(|at| set.has(**at)).map(|at| &self.actions[*at]);
        let listed = || self.members(set).find(|action| action.level != Level::Unknown);
        familiar.or_else(listed).or_else(|| self.members(set).next())
    }
}

impl Action {
    /// The service that it belongs to.
    #[must_use]
    pub fn service(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }

    /// Whether it can apply to resources of this type. An unlisted action can apply to any.
    #[must_use]
    pub fn is_about(&self, kind: &str) -> bool {
        self.level == Level::Unknown || self.types.contains(&kind)
    }
}

impl ActionSet {
    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The number of actions.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// The intersection.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & other).collect())
    }

    /// The union.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one | other).collect())
    }

    /// The difference: actions that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one & !other).collect())
    }

    /// Whether this is a subset of `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(one, other)| one & !other == 0)
    }
}

/// Whether `text` matches `pattern`. Backtracking to the last `*` is sufficient.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_pinned() {
        // Computed by another implementation of BLAKE3. It changes if and only if the list changes.
        assert_eq!(CATALOGUE.digest().short(), "ede95c73");
        assert!(CATALOGUE.actions().len() > 1_900);
    }

    #[test]
    fn patterns_match_the_named_actions() {
        let names = |patterns: &[&str], unlisted| -> Vec<&str> {
            CATALOGUE.members(&CATALOGUE.like(patterns, unlisted)).map(|action| action.name.as_str()).collect()
        };
        assert_eq!(names(&["s3:getobject"], Unlisted::IfAny), ["s3:GetObject"]);
        let with = ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
        assert_eq!(names(&["sts:AssumeRoleWith*"], Unlisted::IfAll), with);
        assert_eq!(names(&["sts:AssumeRoleWith*"], Unlisted::IfAny).len(), 3);
        assert_eq!(names(&["s3:NewThing"], Unlisted::IfAny), ["s3:AnActionThatIsNotListed"]);
        assert!(names(&["s3:NewThing"], Unlisted::IfAll).is_empty());
        assert_eq!(names(&["bedrock:InvokeModel"], Unlisted::IfAny), ["aservice:AnActionThatIsNotListed"]);
        assert!(names(&["s3:*"], Unlisted::IfAll).contains(&"s3:AnActionThatIsNotListed"));
        assert_eq!(names(&["*"], Unlisted::IfAll).len(), CATALOGUE.actions().len());
    }

    #[test]
    fn actions_have_levels_and_types() {
        let action = CATALOGUE.action("s3:PutBucketPolicy").expect("it is listed");
        assert_eq!(
            (action.level, action.is_about("bucket"), action.is_about("object")),
            (Level::Permissions, true, false)
        );
    }
}
