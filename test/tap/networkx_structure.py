#!/usr/bin/python3
"""Compares what kg's algorithms on structure returned with NetworkX.

    networkx_structure.py FILE

The file is as networkx_check.py has it.  What NetworkX has no word for, such as
the number of an iteration or the seed of an embedding, is compared with the
same rule in numpy.  Prints one line of TAP for each result.
"""

import collections
import itertools
import math

import networkx
import numpy
from networkx.algorithms import community

import networkx_tap
from networkx_check import Graph, fail, same_numbers

# NetworkX on its own makes little sense of these beyond so many entities.
LARGE = 1000
MASK = (1 << 64) - 1


def projected(graph, direction):
    """The graph as "direction" has it: with loops, parallel edges as one."""
    if direction == "both":
        return graph.undirected
    return graph.directed if direction == "out" else graph.directed.reverse()


def simple(graph, direction):
    if direction == "both":
        return graph.simple
    return graph.simple_directed if direction == "out" else graph.simple_directed.reverse()


def matrix(graph, direction, weight):
    """Adjacency as kg has it: a loop is a single arc even without directions."""
    nodes = sorted(graph.multi)
    if not nodes:
        return nodes, numpy.zeros((0, 0))
    return nodes, networkx.to_numpy_array(projected(graph, direction), nodelist=nodes, weight=weight)


def topological_order(graph, rows, direction):
    directed = projected(graph, direction)
    if not networkx.is_directed_acyclic_graph(directed):
        if rows:
            fail("rows in spite of a cycle")
        return
    expected = []
    for level, nodes in enumerate(networkx.topological_generations(directed)):
        expected += [(node, level) for node in sorted(nodes)]
    if [[node, i + 1, level] for i, (node, level) in enumerate(expected)] != rows:
        fail("another order")


def find_cycle(graph, rows):
    if networkx.is_directed_acyclic_graph(graph.directed):
        if rows:
            fail("rows without a cycle")
        return
    cycle = [node for _, node in rows]
    if [step for step, _ in rows] != list(range(len(rows))) or cycle[0] != cycle[-1]:
        fail(f"no cycle: {rows}")
    if not all(graph.multi.has_edge(*edge) for edge in zip(cycle, cycle[1:])):
        fail(f"not along relations: {rows}")
    back = networkx.single_target_shortest_path_length(graph.directed, cycle[0])
    back = dict(back)
    shortest = min(back[node] + 1 for node in graph.directed[cycle[0]] if node in back)
    if len(cycle) - 1 != shortest:
        fail(f"{len(cycle) - 1} relations instead of {shortest}")


def longest_path(graph, rows, weight):
    if not networkx.is_directed_acyclic_graph(graph.directed):
        if rows:
            fail("rows in spite of a cycle")
        return
    if not graph.multi:
        if rows:
            fail("rows without entities")
        return
    cost = 0
    for i, (step, node, told) in enumerate(rows):
        if step != i:
            fail(f"step {step}")
        if i > 0:
            cost += graph.directed[rows[i - 1][1]][node][weight] if weight else 1
        if told != cost:
            fail(f"cost {told} instead of {cost}")
    if not weight:
        expected = networkx.dag_longest_path_length(graph.directed, weight="none of these")
    else:
        expected = networkx.dag_longest_path_length(graph.directed, weight=weight)
    if cost != expected:
        fail(f"{cost} instead of {expected}")


def minimum_spanning_forest(graph, rows, weight):
    forest = networkx.Graph()
    forest.add_nodes_from(graph.multi)
    for source, target, told in rows:
        stored = graph.directed[source][target]["least"] if weight else 1
        if told != stored:
            fail(f"weight {told} instead of {stored}")
        forest.add_edge(source, target, weight=told)
    if forest.number_of_edges() != len(rows):
        fail("parallel edges")
    components = networkx.number_connected_components(graph.undirected) if graph.multi else 0
    if len(rows) != len(graph.multi) - components:
        fail(f"{len(rows)} edges, {components} components")
    if graph.multi and not networkx.is_forest(forest):
        fail("no forest")
    expected = sum(data.get(weight, 1) for _, _, data in
                   networkx.minimum_spanning_edges(graph.undirected, weight=weight or "none"))
    total = sum(row[2] for row in rows)
    if total != expected:
        fail(f"weight {total} instead of {expected}")


