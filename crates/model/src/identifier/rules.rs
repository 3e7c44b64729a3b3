//! The rules that identifiers obey. Each is a function from a text to the sentence it breaks.

use std::borrow::Cow;

type Rule = Result<(), Cow<'static, str>>;

/// Ids that no tenant may have, because they are host names or database roles of the platform, or
/// would be mistaken for them. Those beginning with `rds` or `pg` are refused as well.
pub const RESERVED_TENANT_IDS: [&str; 24] = [
    "admin",
    "amazon",
    "api",
    "app",
    "auth",
    "aws",
    "cdn",
    "default",
    "information-schema",
    "internal",
    "localhost",
    "mail",
    "platform",
    "postgres",
    "public",
    "rdsadmin",
    "root",
    "shared",
    "static",
    "status",
    "system",
    "template0",
    "template1",
    "www",
];

pub(super) fn length(text: &str, least: usize, most: usize) -> Rule {
    if (least..=most).contains(&text.len()) {
        Ok(())
    } else {
        Err(format!("it has {least} to {most} characters, and this has {}", text.len()).into())
    }
}

pub(super) fn characters(text: &str, allowed: &str, test: impl Fn(u8) -> bool) -> Rule {
    if text.bytes().all(test) { Ok(()) } else { Err(format!("it consists of {allowed}").into()) }
}

pub(super) fn no_prefix(text: &str, prefix: &str) -> Rule {
    if text.starts_with(prefix) { Err(format!("it must not begin with `{prefix}`").into()) } else { Ok(()) }
}

/// No name made of this one and others behind a `-` begins with a prefix that is reserved.
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
        Err("it consists of lowercase letters and digits in parts joined by single `-`, a letter first".into())
    }
}

pub(super) fn not_reserved(text: &str) -> Rule {
    let reserved = RESERVED_TENANT_IDS.contains(&text) || text.starts_with("rds") || text.starts_with("pg");
    if reserved { Err("it is reserved, as are all beginning with `rds` or `pg`".into()) } else { Ok(()) }
}

/// Letters, digits and `-`, no `-` at an edge.
pub(super) fn dashed(text: &str, most: usize) -> Rule {
    length(text, 1, most)?;
    if text.starts_with('-') || text.ends_with('-') {
        return Err("it must not begin or end with `-`".into());
    }
    characters(text, "letters, digits and `-`", |c| c.is_ascii_alphanumeric() || c == b'-')
}

pub(super) fn region(text: &str) -> Rule {
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
        _ => Err("it has a form such as `us-east-1`".into()),
    }
}

pub(super) fn zone(text: &str) -> Rule {
    let malformed = || Err("it has a form such as `us-east-1a`".into());
    match text.strip_suffix(|c: char| c.is_ascii_lowercase()) {
        Some(prefix) => region(prefix).or_else(|_| malformed()),
        None => malformed(),
    }
}

pub(super) fn domain(text: &str) -> Rule {
    length(text, 3, 126)?;
    let labels: Vec<&str> = text.split('.').collect();
    for label in &labels {
        if label.is_empty() || label.len() > 63 || label.starts_with('-') || label.ends_with('-') {
            return Err("each label has 1 to 63 characters and no `-` at an edge".into());
        }
        characters(label, "lowercase letters, digits, `-` and `.`", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'
        })?;
    }
    match labels.as_slice() {
        [_, .., last] if last.bytes().all(|c| c.is_ascii_lowercase()) => Ok(()),
        [_] => Err("it has at least two labels".into()),
        _ => Err("its last label consists of letters only".into()),
    }
}

/// `arn:<partition>:<service>:<region?>:<account>:<prefix><name>`
pub(super) fn arn(text: &str, service: &str, prefix: &str) -> Rule {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let good = match parts.as_slice() {
        ["arn", partition, given, _, account, resource] => {
            partition.starts_with("aws")
                && *given == service
                && account.len() == 12
                && account.bytes().all(|c| c.is_ascii_digit())
                && resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty())
                && !text.contains(['*', '?', ' '])
        }
        _ => false,
    };
    if good {
        Ok(())
    } else {
        Err(format!("it has the form `arn:aws:{service}:…:<account>:{prefix}…`, without wildcards").into())
    }
}

pub(super) fn image(text: &str) -> Rule {
    let Some((name, digest)) = text.split_once("@sha256:") else {
        return Err("it must be pinned by digest, as in `repository/name@sha256:…`: a tag can be moved".into());
    };
    if digest.len() != 64 || !digest.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)) {
        return Err("its digest is 64 lowercase hexadecimal digits".into());
    }
    length(name, 1, 255)?;
    characters(name, "letters, digits and `._-/:` before the digest", |c| {
        c.is_ascii_alphanumeric() || b"._-/:".contains(&c)
    })
}

pub(super) fn bucket(text: &str) -> Rule {
    length(text, 3, 63)?;
    characters(text, "lowercase letters, digits, `-` and `.`", |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-' || c == b'.'
    })?;
    let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !edge(text.bytes().next()) || !edge(text.bytes().last()) {
        return Err("it begins and ends with a letter or a digit".into());
    }
    if text.contains("..") || text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("it has no two dots in a row and does not look like an IP address".into());
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
        Err("it must not end in `-` and six characters, which is how its ARN will end".into())
    } else {
        Ok(())
    }
}

pub(super) fn postgres(text: &str) -> Rule {
    length(text, 1, 63)?;
    if text.contains('\0') {
        return Err("it holds no NUL".into());
    }
    no_prefix(text, "pg_")
}

pub(super) fn instance_class(text: &str) -> Rule {
    let parts: Vec<&str> = text.split('.').collect();
    let word = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    match parts.as_slice() {
        ["db", "serverless"] => Ok(()),
        ["db", family, size] if word(family) && word(size) => Ok(()),
        _ => Err("it has a form such as `db.r6g.large`".into()),
    }
}

pub(super) fn engine_version(text: &str) -> Rule {
    let number = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('.') {
        Some((major, minor)) if number(major) && number(minor) => Ok(()),
        _ => Err("it has a form such as `15.4`".into()),
    }
}
