//! The derives of `saas-model`: each resource kind is declared once, in its struct.
//!
//! [`macro@ResourceSpec`] is for the struct of a kind, [`macro@Part`] for a nested struct. Each field
//! declares the impact of its change; a field without a declaration does not compile.

mod field;
mod part;
mod resource;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares a kind of resource.
///
/// ```ignore
/// #[derive(ResourceSpec)]
/// #[resource(
///     name = name,              // the field with its name in AWS, or `unnamed`
///     attributes(Arn),          // the attributes that only AWS knows and a plan may refer to
///     holds_data = false,       // whether it holds data that cannot be recreated
///     revisions = false,        // whether an update makes a further revision, with an identity of its own
///     removal = NONE,           // the impact of deleting one while the platform stays
///     unmodelled(state = NONE), // optional: fields of live resources only, with the impact of their change
/// )]
/// pub struct TargetGroup {
///     /// Its name.
///     #[replaces(REPLACED)]     // a change requires replacement
///     pub name: TargetGroupName,
///     /// The deregistration delay in seconds.
///     #[updates(NONE)]          // AWS updates it in place
///     pub deregistration_delay_seconds: u32,
/// }
/// ```
///
/// The argument of `updates` and `replaces` is the `Impact` of a change on users of the platform: an
/// expression in which `change` is the change of that field.
///
/// A field with `#[security]` decides who has access to what. `Kind::security_fields` returns these.
#[proc_macro_derive(ResourceSpec, attributes(resource, updates, replaces, security))]
pub fn resource_spec(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    resource::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Declares a nested struct of a resource: the impact of a change of each field on users of the
/// platform (`#[impact(...)]`). The enclosing field declares whether AWS updates it in place.
#[proc_macro_derive(Part, attributes(impact))]
pub fn part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    part::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
