//! The derives of `saas-model`: a kind of resource is declared once, in its struct.
//!
//! [`macro@ResourceSpec`] is for the struct of a kind, [`macro@Part`] for a struct inside one. Each
//! field says what a change of it means; a field that does not say so does not compile.

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
///     name = name,              // the field that holds its name, or `unnamed`
///     attributes(Arn),          // what only AWS knows of it and a plan may refer to
///     holds_data = false,       // whether it holds what cannot be made again
///     removal = NONE,           // what it does that one goes while the platform stays
/// )]
/// pub struct TargetGroup {
///     /// Its name.
///     #[replaces(REPLACED)]     // AWS cannot change it: another takes its place
///     pub name: TargetGroupName,
///     /// For how many seconds a leaving target may finish its requests.
///     #[updates(NONE)]          // AWS changes it in place
///     pub deregistration_delay_seconds: u32,
/// }
/// ```
///
/// The argument of `updates` and `replaces` is the `Impact` of a change on those who use the
/// platform: an expression in which `change` is the change of that field.
#[proc_macro_derive(ResourceSpec, attributes(resource, updates, replaces))]
pub fn resource_spec(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    resource::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Declares a struct inside a resource: what a change of each of its fields does to those who use the
/// platform (`#[impact(...)]`). Whether AWS changes it in place is said where it is a field.
#[proc_macro_derive(Part, attributes(impact))]
pub fn part(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    part::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