def bridges(graph, rows):
    undirected = networkx.MultiGraph()
    undirected.add_nodes_from(graph.multi)
    # edge by edge: a copy of the graph would make one of those to and fro
    undirected.add_edges_from((source, target) for source, target in graph.multi.edges())
    expected = {frozenset(edge) for edge in networkx.bridges(undirected)} if undirected else set()
    if len(rows) != len(expected) or {frozenset(row) for row in rows} != expected:
        fail(f"{len(rows)} bridges instead of {len(expected)}")
    if not all(graph.multi.has_edge(source, target) for source, target in rows):
        fail("not in the direction of the relation")


def articulation_points(graph, rows):
    expected = set(networkx.articulation_points(graph.simple))
    if {row[0] for row in rows} != expected or len(rows) != len(expected):
        fail("other entities")
    if len(graph.multi) > LARGE:
        return
    whole = networkx.number_connected_components(graph.simple) if graph.simple else 0
    for node, pieces in rows:
        rest = graph.simple.copy()
        rest.remove_node(node)
        found = networkx.number_connected_components(rest) - whole + 1
        if found != pieces:
            fail(f"entity {node}: {pieces} pieces instead of {found}")


def edge_betweenness(graph, rows, direction, weight=None, normalized=True):
    got = [((source, target), score) for source, target, score in rows]
    if direction == "in":
        # rows are as relations lead
        got = [((target, source), score) for (source, target), score in got]
    if len(got) != len(dict(got)):
        fail("an edge twice")
    expected = networkx.edge_betweenness_centrality(simple(graph, direction),
                                                    normalized=normalized, weight=weight)
    if direction == "both":
        expected = {(min(edge), max(edge)): score for edge, score in expected.items()}
    same_numbers(got, expected)


def iterated(start, rounds, step):
    for _ in range(rounds):
        start = step(start)
    return start


def scaled(x, order):
    length = numpy.linalg.norm(x, order)
    return x / length if length > 0 else x


def eigenvector(graph, rows, direction, weight):
    nodes, a = matrix(graph, direction, weight)
    x = iterated(scaled(numpy.ones(len(nodes)), 2), 500, lambda x: scaled(x + a.T @ x, 2)) if nodes else []
    same_numbers(rows, dict(zip(nodes, x)))
    try:
        expected = networkx.eigenvector_centrality(projected(graph, direction), weight=weight,
                                                   max_iter=500, tol=1e-12)
        same_numbers(rows, expected)
    except networkx.PowerIterationFailedConvergence:
        pass
    except networkx.NetworkXPointlessConcept:
        pass


def katz(graph, rows, direction, weight, alpha, beta, normalized):
    directed = projected(graph, direction)
    # NetworkX 3.2's solver fails at a single node with NumPy 2
    if len(directed) > LARGE or len(directed) == 1:
        expected = networkx.katz_centrality(directed, alpha, beta, normalized=normalized,
                                            weight=weight, tol=1e-12)
    else:
        expected = networkx.katz_centrality_numpy(directed, alpha, beta, normalized=normalized,
                                                  weight=weight)
    same_numbers(rows, expected)


def hits(graph, rows, direction, weight):
    nodes, a = matrix(graph, direction, weight)
    hub = authority = numpy.ones(len(nodes)) / max(len(nodes), 1)
    for _ in range(500 if nodes else 0):
        authority = scaled(a.T @ hub, 1)
        hub = scaled(a @ authority, 1)
    same_numbers([(row[0], row[1]) for row in rows], dict(zip(nodes, hub)))
    same_numbers([(row[0], row[2]) for row in rows], dict(zip(nodes, authority)))
    values = numpy.linalg.svd(a, compute_uv=False) if len(nodes) > 2 else []
    # where there is a single answer, and these iterations come to it
    if len(values) > 1 and values[0] > 0 and (values[1] / values[0]) ** 1000 < 1e-9:
        for column, expected in enumerate(networkx.hits(with_weight(projected(graph, direction), weight))):
            same_numbers([(row[0], row[column + 1]) for row in rows], expected)


