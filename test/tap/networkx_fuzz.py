#!/usr/bin/python3
"""Compares what kg returned of random graphs with NetworkX and with plain loops.

    networkx_fuzz.py FILE

Each line of the file is a graph and its results, as JSON:

    {"name": ..., "nodes": [node], "edges": [[id, source, target, weight, type]],
     "pairs": [[node, node]], "results": [[module, name, reader, rows]]}

where rows are lists of columns.  The module is "walks" (this one), "paths"
(networkx_paths) or "algorithms" (networkx_check).  Prints one line of TAP for
each result.
"""

import collections
import json
import sys

import networkx_check
import networkx_paths
from networkx_check import fail


class Graph:
    def __init__(self, line):
        record = json.loads(line)
        self.name = record["name"]
        self.results = record["results"]
        self.nodes = record["nodes"]
        self.edges = record["edges"]
        self.pairs = record["pairs"]
        plain = {"name": self.name, "nodes": self.nodes, "pairs": self.pairs, "seeds": [], "results": {}}
        self.paths = networkx_paths.Graph(json.dumps(dict(plain, edges=[edge[:4] for edge in self.edges])))
        self.algorithms = networkx_check.Graph(json.dumps(dict(plain, edges=[edge[1:4] for edge in self.edges])))

    def around(self, node, direction, types=None):
        """[(neighbour, outgoing, weight, type)] of a node's edges; a loop has two ends."""
        found = []
        for _, source, target, weight, kind in self.edges:
            if types is not None and kind not in types:
                continue
            if direction != "in" and source == node:
                found.append((target, True, weight, kind))
            if direction != "out" and target == node:
                found.append((source, False, weight, kind))
        return found

    def depths(self, starts, max_depth, direction, types=None):
        depth = {start: 0 for start in starts}
        queue = collections.deque(starts)
        while queue:
            node = queue.popleft()
            if depth[node] == max_depth:
                continue
            for neighbor, *_ in self.around(node, direction, types):
                if neighbor not in depth:
                    depth[neighbor] = depth[node] + 1
                    queue.append(neighbor)
        return depth


def same(got, expected):
    got, expected = sorted(map(repr, got)), sorted(map(repr, expected))
    if got != expected:
        fail(f"{got[:5]} instead of {expected[:5]}")


def starts(graph):
    return sorted({a for a, _ in graph.pairs})


def traverse(graph, rows, direction, max_depth, *types):
    if max_depth == "all":
        found = graph.depths(starts(graph), None, direction)
        same(rows, [[0, node, depth] for node, depth in found.items()])
        return
    limit = None if max_depth == "NULL" else int(max_depth)
    same(rows, [[start, node, depth] for start in starts(graph)
                for node, depth in graph.depths([start], limit, direction, types or None).items()])


def neighborhood(graph, rows, direction, max_depth):
    same(rows, [[start, node] for start in starts(graph)
                for node in graph.depths([start], int(max_depth), direction)])


def neighbors(graph, rows, direction):
    same([row[:3] + [float(row[3])] + row[4:] for row in rows],
         [[start, node, outgoing, float(weight), kind] for start in starts(graph)
          for node, outgoing, weight, kind in graph.around(start, direction)])


def subgraph(graph, rows, direction, max_depth):
    expected = []
    for start in starts(graph):
        members = graph.depths([start], int(max_depth), direction)
        inner = [edge for edge in graph.edges if edge[1] in members and edge[2] in members]
        expected.append([start, len(members), len(inner)])
    same(rows, expected)


def found_paths(graph, search, direction, weight):
    """Paths of relations between the pairs, as NetworkX finds them."""
    for a, b in graph.pairs:
        yield a, b, search(graph.paths.graphs[direction], ("node", a), ("node", b), weight)


def costs(graph, rows, search, direction, weight):
    same([row[:2] + [float(row[2])] for row in rows],
         [[a, b, float(networkx_paths.cost(graph.paths, networkx_paths.relations(path), weight))]
          for a, b, paths in found_paths(graph, search, direction, weight) for path in paths])


def paths(graph, rows, direction):
    same(rows, [[a, b, [name for kind, name in path if kind == "node"]]
                for a, b, found in found_paths(graph, networkx_paths.all_simple, direction, None)
                for path in found if len(path) <= 2 * 3 + 1])


WALKS = {
    "traverse": traverse,
    "neighborhood": neighborhood,
    "neighbors": neighbors,
    "subgraph": subgraph,
    "paths": paths,
    "cost": lambda graph, rows, direction, *weight:
        costs(graph, rows, networkx_paths.shortest, direction, "weight" if weight else None),
    "costs": lambda graph, rows, direction, *weight:
        costs(graph, rows, networkx_paths.k_shortest, direction, "weight" if weight else None),
}


def check(graph, module, name, rows):
    if module == "paths":
        networkx_paths.check(graph.paths, name, rows)
    elif module == "algorithms":
        networkx_check.CHECKS[name](graph.algorithms, rows)
    else:
        kind, *arguments = name.split()
        WALKS[kind](graph, rows, *arguments)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            graph = Graph(line)
            for module, name, reader, rows in graph.results:
                try:
                    check(graph, module, name, rows)
                    print(f"ok - {graph.name}, {reader}: {name}", flush=True)
                except AssertionError as error:
                    print(f"not ok - {graph.name}, {reader}: {name}: {error}", flush=True)


if __name__ == "__main__":
    main()
