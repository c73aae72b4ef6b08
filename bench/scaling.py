#!/usr/bin/python3
"""Tables, laws and a picture of what bench/scaling.sh measured.

    bench/scaling.py RECORDS... >tables
    bench/scaling.py --plot OUT.svg RECORDS...

A law is fitted to the figures of all row counts by least squares: a * N^b in logarithms, and
a + b log10 N.  The one whose largest relative error is the lower says what to expect of more rows.
The picture needs gnuplot.
"""
import math
import subprocess
import sys

import ratio

NAMES = {"kg": "kg_hnsw", "diskann": "kg_diskann"}
RECALLS = (.95, .99)
BEYOND = (10**7, 10**8, 10**9)
PICTURE = """set terminal svg size 760,460 font 'sans,13' background '#ffffff'
set output '{out}'
set logscale xy
set xrange [7e3:1.4e9]
set yrange [10:*]
set key top left
set grid ytics lc '#dddddd'
set xlabel 'rows'
set ylabel 'pages of the index a query'
set format x '10^{{%T}}'
plot {plots}
"""
COLOURS = {("kg", .95): "#7aa6d8", ("kg", .99): "#1f5fa8",
           ("diskann", .95): "#e8a35c", ("diskann", .99): "#b4560a"}


class Records:
    """By (side, rows): builds, and searches by the kind of setting."""

    def __init__(self, paths):
        self.builds, self.searches = {}, {}
        for path in paths:
            with open(path) as file:
                for line in file:
                    self.read(line.split())

    def read(self, words):
        if words[:1] == ["build"]:
            self.builds[words[1], int(words[2])] = [float(word) for word in words[3:]]
        elif words[:1] == ["search"]:
            kind, value = words[3].split("=")
            self.searches.setdefault((words[1], int(words[2]), kind), {})[float(value)] = \
                [float(word) for word in words[4:]]

    def rows(self, side):
        return sorted(rows for there, rows in self.builds if there == side)

    def sides(self):
        return [side for side in NAMES if self.rows(side)]

    def at(self, side, rows, kind, recall, column):
        """Pages (1) or CPU (2) at a recall."""
        points = [(line[0], line[column]) for line in self.searches.get((side, rows, kind), {}).values()]
        return ratio.at_recall(points, recall)

    def reached(self, side, rows, target):
        found = self.searches.get((side, rows, "target_recall"), {}).get(target)
        return "-" if found is None else "{:.3f}, {:.1f}".format(*found)


def fit(xs, ys):
    """Intercept and slope."""
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)
    return y - slope * x, slope


class Law:
    def __init__(self, points):
        xs = [math.log10(rows) for rows, _ in points]
        ys = [value for _, value in points]
        a, b = fit(xs, [math.log10(y) for y in ys])
        c, d = fit(xs, ys)
        laws = [(lambda n: 10**a * n**b, f"{10**a:.3g} * N^{b:.3f}"),
                (lambda n: c + d * math.log10(n), f"{c:.3g} + {d:.3g} log10 N")]
        self.all = [(max(abs(law(rows) / y - 1) for rows, y in points), law, words) for law, words in laws]
        self.error, self.law, self.words = min(self.all, key=lambda law: law[0])

    def __call__(self, rows):
        return self.law(rows)


def number(value, form="{:.1f}"):
    return "-" if value is None else form.format(value)


def table(head, lines):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for line in lines:
        print("| " + " | ".join(line) + " |")
    print()


def quantities(records):
    """What laws are fitted to: name, side, (rows, value)s."""
    for side in records.sides():
        for recall in RECALLS:
            yield (f"pages at recall@10 {recall}", side, recall,
                   [(rows, records.at(side, rows, "target_recall", recall, 1)) for rows in records.rows(side)])
    for side in records.sides():
        yield "CREATE INDEX, us of CPU a row", side, None, [
            (rows, records.builds[side, rows][1] / rows * 1e6) for rows in records.rows(side)]


def print_tables(records):
    sides = records.sides()
    table(["rows", "access method", "bytes a vector", "CREATE INDEX, us of CPU a row", "peak MB", "table, bytes a row"],
          [[f"{rows:,}", NAMES[side], f"{build[4] / rows:.0f}", f"{build[1] / rows * 1e6:.0f}", f"{build[3]:.0f}",
            f"{build[5] / rows:.0f}"]
           for (side, rows), build in sorted(records.builds.items(), key=lambda item: (item[0][1], sides.index(item[0][0])))])
    table(["rows", "access method"] + [f"pages at {recall}" for recall in RECALLS]
          + [f"by kg.ef_search, pages at {recall}" for recall in RECALLS]
          + [f"kg.target_recall {recall}: recall, pages" for recall in RECALLS],
          [[f"{rows:,}", NAMES[side]]
           + [number(records.at(side, rows, kind, recall, 1)) for kind in ("target_recall", "ef_search") for recall in RECALLS]
           + [records.reached(side, rows, recall) for recall in RECALLS]
           for rows in sorted({rows for _, rows in records.builds}) for side in sides if (side, rows) in records.builds])
    lines = []
    for name, side, _, points in quantities(records):
        points = [(rows, value) for rows, value in points if value]
        if len(points) > 1:
            law = Law(points)
            lines.append([name, NAMES[side], law.words, f"{100 * law.error:.0f}%"] + [number(law(rows), "{:.0f}") for rows in BEYOND])
    table(["", "access method", "law", "off by at most"] + [f"{rows:,} rows" for rows in BEYOND], lines)


def plot(records, out):
    plots, data = [], []
    for _, side, recall, points in quantities(records):
        points = [(rows, value) for rows, value in points if recall and value]
        if len(points) < 2:
            continue
        law = Law(points)
        colour = COLOURS[side, recall]
        plots.append(f"'-' with points pt 7 lc '{colour}' title '{NAMES[side]}, recall {recall}' noenhanced")
        data.append(points)
        plots.append(f"'-' with lines dt 2 lc '{colour}' title '{law.words}' noenhanced")
        data.append([(10 ** (4 + i / 10), law(10 ** (4 + i / 10))) for i in range(51)])
    script = PICTURE.format(out=out, plots=", \\\n".join(plots))
    for points in data:
        script += "".join(f"{rows:.0f} {value:.2f}\n" for rows, value in points) + "e\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    if len(sys.argv) < 2 or sys.argv[1:] == ["--plot"]:
        sys.exit(__doc__)
    if sys.argv[1] == "--plot":
        plot(Records(sys.argv[3:]), sys.argv[2])
    else:
        print_tables(Records(sys.argv[1:]))


main()
