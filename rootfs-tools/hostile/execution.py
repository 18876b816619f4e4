"""Configurations and files that steer whoever runs the image: cases 26 to 34."""

from .archive import entry, file, sparse, symlink
from .case import Runs, Stopped, Table
from .system import SYSTEM

table = Table()


def run(number, name, outcome, entries=(), **config):
    """An image of busybox with a configuration; `entries` may be a function of the victim's path."""
    layers = lambda to: [SYSTEM, *([list(entries(to.victim) if callable(entries) else entries)] if entries else [])]  # noqa: E731
    table.add(number, name, outcome)(lambda to: to.image(*layers(to), config={"Env": ["PATH=/bin"], **config}))


# 26: users (CVE-2024-40635, CVE-2026-46680)
PASSWD = [file("etc/passwd", b"root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n65534:x:0:0::/:/bin/sh\nevil:x:4294967296:0::/:/bin/sh\n"
                             b"minus:x:-1:-1::/:/bin/sh\n\0nul:x:0:0::/:/bin/sh\nfew:x:0\n"),
          file("etc/group", b"root:x:0:\n1000:x:0:1000\nshadow:x:42:1000,7\n")]
for name, user in {
    "2-32": "4294967296", "2-32-less-1": "4294967295", "2-64": "18446744073709551616", "minus-1": "-1", "hexadecimal": "0x0", "exponent": "1e3",
    "plus": "+0", "blank": " 0", "group-2-32": "0:4294967296", "group-minus-1": "1000:-1", "colons": "0:0:0", "empty-group": "1000:",
    "line-feed": "0\n", "fullwidth": "１", "path": "../root", "long": "u" * 100_000,
}.items():
    run(26, name, Stopped("(?i)user"), PASSWD, User=user)
for name in ("evil", "minus", "few", "nul", "nobody"):
    run(26, f"name-{name}", Stopped("has no user|user"), PASSWD, User=name)
run(26, "number-called-root", Runs(("id",), 0, r"uid=1000\S* gid=0\S*"), PASSWD, User="1000")
run(26, "group-called-root", Runs(("id",), 0, r"uid=1000\S* gid=1000\S*"), PASSWD, User="1000:1000")
run(26, "number-with-zeros", Runs(("id",), 0, r"uid=7\S* gid=0\S*"), PASSWD, User="0007")

# 27: working directories (CVE-2024-21626, GHSA-q6r4-3wmg-fwcq)
LINKS = [symlink("link", "/proc/self/fd/7"), symlink("root", "/proc/1/root"), file("file", b"x")]
for name, path in {
    "descriptor": "/proc/self/fd/7", "descriptor-and-up": "/proc/self/fd/3/../../..", "root-of-1": "/proc/1/root", "cwd": "/proc/self/cwd/..",
    "link-to-a-descriptor": "/link", "link-to-a-root": "/root", "file": "/file", "below-a-file": "/file/x",
}.items():
    run(27, name, Stopped("working directory", ("pwd",)), LINKS, WorkingDir=path)
run(27, "relative", Runs(("pwd",), 0, "/x\n"), WorkingDir="../../x")
run(27, "parents", Runs(("pwd",), 0, "/x\n"), WorkingDir="/../../x")
run(27, "link-to-the-host", Stopped("working directory", ("pwd",)),
    lambda victim: [symlink("srv", victim)], WorkingDir="/srv/made")
run(27, "climbing-link-to-the-host", Stopped("working directory", ("pwd",)),
    lambda victim: [symlink("srv", "../../../.." + victim)], WorkingDir="/srv/made")
run(27, "long", Stopped("(?i)working directory|too long", ("pwd",)), WorkingDir="/" + "d/" * 3000)

