//! A disk that becomes full: a small tmpfs in a mount namespace of its own, so that nothing else on the machine sees it and
//! nobody has to be root.

use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// A tmpfs on a folder, seen only by programs that are run within it. It is gone with this value.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
    /// Whether it lies in a user namespace too.
    user: bool,
    /// The process that the namespace belongs to; it ends when its standard input is closed.
    holder: Child,
    _open: ChildStdin,
}

impl SmallDisk {
    /// Mounts a disk of this many megabytes on an empty folder.
    ///
    /// # Panics
    /// When the machine permits neither root nor ordinary users a mount namespace; the message says what to do.
    pub fn mount(folder: &Path, megabytes: u32) -> Self {
        // Root of a machine without user namespaces needs none.
        let mounted = Self::mount_as(true, folder, megabytes).or_else(|| Self::mount_as(false, folder, megabytes));
        mounted.unwrap_or_else(|| {
            panic!(
                "no small disk can be mounted here: this test needs `unshare` (util-linux) and user namespaces (as root: \
                 `sysctl kernel.unprivileged_userns_clone=1`, on Ubuntu `sysctl \
                 kernel.apparmor_restrict_unprivileged_userns=0`), or to be run as root"
            )
        })
    }

    fn mount_as(user: bool, folder: &Path, megabytes: u32) -> Option<Self> {
        let script =
            format!("mount -t tmpfs -o size={megabytes}m,mode=777 tmpfs \"$1\" && echo mounted && cat >/dev/null");
        let mut command = Command::new("unshare");
        if user {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "sh", "-c", &script, "disk"]).arg(folder);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (open, out) = (holder.stdin.take()?, holder.stdout.take()?);
        let mut said = String::new();
        // Nothing said is what it says when it failed.
        let _ = BufReader::new(out).read_line(&mut said);
        if said.trim() == "mounted" {
            return Some(Self { folder: folder.to_owned(), user, holder, _open: open });
        }
        let _ = holder.kill();
        let _ = holder.wait();
        None
    }

    /// The words to run a program with that sees the disk.
    pub(crate) fn within(&self) -> Vec<OsString> {
        let target = self.holder.id().to_string();
        let mut words = vec!["nsenter", "--target", &target, "--mount"];
        if self.user {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.iter().map(OsString::from).collect()
    }

    /// Writes to it until not a byte more goes on it.
    ///
    /// # Panics
    /// When it does not become full.
    pub fn fill(&self) {
        let (ended, said) = self.shell("cat /dev/zero >\"$1/filler\"");
        assert!(!ended && said.contains("No space left"), "the disk did not become full: {said}");
    }

    /// Takes away what [`SmallDisk::fill`] wrote.
    ///
    /// # Panics
    /// When that cannot be removed.
    pub fn free(&self) {
        let (ended, said) = self.shell("rm -f \"$1/filler\"");
        assert!(ended, "the disk cannot be freed: {said}");
    }

    fn shell(&self, script: &str) -> (bool, String) {
        let words = self.within();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(["sh", "-c", script, "disk"]).arg(&self.folder).env("LC_ALL", "C");
        let output = command.output().unwrap_or_else(|error| panic!("`nsenter` cannot be started: {error}"));
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
