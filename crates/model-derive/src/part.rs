//! `#[derive(Part)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::field::{fields, impact, references};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input, &["impact"])?;
    let (impact, references) = (impact(&input.ident, &fields, &[]), references(&input.ident, &fields));
    Ok(quote! { #impact #references })
}
