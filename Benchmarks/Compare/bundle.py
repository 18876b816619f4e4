"""One bundle for all OCI runtimes: Docker's seccomp policy and capabilities, six namespaces, and limits."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL "
    "AUDIT_WRITE").split()]


def busybox(work):
    """The project's busybox image: its layout, and its layers unpacked as `bundle` wants them."""
    layout, rootfs = work / "busybox", work / "rootfs"
    subprocess.run([str(ROOT / "rootfs-tools/build-image"), "busybox", str(layout)], check=True,
                   stdout=subprocess.DEVNULL)
    rootfs.mkdir()
    index = json.loads((layout / "index.json").read_text())
    blob = lambda digest: layout / "blobs/sha256" / digest.split(":")[1]
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    for layer in manifest["layers"]:
        subprocess.run(["tar", "-xzf", str(blob(layer["digest"])), "-C", str(rootfs)], check=True)
    return layout, rootfs


def seccomp():
    """Debian's copy of the container tools' policy, as the runtime specification writes it."""
    policy = json.load(open("/usr/share/containers/seccomp.json"))
    rules = []
    for rule in policy["syscalls"]:
        needs = set(rule.get("includes", {}).get("caps", []))
        without = set(rule.get("excludes", {}).get("caps", []))
        arches = rule.get("includes", {}).get("arches", ["amd64"])
        if not needs <= set(CAPABILITIES) or without & set(CAPABILITIES) or "amd64" not in arches:
            continue
        kept = {"names": rule["names"], "action": rule["action"]}
        if rule.get("args"):
            kept["args"] = [{k: a[k] for k in ("index", "value", "valueTwo", "op") if k in a} for a in rule["args"]]
        if "errnoRet" in rule:
            kept["errnoRet"] = rule["errnoRet"]
        rules.append(kept)
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": rules}


def bundle(directory, rootfs, memory=256 << 20):
    """Writes a bundle that runs `true`; `memory` is its limit in bytes."""
    directory.mkdir()
    subprocess.run(["runc", "spec"], cwd=directory, check=True)
    config = json.loads((directory / "config.json").read_text())
    config["root"] = {"path": str(rootfs)}
    config["process"].update(terminal=False, args=["true"], capabilities={
        kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")})
    config["process"].pop("rlimits", None)
    linux = config["linux"]
    linux["seccomp"] = seccomp()
    linux["resources"] = {"memory": {"limit": memory}, "cpu": {"quota": 100000, "period": 100000},
                          "pids": {"limit": 4096}}
    linux["namespaces"] = [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount", "cgroup")]
    (directory / "config.json").write_text(json.dumps(config))
    return directory
