#!/usr/bin/python3
"""Compares what kg's algorithms returned with NetworkX.

    networkx_check.py FILE

Each line of the file is a graph and its results, as JSON:

    {"name": ..., "nodes": [id], "edges": [[source, target, weight]],
     "seeds": [id], "results": {name: rows}}

where rows are lists of columns.  Prints one line of TAP for each result.
"""

import collections
import functools
import json
import math

import networkx
from networkx.algorithms import community

import networkx_tap

TOLERANCE = 1e-6
# What Leiden's modularity may be less than that of the best of several runs
# of Louvain, both being heuristics.
MODULARITY_SLACK = 0.02
# of every entity; the question mark was a control character
NAME = '<a> & "b"\r\n?'


class Graph:
    def __init__(self, line):
        record = json.loads(line)
        self.name = record["name"]
        self.seeds = record["seeds"]
        self.results = record["results"]
        self.multi = networkx.MultiDiGraph()
        self.multi.add_nodes_from(record["nodes"])
        self.multi.add_weighted_edges_from(record["edges"])

    # each is made when it is asked for; parallel edges become one, whose weight is
    # their sum or their number
    @functools.cached_property
    def directed(self):
        return self.sum_up(networkx.DiGraph)

    @functools.cached_property
    def undirected(self):
        return self.sum_up(networkx.Graph)

    @functools.cached_property
    def simple(self):
        return without_loops(self.undirected)

    @functools.cached_property
    def simple_directed(self):
        return without_loops(self.directed)

    def sum_up(self, kind):
        graph = kind()
        graph.add_nodes_from(self.multi)
        for source, target, weight in self.multi.edges(data="weight"):
            if not graph.has_edge(source, target):
                graph.add_edge(source, target, weight=0.0, count=0, least=weight, most=weight)
            data = graph[source][target]
            data["weight"] += weight
            data["count"] += 1
            data["least"] = min(data["least"], weight)
            data["most"] = max(data["most"], weight)
        return graph


def without_loops(graph):
    copy = graph.copy()
    copy.remove_edges_from(list(networkx.selfloop_edges(graph)))
    return copy


def fail(text):
    raise AssertionError(text)


def same_numbers(got, expected, tolerance=TOLERANCE):
    got = {row[0]: row[1] for row in got}
    if set(got) != set(expected):
        fail(f"entities differ: {sorted(set(got) ^ set(expected))[:5]}")
    for node, number in expected.items():
        if not abs(got[node] - number) <= tolerance:
            fail(f"entity {node}: {got[node]} instead of {number}")


def same_partition(rows, parts):
    groups = collections.defaultdict(set)
    for node, group in rows:
        groups[group].add(node)
    for name, members in groups.items():
        if name != min(members):
            fail(f"group {name} of {sorted(members)[:5]}")
    if sorted(map(sorted, groups.values())) != sorted(map(sorted, parts)):
        fail("partitions differ")


def undirected_for_pagerank(graph):
    """Each edge in both directions, a loop once."""
    return graph.undirected.to_directed()


def pagerank(graph, rows, directed, weight, **arguments):
    expected = {}
    if len(directed) > 0:
        expected = networkx.pagerank(directed, weight=weight, tol=1e-12 / len(directed),
                                     max_iter=10000, **arguments)
    same_numbers(rows, expected)


def personalized(graph, rows, directed, weight):
    seeds = [seed for seed in graph.seeds if seed in graph.multi]
    got = dict(map(tuple, rows))
    if not seeds:
        if got:
            fail("rows without seeds")
        return
    share = {seed: 1 / len(seeds) for seed in seeds}
    expected = networkx.pagerank(directed, weight=weight, personalization=share,
                                 tol=1e-12 / len(directed), max_iter=10000)
    same_numbers([(node, got.get(node, 0)) for node in expected], expected)
    if not set(got) <= set(expected):
        fail("unknown entities")


def degree(graph, rows):
    for column, expected in enumerate((graph.multi.in_degree, graph.multi.out_degree,
                                       graph.multi.degree)):
        same_numbers([(row[0], row[column + 1]) for row in rows], dict(expected))


