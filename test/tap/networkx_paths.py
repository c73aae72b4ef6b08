#!/usr/bin/python3
"""Compares the paths that kg found with those of NetworkX.

    networkx_paths.py FILE

Each line of the file is a graph and its results, as JSON:

    {"name": ..., "nodes": [id], "edges": [[id, source, target, weight]],
     "pairs": [[source, target]], "results": {name: rows}}

where rows are lists of columns.  Prints one line of TAP for each result.
"""

import collections
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
        forward = networkx.DiGraph()
        forward.add_nodes_from(("node", node) for node in record["nodes"])
        for relation, (source, target, weight) in self.edges.items():
            if source != target:
                forward.add_edge(("node", source), ("relation", relation), weight=weight / 2)
                forward.add_edge(("relation", relation), ("node", target), weight=weight / 2)
        self.graphs = {"out": forward, "in": forward.reverse(copy=False),
                       "both": forward.to_undirected(as_view=True)}


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


@no_path_is_none
def all_shortest(nx_graph, source, target, weight):
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


def check(graph, name, rows):
    kind, direction, *rest = name.split()
    weight = "weight" if rest else None
    nx_graph = graph.graphs[direction]
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
