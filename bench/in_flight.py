#!/usr/bin/python3
"""How many reads of a process the disk had at once, on average.

    bench/in_flight.py PERF_DATA PID

PERF_DATA has block:block_rq_issue and block:block_rq_complete.  The average is
over the time in which the disk had at least one read of the process.
"""
import re
import subprocess
import sys

# command, process, [processor,] seconds: event: device, kind (R: a read), ..., sector + sectors
EVENT = re.compile(r"^\s*\S.*?\s(\d+)\s.*?([\d.]+): +block:block_rq_(issue|complete): (\S+) (\w+) .*?(\d+) \+ (\d+)")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    script = subprocess.run(["perf", "script", "-i", sys.argv[1]], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=True)
    issued, reads = {}, []
    for match in map(EVENT.match, script.stdout.splitlines()):
        if not match or "R" not in match[5]:
            continue
        when, request = float(match[2]), (match[4], match[6])
        if match[3] == "complete":
            begun = issued.pop(request, None)
            if begun is not None:
                reads.append((begun, when))
        elif match[1] == sys.argv[2]:
            issued[request] = when
    busy = end = 0.0
    for begun, when in sorted(reads):
        busy += max(when - max(begun, end), 0)
        end = max(end, when)
    total = sum(when - begun for begun, when in reads)
    print(f"{total / busy:.2f}" if busy else "-")


main()