# 28: account files (CVE-2024-9676); a name must be looked up
UNREADABLE = Stopped("etc/passwd|no user")
for name, member in {
    "link-to-shadow": symlink("etc/passwd", "/etc/shadow"), "link-to-environ": symlink("etc/passwd", "/proc/self/environ"),
    "link-out": symlink("etc/passwd", "../../../../../../../etc/passwd"), "link-loop": symlink("etc/passwd", "passwd"),
    "fifo": entry("etc/passwd", "6"), "device": entry("etc/passwd", "3", device=(1, 5)), "directory": entry("etc/passwd", "5"),
    "1-gib": sparse("etc/passwd", 1 << 30), "a-line-of-1-mib": file("etc/passwd", b"x" * (1 << 20)),
    "a-million-colons": file("etc/passwd", b":" * (1 << 20)),
}.items():
    run(28, f"passwd-{name}", UNREADABLE, [member], User="daemon")
ACCOUNT = file("etc/passwd", b"daemon:x:7:7::/:/bin/sh\n")
for name, member in {
    "link-to-the-host": symlink("etc/group", "/etc/group"), "fifo": entry("etc/group", "6"), "1-gib": sparse("etc/group", 1 << 30),
}.items():
    run(28, f"group-{name}", Stopped("etc/group"), [ACCOUNT, member], User="daemon")
run(28, "etc-is-a-link", UNREADABLE, lambda victim: [symlink("etc", "/../../../../../../etc")], User="daemon")

# 29: volumes (CVE-2022-23648): none is made
for name, path in {
    "parents": "/../../../../etc", "relative-parents": "../../etc", "proc": "/proc/sys", "root": "/", "data": "/data", "empty": "",
}.items():
    run(29, name, Runs(("sh", "-c", "cat /proc/mounts; ls -a /"), 0, r"(?s)(?!.*\.\.?/etc).*"), Volumes={path: {}})

# 30: labels (CVE-2026-53488)
run(30, "reserved", Runs(("sh", "-c", "cat /proc/self/uid_map /proc/self/status"), 0, r"(?s)\s+0\s+[1-9].*NoNewPrivs:\t1.*Seccomp:\t2.*"),
    Labels={
        "berth.task": "0" * 32, "berth.privileged": "true", "io.berth.image.imported": "9e999", "io.berth.user": "0",
        "io.containerd.image": "unpacked", "com.amazonaws.ecs.cluster": "other", "io.cri-containerd.image": "managed",
        "run.oci.hooks": "/bin/sh", "io.kubernetes.cri.container-type": "sandbox"},
    OnBuild=["RUN reboot"], Shell=["/evil"], Healthcheck={"Test": ["CMD-SHELL", "reboot"]}, Privileged=True)
run(30, "without-measure", Runs(("true",)), Labels={f"{'l' * 200}{index}": "x" * 200 for index in range(5000)})
run(30, "terminal", Runs(("true",)), Labels={"\x1b[2J": "\x1b]0;owned\x07", "": "", "a\0b": "c\0d"})

# 31: links where the runtime mounts and writes (CVE-2026-41579, CVE-2026-47766)
for name in ("dev", "proc", "sys"):
    run(31, f"{name}-to-the-host", Stopped(f"/{name}.*symbolic link"), lambda victim, name=name: [symlink(name, victim)])
    run(31, f"{name}-inside", Stopped(f"/{name}.*symbolic link"), [symlink(name, "/bin")])
    run(31, f"{name}-is-a-file", Stopped(f"/{name}"), [file(name, b"x")])
    run(31, f"{name}-is-a-fifo", Stopped(f"/{name}"), [entry(name, "6")])
for name in ("resolv.conf", "hosts", "hostname"):
    run(31, f"{name}-to-the-host", Runs(("true",)), lambda victim, name=name: [symlink(f"etc/{name}", f"{victim}/canary")])
run(31, "etc-to-the-host", Stopped("cannot bind a mount at /etc/hosts", ("true",)), lambda victim: [symlink("etc", victim)])
run(31, "dev-below-a-link", Runs(("true",)), lambda victim: [
    symlink("dev/null", f"{victim}/canary"), symlink("dev/pts", victim), symlink("dev/shm", victim), symlink("dev/console", f"{victim}/canary")])

