#!/usr/bin/python3
"""Compares what kg returned of random graphs with NetworkX and with plain loops.

    networkx_fuzz.py FILE

Each line of the file is a graph and its results, as JSON:

    {"name": ..., "nodes": [node], "edges": [[id, source, target, weight, type, valid, is known, was known]],
     "pairs": [[node, node]], "results": [[module, name, reader, rows]]}

where rows are lists of columns, or "22" for an error about data.  The module is
"walks" or "costs" (this one), "paths" (networkx_paths), "algorithms"
(networkx_check) or "structure" (networkx_structure).  Prints one line of TAP
for each result.
"""

import collections
import functools
import heapq
import itertools
import json
import math
import sys

import networkx

import networkx_check
import networkx_paths
import networkx_structure
from networkx_check import fail

# Both are heuristics; on so few nodes they often differ.
networkx_check.MODULARITY_SLACK = math.inf
STRUCTURE = networkx_structure.checks()


class Graph:
    def __init__(self, record):
        self.name = record["name"]
        self.nodes = record["nodes"]
        self.edges = [edge[:3] + [float(edge[3]), edge[4]] for edge in record["edges"]]
        self.pairs = record["pairs"]
        # such weights are errors where they are met, and these are no way
        self.wrong = [edge for edge in self.edges if not edge[3] >= 0]
        self.infinite = [edge for edge in self.edges if edge[3] == math.inf]
        self.weighed = self
        if self.wrong or self.infinite:
            self.weighed = Graph(dict(record, edges=[edge for edge in record["edges"] if 0 <= float(edge[3]) < math.inf]))
        plain = {"name": self.name, "nodes": self.nodes, "pairs": self.pairs, "seeds": starts(self), "results": {}}
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

    @functools.lru_cache(maxsize=None)
    def lead(self, direction, weighted=True):
        """From each node: [(neighbour, weight, edge)], a loop once or twice."""
        found = {node: [] for node in self.nodes}
        for number, source, target, weight, _ in self.edges:
            if direction != "in":
                found[source].append((target, weight if weighted else 1, number))
            if direction != "out":
                found[target].append((source, weight if weighted else 1, number))
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


def filtered(graph, rows, direction, max_depth):
    odd = Graph({"name": "", "nodes": graph.nodes, "pairs": graph.pairs,
                 "edges": [edge for edge in graph.edges if edge[0] % 2 == 0]})
    traverse(odd, rows, direction, max_depth)


def page(graph, rows, direction, max_depth):
    """All pages: in the order of depths, with the first parent and relation."""
    limit = None if max_depth == "NULL" else int(max_depth)
    lead = graph.lead(direction)
    same([[start, node, depth] for start, _, node, depth, *_ in rows],
         [[start, node, depth] for start in starts(graph)
          for node, depth in graph.depths([start], limit, direction).items()])
    for start in starts(graph):
        own = sorted((row[1:] for row in rows if row[0] == start))
        if [row[0] for row in own] != list(range(1, len(own) + 1)) or own != sorted(own, key=lambda row: row[2]):
            fail(f"not in order: {own[:5]}")
        for _, node, depth, *reached in own:
            by = [[row[1], min(edge for target, _, edge in lead[row[1]] if target == node)]
                  for row in own if row[2] == depth - 1 and any(node == target for target, *_ in lead[row[1]])]
            if reached != (by[0] if by else [None, None]):
                fail(f"from {start}: {node} by {reached} instead of {by[:1]}")


def ways(graph, start, direction, max_depth):
    """Walks that take no edge twice, of which a loop has two ends."""
    found = [([start], [])]
    for nodes, edges in found:
        if len(edges) < max_depth:
            steps = {(target, edge) for target, _, edge in graph.lead(direction)[nodes[-1]] if edge not in edges}
            found += [(nodes + [target], edges + [edge]) for target, edge in steps]
    return found


def trails(graph, rows, direction, max_depth):
    same(rows, [[a, b, nodes, edges] for a, b in graph.pairs
                for nodes, edges in ways(graph, a, direction, int(max_depth)) if nodes[-1] == b])


def fan(graph, rows, direction, max_depth):
    same(rows, [[a, nodes] for a in starts(graph) for nodes, _ in ways(graph, a, direction, int(max_depth))
                if len(set(nodes)) == len(nodes)])


