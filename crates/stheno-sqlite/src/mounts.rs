//! Which file system a path is on. SQLite's write-ahead log needs memory that all users of the file share, so a file
//! system that other machines can write to is not safe for it.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// File systems that other machines may write to, as Linux names them.
const NETWORK_KINDS: [&str; 17] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "coda",
    "gfs2",
    "glusterfs",
    "lustre",
    "ncpfs",
    "ocfs2",
    "beegfs",
    "orangefs",
    "gpfs",
];

/// FUSE file systems are shown as `fuse.<name>`; these reach over a network.
const NETWORK_FUSE: [&str; 9] =
    ["sshfs", "glusterfs", "ceph", "s3fs", "gcsfuse", "goofys", "rclone", "davfs", "mount-s3"];

/// The kind of network file system that a path is on; `None` when it is on a local one, or the system does not say
/// (only Linux does).
pub(crate) fn network_file_system(path: &Path) -> Option<String> {
    let mounts = fs::read("/proc/self/mountinfo").ok()?;
    let kind = kind_at(&mounts, path)?;
    is_network(&kind).then_some(kind)
}

fn is_network(kind: &str) -> bool {
    match kind.strip_prefix("fuse.") {
        Some(name) => NETWORK_FUSE.contains(&name),
        None => NETWORK_KINDS.contains(&kind),
    }
}

/// The kind of the mount that holds a path: the longest mount point above it, the later one where two are equal.
fn kind_at(mounts: &[u8], path: &Path) -> Option<String> {
    let mounts = mounts.split(|byte| *byte == b'\n').filter_map(parse);
    let above = mounts.filter(|(point, _)| path.starts_with(point));
    above.max_by_key(|(point, _)| point.as_os_str().len()).map(|(_, kind)| kind)
}

/// Mount point and kind of one line of `mountinfo` (man 5 proc): the fifth field, and the first after the lone dash.
fn parse(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = unescape(fields.nth(4)?);
    let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
    Some((point, String::from_utf8_lossy(kind).into_owned()))
}

/// Blanks and backslashes in a mount point are written as three octal digits: `\040`.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, octal(after)) {
            (b'\\', Some(escaped)) => {
                bytes.push(escaped);
                rest = &after[3..];
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    PathBuf::from(os_string(bytes))
}

fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..3)?).ok()?;
    u8::from_str_radix(digits, 8).ok()
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes)
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = br"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
31 22 0:27 / /proc rw - proc proc rw
40 22 0:45 / /mnt/shared rw,relatime - nfs4 server:/export rw,vers=4.2
41 40 0:46 / /mnt/shared/local rw master:3 propagate_from:2 - tmpfs tmpfs rw
42 22 0:47 / /mnt/my\040share rw - cifs //server/share rw
43 22 0:48 / /home/me/remote rw - fuse.sshfs me@server:/ rw
44 22 0:49 / /home/me/archive rw - fuse.archivemount a.zip rw
45 22 0:50 / /over rw - nfs server:/x rw
46 22 0:51 / /over rw - xfs /dev/vdb rw
not a line
";

    fn kind(path: &str) -> Option<String> {
        kind_at(MOUNTS, Path::new(path)).filter(|kind| is_network(kind))
    }

    #[test]
    fn the_longest_mount_point_above_a_path_decides() {
        assert_eq!(kind("/var/lib/stheno.db"), None);
        assert_eq!(kind("/mnt/shared/stheno.db").as_deref(), Some("nfs4"));
        assert_eq!(kind("/mnt/shared/local/stheno.db"), None);
        assert_eq!(kind("/mnt/sharedness/stheno.db"), None);
        assert_eq!(kind("/mnt/my share/stheno.db").as_deref(), Some("cifs"));
        assert_eq!(kind("/home/me/remote/a/stheno.db").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/home/me/archive/stheno.db"), None);
    }

    #[test]
    fn of_two_mounts_at_one_point_the_later_one_is_seen() {
        assert_eq!(kind("/over/stheno.db"), None);
    }

    #[test]
    fn the_directory_of_this_test_is_local() {
        assert_eq!(network_file_system(&std::env::temp_dir()), None);
    }
}