def with_weight(graph, weight):
    """hits takes no name of a weight."""
    copy = graph.copy()
    for _, _, data in copy.edges(data=True):
        data["weight"] = data[weight]
    return copy


def modularity(graph, rows, direction, weight, resolution):
    (told,), = rows
    if not graph.multi:
        if told is not None:
            fail("not null")
        return
    parts = collections.defaultdict(set)
    for node in graph.multi:
        parts[abs(node) % 3].add(node)
    expected = 0
    if graph.multi.size() > 0:
        expected = community.modularity(projected(graph, direction), parts.values(),
                                        weight=weight, resolution=resolution)
    if abs(told - expected) > 1e-9:
        fail(f"{told} instead of {expected}")


def walks_of(rows):
    return [[node for _, _, node in steps]
            for _, steps in itertools.groupby(rows, key=lambda row: row[0])]


def random_walks(graph, rows, direction, length, walks):
    directed = projected(graph, direction)
    found = walks_of(rows)
    starts = [walk[0] for walk in found]
    if starts != [node for node in sorted(graph.multi) for _ in range(walks)]:
        fail("other starts")
    for walk in found:
        if not all(directed.has_edge(*edge) for edge in zip(walk, walk[1:])):
            fail(f"not along relations: {walk}")
        if len(walk) <= length and directed[walk[-1]] or len(walk) > length + 1:
            fail(f"ends early or late: {walk}")


def often(graph, rows, weight, p, q):
    """How often walks go where, depending on the node before, is as it should be."""
    undirected = graph.undirected
    taken = collections.defaultdict(collections.Counter)
    for walk in walks_of(rows):
        for before, node, after in zip(walk, walk[1:], walk[2:]):
            taken[(before, node)][after] += 1
    compared = 0
    for (before, node), counts in taken.items():
        total = sum(counts.values())
        likely = {}
        for after, data in undirected[node].items():
            bias = 1 / p if after == before else 1 if undirected.has_edge(before, after) else 1 / q
            likely[after] = data[weight] * bias
        whole = sum(likely.values())
        if total < 200 or not set(counts) <= set(likely):
            if not set(counts) <= set(likely):
                fail(f"not along relations from {node}")
            continue
        compared += 1
        for after, part in likely.items():
            share = part / whole
            if abs(counts[after] / total - share) > 5 * math.sqrt(share * (1 - share) / total):
                fail(f"after {before}, {node}: {after} {counts[after]} times of {total} instead of {share}")
    if compared == 0:
        fail("nothing to compare")