def near(a, b):
    return a == b or math.isnan(a) and math.isnan(b) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def is_cyclic(graph, nodes, direction):
    inner = networkx.DiGraph()
    inner.add_edges_from((node, target) for node in nodes for target, *_ in graph.lead(direction)[node])
    return not networkx.is_directed_acyclic_graph(inner)


def total_ways(graph, start, direction, along, max_depth):
    """{node: [products or sums]} along all ways of so many relations, round by round."""
    found = collections.defaultdict(list)
    now = {start: [1.0 if along == "product" else 0.0]}
    for _ in range(max_depth + 1 if max_depth is not None else len(graph.nodes)):
        later = collections.defaultdict(list)
        for node, values in now.items():
            found[node] += values
            for target, weight, _ in graph.lead(direction)[node]:
                later[target] += [value * weight if along == "product" else value + weight for value in values]
        now = later
        if sum(map(len, found.values())) > 200000:
            return None
    return found


def totals(graph, rows, direction, along, max_depth):
    limit = None if max_depth == "NULL" else int(max_depth)
    around = [graph.depths([start], limit, direction) for start in starts(graph)]
    if limit is None and any(is_cyclic(graph, nodes, direction) for nodes in around):
        if rows != "22":
            fail("no error in spite of a cycle")
        return
    if rows == "22":
        fail("an error without a cycle")
    if any(math.isnan(edge[3]) for edge in graph.edges):
        # what is the least of these?
        rows = [row[:2] + [0, row[3], 0, 0] for row in rows]
    for start in starts(graph):
        found = total_ways(graph, start, direction, along, limit)
        if found is None:
            continue
        expected = {node: [sum(values), len(values), min(values), max(values)] for node, values in found.items()}
        if any(math.isnan(edge[3]) for edge in graph.edges):
            expected = {node: [0, values[1], 0, 0] for node, values in expected.items()}
        got = {row[1]: list(map(float, row[2:])) for row in rows if row[0] == start}
        if set(got) != set(expected):
            fail(f"from {start}: {sorted(got)} instead of {sorted(expected)}")
        for node, values in expected.items():
            if not all(map(near, got[node], values)):
                fail(f"from {start} to {node}: {got[node]} instead of {values}")


def reach(graph, rows, direction):
    found = graph.depths(starts(graph), None, direction)
    same(rows, [[b] for b in sorted({b for _, b in graph.pairs}) if b in found])


def least_costs(lead, sources, max_cost=math.inf):
    """{node: cost} by Dijkstra's algorithm."""
    found = {}
    heap = [(0, node) for node in sources]
    heapq.heapify(heap)
    while heap:
        cost, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = cost
        for target, weight, _ in lead[node]:
            if target not in found and cost + weight <= max_cost:
                heapq.heappush(heap, (cost + weight, target))
    return found


def limit_of(rest):
    return math.inf if not rest or rest[0] == "NULL" else float(rest[0])


def distances(graph, rows, direction, weighted, *rest):
    lead = graph.lead(direction, weighted)
    same([row[:2] + [float(row[2])] for row in rows],
         [[start, node, float(cost)] for start in starts(graph)
          for node, cost in least_costs(lead, [start], limit_of(rest)).items()])


def nearest(graph, rows, direction, weighted, limit):
    lead = graph.lead(direction, weighted)
    same([[row[0], list(map(float, row[1]))] for row in rows],
         [[start, list(map(float, sorted(least_costs(lead, [start]).values())[:int(limit)]))]
          for start in starts(graph)])


def tree(graph, rows, direction, weighted):
    lead = graph.lead(direction, weighted)
    expected = least_costs(lead, starts(graph))
    same([[row[0], float(row[1])] for row in rows], [[node, float(cost)] for node, cost in expected.items()])
    found = {row[0]: row for row in rows}
    for node, cost, parent, relation, source in rows:
        if parent is None:
            if relation is not None or source != node or node not in starts(graph):
                fail(f"{node} by no relation from {source}")
            continue
        if found[parent][4] != source:
            fail(f"{node} from {source}, but {parent} before it from {found[parent][4]}")
        if (node, cost - found[parent][1], relation) not in lead[parent]:
            fail(f"{node} not by {relation} from {parent}")


