//! saas in a team's pull requests: the merge drivers, and the scripts in `ci`, which are tried against servers that
//! stand for the APIs of GitHub and GitLab.

mod forge;
mod install;
mod merge;
mod repository;
mod review;
mod script;
mod sources;
mod sticky;
