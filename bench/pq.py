#!/usr/bin/python3
"""Would product quantization store a node's own vector better than what there is?

    bench/pq.py STEM... [--rows N] [--queries N]

STEM.base.fvecs and STEM.query.fvecs.  For each kind of code, at the bytes that SQ4 and SQ2
take (half a byte and a quarter of one a dimension):

    loss      mean |x - stored| / the distance of x to its nearest other row
    recall    recall@10 of ordering all rows by their stored vectors
    fetched   rows whose lower bound, distance to the stored vector less what storing lost, is
              within the tenth nearest: what a scan fetches to return ten rows in exact order
    us        of one core, to compare a query with a row: SQ by kg's kernels; PQ by its table
              of 256 distances for each subspace, the table's own cost apart

SQ is src/quant/scalar.c, compiled here.  PQ has 256 centroids a subspace, made by 8 rounds of
k-means (Lloyd) on a sample of 5,000 rows, over the space as it is, randomly rotated (as the
index stores vectors), and rotated to principal axes that are dealt to the subspaces so that
each has an equal share of the variance (Ge et al., Optimized Product Quantization, CVPR 2013,
section 3.2).  Its centroids take 1,024 bytes a dimension besides.
"""
import argparse
import ctypes
import os
import subprocess
import tempfile
import time

import numpy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SQ8, SQ4, SQ2 = 3, 4, 5
SAMPLE = 5000
ROUNDS = 8
CENTROIDS = 256
K = 10
# Distances to compare: gathers of a table as C would do them, four sums at a time
LOOKUP = r"""
#include <stddef.h>
#include <stdint.h>
float pq_sum(const float *table, const uint8_t *code, int m)
{
	float a = 0, b = 0, c = 0, d = 0;
	for (int i = 0; i + 4 <= m; i += 4, table += 1024)
	{
		a += table[code[i]];
		b += table[256 + code[i + 1]];
		c += table[512 + code[i + 2]];
		d += table[768 + code[i + 3]];
	}
	return a + b + c + d;
}
double pq_all(const float *table, const uint8_t *codes, int m, int rows)
{
	double sum = 0;
	for (int i = 0; i < rows; i++)
		sum += pq_sum(table, codes + (size_t) i * m, m);
	return sum;
}
extern float kg_scalar_l2sq(int storage, const float *q, const void *stored, int dim);
double sq_all(int storage, const float *q, const uint8_t *rows, int bytes, int dim, int count)
{
	double sum = 0;
	for (int i = 0; i < count; i++)
		sum += kg_scalar_l2sq(storage, q, rows + (size_t) i * bytes, dim);
	return sum;
}
"""


def compile_kernels(folder):
    with open(f"{folder}/pq.c", "w", encoding="ascii") as file:
        file.write(LOOKUP)
    sources = ["quant/scalar.c", "simd/dispatch.c", "simd/portable.c", "simd/avx2.c", "simd/avx512.c", "simd/neon.c"]
    subprocess.run(["gcc", "-O2", "-std=gnu99", "-shared", "-fPIC", f"-I{ROOT}/src", "-o", f"{folder}/pq.so", f"{folder}/pq.c"]
                   + [f"{ROOT}/src/{name}" for name in sources] + ["-lm"], check=True)
    lib = ctypes.CDLL(f"{folder}/pq.so")
    lib.kg_scalar_bytes.restype = ctypes.c_size_t
    lib.kg_scalar_encode.restype = ctypes.c_float
    for function in (lib.pq_all, lib.sq_all):
        function.restype = ctypes.c_double
    lib.kg_simd_select(None)
    return lib


def read(path, rows):
    words = numpy.memmap(path, numpy.float32, "r")
    dim = int(words.view(numpy.int32)[0])
    return numpy.array(words.reshape(-1, dim + 1)[:rows, 1:])


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def rotation(dim):
    return numpy.linalg.qr(numpy.random.default_rng(3).standard_normal((dim, dim)))[0].astype(numpy.float32)


def balanced_axes(base, subspaces):
    """Principal axes, dealt out greedily: the next goes where the product of variances is least."""
    values, vectors = numpy.linalg.eigh(numpy.cov(base[:SAMPLE * 2].T.astype(float)))
    order = numpy.argsort(values)[::-1]
    per = base.shape[1] // subspaces
    taken = [[] for _ in range(subspaces)]
    logs = numpy.zeros(subspaces)
    for axis in order:
        room = [i for i in range(subspaces) if len(taken[i]) < per]
        best = min(room, key=lambda i: logs[i])
        taken[best].append(axis)
        logs[best] += numpy.log(max(values[axis], 1e-20))
    return vectors[:, [axis for part in taken for axis in part]].astype(numpy.float32)