def matrix(graph, rows, direction, weighted, *rest):
    lead = graph.lead(direction, weighted)
    targets = {b for _, b in graph.pairs}
    same([row[:2] + [float(row[2])] for row in rows],
         [[start, node, float(cost)] for start in starts(graph)
          for node, cost in least_costs(lead, [start], limit_of(rest)).items() if node in targets])


def from_all(graph, rows, direction, weighted):
    found = least_costs(graph.lead(direction, weighted), starts(graph))
    same([[b, float(cost)] for b, cost in rows], [[b, float(found[b])] for b in {b for _, b in graph.pairs} if b in found])


def within(lead, start, steps):
    """The least costs of ways of at most so many relations."""
    best = {start: 0}
    for _ in range(steps):
        before = dict(best)
        for node, cost in before.items():
            for target, weight, _ in lead[node]:
                best[target] = min(best.get(target, math.inf), cost + weight)
    return best


def to_all(graph, rows, direction, weighted, *steps):
    lead = graph.lead(direction, weighted)
    targets = {b for _, b in graph.pairs}
    expected = []
    for start in starts(graph):
        found = within(lead, start, int(steps[0])) if steps else least_costs(lead, [start])
        costs_there = [cost for node, cost in found.items() if node in targets]
        expected += [[start, float(min(costs_there))]] if costs_there else []
    same([[a, float(cost)] for a, cost in rows], expected)


def all_from(graph, rows, direction, weighted):
    weight = "weight" if weighted else None
    expected = []
    for b in sorted({b for _, b in graph.pairs}):
        found = [(networkx_paths.cost(graph.paths, networkx_paths.relations(path), weight), path)
                 for start in starts(graph) if start != b
                 for path in networkx_paths.all_shortest(graph.paths.graphs[direction], ("node", start), ("node", b), weight)]
        if b in starts(graph):
            found = [(0, [("node", b)])]
        # none leads through another start
        expected += [[b, float(cost), [name for kind, name in path if kind == "node"],
                      [name for kind, name in path if kind == "relation"]] for cost, path in found
                     if cost == min(found)[0] and not {("node", start) for start in starts(graph)} & set(path[1:-1])]
    same([[row[0], float(row[1])] + row[2:] for row in rows], expected)


WALKS = {
    "traverse": traverse,
    "neighborhood": neighborhood,
    "neighbors": neighbors,
    "subgraph": subgraph,
    "filtered": filtered,
    "page": page,
    "trails": trails,
    "fan": fan,
    "totals": totals,
    "reach": reach,
    "paths": paths,
    "cost": lambda graph, rows, direction, *weight:
        costs(graph, rows, networkx_paths.shortest, direction, "weight" if weight else None),
    "costs": lambda graph, rows, direction, *weight:
        costs(graph, rows, networkx_paths.k_shortest, direction, "weight" if weight else None),
}


COSTS = {
    "distances": distances,
    "nearest": nearest,
    "tree": tree,
    "matrix": matrix,
    "from": from_all,
    "to": to_all,
    "allfrom": all_from,
}


def topological_order(graph, rows, direction):
    """Numbers of nodes do not tell their order within a level."""
    if not networkx.is_directed_acyclic_graph(graph.algorithms.directed):
        if rows != "22":
            fail("no error in spite of a cycle")
        return
    directed = networkx_structure.projected(graph.algorithms, direction)
    same([[node, level] for node, _, level in rows],
         [[node, level] for level, nodes in enumerate(networkx.topological_generations(directed)) for node in nodes])
    if [ordinal for _, ordinal, _ in rows] != list(range(1, len(rows) + 1)) or rows != sorted(rows, key=lambda row: row[2]):
        fail(f"not in order: {rows[:5]}")


def longest_path(graph, rows, weight):
    if (rows == "22") == networkx.is_directed_acyclic_graph(graph.algorithms.directed) or rows == []:
        fail(f"{rows}")
    networkx_structure.longest_path(graph.algorithms, [] if rows == "22" else rows, weight)


def edge_betweenness(graph, rows, direction, *weight):
    if direction == "both":
        rows = [sorted(row[:2]) + row[2:] for row in rows]
    networkx_structure.edge_betweenness(graph.algorithms, rows, direction, *weight)


