#!/usr/bin/python3
"""SIFT descriptors (128 integers 0..255) of photographs in Debian packages.

    bench/data/sift.py STEM ROWS QUERIES FILE...

writes STEM.base.fvecs, STEM.query.fvecs and STEM.gt.ivecs.  Every sixteenth
photograph serves queries only.  Of several sizes of a photograph the largest
is taken; equal descriptors are kept once.
"""
import os
import re
import sys

import cv2
import numpy

import vectors

LONGEST_SIDE = 3072
SHORTEST_SIDE = 200
# OpenCV's default is 0.04; a lower one takes in fainter spots
CONTRAST = 0.015


def photographs(paths):
    """Grey pictures in a fixed order, one of each photograph."""
    largest = {}
    for path in paths:
        if os.path.islink(path):
            continue
        # .../NAME/contents/images/WxH.jpg, NAME_WxH.jpg
        name = re.sub(r"(/contents/images\w*/|_)\d+x\d+(?=\.\w+$)", "", path)
        if name not in largest or os.path.getsize(path) > os.path.getsize(largest[name]):
            largest[name] = path
    for name in sorted(largest):
        picture = cv2.imread(largest[name], cv2.IMREAD_GRAYSCALE)
        if picture is None or min(picture.shape) < SHORTEST_SIDE:
            continue
        scale = LONGEST_SIDE / max(picture.shape)
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale,
                                 interpolation=cv2.INTER_AREA)
        yield largest[name], picture


def distinct(parts):
    rows = numpy.concatenate(parts).astype(numpy.uint8)
    keys = rows.view([("", "V128")]).ravel()
    return rows[numpy.unique(keys, return_index=True)[1]]


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    stem, count, query_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    cv2.setNumThreads(1)
    sift = cv2.SIFT_create(contrastThreshold=CONTRAST)
    parts = ([], [])
    for number, (path, picture) in enumerate(photographs(sys.argv[4:])):
        _, found = sift.detectAndCompute(picture, None)
        if found is None:
            continue
        parts[number % 16 == 15].append(found)
        print(f"{sum(map(len, parts[0]))} {len(found)} {path}", file=sys.stderr, flush=True)
    base, queries = map(distinct, parts)
    if len(base) < count or len(queries) < query_count:
        sys.exit(f"only {len(base)} rows and {len(queries)} queries")
    random = numpy.random.default_rng(1)
    vectors.save(stem, random.permutation(base)[:count].astype(numpy.float32),
                 random.permutation(queries)[:query_count].astype(numpy.float32))


main()
