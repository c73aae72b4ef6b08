#!/usr/bin/env python3
"""Turns .fvecs and .ivecs files into rows for COPY: id, tab, vector or array.

    bench/fvecs.py vectors FILE.fvecs >rows
    bench/fvecs.py neighbors FILE.ivecs K >rows

A record of either format is an int32 count and that many float4 or int4.
"""
import struct
import sys


def records(path, kind):
    with open(path, "rb") as file:
        while True:
            head = file.read(4)
            if not head:
                return
            count = struct.unpack("<i", head)[0]
            yield struct.unpack(f"<{count}{kind}", file.read(4 * count))


def main():
    if sys.argv[1:2] == ["vectors"] and len(sys.argv) == 3:
        for number, values in enumerate(records(sys.argv[2], "f")):
            print(number, "[" + ",".join("%.9g" % x for x in values) + "]", sep="\t")
    elif sys.argv[1:2] == ["neighbors"] and len(sys.argv) == 4:
        for number, values in enumerate(records(sys.argv[2], "i")):
            nearest = values[: int(sys.argv[3])]
            print(number, "{" + ",".join(map(str, nearest)) + "}", sep="\t")
    else:
        sys.exit(__doc__)


main()
