//! The writable directories of a container: an empty volume is mounted at each.

/// The file systems that the container runtime mounts itself.
/// Source: OCI Runtime Specification, "Linux runtime", default file systems.
const OF_THE_RUNTIME: [&str; 3] = ["/dev", "/proc", "/sys"];

/// Directories in which images keep programs and settings: an empty volume would hide them.
const OF_THE_IMAGE: [&str; 8] = ["/bin", "/boot", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin"];

/// Checks that a volume can be mounted at this path.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let Some(inner) = path.strip_prefix('/') else { return Err("it does not begin with `/`".to_owned()) };
    if inner.is_empty() {
        return Err("it would hide the whole image".to_owned());
    }
    if path.len() > 255 {
        return Err("it has more than 255 characters".to_owned());
    }
    if inner.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it must not contain `//`, `.` or `..`, or end in `/`".to_owned());
    }
    // Docker and containerd separate the parts of a mount with `:` and `,`.
    if !path.bytes().all(|c| c.is_ascii_graphic() && !b":,\"'\\".contains(&c)) {
        return Err("it has characters other than letters, digits and `/._-+@~`".to_owned());
    }
    if let Some(own) = OF_THE_RUNTIME.iter().find(|own| overlapping(path, own).is_some()) {
        return Err(format!("`{own}` belongs to the container runtime"));
    }
    if OF_THE_IMAGE.contains(&path) {
        return Err("it would hide files of the image".to_owned());
    }
    Ok(())
}

/// Describes how `path` and `other` overlap, as words that `other` follows; `None` when they do not.
pub(super) fn overlapping(path: &str, other: &str) -> Option<&'static str> {
    // In images that follow the Filesystem Hierarchy Standard 3.0, `/var/run` links to `/run`.
    let real = |path: &str| match path.strip_prefix("/var/run") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/run{rest}"),
        _ => path.to_owned(),
    };
    let (path, other) = (real(path), real(other));
    let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    if path == other {
        Some("is the same directory as")
    } else if within(&path, &other) {
        Some("is within")
    } else if within(&other, &path) {
        Some("contains")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_paths_are_rejected() {
        for good in
            ["/tmp", "/run", "/var/run", "/var/cache/nginx", "/usr/local/app", "/etc/nginx/conf.d", "/home/a_b-c.d"]
        {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for bad in [
            "", "tmp", "/", "//", "/tmp/", "/a//b", "/a/../b", "/a/.", "/a b", "/a:b", "/ä", "/proc", "/dev/shm",
            "/sys/fs", "/etc", "/usr",
        ] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn overlapping_paths_are_detected() {
        for (path, other, expected) in [
            ("/run", "/run", Some("is the same directory as")),
            ("/var/run", "/run", Some("is the same directory as")),
            ("/run/app", "/var/run", Some("is within")),
            ("/var", "/var/cache", Some("contains")),
            ("/var/cache", "/var/cached", None),
            ("/tmp", "/run", None),
        ] {
            assert_eq!(overlapping(path, other), expected, "{path} {other}");
        }
    }
}
