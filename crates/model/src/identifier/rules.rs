//! The rules for identifiers. Each is a function from a text to the reason why it is invalid.

use std::borrow::Cow;

use crate::arn::Arn;
use crate::spec::regions::{Known, look_up};

type Rule = Result<(), Cow<'static, str>>;

pub(super) fn length(text: &str, least: usize, most: usize) -> Rule {
    let length = text.chars().count();
    if (least..=most).contains(&length) {
        Ok(())
    } else {
        Err(format!("expected {least} to {most} characters, found {length}").into())
    }
}

pub(super) fn characters(text: &str, allowed: &str, test: impl Fn(u8) -> bool) -> Rule {
    if text.bytes().all(test) { Ok(()) } else { Err(format!("only {allowed} are allowed").into()) }
}

pub(super) fn no_prefix(text: &str, prefix: &str) -> Rule {
    if text.starts_with(prefix) { Err(format!("it must not begin with `{prefix}`").into()) } else { Ok(()) }
}

/// Rejects names whose first part, up to a `-`, is a reserved prefix.
pub(super) fn no_first_part(text: &str, reserved: &[&str]) -> Rule {
    match text.split('-').next().filter(|first| reserved.contains(first)) {
        Some(first) => Err(format!("its first part must not be `{first}`, which AWS reserves").into()),
        None => Ok(()),
    }
}

/// `[a-z][a-z0-9]*(-[a-z0-9]+)*`
pub(super) fn kebab(text: &str) -> Rule {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if text.starts_with(|c: char| c.is_ascii_lowercase()) && text.split('-').all(part) {
        Ok(())
    } else {
        Err("use lowercase letters and digits in parts joined by single `-`, starting with a letter".into())
    }
}

/// Letters, digits and `-`, no `-` at either end.
pub(super) fn dashed(text: &str, most: usize) -> Rule {
    length(text, 1, most)?;
    if text.starts_with('-') || text.ends_with('-') {
        return Err("it must not begin or end with `-`".into());
    }
    characters(text, "letters, digits and `-`", |c| c.is_ascii_alphanumeric() || c == b'-')
}

pub(super) fn region(text: &str) -> Rule {
    if zone(text).is_ok() {
        return Err("it is an Availability Zone; its Region has no letter at the end".into());
    }
    let parts: Vec<&str> = text.split('-').collect();
    let lower = |part: &&str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, names))
            if names.len() >= 2
                && names.iter().all(lower)
                && number.len() == 1
                && number.bytes().all(|c| c.is_ascii_digit()) =>
        {
            Ok(())
        }
        _ => Err("expected a form such as `us-east-1`".into()),
    }
}

pub(super) fn zone(text: &str) -> Rule {
    let malformed = || Err("expected a form such as `us-east-1a`".into());
    match text.strip_suffix(|c: char| c.is_ascii_lowercase()) {
        // A Region ends in a digit, so this recursion stops here.
        Some(prefix) if prefix.ends_with(|c: char| c.is_ascii_digit()) => region(prefix).or_else(|_| malformed()),
        Some(_) => malformed(),
        None => malformed(),
    }
}

pub(super) fn domain(text: &str) -> Rule {
    length(text, 3, 126)?;
    if text.contains("://") || text.contains('/') {
        return Err("expected a host name, without a scheme and a path".into());
    }
    let labels: Vec<&str> = text.split('.').collect();
    for label in &labels {
        if label.is_empty() || label.len() > 63 || label.starts_with('-') || label.ends_with('-') {
            return Err("each label must have 1 to 63 characters and no `-` at either end".into());
        }
        characters(label, "lowercase letters, digits, `-` and `.`", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'
        })?;
    }
    match labels.as_slice() {
        [_, .., last] if last.bytes().all(|c| c.is_ascii_lowercase()) => Ok(()),
        [_] => Err("it must have at least two labels".into()),
        _ => Err("its last label must consist of letters only".into()),
    }
}

pub(super) fn path_pattern(text: &str) -> Rule {
    length(text, 1, 128)?;
    if !text.starts_with('/') {
        return Err("it must begin with `/`".into());
    }
    let literal = text.strip_suffix('*').unwrap_or(text);
    if literal.contains(['*', '?']) {
        return Err("a wildcard may only be a `*` at the end, as in `/api/*`".into());
    }
    characters(literal, "letters, digits and `/_-.$~@:+&`", |c| c.is_ascii_alphanumeric() || b"/_-.$~@:+&".contains(&c))
}