def split_mix(state):
    z = (state + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def random_vector(seed, node, dim):
    vector = numpy.zeros(dim)
    for i in range(dim):
        first = i - i % 16
        start = split_mix(split_mix(seed & MASK) ^ (node & MASK)) + first
        side = ((split_mix((start + i - first) & MASK) >> 32) * 6) >> 32
        vector[i] = 1 if side == 0 else -1 if side == 1 else 0
    return vector


def fastrp(graph, rows, direction, weight, dim, weights, seed, normalization):
    nodes, a = matrix(graph, direction, weight)
    if not nodes:
        if rows:
            fail("rows without entities")
        return
    degree = a.sum(axis=1)
    hop = numpy.array([random_vector(seed, node, dim) for node in nodes])
    if degree.any():
        relative = numpy.where(degree > 0, degree / degree.mean(), 1)
        hop = hop * (relative ** normalization)[:, None]
    means = a / numpy.where(degree > 0, degree, 1)[:, None]
    expected = numpy.zeros((len(nodes), dim))
    for factor in weights:
        length = numpy.linalg.norm(hop, axis=1)
        # what rounding leaves of nothing is nothing
        hop[length < 1e-12] = 0
        expected += factor * hop / numpy.where(length < 1e-12, 1, length)[:, None]
        hop = means @ hop
    got = {node: embedding for node, embedding in rows}
    if list(got) != nodes:
        fail("entities differ")
    for node, vector in zip(nodes, expected):
        if got[node] is None:
            if numpy.abs(vector).max() > 1e-4:
                fail(f"entity {node}: null")
            continue
        told = numpy.array([float(x) for x in got[node].strip("[]").split(",")])
        if numpy.abs(told - vector).max() > 1e-4:
            fail(f"entity {node}: {told} instead of {vector}")


def checks():
    found = {
        "find_cycle": find_cycle,
        "longest_path": lambda g, rows: longest_path(g, rows, None),
        "longest_path weighted": lambda g, rows: longest_path(g, rows, "most"),
        "minimum_spanning_forest": lambda g, rows: minimum_spanning_forest(g, rows, "least"),
        "minimum_spanning_forest unweighted": lambda g, rows: minimum_spanning_forest(g, rows, None),
        "bridges": bridges,
        "articulation_points": articulation_points,
        "closeness out all sampled":
            lambda g, rows: same_numbers(rows, networkx.closeness_centrality(g.simple_directed)),
        "random_walks both often": lambda g, rows: often(g, rows, "count", 1, 1),
        "random_walks both weighted often": lambda g, rows: often(g, rows, "weight", 1, 1),
        "random_walks both node2vec often": lambda g, rows: often(g, rows, "weight", 4, 0.25),
    }
    for direction in ("out", "in", "both"):
        found.update(checks_of(direction))
    return found


def checks_of(d):
    return {
        f"topological order {d}": lambda g, rows: topological_order(g, rows, d),
        f"betweenness weighted {d}": lambda g, rows: same_numbers(
            rows, networkx.betweenness_centrality(simple(g, d), weight="least")),
        f"edge_betweenness {d}": lambda g, rows: edge_betweenness(g, rows, d),
        f"edge_betweenness weighted {d}": lambda g, rows: edge_betweenness(g, rows, d, "least"),
        f"edge_betweenness counts {d}":
            lambda g, rows: edge_betweenness(g, rows, d, normalized=False),
        f"closeness {d}":
            lambda g, rows: same_numbers(rows, networkx.closeness_centrality(simple(g, d))),
        f"closeness weighted {d}": lambda g, rows: same_numbers(
            rows, networkx.closeness_centrality(simple(g, d), distance="least")),
        f"harmonic_centrality {d}":
            lambda g, rows: same_numbers(rows, networkx.harmonic_centrality(simple(g, d))),
        f"harmonic_centrality weighted {d}": lambda g, rows: same_numbers(
            rows, networkx.harmonic_centrality(simple(g, d), distance="least")),
        f"eigenvector_centrality {d}": lambda g, rows: eigenvector(g, rows, d, "count"),
        f"eigenvector_centrality weighted {d}": lambda g, rows: eigenvector(g, rows, d, "weight"),
        f"katz_centrality {d}": lambda g, rows: katz(g, rows, d, "count", 0.01, 1, True),
        f"katz_centrality weighted {d}":
            lambda g, rows: katz(g, rows, d, "weight", 0.005, 2, False),
        f"hits {d}": lambda g, rows: hits(g, rows, d, "count"),
        f"hits weighted {d}": lambda g, rows: hits(g, rows, d, "weight"),
        f"modularity {d}": lambda g, rows: modularity(g, rows, d, "count", 1),
        f"modularity weighted {d}": lambda g, rows: modularity(g, rows, d, "weight", 0.5),
        f"random_walks {d}": lambda g, rows: random_walks(g, rows, d, 8, 3),
        f"fastrp {d}": lambda g, rows: fastrp(g, rows, d, "count", 20, [0.5, 0, 1, -2], 7, 0),
        f"fastrp weighted {d}":
            lambda g, rows: fastrp(g, rows, d, "weight", 16, [0, 0, 1, 1], -3, -0.5),
    }


if __name__ == "__main__":
    CHECKS = checks()
    networkx_tap.main(Graph, lambda graph, name, rows: CHECKS[name](graph, rows))
