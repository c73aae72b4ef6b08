#!/usr/bin/python3
"""Compares the paths that kg found with those of NetworkX.

    networkx_paths.py FILE

Each line of the file is a graph and its results, as JSON:

    {"name": ..., "nodes": [id], "edges": [[id, source, target, weight]],
     "pairs": [[source, target]], "results": {name: rows}}

where rows are lists of columns.  Prints one line of TAP for each result.
"""

import collections
import functools
import itertools
import json

import networkx

import networkx_tap

MAX_DEPTH = 4
K = 8


class Graph:
    """Relations are nodes too, each between its ends: so a path of nodes tells
    which of several relations it takes.  Half of a weight is on either side."""

    def __init__(self, line):
        record = json.loads(line)
        self.name = record["name"]
        self.pairs = [tuple(pair) for pair in record["pairs"]]
        self.results = record["results"]
        self.edges = {edge[0]: edge[1:] for edge in record["edges"]}
        self.nodes = record["nodes"]
        self.graphs = Directions(self)


class Directions(dict):
    """The graph for NetworkX of each direction that is asked for: graphs of their
    own, as NetworkX is slow on views."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph

    def __missing__(self, direction):
        made = networkx.Graph() if direction == "both" else networkx.DiGraph()
        made.add_nodes_from(("node", node) for node in self.graph.nodes)
        for relation, (source, target, weight) in self.graph.edges.items():
            if source == target:
                continue
            if direction == "in":
                source, target = target, source
            made.add_edge(("node", source), ("relation", relation), weight=weight / 2)
            made.add_edge(("relation", relation), ("node", target), weight=weight / 2)
        self[direction] = made
        return made


def fail(text):
    raise AssertionError(text)


def relations(path):
    return tuple(name for kind, name in path if kind == "relation")


def cost(graph, path, weight):
    return sum(graph.edges[relation][2] if weight else 1 for relation in path)


def no_path_is_none(function):
    def wrapped(*arguments):
        try:
            return function(*arguments)
        except networkx.NetworkXNoPath:
            return []
    return wrapped


@no_path_is_none
def shortest(nx_graph, source, target, weight):
    if weight:
        return [networkx.bidirectional_dijkstra(nx_graph, source, target, weight)[1]]
    return [networkx.bidirectional_shortest_path(nx_graph, source, target)]


def length(nx_graph, path, weight):
    return sum(nx_graph[source][target].get(weight, 1) for source, target in zip(path, path[1:]))


@functools.lru_cache(maxsize=None)
def has_zero(nx_graph, weight):
    return any(cost == 0 for *_, cost in nx_graph.edges(data=weight))


@no_path_is_none
def all_shortest(nx_graph, source, target, weight):
    if weight and has_zero(nx_graph, weight):
        # networkx.all_shortest_paths leaves some out where weights are 0
        paths = networkx.shortest_simple_paths(nx_graph, source, target, weight)
        first = next(paths)
        least = length(nx_graph, first, weight)
        return [first] + list(itertools.takewhile(lambda path: length(nx_graph, path, weight) == least, paths))
    return list(networkx.all_shortest_paths(nx_graph, source, target, weight))


@no_path_is_none
def k_shortest(nx_graph, source, target, weight):
    return list(itertools.islice(networkx.shortest_simple_paths(nx_graph, source, target, weight), K))


def all_simple(nx_graph, source, target, weight):
    return list(networkx.all_simple_paths(nx_graph, source, target, 2 * MAX_DEPTH))


def check_path(graph, direction, source, target, nodes, path):
    """Does it lead from source to target, and nowhere twice?"""
    if nodes[0] != source or nodes[-1] != target or len(set(nodes)) != len(nodes):
        fail(f"{source} to {target} is no simple path: {nodes}")
    if len(path) != len(nodes) - 1:
        fail(f"{source} to {target}: {nodes} by {path}")
    for relation, ends in zip(path, zip(nodes, nodes[1:])):
        start, end, _ = graph.edges[relation]
        if not (direction != "in" and ends == (start, end) or
                direction != "out" and ends == (end, start)):
            fail(f"{source} to {target}: relation {relation} does not lead from {ends}")


def steps(graph, direction):
    """From each entity: where its relations lead, and their weights."""
    lead = collections.defaultdict(list)
    for source, target, weight in graph.edges.values():
        if direction != "in":
            lead[source].append((target, weight))
        if direction != "out":
            lead[target].append((source, weight))
    return lead


@functools.lru_cache(maxsize=None)
def weighed_paths(nx_graph, graph, source, target):
    """All paths of at most MAX_DEPTH relations by cost."""
    return sorted((cost(graph, relations(path), "weight"), relations(path)) for path in
                  networkx.all_simple_paths(nx_graph, ("node", source), ("node", target), 2 * MAX_DEPTH))


def check_within(graph, kind, direction, rows):
    """Weighted paths of at most MAX_DEPTH relations, against all such paths."""
    nx_graph = graph.graphs[direction]
    for source, target in graph.pairs:
        got = [row[2:] for row in rows if tuple(row[:2]) == (source, target)]
        paths = weighed_paths(nx_graph, graph, source, target)
        if kind == "allwithin":
            expected = [path for path in paths if path[0] == paths[0][0]]
            if sorted((row[0], tuple(row[-1])) for row in got) != expected:
                fail(f"{source} to {target}: {got[:3]} instead of {expected[:3]}")
            continue
        expected = paths[:1 if kind == "within" else K]
        if [row[0] for row in got] != [path[0] for path in expected]:
            fail(f"{source} to {target}: costs {[row[0] for row in got]} instead of {expected}")
        found = {(row[0], tuple(row[-1])) for row in got}
        if len(found) != len(got) or not found <= set(paths):
            fail(f"{source} to {target}: {got[:3]} are none of the paths")


def check_distances(graph, direction, rows):
    nx_graph = graph.graphs[direction]
    lengths = {node: networkx.single_source_dijkstra_path_length(nx_graph, ("node", node))
               for node in {node for pair in graph.pairs for node in pair}}
    for pair in graph.pairs:
        got = {row[2]: row[3:] for row in rows if tuple(row[:2]) == pair}
        expected = networkx.multi_source_dijkstra_path_length(nx_graph, {("node", node) for node in pair}, 2)
        expected = {name: length for (kind, name), length in expected.items() if kind == "node"}
        if {name: row[0] for name, row in got.items()} != expected:
            fail(f"from {pair}: {got} instead of {expected}")
        for name, (length, source) in got.items():
            if source not in pair or lengths[source][("node", name)] != length:
                fail(f"from {pair}: {name} is not nearest to {source}")


def check_matrix(graph, direction, rows):
    nx_graph = graph.graphs[direction]
    for pair in graph.pairs:
        got = {tuple(row[2:4]): row[4] for row in rows if tuple(row[:2]) == pair}
        expected = {}
        for source in pair:
            lengths = networkx.single_source_dijkstra_path_length(nx_graph, ("node", source))
            expected.update({(source, target): lengths[("node", target)] for target in pair
                             if ("node", target) in lengths})
        if got != expected:
            fail(f"{pair}: {got} instead of {expected}")


def check_totals(graph, direction, rows):
    """Products along all ways of at most three relations."""
    lead = steps(graph, direction)
    for pair in graph.pairs:
        got = {row[2]: row[3:] for row in rows if tuple(row[:2]) == pair}
        products = collections.defaultdict(list)
        ways = [(pair[0], 1)]
        for _ in range(4):
            for node, product in ways:
                products[node].append(product)
            ways = [(target, product * weight) for node, product in ways for target, weight in lead[node]]
        expected = {node: [sum(all), len(all), min(all), max(all)] for node, all in products.items()}
        if got != expected:
            fail(f"from {pair[0]}: {got} instead of {expected}")


def check_page(graph, direction, rows):
    nx_graph = graph.graphs[direction]
    for pair in graph.pairs:
        got = [row[2:] for row in rows if tuple(row[:2]) == pair]
        lengths = networkx.single_source_shortest_path_length(nx_graph, ("node", pair[0]))
        expected = sorted((length // 2, name) for (kind, name), length in lengths.items() if kind == "node")
        if got != [[[name for _, name in expected], [depth for depth, _ in expected]]]:
            fail(f"from {pair[0]}: {got} instead of {expected}")


def check_sets(graph, direction, weight, rows):
    nx_graph = graph.graphs[direction]
    targets = [node for node in graph.nodes if abs(node) % 5 == 1 and node > 0]
    for pair in graph.pairs:
        got = sorted(((row[2], tuple(row[-1]), row[3][0], row[3][-1]) for row in rows if tuple(row[:2]) == pair))
        paths = {(cost(graph, relations(path), weight), relations(path), source, target)
                 for source in set(pair) for target in targets
                 for path in all_shortest(nx_graph, ("node", source), ("node", target), weight)}
        least = min((path[0] for path in paths), default=None)
        expected = sorted(path for path in paths if path[0] == least)
        if got != expected:
            fail(f"from {pair}: {got[:3]} instead of {expected[:3]}")


def check(graph, name, rows):
    kind, direction, *rest = name.split()
    weight = "weight" if rest else None
    nx_graph = graph.graphs[direction]
    if kind in ("within", "allwithin", "kwithin"):
        return check_within(graph, kind, direction, rows)
    if kind == "sets":
        return check_sets(graph, direction, weight, rows)
    others = {"distances": check_distances, "matrix": check_matrix,
              "totals": check_totals, "page": check_page}
    if kind in others:
        return others[kind](graph, direction, rows)
    found = collections.defaultdict(list)
    for row in rows:
        found[tuple(row[:2])].append(row[2:])
    if not set(found) <= set(graph.pairs):
        fail("paths between other entities")
    for source, target in graph.pairs:
        got = found[(source, target)]
        ends = ("node", source), ("node", target)
        if kind == "reachable":
            if bool(got) != networkx.has_path(nx_graph, *ends):
                fail(f"{source} to {target}: {bool(got)}")
            continue
        search = {"shortest": shortest, "all": all_shortest, "k": k_shortest,
                  "paths": all_simple}[kind]
        expected = [relations(path) for path in search(nx_graph, *ends, weight)]
        if kind in ("all", "k", "paths"):
            for *_, nodes, path in got:
                check_path(graph, direction, source, target, nodes, path)
        if kind in ("all", "paths") and sorted(tuple(row[-1]) for row in got) != sorted(expected):
            fail(f"{source} to {target}: {got[:3]} instead of {expected[:3]}")
        if kind == "k" and len({tuple(row[-1]) for row in got}) != len(got):
            fail(f"{source} to {target}: a path comes twice")
        if kind != "paths":
            costs = [cost(graph, path, weight) for path in expected]
            if [row[0] for row in got] != costs:
                fail(f"{source} to {target}: costs {[row[0] for row in got]} instead of {costs}")
            if any(cost(graph, row[-1], weight) != row[0] for row in got):
                fail(f"{source} to {target}: cost is not that of the path")


if __name__ == "__main__":
    networkx_tap.main(Graph, check)
