#!/usr/bin/env python3
"""Breaks every writing operation at its system calls: afterwards the old state stands, or the new one.

    tests/crash/operations.py [--binary PATH] [--stride N] [--dir DIR]

For each operation in a copy of the demo workspace: every N-th file system call fails with EIO, with
ENOSPC, or kills the process (strace -e inject). After each run the next start has to succeed, nothing
may be left in `.journal`, no record may have become a problem, and what stands below `tenants/` has to
have the shape of the workspace before the operation or of the one after it: as many files, and as many
lines in records and logs. The deletions have a stricter judge, real.py.

Needs strace. Exits 1 at the first violation and keeps the workspace that shows it.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

CALLS = [
    "openat2", "pread64", "pwrite64", "fsync", "ftruncate", "renameat2", "unlinkat", "mkdirat",
    "getdents64", "newfstatat", "fstat", "flock",
]
FAULTS = ["error=EIO", "error=ENOSPC", "signal=KILL"]
CASE = "2610240010004182"
NOW = "2026-11-21T09:00:00Z"
NEW_REQUEST = "dsr new contoso.com --type delete --regulation gdpr --requester customer --option a"
OPERATIONS = {
    "open": f"case new contoso.com --title x --severity minimal --product p --contact john@contoso.com "
    "--portal m365_admin --advanced-diagnostics yes",
    "assign": f"case assign {CASE} --engineer ben.okafor@support.example.com",
    "close": f"case close {CASE}",
    "reopen": "case reopen 2610150010002904",
    "note": f"case note {CASE} --file NOTE",
    "grant": f"consent grant {CASE}",
    "revoke": f"consent revoke {CASE}",
    "request": f"access request {CASE} --resource-tenant fabrikam.com --justification needed",
    "attach": f"attach {CASE} NOTE --category euii",
    "receive": f"{NEW_REQUEST} --identifier email=jane@contoso.com",
    "link": f"transfer link {CASE}",
    "tenant": "tenant add new.example --customer new --name New --regime azure",
}


class Violation(Exception):
    """Neither the old state nor the new one."""


class Harness:
    def __init__(self, binary, base):
        self.binary, self.base = str(binary), base
        self.template = base / "template"
        self.note = base / "note.log"
        self.note.write_text("a line\n")
        self.env = os.environ | {"CASEWARD_NOW": NOW, "XDG_STATE_HOME": str(base / "state")}
        self.must(["demo", str(self.template), "--no-tui"])
        self.problems = self.start(self.template)

    def words(self, operation):
        return OPERATIONS[operation].replace("NOTE", str(self.note)).split()

    def must(self, words):
        done = subprocess.run([self.binary, *words], capture_output=True, text=True, check=False, env=self.env)
        if done.returncode != 0:
            raise Violation(f"{words}: {done.stderr}")
        return done.stdout

    def start(self, workspace):
        """The next start: it finishes or takes back what was cut off."""
        return json.loads(self.must(["--workspace", str(workspace), "status", "--json"]))["problems"]

    def copy(self, name):
        workspace = self.base / name
        shutil.copytree(self.template, workspace, symlinks=True)
        return workspace

    def shape(self, workspace):
        """How many files there are below `tenants/`, and how many lines in them."""
        files = [path for path in (workspace / "tenants").rglob("*") if path.is_file()]
        return len(files), sum(path.read_bytes().count(b"\n") for path in files)

    def trace(self, workspace, operation, *options):
        command = ["strace", "-f", *options, self.binary, "--workspace", str(workspace)]
        command += self.words(operation)
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.env)

    def undisturbed(self, operation):
        """What the operation makes of the workspace, and how often it makes each call."""
        workspace, log = self.copy(f"new-{operation}"), self.base / f"trace-{operation}"
        done = self.trace(workspace, operation, "-o", str(log), "-e", "trace=" + ",".join(CALLS))
        if done.returncode != 0:
            raise Violation(f"{operation} is refused undisturbed: {done.stderr}")
        counts = {}
        for line in log.read_text().splitlines():
            match = re.match(r"\d+\s+(\w+)\(", line)
            if match and match[1] in CALLS:
                counts[match[1]] = counts.get(match[1], 0) + 1
        shape = self.shape(workspace)
        if shape == self.shape(self.template):
            raise Violation(f"{operation} changes nothing that this script sees")
        shutil.rmtree(workspace)
        return shape, counts

    def inject(self, job):
        operation, new, call, number, fault = job
        name = f"{operation}-{call}-{number}-{fault.split('=')[1]}"
        workspace = self.copy(name)
        done = self.trace(
            workspace, operation, "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:{fault}:when={number}",
        )
        try:
            problems = self.start(workspace)
            if problems != self.problems:
                raise Violation(f"problems: {problems}")
            left = os.listdir(workspace / ".journal")
            if left:
                # Somebody has to write before a stage of a process that is gone is cleared.
                self.must(["--workspace", str(workspace), "tenant", "add", "z.example", "--customer", "z", "--name", "Z", "--regime", "azure"])
                left = os.listdir(workspace / ".journal")
                shutil.rmtree(workspace / "tenants" / "z.example")
            if left:
                raise Violation(f"left in .journal: {left}")
            shape, old = self.shape(workspace), self.shape(self.template)
            refused = self.shape_of_refusals(workspace)
            if shape not in (old, new) and (shape[0], shape[1] - refused) != old:
                raise Violation(f"{shape} is neither {old} nor {new}")
            if done.returncode == 0 and shape != new:
                raise Violation("it said that it was done")
        except Violation as violation:
            print(f"VIOLATION after {name}: {violation}\nworkspace: {workspace}")
            raise
        shutil.rmtree(workspace)
        return "new" if shape == new else "old"

    def shape_of_refusals(self, workspace):
        """Lines that only say that something was refused: a fault may make a rule say no."""
        lines = 0
        for log in (workspace / "tenants").glob("*/audit.jsonl"):
            known = self.template / log.relative_to(workspace)
            before = known.read_text().splitlines() if known.exists() else []
            for line in log.read_text().splitlines()[len(before):]:
                lines += json.loads(line)["result"] == "failure"
        return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="target/release/caseward", type=pathlib.Path)
    parser.add_argument("--stride", default=1, type=int, help="every N-th call only")
    parser.add_argument("--only", help="this operation alone")
    parser.add_argument("--dir", help="where the workspaces are made, else the temporary directory")
    arguments = parser.parse_args()
    base = pathlib.Path(tempfile.mkdtemp(prefix="caseward-crash-", dir=arguments.dir))
    began, total = time.monotonic(), 0
    try:
        harness = Harness(arguments.binary.resolve(), base)
        for operation in [arguments.only] if arguments.only else OPERATIONS:
            new, counts = harness.undisturbed(operation)
            every = [
                (operation, new, call, number, fault)
                for call, count in counts.items()
                for number in range(1, count + 1)
                for fault in FAULTS
            ]
            jobs = every[:: arguments.stride]
            states = {"old": 0, "new": 0}
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                for state in pool.map(harness.inject, jobs):
                    states[state] += 1
            total += len(jobs)
            print(f"{operation}: {len(jobs)} runs, 0 violations; left {states}")
    except Violation as violation:
        print(violation)
        sys.exit(1)
    print(f"{total} runs in {time.monotonic() - began:.0f} s, 0 violations")
    shutil.rmtree(base)


if __name__ == "__main__":
    main()