def betweenness(graph, rows, directed, normalized):
    same_numbers(rows, networkx.betweenness_centrality(directed, normalized=normalized))


def modularity(graph, groups, weight, resolution):
    total = sum(data[weight] for _, _, data in graph.undirected.edges(data=True))
    if total == 0:
        return 0
    return community.modularity(graph.undirected, groups, weight=weight, resolution=resolution)


def leiden(graph, rows, weight, resolution):
    levels = collections.defaultdict(lambda: collections.defaultdict(set))
    told = {}
    for level, node, group, quality in rows:
        levels[level][group].add(node)
        told[level] = quality
    if not rows:
        if len(graph.multi) > 0:
            fail("no rows")
        return
    if sorted(levels) != list(range(1, len(levels) + 1)):
        fail(f"levels {sorted(levels)}")
    below = None
    for level in sorted(levels):
        groups = levels[level]
        if sorted(node for group in groups.values() for node in group) != sorted(graph.multi):
            fail(f"level {level} is no partition")
        for name, members in groups.items():
            if name != min(members):
                fail(f"community {name} of {sorted(members)[:5]}")
            if not networkx.is_connected(graph.undirected.subgraph(members)):
                fail(f"level {level}: community {name} is not connected")
            if below and not all(part <= members or not part & members for part in below):
                fail(f"level {level}: community {name} splits one of the level before")
        quality = modularity(graph, groups.values(), weight, resolution)
        if abs(told[level] - quality) > TOLERANCE:
            fail(f"level {level}: modularity {told[level]} instead of {quality}")
        below = list(groups.values())
    if graph.undirected.size(weight=weight) == 0:
        return
    best = max(modularity(graph, community.louvain_communities(
        graph.undirected, weight=weight, resolution=resolution, seed=seed), weight, resolution)
        for seed in range(5))
    last = told[max(levels)]
    if last < best - MODULARITY_SLACK:
        fail(f"modularity {last}, Louvain has {best}")


def label_propagation(graph, rows):
    """Each has a label that no other exceeds among its neighbours."""
    label = dict(map(tuple, rows))
    if set(label) != set(graph.multi):
        fail("entities differ")
    for node in graph.simple:
        votes = collections.Counter()
        for neighbor, data in graph.simple[node].items():
            votes[label[neighbor]] += data["count"]
        if votes and votes[label[node]] != max(votes.values()):
            fail(f"entity {node} has label {label[node]} of votes {votes}")


def neighbors(graph, directed):
    if directed:
        return {node: set(graph.simple_directed[node]) for node in graph.multi}
    return {node: set(graph.simple[node]) for node in graph.multi}


def pairs(graph, rows, measure, directed=False, unlinked=False):
    """All pairs that share a neighbour, in both orders."""
    around = neighbors(graph, directed)
    sharers = collections.Counter(other for members in around.values() for other in members)
    expected = {}
    for a in around:
        for b in around:
            if a == b or unlinked and graph.simple.has_edge(a, b):
                continue
            shared = around[a] & around[b]
            if not shared:
                continue
            if measure == "jaccard":
                score = len(shared) / len(around[a] | around[b])
            elif measure == "overlap":
                score = len(shared) / min(len(around[a]), len(around[b]))
            elif measure == "common_neighbors":
                score = len(shared)
            elif measure == "adamic_adar":
                score = sum(1 / math.log(sharers[node]) for node in shared)
            elif measure == "resource_allocation":
                score = sum(1 / sharers[node] for node in shared)
            expected[(a, b)] = score
    # NetworkX itself, where it has the measure
    reference = {"jaccard": networkx.jaccard_coefficient,
                 "adamic_adar": networkx.adamic_adar_index,
                 "resource_allocation": networkx.resource_allocation_index}.get(measure)
    if reference and not directed:
        for a, b, score in reference(graph.simple, list(expected)):
            if abs(score - expected[(a, b)]) > TOLERANCE:
                fail("this script and NetworkX disagree")
    same_numbers([((a, b), score) for a, b, score in rows], expected)


