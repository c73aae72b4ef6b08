"""What the makers of data sets share: .fvecs and .ivecs, exact neighbours.

A record of either format is an int32 count and that many float4 or int4.
"""
import numpy

NEIGHBORS = 100


def write(path, rows, dtype):
    with open(path, "wb") as file:
        for start in range(0, len(rows), 65536):
            part = numpy.ascontiguousarray(rows[start:start + 65536], dtype)
            records = numpy.empty((len(part), part.shape[1] + 1), numpy.int32)
            records[:, 0] = part.shape[1]
            records[:, 1:] = part.view(numpy.int32)
            records.tofile(file)


def nearest(base, queries, k=NEIGHBORS):
    """Ids of the k rows nearest to each query by Euclidean distance, nearest
    first, of equals the lower id.  Candidates are found in float4, and chosen
    among in float8."""
    norms = numpy.einsum("ij,ij->i", base, base)
    result = numpy.empty((len(queries), k), numpy.int32)
    for start in range(0, len(queries), 50):
        tile = queries[start:start + 50]
        near = numpy.argpartition(norms - 2 * (tile @ base.T), k + 50)[:, :k + 50]
        for i, ids in enumerate(numpy.sort(near), start):
            difference = base[ids].astype(float) - queries[i].astype(float)
            order = numpy.argsort((difference ** 2).sum(axis=1), kind="stable")
            result[i] = ids[order[:k]]
    return result


def save(stem, base, queries):
    """STEM.base.fvecs, STEM.query.fvecs, STEM.gt.ivecs (ids from 0)."""
    write(f"{stem}.gt.ivecs", nearest(base, queries), numpy.int32)
    write(f"{stem}.query.fvecs", queries, numpy.float32)
    write(f"{stem}.base.fvecs", base, numpy.float32)
    print(f"{stem}: {base.shape[0]} x {base.shape[1]}, {len(queries)} queries", flush=True)
