//! `#[derive(ResourceSpec)]`.

use heck::ToUpperCamelCase;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Expr, Ident, LitBool, Result, Token, parenthesized};

use crate::field::{Field, UnmodelledField, fields, impact, references};

/// The content of `#[resource(...)]`.
struct Declaration {
    /// The field with the name; `None` when the kind has none.
    name: Option<Ident>,
    attributes: Vec<Ident>,
    holds_data: bool,
    revisions: bool,
    removal: Expr,
    unmodelled: Vec<UnmodelledField>,
}

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let declaration = Declaration::of(input)?;
    let fields = fields(input, &["updates", "replaces"])?;
    let kind = &input.ident;
    let Declaration { name, attributes, holds_data, revisions, removal, unmodelled } = &declaration;
    if let Some(name) = name.as_ref().filter(|name| fields.iter().all(|field| field.ident != **name)) {
        return Err(Error::new(name.span(), format!("`{kind}` has no field `{name}`")));
    }
    let name = name.as_ref().map_or_else(|| quote!(None), |name| quote!(Some(self.#name.as_ref())));
    let (field_enum_definition, impact, references) =
        (field_enum_definition(input, &fields), impact(kind, &fields, unmodelled), references(kind, &fields));
    let field_enum = field_enum(kind);
    Ok(quote! {
        #field_enum_definition
        #impact
        #references

        impl crate::resource::ResourceSpec for #kind {
            const KIND: crate::resource::Kind = crate::resource::Kind::#kind;
            const HOLDS_DATA: bool = #holds_data;
            const HAS_REVISIONS: bool = #revisions;
            const ATTRIBUTES: &'static [crate::reference::Attribute] =
                &[#(crate::reference::Attribute::#attributes),*];
            const REMOVAL: crate::impact::Impact = #removal;
            type Field = #field_enum;

            fn name(&self) -> Option<&str> {
                #name
            }

            fn of(resource: &crate::resource::Resource) -> Option<&Self> {
                match resource {
                    crate::resource::Resource::#kind(spec) => Some(spec),
                    _ => None,
                }
            }
        }
    })
}

fn field_enum(kind: &Ident) -> Ident {
    format_ident!("{kind}Field")
}

/// Generates the enum of the fields.
fn field_enum_definition(input: &DeriveInput, fields: &[Field]) -> TokenStream {
    let kind = &input.ident;
    let visibility = &input.vis;
    let name = field_enum(kind);
    let doc = format!("The fields of [`{kind}`].");
    let variants: Vec<Ident> =
        fields.iter().map(|field| Ident::new(&field.literal().to_upper_camel_case(), field.ident.span())).collect();
    let docs = fields.iter().map(|field| format!("[`{kind}::{}`].", field.ident));
    let names: Vec<String> = fields.iter().map(Field::literal).collect();
    let changes = fields.iter().map(|field| {
        Ident::new(if field.declared == "updates" { "InPlace" } else { "Replacement" }, Span::call_site())
    });
    let security = fields.iter().map(|field| field.is_security_relevant);
    // A kind without fields has an empty enum; a match on a reference to it would not be exhaustive.
    let scrutinee = if fields.is_empty() { quote!(*self) } else { quote!(self) };
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #visibility enum #name {
            #(#[doc = #docs] #variants,)*
        }

        impl crate::resource::Field for #name {
            const ALL: &'static [Self] = &[#(Self::#variants),*];

            fn as_str(&self) -> &'static str {
                match #scrutinee { #(Self::#variants => #names,)* }
            }

            fn change(&self) -> crate::resource::FieldUpdate {
                match #scrutinee { #(Self::#variants => crate::resource::FieldUpdate::#changes,)* }
            }

            fn is_security_relevant(&self) -> bool {
                match #scrutinee { #(Self::#variants => #security,)* }
            }
        }
    }
}

impl Declaration {
    fn of(input: &DeriveInput) -> Result<Self> {
        let attribute = input
            .attrs
            .iter()
            .find(|attribute| attribute.path().is_ident("resource"))
            .ok_or_else(|| Error::new(input.ident.span(), "declare the kind with `#[resource(...)]`"))?;
        let (mut name, mut attributes, mut holds_data, mut revisions, mut removal) = (None, None, None, None, None);
        let mut unmodelled = Vec::new();
        attribute.parse_nested_meta(|meta: ParseNestedMeta<'_>| {
            if meta.path.is_ident("unnamed") {
                name = Some(None);
            } else if meta.path.is_ident("name") {
                name = Some(Some(meta.value()?.parse::<Ident>()?));
            } else if meta.path.is_ident("attributes") {
                let inner;
                parenthesized!(inner in meta.input);
                attributes = Some(Punctuated::<Ident, Token![,]>::parse_terminated(&inner)?.into_iter().collect());
            } else if meta.path.is_ident("holds_data") {
                holds_data = Some(meta.value()?.parse::<LitBool>()?.value);
            } else if meta.path.is_ident("revisions") {
                revisions = Some(meta.value()?.parse::<LitBool>()?.value);
            } else if meta.path.is_ident("unmodelled") {
                meta.parse_nested_meta(|field| {
                    let ident = field.path.require_ident()?.clone();
                    unmodelled.push(UnmodelledField { ident, impact: field.value()?.parse()? });
                    Ok(())
                })?;
            } else if meta.path.is_ident("removal") {
                removal = Some(meta.value()?.parse::<Expr>()?);
            } else {
                return Err(meta.error(
                    "one of `name`, `unnamed`, `attributes`, `holds_data`, `revisions`, `removal` and `unmodelled`",
                ));
            }
            Ok(())
        })?;
        let missing = |what: &str| Error::new(attribute.span(), format!("`#[resource(...)]` lacks {what}"));
        Ok(Self {
            name: name.ok_or_else(|| missing("`name = FIELD` or `unnamed`"))?,
            attributes: attributes.ok_or_else(|| missing("`attributes(...)`, possibly empty"))?,
            holds_data: holds_data.ok_or_else(|| missing("`holds_data = true` or `false`"))?,
            revisions: revisions.ok_or_else(|| missing("`revisions = true` or `false`"))?,
            removal: removal.ok_or_else(|| missing("`removal = IMPACT`"))?,
            unmodelled,
        })
    }
}