def random_walks(graph, rows, direction, weighted):
    """Each step leads along a relation, of a weight if weights count."""
    directed = networkx_structure.projected(graph.algorithms, direction)
    found = networkx_structure.walks_of(rows)
    same([walk[0] for walk in found], [node for node in graph.nodes for _ in range(3)])
    if [step for _, step, _ in rows] != [step for walk in found for step in range(len(walk))]:
        fail("steps are not numbered")
    for walk in found:
        for node, after in itertools.zip_longest(walk, walk[1:]):
            ways_on = {target for target, data in directed[node].items() if not weighted or data["weight"] > 0}
            if after is None and (len(walk) > 9 or len(walk) < 9 and ways_on) or after is not None and after not in ways_on:
                fail(f"{node} to {after} of {walk}")


def fastrp(graph, rows):
    same([row[0] for row in rows], graph.nodes)
    for node, embedding, again in rows:
        if not again:
            fail(f"{node} differs the second time")
        if embedding is not None and (len(embedding) != 20 or not all(map(math.isfinite, embedding))):
            fail(f"{node}: {embedding}")


def structure(graph, name, rows):
    kind, *rest = name.split()
    weighted = "weighted" in rest
    direction = rest[-1] if rest else None
    if kind == "topological":
        topological_order(graph, rows, direction)
    elif kind == "longest_path":
        longest_path(graph, rows, "most" if weighted else None)
    elif "betweenness" in kind and weighted and any(edge[3] == 0 and edge[1] != edge[2] for edge in graph.edges):
        if rows != "22":
            fail("no error in spite of a weight of 0")
    elif rows == "22":
        fail("an error")
    elif kind == "edge_betweenness":
        edge_betweenness(graph, rows, direction, *["least"] if weighted else [])
    elif kind in ("random_walks", "node2vec"):
        random_walks(graph, rows, direction, weighted)
    elif kind == "fastrp":
        fastrp(graph, rows)
    else:
        name = "minimum_spanning_forest" if name == "minimum_spanning_forest weighted" else name
        STRUCTURE[name](graph.algorithms, rows)


def check_costs(graph, name, rows):
    kind, direction, *rest = name.split()
    weighted = rest[:1] == ["weighted"]
    if rows == "22":
        if not weighted or not graph.wrong:
            fail("an error")
        return
    if weighted and kind in ("distances", "tree") and rest[1:] in ([], ["NULL"]):
        around = least_costs(graph.weighed.lead(direction), starts(graph))
        if any(direction != "in" and source in around or direction != "out" and target in around
               for _, source, target, *_ in graph.wrong):
            fail("no error in spite of weights")
    COSTS[kind](graph.weighed if weighted else graph, rows, direction, weighted, *rest[weighted:])


def check(graph, module, name, rows):
    weighted = "weighted" in name.split()
    if module == "costs":
        check_costs(graph, name, rows)
    elif weighted and module in ("algorithms", "structure") and name != "personalized_pagerank both weighted" and \
            graph.weighed is not graph:
        if rows != "22":
            fail("no error in spite of weights")
    elif module == "structure":
        structure(graph, name, rows)
    elif rows == "22" and name.split()[0] != "totals":
        if not weighted or graph.weighed is graph:
            fail("an error")
    else:
        check_others(graph.weighed if weighted else graph, module, name, rows)


def check_others(graph, module, name, rows):
    if module == "paths":
        networkx_paths.check(graph.paths, name, rows)
    elif module == "algorithms":
        networkx_check.CHECKS[name](graph.algorithms, rows)
    else:
        kind, *arguments = name.split()
        WALKS[kind](graph, rows, *arguments)


# By the last word of a name: the edges that count
SOME_EDGES = {
    "": lambda edge: edge[6],
    "now": lambda edge: edge[5] and edge[6],
    "typed": lambda edge: edge[4] in ("a", "e0") and edge[6],
    "then": lambda edge: edge[7],
    "before": lambda edge: edge[5] and edge[7],
}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            graphs = {word: Graph(dict(record, edges=list(filter(counts, record["edges"]))))
                      for word, counts in SOME_EDGES.items()}
            for module, name, reader, rows in record["results"]:
                call, word = name.rsplit(" ", 1) if name.split()[-1] in SOME_EDGES else (name, "")
                try:
                    check(graphs[word], module, call, rows)
                    print(f"ok - {record['name']}, {reader}: {name}", flush=True)
                except AssertionError as error:
                    print(f"not ok - {record['name']}, {reader}: {name}: {error}", flush=True)


if __name__ == "__main__":
    main()
