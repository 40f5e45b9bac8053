"""How well this machine can contain a program: the levels, what each is made of, what to do where one fails."""

import os

import attrs

from pegboard import Isolation

LAYERS: dict[Isolation, tuple[str, ...]] = {
    Isolation.L5: ("cgroup", "namespaces", "seccomp"),
    Isolation.L4: ("namespaces", "seccomp"),
    Isolation.L3: ("landlock", "seccomp"),
    Isolation.L2: (),
}

ACCEPTABLE = Isolation.L3
"""The lowest level that is used without the operator's leave."""

FIXES = {
    "user-namespace": "sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1; "
    "in a container: a seccomp profile with unshare, mount, umount2, sethostname and pivot_root",
    "id-map": "start the server as an ordinary user, or as root with the capabilities that root has",
    "namespaces": "an AppArmor profile with userns for the server: aa-exec -p NAME, AppArmorProfile=NAME; "
    "or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    "private-root": "in a container: an AppArmor profile with mount, a seccomp profile with pivot_root; "
    "in a unit: no ProtectHostname",
    "capabilities": "start the server as an ordinary user, or as root with CAP_SETUID, CAP_SETGID and CAP_SETPCAP",
    "no-new-privs": "use Linux 3.5 or later",
    "landlock": "use Linux 5.13 or later with lsm=landlock,... on the kernel's command line",
    "seccomp": "use a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
    "cgroup": "in the server's unit: Delegate=memory pids and DelegateSubgroup=server; and set cgroup to the unit's "
    "directory below /sys/fs/cgroup",
    "import": "install what the message names, where the server's Python finds it",
    "start": "read the message: the interpreter of the sandbox did not come up",
    "run": "read the message: a trial program did not give its result",
}


@attrs.frozen
class Tried:
    """A level that could not be had: the step that failed, the system's answer, and what mends it."""

    level: Isolation
    step: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.level.name} fails at {self.step} ({self.why}); to mend it: {self.fix}"


def candidates(max_level: int, allow_weak: bool) -> list[Isolation]:
    """Levels to try, best first."""
    lowest = Isolation.L2 if allow_weak else ACCEPTABLE
    return [level for level in LAYERS if lowest <= level <= max_level] if os.name == "posix" else []
