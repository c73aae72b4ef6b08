"""What bench/filter.py writes and prints."""
import os

COLUMNS = ("set", "filter", "side", "percent", "queries", "recall", "rows",
           "possible", "short", "wrong", "cpu", "cpu99", "wall", "p50", "p99",
           "index", "heap", "ef", "plan", "literal", "load")
KEY = ("set", "filter", "side")
SIDES = ("kg", "kg-auto", "plain", "alone", "pgvector", "pgvector-95",
         "pgvector-all", "btree")


def text(value):
    if isinstance(value, str):
        return value.replace("\t", " ").replace("\n", " ")
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def read(path):
    with open(path) as file:
        names = file.readline().rstrip("\n").split("\t")
        return [dict(zip(names, line.rstrip("\n").split("\t")))
                for line in file]


def write(path, rows):
    """Replaces what the file has of the same set, filter and side."""
    kept = {tuple(row[c] for c in KEY): row
            for row in (read(path) if os.path.exists(path) else [])}
    kept.update({tuple(row[c] for c in KEY): row for row in rows})
    with open(f"{path}.new", "w") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for row in kept.values():
            file.write("\t".join(text(row.get(c, "")) for c in COLUMNS)
                       + "\n")
    os.replace(f"{path}.new", path)


def show(row):
    head = f"{row['set']:<10}{row['filter']:<14}{row['side']:<14}"
    if "recall" not in row:
        print(head + (f"{row['cpu'] / 1e6:.1f} s, {row['index']} pages: "
                      if "cpu" in row else "") + row["plan"], flush=True)
        return
    print(head + f"{row['percent']:8.4f}% recall {row['recall']:.4f} "
          f"rows {row['rows']:.2f} of {row['possible']:.2f} "
          f"cpu {row['cpu']:.0f} p50 {row['p50']:.0f} p99 {row['p99']:.0f} us "
          f"blocks {row['index']:.0f} + {row['heap']:.0f} "
          + (f"ef {row['ef']} " if row["ef"] else "")
          + (f"SHORT {row['short']} " if row["short"] else "")
          + (f"WRONG {row['wrong']} " if row["wrong"] else "")
          + f"n {row['queries']} {row['plan']}; {row['literal']}", flush=True)


def ratio(above, below):
    return f"{above / below:.1f}" if above and below else "-"


def table(rows):
    """For docs/benchmarks.md."""
    by_key = {tuple(row[c] for c in KEY): row for row in rows}
    for name in dict.fromkeys(row["set"] for row in rows):
        print(f"\n{name}:\n\n| filter | % | | recall@10 | rows | short | "
              "CPU us | x no filter | p50 | p99 | blocks | pgvector's "
              "CPU / this | plan |\n" + "|---" * 13 + "|")
        mine = [row for row in by_key.values() if row["set"] == name]
        for chosen in dict.fromkeys(row["filter"] for row in mine):
            shown = set()
            for row in sorted((row for row in mine if row["filter"] == chosen
                               and row["recall"]),
                              key=lambda row: SIDES.index(row["side"])):
                # the same measurement under another name
                figures = tuple(row[c] for c in COLUMNS if c != "side")
                if figures not in shown:
                    shown.add(figures)
                    line(row, by_key)
        built = [row for row in mine if row["filter"] == "CREATE INDEX"]
        if built:
            print("\n| index | CPU s | MB |\n|---|---|---|")
        for row in built:
            print(f"| `{row['plan']}` | {float(row['cpu']) / 1e6:.1f} | "
                  f"{float(row['index']) / 128:.0f} |")


def line(row, by_key):
    none = by_key.get((row["set"], "none", row["side"]), {})
    # what pgvector takes for recall .95, or its best
    peer = max((by_key.get((row["set"], row["filter"], side), {})
                for side in ("pgvector-95", "pgvector-all")),
               key=lambda r: min(float(r.get("recall") or 0), .95))
    number = {c: float(row[c]) for c in
              ("percent", "recall", "rows", "possible", "cpu", "p50", "p99",
               "index", "heap")}
    side = row["side"] + (f", ef {row['ef']}" if row["ef"] else "")
    print(f"| {row['filter']} | {number['percent']:.3g} | {side} | "
          f"{number['recall']:.4f} | {number['rows']:.2f} of "
          f"{number['possible']:.2f} | {row['short']} of {row['queries']} | "
          f"{number['cpu']:.0f} | "
          f"{ratio(number['cpu'], float(none.get('cpu') or 0))} | "
          f"{number['p50']:.0f} | {number['p99']:.0f} | "
          f"{number['index'] + number['heap']:.0f} | "
          f"{ratio(float(peer.get('cpu') or 0), number['cpu'])} | "
          f"{row['plan']} |")
