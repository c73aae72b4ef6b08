#!/usr/bin/python3
"""Takes files out of the system's cache again and again, until it is ended.

    bench/evict.py SECONDS -e FILE...

What was read meanwhile stays in the cache for SECONDS at most.
"""
import os
import sys
import time


def main():
    names = [name for name in sys.argv[2:] if name != "-e"]
    if not names:
        sys.exit(__doc__)
    files = [os.open(name, os.O_RDONLY) for name in names]
    while True:
        for file in files:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        time.sleep(float(sys.argv[1]))


main()
