#!/usr/bin/python3
"""Turns .fvecs and .ivecs files into rows for COPY (FORMAT binary).

    bench/fvecs.py vectors FILE.fvecs OFFSET COUNT FIRST_ID >rows
    bench/fvecs.py neighbors FILE.ivecs >rows
    bench/fvecs.py shape FILE
    bench/fvecs.py truth FILE.fvecs ROWS QUERIES.fvecs OUT.ivecs

A row is an int4, counted from FIRST_ID or 0, and a vector (of kg or pgvector)
or an int4[].  "shape" prints how many records there are and their length.  A
record of either format is an int32 count and that many float4 or int4.  "truth"
writes the queries' exact neighbours among the first ROWS.
"""
import os
import sys

import numpy

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
import vectors

# int4[]: one dimension, no nulls, the type's oid, length, lower bound
ARRAY_HEAD = numpy.array([1, 0, 23, 0, 1], ">i4")


def records(path):
    words = numpy.memmap(path, numpy.int32, "r")
    return words.reshape(-1, words[0] + 1)[:, 1:]


def head_of_vector(width):
    return numpy.array([width, 0], ">i2").tobytes()


def head_of_array(width):
    head = ARRAY_HEAD.copy()
    head[3] = width
    return head.tobytes()


def write(rows, first_id, head, element_head):
    """element_head: what precedes each element"""
    width = rows.shape[1]
    element = numpy.dtype([("head", f"V{len(element_head)}"), ("value", ">i4")]) \
        if element_head else numpy.dtype([("value", ">i4")])
    record = numpy.dtype([("fields", ">i2"), ("id_length", ">i4"), ("id", ">i4"),
                          ("length", ">i4"), ("head", f"V{len(head)}"),
                          ("elements", element, width)])
    out = sys.stdout.buffer
    out.write(b"PGCOPY\n\377\r\n\0" + bytes(8))
    for start in range(0, len(rows), 65536):
        part = rows[start:start + 65536]
        block = numpy.empty(len(part), record)
        block["fields"] = 2
        block["id_length"] = 4
        block["id"] = numpy.arange(first_id + start, first_id + start + len(part))
        block["length"] = len(head) + element.itemsize * width
        block["head"] = numpy.void(head)
        if element_head:
            block["elements"]["head"] = numpy.void(element_head)
        block["elements"]["value"] = part
        out.write(block.tobytes())
    out.write(b"\377\377")


def main():
    if sys.argv[1:2] == ["vectors"] and len(sys.argv) == 6:
        offset, count, first_id = map(int, sys.argv[3:])
        rows = records(sys.argv[2])[offset:offset + count]
        write(rows, first_id, head_of_vector(rows.shape[1]), b"")
    elif sys.argv[1:2] == ["neighbors"] and len(sys.argv) == 3:
        rows = records(sys.argv[2])
        write(rows, 0, head_of_array(rows.shape[1]), (4).to_bytes(4, "big"))
    elif sys.argv[1:2] == ["shape"] and len(sys.argv) == 3:
        print(*records(sys.argv[2]).shape)
    elif sys.argv[1:2] == ["truth"] and len(sys.argv) == 6:
        base, queries = (numpy.ascontiguousarray(part).view(numpy.float32) for part in
                         (records(sys.argv[2])[:int(sys.argv[3])], records(sys.argv[4])))
        vectors.write(sys.argv[5], vectors.nearest(base, queries), numpy.int32)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