def k_means(rows):
    centres = rows[numpy.random.default_rng(5).choice(len(rows), CENTROIDS, replace=False)].copy()
    for _ in range(ROUNDS):
        owner = assign(rows, centres)
        count = numpy.bincount(owner, minlength=CENTROIDS)
        for j in range(rows.shape[1]):
            total = numpy.bincount(owner, weights=rows[:, j], minlength=CENTROIDS)
            centres[count > 0, j] = (total[count > 0] / count[count > 0])
    return centres


def assign(rows, centres):
    return numpy.argmin((centres ** 2).sum(1) - 2 * (rows @ centres.T), axis=1)


def product_codes(base, per):
    """Codes, the vectors that they stand for, centroids by subspace."""
    dim = base.shape[1]
    stored = numpy.empty_like(base)
    codes = numpy.empty((len(base), dim // per), numpy.uint8)
    for i, start in enumerate(range(0, dim, per)):
        part = base[:, start:start + per]
        centres = k_means(part[:SAMPLE])
        codes[:, i] = assign(part, centres)
        stored[:, start:start + per] = centres[codes[:, i]]
    return codes, stored


def scalar_codes(lib, storage, base):
    dim = base.shape[1]
    size = lib.kg_scalar_bytes(storage, dim)
    codes = numpy.zeros((len(base), size), numpy.uint8)
    stored = numpy.empty_like(base)
    for i in range(len(base)):
        row = numpy.ascontiguousarray(base[i])
        lib.kg_scalar_encode(storage, pointer(row), dim, ctypes.c_void_p(codes.ctypes.data + i * size),
                             ctypes.c_void_p(stored.ctypes.data + i * dim * 4))
    return codes, stored


def squares(rows, queries):
    return numpy.maximum((rows ** 2).sum(1) - 2 * (queries @ rows.T) + (queries ** 2).sum(1)[:, None], 0)


def judge(base, stored, queries, exact, gaps):
    lost = numpy.sqrt(((base - stored) ** 2).sum(1))
    found = fetched = 0
    for i, row in enumerate(squares(stored, queries)):
        tenth = numpy.partition(exact[i], K - 1)[K - 1]
        nearest = numpy.argpartition(row, K - 1)[:K]
        found += (exact[i][nearest] <= tenth * (1 + 1e-6)).sum()
        fetched += (numpy.sqrt(row) - lost <= numpy.sqrt(tenth)).sum()
    return (lost[:len(gaps)] / gaps).mean(), found / K / len(queries), fetched / len(queries)


def compare_cost(call, rows):
    best = 1e9
    for _ in range(5):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best / rows * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stems", nargs="+")
    parser.add_argument("--rows", type=int, default=50000)
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lib = compile_kernels(folder)
        print("| data | bytes a vector | code | loss | recall@10 | rows fetched for 10 | us |\n|---|---|---|---|---|---|---|")
        for stem in arguments.stems:
            measure(lib, stem, arguments)


def measure(lib, stem, arguments):
    base = read(f"{stem}.base.fvecs", arguments.rows)
    queries = read(f"{stem}.query.fvecs", arguments.queries)
    # as the index's first frame does
    mean = base[:SAMPLE].mean(axis=0)
    base, queries = base - mean, queries - mean
    dim = base.shape[1]
    exact = squares(base, queries)
    near = squares(base, base[:500])
    near[numpy.arange(500), numpy.arange(500)] = numpy.inf
    gaps = numpy.sqrt(near.min(axis=1)) + 1e-12
    turned = base @ rotation(dim)
    turned_queries = queries @ rotation(dim)
    for storage, per, name in ((SQ4, 2, "SQ4"), (SQ2, 4, "SQ2")):
        codes, stored = scalar_codes(lib, storage, turned)
        one = numpy.ascontiguousarray(turned_queries[0])
        cost = compare_cost(lambda: lib.sq_all(storage, pointer(one), pointer(codes), codes.shape[1], dim, len(codes)), len(codes))
        report(stem, codes.shape[1], name, judge(turned, stored, turned_queries, exact, gaps), cost)
        axes = balanced_axes(base, dim // per)
        for space, rows, asked in (("as it is", base, queries), ("rotated", turned, turned_queries),
                                   ("balanced axes", base @ axes, queries @ axes)):
            codes, stored = product_codes(rows, per)
            table = numpy.random.default_rng(1).random(dim // per * CENTROIDS, numpy.float32)
            cost = compare_cost(lambda: lib.pq_all(pointer(table), pointer(codes), dim // per, len(codes)), len(codes))
            report(stem, codes.shape[1], f"PQ, {space}", judge(rows, stored, asked, exact, gaps), cost)


def report(stem, size, code, figures, cost):
    print(f"| {os.path.basename(stem)} | {size} | {code} | {figures[0]:.3f} | {figures[1]:.3f} | {figures[2]:.0f} | {cost:.3f} |", flush=True)


main()