pub(super) fn parameter(text: &str) -> Rule {
    length(text, 1, 1_011)?;
    characters(text, "letters, digits and `_.-/`", |c| c.is_ascii_alphanumeric() || b"_.-/".contains(&c))?;
    let parts = text.strip_prefix('/').unwrap_or(text);
    if parts.split('/').any(str::is_empty) {
        return Err("it must not contain `//` or end in `/`".into());
    }
    if parts.contains('/') && !text.starts_with('/') {
        return Err("a name with several parts begins with `/`".into());
    }
    let reserved = ["aws", "ssm"].iter().any(|word| parts.to_lowercase().starts_with(word));
    if reserved { Err("names that begin with `aws` or `ssm` are reserved".into()) } else { Ok(()) }
}

/// A customer's policy, or one of AWS, whose account is `aws`.
pub(super) fn policy_arn(text: &str) -> Rule {
    let form = || Cow::from("expected the form `arn:aws:iam::<account>:policy/…`");
    let given = Arn::of(text).filter(|given| given.service == "iam" && given.region.is_empty()).ok_or_else(form)?;
    if !given.has_known_partition() {
        return Err(format!("AWS has no partition `{}`", given.partition).into());
    }
    let is_account = given.account.len() == 12 && given.account.bytes().all(|c| c.is_ascii_digit());
    let name = given.resource.strip_prefix("policy/").filter(|name| !name.is_empty()).ok_or_else(form)?;
    if !is_account && given.account != "aws" {
        return Err("its account must have twelve digits, or be `aws`".into());
    }
    characters(name, "letters, digits and `_+=,.@-/`", |c| c.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&c))
}

pub(super) fn container_user(text: &str) -> Rule {
    length(text, 1, 64)?;
    let mut parts = text.splitn(2, ':');
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c))
    };
    if parts.all(part) { Ok(()) } else { Err("expected a form such as `1000:1000`, `app` or `app:app`".into()) }
}

