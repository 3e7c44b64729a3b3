//! The fields of a struct and the declarations in their attributes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Expr, Fields, Ident, Result, Type};

/// A field, the attribute that declares it, and the impact of its change.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    ty: Type,
    pub(crate) declared: Ident,
    pub(crate) is_security_relevant: bool,
    impact: Expr,
}

/// A field that a plan does not have, and the impact of its change.
pub(crate) struct UnmodelledField {
    pub(crate) ident: Ident,
    pub(crate) impact: Expr,
}

impl Field {
    /// The field name as text for a string literal.
    pub(crate) fn literal(&self) -> String {
        self.ident.to_string()
    }
}

/// The named fields of a struct. Each must have exactly one of the attributes in `allowed`.
pub(crate) fn fields(input: &DeriveInput, allowed: &[&str]) -> Result<Vec<Field>> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "only a struct declares fields"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(data.fields.span(), "fields must have names, because the plan contains them"));
    };
    let mut fields = Vec::new();
    for field in &named.named {
        let Some(ident) = field.ident.clone() else { continue };
        let is_declaration = |attribute: &&syn::Attribute| allowed.iter().any(|name| attribute.path().is_ident(name));
        let mut declarations = field.attrs.iter().filter(is_declaration);
        let choices = || allowed.iter().map(|name| format!("`#[{name}(IMPACT)]`")).collect::<Vec<_>>().join(" or ");
        let Some(attribute) = declarations.next() else {
            return Err(Error::new(
                ident.span(),
                format!("declare the impact of a change of `{ident}`: {}", choices()),
            ));
        };
        if let Some(second) = declarations.next() {
            return Err(Error::new(second.span(), format!("`{ident}` is declared twice")));
        }
        let declared = attribute.path().require_ident()?.clone();
        let is_security_relevant = field.attrs.iter().any(|attribute| attribute.path().is_ident("security"));
        let (ty, impact) = (field.ty.clone(), attribute.parse_args()?);
        fields.push(Field { ident, ty, declared, is_security_relevant, impact });
    }
    Ok(fields)
}

/// `impl HasImpact`: the impact of a change of each field.
pub(crate) fn impact(name: &Ident, fields: &[Field], unmodelled: &[UnmodelledField]) -> TokenStream {
    let names = fields.iter().map(Field::literal).chain(unmodelled.iter().map(|field| field.ident.to_string()));
    let impacts = fields.iter().map(|field| &field.impact).chain(unmodelled.iter().map(|field| &field.impact));
    let change = Ident::new("change", proc_macro2::Span::call_site());
    quote! {
        impl crate::impact::HasImpact for #name {
            fn impact(#change: &crate::fields::FieldChange) -> crate::impact::Impact {
                match #change.top() {
                    #(#names => #impacts,)*
                    // Tags only: all fields are matched above.
                    _ => crate::impact::Impact::None,
                }
            }
        }
    }
}

/// `impl HasReferences`: visits every field, so that no reference is missed.
pub(crate) fn references(name: &Ident, fields: &[Field]) -> TokenStream {
    let idents = fields.iter().map(|field| &field.ident);
    let names = fields.iter().map(Field::literal);
    let types = fields.iter().map(|field| &field.ty);
    quote! {
        impl crate::resource::HasReferences for #name {
            fn target_kinds(found: &mut std::collections::BTreeSet<crate::resource::Kind>) {
                let _ = &found;
                #(<#types as crate::resource::HasReferences>::target_kinds(found);)*
            }

            fn references<'a>(&'a self, path: crate::fields::Path<'_>, visit: &mut crate::resource::Visitor<'_, 'a>) {
                let _ = (&path, &visit);
                #(crate::resource::HasReferences::references(&self.#idents, path.then(#names), visit);)*
            }
        }
    }
}