# 32: the runtime's own executable (CVE-2019-5736)
SCRIPT = [file("bin/script", b"#!/proc/self/exe\n", mode=0o755), file("bin/deep", b"#!/bin/deep\n", mode=0o755)]
SHIM = Runs(None, 2)  # a sealed copy of it, which finds no plan
for name, program, outcome in [
    ("self", "/proc/self/exe", SHIM), ("init", "/proc/1/exe", SHIM), ("script", "/bin/script", SHIM),
    ("descriptor", "/proc/self/fd/3", Stopped("cannot execute /proc/self/fd/3: Permission denied", None)),
    ("itself", "/bin/deep", Stopped("cannot execute /bin/deep: Too many levels of symbolic links", None)),
]:
    run(32, name, outcome, SCRIPT, Entrypoint=[program])
run(32, "directory", Stopped("cannot execute /bin: Permission denied", None), Entrypoint=["/bin"])
run(32, "device", Stopped("cannot execute /bin/device: Permission denied", None), [entry("bin/device", "3", mode=0o777, device=(1, 5))], Entrypoint=["/bin/device"])
run(32, "fifo", Stopped("cannot execute /bin/pipe: Permission denied", None), [entry("bin/pipe", "6", mode=0o777)], Entrypoint=["/bin/pipe"])
run(32, "no-program", Stopped("cannot execute /bin/garbage: Exec format error", None), [file("bin/garbage", b"\x7fELF" + b"\xff" * 500, mode=0o755)], Entrypoint=["/bin/garbage"])
run(32, "empty-name", Stopped("cannot execute: No such file or directory", None), Entrypoint=[""])

# 33: the environment (CVE-2025-23266): it reaches the task alone
run(33, "loader", Runs(("/bin/env",), 0, r"(?s)(?=.*LD_PRELOAD=/evil\.so)(?=.*BASH_ENV=/evil)"), Env=[
    "LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "LD_AUDIT=/evil.so", "PATH=/evil:/bin", "GCONV_PATH=/evil", "BASH_ENV=/evil",
    "MALLOC_TRACE=/evil", "NOTIFY_SOCKET=/evil", "SWIFT_BACKTRACE=enable=yes,command=/evil"])
run(33, "path-of-parents", Runs(("sh", "-c", "true")), Env=["PATH=../../../../evil:.:/proc/self/fd/7:/bin"])
run(33, "path-into-proc", Runs(("sh", "-c", "true")), Env=["PATH=/proc/self/fd:/proc/1/root/bin:/bin"])
run(33, "no-path", Stopped("cannot execute sh: No such file or directory", ("sh", "-c", "true")), Env=["PATH="])
run(33, "malformed", Runs(("/bin/true",)), Env=["", "=", "=x", "A", "A\nB=C", "\u202e=x"])
run(33, "nul", Runs(("/bin/true",)), Env=["A=b\0LD_PRELOAD=/evil.so"])
run(33, "names-twice", Runs(("/bin/sh", "-c", "echo $A"), 0, "2\n"), Env=["A=1", "A=2", "PATH=/bin"])

# 34: more variables than execve(2) carries
run(34, "65536", Runs(("/bin/true",)), Env=[f"V{index}=1" for index in range(65_536)])
run(34, "three-mebibytes", Stopped("Argument list too long", ("/bin/true",)), Env=[f"V{index}={'x' * 1000}" for index in range(3_500)])
run(34, "one-of-a-mebibyte", Stopped("Argument list too long", ("/bin/true",)), Env=["V=" + "x" * (1 << 20)])
run(34, "arguments", Stopped("Argument list too long", None), Entrypoint=["/bin/true"], Cmd=["x" * 1000] * 3_500)