def graphml(graph, rows):
    text = "\n".join(line for line, in rows)
    read = networkx.parse_graphml(text, node_type=int, force_multigraph=True)
    if sorted(read) != sorted(graph.multi):
        fail("entities differ")
    if sorted(read.edges(data="weight")) != sorted(graph.multi.edges(data="weight")):
        fail("relations differ")
    if any(data["name"] != NAME for data in read.nodes.values()):
        fail("names differ")
    if any(data["type"] != "edge" for _, _, data in read.edges(data=True)):
        fail("types differ")


CHECKS = {
    "graphml": graphml,
    "degree": degree,
    "pagerank": lambda g, rows: pagerank(g, rows, g.directed, "count"),
    "pagerank in": lambda g, rows: pagerank(g, rows, g.directed.reverse(), "count"),
    "pagerank both": lambda g, rows: pagerank(g, rows, undirected_for_pagerank(g), "count"),
    "pagerank weighted": lambda g, rows: pagerank(g, rows, g.directed, "weight"),
    "pagerank damping 0.5": lambda g, rows: pagerank(g, rows, g.directed, "count", alpha=0.5),
    "personalized_pagerank": lambda g, rows: personalized(g, rows, g.directed, "count"),
    "personalized_pagerank in": lambda g, rows: personalized(g, rows, g.directed.reverse(), "count"),
    "personalized_pagerank both weighted":
        lambda g, rows: personalized(g, rows, undirected_for_pagerank(g), "weight"),
    "connected_components":
        lambda g, rows: same_partition(rows, networkx.weakly_connected_components(g.multi)),
    "strongly_connected_components":
        lambda g, rows: same_partition(rows, networkx.strongly_connected_components(g.multi)),
    "triangles": lambda g, rows: same_numbers(rows, networkx.triangles(g.simple)),
    "clustering_coefficient": lambda g, rows: same_numbers(rows, networkx.clustering(g.simple)),
    "core_numbers":
        lambda g, rows: same_numbers(rows, networkx.core_number(g.simple) if g.simple else {}),
    "betweenness": lambda g, rows: betweenness(g, rows, g.simple_directed, True),
    "betweenness in": lambda g, rows: betweenness(g, rows, g.simple_directed.reverse(), True),
    "betweenness both": lambda g, rows: betweenness(g, rows, g.simple, True),
    "betweenness counts": lambda g, rows: betweenness(g, rows, g.simple_directed, False),
    "betweenness both counts": lambda g, rows: betweenness(g, rows, g.simple, False),
    # as many samples as there are entities are no sample
    "betweenness all sampled": lambda g, rows: betweenness(g, rows, g.simple_directed, True),
    "label_propagation": label_propagation,
    "leiden": lambda g, rows: leiden(g, rows, "count", 1),
    "leiden weighted": lambda g, rows: leiden(g, rows, "weight", 1),
    "leiden resolution 2": lambda g, rows: leiden(g, rows, "count", 2),
    "jaccard": lambda g, rows: pairs(g, rows, "jaccard"),
    "jaccard out": lambda g, rows: pairs(g, rows, "jaccard", directed=True),
    "overlap": lambda g, rows: pairs(g, rows, "overlap"),
    "overlap out": lambda g, rows: pairs(g, rows, "overlap", directed=True),
    "adamic_adar": lambda g, rows: pairs(g, rows, "adamic_adar"),
    "adamic_adar out": lambda g, rows: pairs(g, rows, "adamic_adar", directed=True),
    "common_neighbors": lambda g, rows: pairs(g, rows, "common_neighbors"),
    "resource_allocation": lambda g, rows: pairs(g, rows, "resource_allocation"),
    "link_prediction": lambda g, rows: pairs(g, rows, "adamic_adar", unlinked=True),
}


if __name__ == "__main__":
    networkx_tap.main(Graph, lambda graph, name, rows: CHECKS[name](graph, rows))
