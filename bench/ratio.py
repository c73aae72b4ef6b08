#!/usr/bin/python3
"""Reads the table of bench/search.sh and compares the sides at equal recall.

    bench/ratio.py RECALL... <table

Between two rungs of a ladder log(cost) is taken to be a straight line over
log(1 - recall).
"""
import math
import sys

COLUMNS = {"pages": 3, "CPU us": 4, "us at the client": 5}


def at_recall(points, recall):
    """points: (recall, cost)"""
    points = sorted(points)
    for (low, cost), (high, next_cost) in zip(points, points[1:]):
        if low <= recall <= high and low < high:
            part = (math.log(1 - low) - math.log(1 - recall)) / \
                (math.log(1 - low) - math.log(max(1 - high, 1e-9)))
            return math.exp(math.log(cost) * (1 - part) + math.log(next_cost) * part)
    return None


def main():
    rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in sys.stdin]
    for recall in map(float, sys.argv[1:]):
        for name, column in COLUMNS.items():
            cost = {}
            for side in ("kg", "pgvector"):
                values = [(float(r[2]), float(r[column])) for r in rows if r[0] == side]
                if column == 5:
                    values = [(r, 1e6 / qps) for r, qps in values]
                cost[side] = at_recall(values, recall)
            if None in cost.values():
                print(f"| {recall} | {name} | out of the ladder | | |")
            else:
                print(f"| {recall} | {name} | {cost['kg']:.1f} | {cost['pgvector']:.1f} | "
                      f"{cost['pgvector'] / cost['kg']:.2f} |")


if __name__ == "__main__":
    main()
