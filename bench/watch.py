#!/usr/bin/python3
"""Runs a psql command and says what it cost the server.

    bench/watch.py POSTMASTER_PID COMMAND...

Prints seconds of CPU time, seconds on the clock, and the peak of memory in MB,
of the session and its parallel workers together.

CPU time is that of the processes which the postmaster saw end meanwhile.
Memory is their anonymous memory above an idle backend's, and the dynamic
shared memory that they attached.  It is looked at every 10 ms.
"""
import os
import re
import subprocess
import sys
import time

# a backend that has done nothing but run a trivial query
IDLE_SECONDS = 0.3
PERIOD = 0.01


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return set(map(int, file.read().split()))


def reaped(pid):
    """Seconds of CPU time of the children that have ended."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def anonymous(pid):
    """Bytes of anonymous memory; 0 if the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            found = re.search(r"^RssAnon:\s+(\d+) kB", file.read(), re.M)
        return 1024 * int(found.group(1)) if found else 0
    except (FileNotFoundError, ProcessLookupError):
        return 0


def segments(pid):
    """Dynamic shared memory segments that the process attached."""
    try:
        with open(f"/proc/{pid}/maps") as file:
            return set(re.findall(r"/dev/shm/PostgreSQL\.\d+$", file.read(), re.M))
    except (FileNotFoundError, ProcessLookupError):
        return set()


def allocated(paths):
    total = 0
    for path in paths:
        try:
            total += 512 * os.stat(path).st_blocks
        except FileNotFoundError:
            pass
    return total


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    postmaster = int(sys.argv[1])
    others = children(postmaster)
    idle = subprocess.Popen(["psql", "-XqAtc", f"SELECT pg_sleep({IDLE_SECONDS})"],
                            stdout=subprocess.DEVNULL)
    time.sleep(IDLE_SECONDS / 2)
    session = children(postmaster) - others
    of_idle = sum(map(anonymous, session))
    # the postmaster's own segment
    known = set().union(*map(segments, session))
    at_idle = allocated(known)
    idle.wait()
    while children(postmaster) - others:
        time.sleep(PERIOD)

    cpu, wall, peak = reaped(postmaster), time.monotonic(), 0
    command = subprocess.Popen(sys.argv[2:])
    while command.poll() is None:
        session = children(postmaster) - others
        memory = sum(max(anonymous(pid) - of_idle, 0) for pid in session)
        attached = known.union(*map(segments, session))
        peak = max(peak, memory + allocated(attached) - at_idle)
        time.sleep(PERIOD)
    wall = time.monotonic() - wall
    while children(postmaster) - others:
        time.sleep(PERIOD)
    print(f"{reaped(postmaster) - cpu:.2f} {wall:.2f} {peak / 1048576:.1f}")
    sys.exit(command.returncode)


main()
