//! The version of this program.

use std::sync::LazyLock;

use saas_model::plan::FORMAT;

/// The version of the package, the commit that it was built from (the environment variable `SAAS_COMMIT` of the build,
/// which releases set), and the format of the plans that it reads and writes.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let commit = option_env!("SAAS_COMMIT").map(|commit| format!("commit {commit}, ")).unwrap_or_default();
        format!("{} ({commit}plan format {FORMAT})", env!("CARGO_PKG_VERSION"))
    });
    &VERSION
}
