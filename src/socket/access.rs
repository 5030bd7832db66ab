//! Who may connect to a socket, to decide and in words. Changes no permissions, and does not look at
//! those of the directories above.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::unistd::{self, Gid, Group, Uid};

/// Who may connect: to connect is to write, so only the `w` bits of the mode count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    mode: u32,
    owner: Owner,
    group: Members,
    allowed_uids: Option<Vec<u32>>,
}

/// A user of the system who might connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name to log in by.
    pub name: String,
    /// The number the kernel knows.
    pub uid: u32,
    /// The primary group; others are the groups' own knowledge.
    pub gid: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    uid: u32,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Members {
    gid: u32,
    name: String,
    /// Who is in the group besides those whose primary group it is.
    names: Vec<String>,
}

const OWNER: u32 = 0o200;
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

impl User {
    /// Looks a user up by name; `None` if there is none or the system cannot tell.
    pub fn named(name: &str) -> Option<Self> {
        let user = unistd::User::from_name(name).ok().flatten()?;
        Some(Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() })
    }
}

impl Access {
    /// Reads it from the socket's file. `allowed_uids` is what the daemon itself will ask for.
    pub fn read(path: &Path, allowed_uids: Option<Vec<u32>>) -> io::Result<Self> {
        let file = fs::symlink_metadata(path)?;
        let mode = file.permissions().mode() & 0o777;
        let (owner, group) = (Owner::look_up(file.uid()), Members::look_up(file.gid()));
        Ok(Self { mode, owner, group, allowed_uids })
    }

    /// Whether the user may connect. As the kernel does, asks only the first class that fits: an owner
    /// without permission is not helped by the group's.
    pub fn admits(&self, user: &User) -> bool {
        let class = if user.uid == self.owner.uid {
            OWNER
        } else if user.gid == self.group.gid || self.group.names.contains(&user.name) {
            GROUP
        } else {
            OTHERS
        };
        let root = user.uid == 0;
        (root || self.mode & class != 0) && self.lists(user)
    }

    /// Whether `allowed_uids` leaves the user in.
    pub fn lists(&self, user: &User) -> bool {
        self.allowed_uids.as_ref().is_none_or(|uids| uids.contains(&user.uid))
    }

    /// Whether every user may connect.
    pub fn admits_everyone(&self) -> bool {
        let everyone = OWNER | GROUP | OTHERS;
        self.mode & everyone == everyone && self.allowed_uids.is_none()
    }

    /// Whom the file's permissions let in, in words. The kernel asks root for none.
    fn permitted(&self) -> String {
        if self.mode & OTHERS != 0 {
            return "every user".to_owned();
        }
        let owner = self.mode & OWNER != 0 && self.owner.uid != 0;
        let users =
            if owner { format!("users root and {}", self.owner.name) } else { "user root".to_owned() };
        if self.mode & GROUP == 0 { users } else { format!("{users}, members of group {}", self.group.name) }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, owner, group, allowed_uids } = self;
        write!(f, "mode {mode:04o}, owner {}, group {}: {}", owner.name, group.name, self.permitted())?;
        let Some(uids) = allowed_uids else { return Ok(()) };
        let uids: Vec<_> = uids.iter().map(ToString::to_string).collect();
        write!(f, ", and of these only uids {}", uids.join(", "))
    }
}

impl Owner {
    fn look_up(uid: u32) -> Self {
        Self { uid, name: user_name(uid) }
    }
}

/// The user's name, or the number if there is none.
pub(super) fn user_name(uid: u32) -> String {
    let user = unistd::User::from_uid(Uid::from_raw(uid)).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}

impl Members {
    fn look_up(gid: u32) -> Self {
        match Group::from_gid(Gid::from_raw(gid)).ok().flatten() {
            Some(group) => Self { gid, name: group.name, names: group.mem },
            None => Self { gid, name: gid.to_string(), names: Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(mode: u32, owner: (u32, &str), allowed_uids: Option<Vec<u32>>) -> Access {
        let owner = Owner { uid: owner.0, name: owner.1.to_owned() };
        let names = vec!["telegraf".to_owned()];
        Access { mode, owner, group: Members { gid: 998, name: "kapacitor".to_owned(), names }, allowed_uids }
    }

    fn user(name: &str, uid: u32, gid: u32) -> User {
        User { name: name.to_owned(), uid, gid }
    }

    #[test]
    fn is_told_in_words() {
        let (root, udfd) = ((0, "root"), (990, "udfd"));
        for (access, words) in [
            (
                access(0o660, root, None),
                "0660, owner root, group kapacitor: user root, members of group kapacitor",
            ),
            (
                access(0o660, udfd, None),
                "0660, owner udfd, group kapacitor: users root and udfd, members of group kapacitor",
            ),
            (access(0o600, udfd, None), "0600, owner udfd, group kapacitor: users root and udfd"),
            (access(0o440, udfd, None), "0440, owner udfd, group kapacitor: user root"),
            (
                access(0o666, root, Some(vec![0, 998])),
                "0666, owner root, group kapacitor: every user, and of these only uids 0, 998",
            ),
        ] {
            assert_eq!(access.to_string(), format!("mode {words}"));
        }
    }

    #[test]
    fn admits_whom_the_kernel_would() {
        let kapacitor = user("kapacitor", 997, 998);
        let telegraf = user("telegraf", 996, 996);
        let udfd = user("udfd", 990, 990);
        let nobody = user("nobody", 65534, 65534);
        let root = user("root", 0, 0);
        let owner = (990, "udfd");
        for (access, user, admitted) in [
            (access(0o660, owner, None), &kapacitor, true),
            (access(0o660, owner, None), &telegraf, true),
            (access(0o660, owner, None), &nobody, false),
            (access(0o600, owner, None), &kapacitor, false),
            (access(0o600, owner, None), &udfd, true),
            (access(0o060, owner, None), &udfd, false),
            (access(0o666, owner, None), &nobody, true),
            (access(0o000, owner, None), &root, true),
            (access(0o660, owner, Some(vec![997])), &kapacitor, true),
            (access(0o660, owner, Some(vec![997])), &root, false),
        ] {
            assert_eq!(access.admits(user), admitted, "{access}: {}", user.name);
        }
    }
}
