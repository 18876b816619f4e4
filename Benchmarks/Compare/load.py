#!/usr/bin/env python3
"""Requests a second that the daemon answers, signed, over TCP: durable RunTask, and DescribeTasks.

    load.py [--berth .build/release/berth] [--seconds 5] [--connections 1 16 64] [--work DIR] [--json FILE]

wrk sends one signed request over and over: a signature is good for minutes, and every RunTask without a client token is a task
of its own. The tasks that RunTask accepts end at once for want of their image: what is measured is acceptance, which is
durable when it is answered, and that end, which is durable too. Needs root, and Debian's wrk.
"""
import argparse
import datetime
import hashlib
import hmac
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth
from memory import stop_all

SCRIPT = """
wrk.method = "POST"
wrk.body = [==[{body}]==]
{headers}
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init() refused = 0 end
function response(status, headers, body)
    if status ~= 200 or not body:find('"failures":[]', 1, true) then refused = refused + 1 end
end
function done(summary, latency)
    local refused = 0
    for _, thread in ipairs(threads) do refused = refused + thread:get("refused") end
    print(string.format('RESULT {{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "refused": %d}}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), refused))
end
"""


def key(root):
    """The daemon's own key pair, from the file that it wrote."""
    text = pathlib.Path(root, "credentials").read_text()
    return [re.search(rf"{name}\s*=\s*(\S+)", text).group(1) for name in ("aws_access_key_id", "aws_secret_access_key")]


def signed(host, operation, body, access, secret, region="us-east-1", service="ecs"):
    """Headers of a request (AWS Signature Version 4)."""
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": moment,
               "x-amz-target": "AmazonEC2ContainerServiceV20141113." + operation}
    names = ";".join(headers)
    request = "\n".join(["POST", "/", "", *(f"{name}:{value}" for name, value in headers.items()), "", names,
                         hashlib.sha256(body.encode()).hexdigest()])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    value = ("AWS4" + secret).encode()
    for word in (moment[:8], region, service, "aws4_request"):
        value = hmac.digest(value, word.encode(), "sha256")
    signature = hmac.digest(value, text.encode(), "sha256").hex()
    return headers | {"authorization": f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"}


def load(berth, work, operation, body, connections, seconds):
    text, host = json.dumps(body), berth.address.removeprefix("http://")
    headers = "\n".join(f'wrk.headers["{name}"] = [==[{value}]==]' for name, value in
                        signed(host, operation, text, *key(berth.root)).items())
    script = work / f"{operation}.lua"
    script.write_text(SCRIPT.format(body=text, headers=headers))
    done = subprocess.run(["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--script",
                           script, berth.address], stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(re.search("RESULT (.*)", done.stdout).group(1))
    return {"operation": operation, "connections": connections, "requests": result["requests"], "a second": result["requests"] / result["microseconds"] * 1e6,
            "p50 ms": result["p50"] / 1000, "p99 ms": result["p99"] / 1000, "refused": result["refused"]}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--seconds", type=int, default=5)
    options.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64])
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, rows, berth = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), [], None
    try:
        layout, _ = busybox(work)
        berth = Berth(arguments.berth, work, layout, settings={
            "capacity": {"cpuUnits": 10**9, "memoryMiB": 10**9}, "images": {"pullPolicy": "never"}})
        berth.register("absent", ["true"], "256", "512", image="absent")
        task = berth.accept()
        berth.follow(task)
        network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
        calls = [("DescribeTasks", {"tasks": [task]}), ("RunTask", {"taskDefinition": "absent", "networkConfiguration": network})]
        for operation, body in calls:
            for connections in arguments.connections:
                rows.append(load(berth, work, operation, body, connections, arguments.seconds))
                row = rows[-1]
                print(f"{operation:16} {connections:3} connections {row['a second']:8.0f} a second   p50 {row['p50 ms']:7.2f} ms   "
                      f"p99 {row['p99 ms']:7.2f} ms   {row['refused']} refused", flush=True)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"rows": rows}))
    finally:
        if berth:
            # A daemon leaves what has not ended, and its cgroups, to the next one.
            stop_all(berth)
            # Those that end already are listed no more.
            time.sleep(3)
            berth.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
