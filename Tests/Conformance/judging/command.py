"""The command line that all judges share."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from . import box
from .report import Report

UNIFIED = "/sys/fs/cgroup/unified"


def main(name, documentation, judge, programs, arguments=()):
    """Runs `judge(report, runtime, scratch, options)` in a box, or says SKIPPED when one of `programs` is missing.

    `arguments` are the names and help texts of the paths that the judge needs beside RUNTIME.
    """
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runtime", metavar="RUNTIME", help="an OCI runtime: a path, or a name in PATH")
    for argument, text in arguments:
        parser.add_argument(argument, metavar=argument.upper(), type=os.path.abspath, help=text)
    parser.add_argument("--record", action="store_true", help="write down what passes as what runc passes")
    parser.add_argument("--only", metavar="TEXT", default="", help="only the checks with this in their name")
    options = parser.parse_args()
    runtime = shutil.which(options.runtime)
    if runtime is None:
        parser.error(f"no program \"{options.runtime}\"; build berth-oci, or name another OCI runtime")
    missing = [program for program in programs if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        print(f"SKIPPED {name}: {'not on this machine: ' + ', '.join(missing) if missing else 'needs root'}")
        sys.exit(0)

    def judged(scratch):
        report = Report(name)
        report.check("the judge comes to its end", judge, report, runtime, scratch, options, excusable=False)
        if options.record:
            report.save()
        return report.finish()

    runtime = Path(runtime).resolve()
    # crun refuses a host whose hierarchy of the second version has controllers beside those of the first.
    box.inside(judged, hidden=(UNIFIED,) if runtime.name.startswith("crun") else ())
