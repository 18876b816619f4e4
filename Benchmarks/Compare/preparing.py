"""What has to be there before anything is measured, and what machine and peers it was measured on."""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

from bundle import ROOT
from parts import say
from runtimes import OTHER

OUT = ROOT / "out/peers"
NEWER = "crun,runc,podman,containerd,docker.io,docker-cli,iptables,time"
VERSIONS = {"crun": "crun", "runc": "runc", "runsc": "runsc", "docker": "dockerd", "containerd": "containerd", "podman": "podman",
            "bwrap": "bwrap", "systemd-nspawn": "systemd-nspawn", "unshare": "unshare", "skopeo": "skopeo", "umoci": "umoci"}


def prepare(quick, berth=None):
    """The program to measure, the tree of newer peers or nil, and why something is missing."""
    subprocess.run([ROOT / "rootfs-tools/prepare", "build", "images", "judges", "peers"], check=True)
    release = ROOT / ".build/release/berth"
    # Quick: what is built already, if it is there.
    if not berth and not (quick and release.exists()):
        subprocess.run(["make", "--directory", ROOT, "build"], check=True, stdout=sys.stderr)
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-o", OUT / "floor", ROOT / "Benchmarks/Floor/floor.c", "-lseccomp"], check=True)
    tree, missing = OUT / "trixie", {}
    if not quick and not (tree / "usr/sbin/dockerd").exists():
        shutil.rmtree(tree, ignore_errors=True)
        say("making a Debian 13 for its newer peers")
        done = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={NEWER}", "trixie", tree],
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            shutil.rmtree(tree, ignore_errors=True)
            missing["the peers" + OTHER] = f"mmdebstrap: {' '.join(done.stderr.split())[-300:]}"
    return (berth or release).resolve(), tree if tree.exists() else None, missing


def first_line(*command):
    """What a program says of its version."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "installed"


def versions(berth, tree):
    found = {"berth": first_line(berth, "--version")}
    for name, program in VERSIONS.items():
        found[name] = first_line(program, "--version") if shutil.which(program) else "not installed"
    for name, package in (("crun",) * 2, ("runc",) * 2, ("docker", "docker.io"), ("containerd",) * 2, ("podman",) * 2) if tree else ():
        # Some want a /proc to say what they are.
        found[name + OTHER] = first_line("chroot", tree, "dpkg-query", "--show", package).replace("\t", " ")
    return found


def facts(berth, tree):
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = int(next(line.split()[1] for line in open("/proc/meminfo") if line.startswith("MemTotal"))) >> 20
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release") if "=" in line)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    return {"day": time.strftime("%Y-%m-%d"), "processor": f"{os.cpu_count()} × {processor}", "memory": f"{memory} GiB",
            "kernel": platform.release(), "system": release.get("PRETTY_NAME", "?").strip('"'),
            "cgroups": "unified" if pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists() else "hybrid",
            "disk": "ext4 with a journal, in a file in memory", "commit": commit.stdout.strip(),
            "load before": f"{os.getloadavg()[0]:.2f}", "versions": versions(berth, tree)}
