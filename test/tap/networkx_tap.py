"""What the programs that compare with NetworkX have in common."""

import sys


def main(make_graph, check):
    """Checks each result of each line of the file that the command line names.

    make_graph(line) returns a graph with a name and results, a dictionary;
    check(graph, name, rows) raises AssertionError.  Prints TAP.
    """
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            graph = make_graph(line)
            for name, rows in graph.results.items():
                try:
                    check(graph, name, rows or [])
                    print(f"ok - {graph.name}: {name}", flush=True)
                except AssertionError as error:
                    print(f"not ok - {graph.name}: {name}: {error}", flush=True)