/// Letters, digits and spaces of any language and `_.:/=+-@`: the characters that every service accepts
/// in a tag value. Some services strip a space at the start or the end of a value, and the prefix
/// `aws:` is reserved.
/// Source: Tagging AWS Resources User Guide, "Tag naming limits and requirements"; the pattern
/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` of the APIs of IAM and Elastic Load Balancing; Amazon ECS API, `Tag`.
pub(super) fn tag_value(text: &str) -> Rule {
    if text.trim().is_empty() {
        return Err("it is blank".into());
    }
    length(text, 1, 256)?;
    if text.trim() != text {
        return Err("it must not begin or end with a space".into());
    }
    if text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err("AWS reserves the prefix `aws:`".into());
    }
    let is_separator = |c: char| c.is_whitespace() && !c.is_control();
    // Circled and squared letters are alphabetic in Unicode, but symbols by category.
    let is_letter = |c: char| {
        let is_enclosed = matches!(c, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f149}' | '\u{1f150}'..='\u{1f169}' | '\u{1f170}'..='\u{1f189}');
        c.is_alphabetic() && !is_enclosed
    };
    let invalid =
        text.chars().find(|&c| !is_letter(c) && !c.is_numeric() && !is_separator(c) && !"_.:/=+-@".contains(c));
    match invalid {
        None => Ok(()),
        Some(invalid) => {
            let invalid = invalid.escape_debug();
            Err(format!("AWS does not allow `{invalid}` in a tag, only letters, digits, spaces and `_.:/=+-@`").into())
        }
    }
}

/// `arn:<partition>:<service>:<region>:<account>:<prefix><name>`; returns the Region and the name.
fn arn<'a>(text: &'a str, service: &str, prefix: &str) -> Result<(&'a str, &'a str), Cow<'static, str>> {
    let form = || Cow::from(format!("expected the form `arn:aws:{service}:…:<account>:{prefix}…`"));
    let arn = Arn::of(text).ok_or_else(form)?;
    if arn.service == "sts" && service == "iam" && arn.resource.starts_with("assumed-role/") {
        let role = arn.resource.split('/').nth(1).unwrap_or_default();
        let Arn { partition, account, .. } = arn;
        let role = format!("`arn:{partition}:iam::{account}:role/{role}`, with the role's path");
        return Err(format!("it is a role session; the ARN of the role is {role}").into());
    }
    if arn.service != service {
        return Err(form());
    }
    if !arn.has_known_partition() {
        return Err(format!("AWS has no partition `{}`", arn.partition).into());
    }
    if arn.account.len() != 12 || !arn.account.bytes().all(|c| c.is_ascii_digit()) {
        return Err(format!("its account must have twelve digits; found `{}`", arn.account).into());
    }
    let name = arn.resource.strip_prefix(prefix).filter(|name| !name.is_empty()).ok_or_else(form)?;
    if name.contains(['*', '?']) {
        return Err("wildcards are not allowed".into());
    }
    Ok((arn.region, name))
}

pub(super) fn role_arn(text: &str) -> Rule {
    let (region, name) = arn(text, "iam", "role/")?;
    if !region.is_empty() {
        return Err("IAM is not regional: leave the Region between `iam` and the account empty".into());
    }
    let (path, name) = name.rsplit_once('/').unwrap_or(("", name));
    if name.is_empty() || name.len() > 64 || path.len() > 510 {
        return Err("a role's name must have 1 to 64 characters, and its path at most 512".into());
    }
    characters(name, "letters, digits and `_+=,.@-` in the role's name", |c| {
        c.is_ascii_alphanumeric() || b"_+=,.@-".contains(&c)
    })?;
    // Source: IAM User Guide, "Service-linked roles": only the service itself assumes one.
    if path.starts_with("aws-service-role/") || path == "aws-service-role" {
        return Err("it is a service-linked role, which only its service can assume".into());
    }
    characters(path, "printable ASCII in the role's path", |c| c.is_ascii_graphic())
}

/// Source: AWS Certificate Manager User Guide, "Actions, resources, and condition keys": the last part
/// is the id of a certificate. All ids that ACM assigns are UUIDs.
pub(super) fn certificate_arn(text: &str) -> Rule {
    let (given, name) = arn(text, "acm", "certificate/")?;
    region(given).map_err(|_| Cow::from(format!("a certificate has a Region, and `{given}` is not one")))?;
    let part = |part: &str| part.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    if name.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && name.split('-').all(part) {
        Ok(())
    } else {
        Err("expected a UUID after `certificate/`: 8, 4, 4, 4 and 12 hexadecimal digits with `-` between".into())
    }
}

/// `[host[:port]/]path/name[:tag]@sha256:<digest>`
/// Source: the reference grammar of the OCI Distribution Specification and of Docker: only the host may
/// have capitals.
pub(super) fn image(text: &str) -> Rule {
    let Some((name, digest)) = text.split_once("@sha256:") else {
        return Err("it must be pinned by digest, as in `repository/name@sha256:…`: a tag can be moved".into());
    };
    let found = match digest.chars().find(|c| !matches!(c, '0'..='9' | 'a'..='f')) {
        Some(other) => Some(format!("`{other}` is none")),
        None => (digest.len() != 64).then(|| format!("it has {}", digest.len())),
    };
    if let Some(found) = found {
        return Err(format!("its digest must have 64 lowercase hexadecimal digits, and {found}").into());
    }
    length(name, 1, 255)?;
    characters(name, "letters, digits and `._-/:` before the digest", |c| {
        c.is_ascii_alphanumeric() || b"._-/:".contains(&c)
    })?;
    // The first part is a host if it looks like one.
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    let repository = match name.split_once('/') {
        Some((host, rest)) if is_host(host) => {
            let (name, port) = host.split_once(':').unwrap_or((host, "443"));
            let label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
            if !name.split('.').all(label) || name.contains('_') || port.parse::<u16>().is_err() {
                return Err(format!("`{host}` is not a valid registry host").into());
            }
            registry(name, rest)?;
            rest
        }
        _ => name,
    };
    let (repository, tag) = repository.split_once(':').map_or((repository, None), |(name, tag)| (name, Some(tag)));
    if tag
        .is_some_and(|tag| tag.is_empty() || tag.len() > 128 || tag.contains(['/', ':']) || tag.starts_with(['.', '-']))
    {
        return Err("its tag must have 1 to 128 letters, digits and `._-`".into());
    }
    if repository.bytes().any(|c| c.is_ascii_uppercase()) {
        return Err("the repository name must be lower case".into());
    }
    if repository.split('/').all(repository_part) {
        Ok(())
    } else {
        Err("each part of the repository name must be letters and digits, separated by single `.`, `_` or `__`, or `-`"
            .into())
    }
}

/// Rejects images that a task cannot pull from the host of a registry.
/// Source: Amazon ECR User Guide, "Amazon ECR private registries"; Amazon ECR Public User Guide, "Public
/// registries": `public.ecr.aws/<alias>/<repository>`.
fn registry(host: &str, repository: &str) -> Rule {
    if host == "localhost" || host.starts_with("127.") {
        return Err(format!("`{host}` is the task itself, which runs no registry").into());
    }
    if host == "public.ecr.aws" && !repository.contains('/') {
        return Err("expected an alias and a repository after `public.ecr.aws`, as in `nginx/nginx`".into());
    }
    let Some((account, rest)) = host.split_once(".dkr.ecr.").or_else(|| host.split_once(".dkr.ecr-fips.")) else {
        return Ok(());
    };
    if account.len() != 12 || !account.bytes().all(|c| c.is_ascii_digit()) {
        return Err(format!("an ECR registry begins with an account id of twelve digits; found `{account}`").into());
    }
    let named = rest.split('.').next().unwrap_or_default();
    match look_up(named, []) {
        Known::Misspelt(Some(meant)) => Err(format!("AWS has no Region `{named}`; did you mean `{meant}`?").into()),
        Known::Misspelt(None) => Err(format!("AWS has no Region `{named}`").into()),
        Known::Region(_) | Known::New => Ok(()),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn repository_part(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part.split(is_word).filter(|run| !run.is_empty());
    part.starts_with(is_word)
        && part.ends_with(is_word)
        && separators.into_iter().all(|run| matches!(run, "." | "_" | "__") || run.bytes().all(|c| c == b'-'))
}

pub(super) fn bucket(text: &str) -> Rule {
    length(text, 3, 63)?;
    characters(text, "lowercase letters, digits, `-` and `.`", |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.'
    })?;
    let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !edge(text.bytes().next()) || !edge(text.bytes().last()) {
        return Err("it must begin and end with a letter or a digit".into());
    }
    if text.contains("..") || text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("it must not have two dots in a row or look like an IP address".into());
    }
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| text.starts_with(prefix))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3"].iter().any(|suffix| text.ends_with(suffix));
    if reserved { Err("S3 reserves this prefix or suffix".into()) } else { Ok(()) }
}

pub(super) fn secret(text: &str) -> Rule {
    length(text, 1, 512)?;
    characters(text, "letters, digits and `/_+=.@-`", |c| c.is_ascii_alphanumeric() || b"/_+=.@-".contains(&c))?;
    let looks_random = text.len() > 7
        && text.as_bytes()[text.len() - 7] == b'-'
        && text.bytes().rev().take(6).all(|c| c.is_ascii_alphanumeric());
    if looks_random {
        Err("it must not end in `-` and six characters, because its ARN will end like that".into())
    } else {
        Ok(())
    }
}

pub(super) fn postgres(text: &str) -> Rule {
    // PostgreSQL's limit counts bytes.
    if text.is_empty() || text.len() > 63 {
        return Err(format!("expected 1 to 63 bytes, found {}", text.len()).into());
    }
    if text.contains('\0') {
        return Err("it must not contain NUL".into());
    }
    no_prefix(text, "pg_")
}

pub(super) fn instance_class(text: &str) -> Rule {
    let parts: Vec<&str> = text.split('.').collect();
    let word = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    match parts.as_slice() {
        ["db", "serverless"] => Ok(()),
        ["db", family, size] if word(family) && word(size) => Ok(()),
        _ => Err("expected a form such as `db.r6g.large`".into()),
    }
}

pub(super) fn engine_version(text: &str) -> Rule {
    let number = |part: &str| {
        let is_plain = !part.is_empty() && part.len() <= 3 && part.bytes().all(|c| c.is_ascii_digit());
        // `15.04` would be a second name of `15.4`, and AWS accepts only one.
        is_plain && (part == "0" || !part.starts_with('0'))
    };
    match text.split_once('.') {
        Some((major, minor)) if number(major) && number(minor) => Ok(()),
        None if number(text) => Err(format!("it is a major version; add a minor version, as in `{text}.N`").into()),
        _ => Err("expected a form such as `15.4`: two numbers without leading zeros".into()),
    }
}
