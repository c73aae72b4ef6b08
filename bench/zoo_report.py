"""What bench/zoo.py measured: judged, printed, kept in files."""
import re

import numpy

KG_LADDER = (20, 40, 120, 400, 1000)
PGVECTOR_LADDER = (40, 120)
KG_DEFAULT = 120
LOADS = ("after", "before", "bad", "half")

COLUMNS = (
    "kind load n dim metric type options faults r1 r10 r100 fall low self "
    "ball ball_wrong order filter_order filter_short missing pages load_cpu "
    "r10_20 r10_40 r10_120 r10_400 r10_1000 cpu_20 cpu_40 cpu_120 cpu_400 "
    "cpu_1000 p_r1 p_r100 p_r10_40 p_r10_120 p_low p_self p_cpu_40 p_cpu_120 "
    "p_pages p_load_cpu at_40 at_120").split()


def cpu_to_reach(row, recall):
    """CPU at which kg's recall@10 gets there, between rungs by logarithms."""
    last = None
    for ef in KG_LADDER:
        here = row[f"r10_{ef}"], numpy.log(row[f"cpu_{ef}"])
        if here[0] >= recall:
            if last is None:
                return numpy.exp(here[1])
            share = (recall - last[0]) / (here[0] - last[0])
            return numpy.exp(last[1] + share * (here[1] - last[1]))
        last = here
    return numpy.inf


def judge(row):
    faults = []
    beside = "p_r10_40" in row
    if beside:
        for ef in PGVECTOR_LADDER:
            bar = min(.95, row[f"p_r10_{ef}"] - .02)
            row[f"at_{ef}"] = cpu_to_reach(row, bar) / row[f"p_cpu_{ef}"]
    bars = {"r1": "p_r1", "r10": "p_r10_40", "r100": "p_r100",
            "ball": "p_r10_40"}
    for name, other in bars.items():
        if row[name] < min(.95, row.get(other, 1) - .02):
            faults.append(name)
    if row["low"] > row.get("p_low", 0):
        faults.append("low")
    if row["self"] > max(2, row.get("p_self", 0)):
        faults.append("self")
    if row["fall"] > .01 + 1e-9:
        faults.append("fall")
    faults += [name for name in ("ball_wrong", "order", "filter_order",
                                 "filter_short", "missing") if row[name]]
    if beside and row["r10"] < .95 and max(row["at_40"], row["at_120"]) > 1.1:
        faults.append("cpu")
    if beside and max(row["cpu_40"] / row["p_cpu_40"],
                      row["cpu_120"] / row["p_cpu_120"]) > 4:
        faults.append("slow")
    row["faults"] = ",".join(faults) or "-"


def show(row):
    if "r10" not in row:
        print(f"{row['kind']:<25}{row['load']:<7}{row['faults']}")
        return
    beside = "p_r10_40" in row
    recalls = "/".join(f"{row[f'r10_{ef}']:.2f}".lstrip("0")
                       for ef in KG_LADDER)
    print(f"{row['kind']:<25}{row['load']:<7}"
          f"@10 {row['r10']:.3f} @1 {row['r1']:.3f} @100 {row['r100']:.3f} "
          f"self {row['self']:>3} ball {row['ball']:.3f} "
          f"ef {recalls} {row['cpu_120']:.0f} us "
          + (f"(pgvector @10 {row['p_r10_40']:.3f} {row['p_r10_120']:.3f} "
             f"@100 {row['p_r100']:.3f} self {row['p_self']:.0f} "
             f"{row['p_cpu_40']:.0f} {row['p_cpu_120']:.0f} us) "
             if beside else "")
          + (f"FAULTS {row['faults']}" if row["faults"] != "-" else "holds"),
          flush=True)


def summary(rows):
    def shortfall(row):
        if "r10" not in row:
            return (-9,)
        bars = [row["r10"] - min(1, row.get("p_r10_40", 1)),
                row["r100"] - min(1, row.get("p_r100", 1)),
                row["ball"] - 1, -row["self"] / 200]
        return (min(bars), row["r10"])

    failing = sorted((row for row in rows if row["faults"] != "-"),
                     key=shortfall)
    print("\nRows with faults, the worst first:")
    for row in failing:
        show(row)
    counts = {}
    for row in failing:
        for fault in re.split(",", row["faults"].split(":")[0]):
            counts[fault] = counts.get(fault, 0) + 1
    print("\nFaults: " + (", ".join(f"{name} {count}" for name, count in sorted(
        counts.items(), key=lambda item: -item[1])) or "none"))
    for load in LOADS:
        group = [row for row in rows if row["load"] == load and "r10" in row]
        if not group:
            continue
        line = f"{load:<7} holds {sum(r['faults'] == '-' for r in group)} " \
            f"of {len(group)}; mean recall@10 " \
            f"{numpy.mean([r['r10'] for r in group]):.3f}, @100 " \
            f"{numpy.mean([r['r100'] for r in group]):.3f}"
        beside = [r for r in group if "p_r10_40" in r]
        if beside:
            line += "; pgvector " + " ".join(
                f"{numpy.mean([r[c] for r in beside]):.3f}"
                for c in ("p_r10_40", "p_r10_120")) + ", @100 " \
                f"{numpy.mean([r['p_r100'] for r in beside]):.3f}"
        print(line)
    print(f"{len(rows) - len(failing)} of {len(rows)} rows hold")


def compare(rows, earlier):
    """earlier: of read; what has become worse, and how many better"""
    before = {(row["kind"], row["load"], row["n"]): row for row in earlier}
    better = 0
    print("\nWorse than in the earlier run:")
    for row in rows:
        old = before.get((row["kind"], row["load"], str(row["n"])))
        if not old or not old["r10"] or "r10" not in row:
            continue
        faults = set(row["faults"].split(",")) - {"-"}
        old_faults = set(old["faults"].split(",")) - {"-"}
        fallen = [f"{name} {float(old[name]):.3f} -> {row[name]:.3f}"
                  for name in ("r1", "r10", "r100", "ball")
                  if row[name] < float(old[name]) - .01]
        if fallen or faults - old_faults:
            print(f"{row['kind']:<25}{row['load']:<7}"
                  + ", ".join(fallen + sorted(faults - old_faults)))
        elif old_faults - faults:
            better += 1
    print(f"{better} rows have fewer faults and are not worse")


def write(path, rows):
    with open(path, "w") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for row in rows:
            file.write("\t".join(
                f"{row[c]:.6g}" if isinstance(row.get(c),
                                              (float, numpy.floating))
                else str(row.get(c, "")) for c in COLUMNS) + "\n")


def read(path):
    """What write wrote, as text."""
    with open(path) as file:
        names = file.readline().rstrip("\n").split("\t")
        return [dict(zip(names, line.rstrip("\n").split("\t")))
                for line in file]


def table(path):
    """For docs/benchmarks.md: a line for each kind."""
    kinds = {}
    for row in read(path):
        if row["r10"]:
            kinds.setdefault(row["kind"], {})[row["load"]] = row
    print("| kind | rows x dimensions | "
          + " | ".join(f"@10 {load}" for load in LOADS)
          + " | pgvector, ef 40, 120 | @100 | pgvector | self | CPU us "
          "| pgvector, ef 40, 120 |\n" + "|---" * 12 + "|")
    for name, loaded in kinds.items():
        rows = list(loaded.values())
        some = rows[0]

        def worst(column, choose=min, digits=3):
            values = [float(row[column]) for row in rows if row[column]]
            return f"{choose(values):.{digits}f}" if values else "-"

        half = some["type"] if some["type"] == "halfvec" else ""
        more = ", ".join(filter(None, [some["metric"], half,
                                       some["options"]]))
        print(f"| {name} | {int(some['n']):,} x {some['dim']}, {more} | "
              + " | ".join(f"{float(loaded[load]['r10']):.3f}"
                           if load in loaded else "-" for load in LOADS)
              + f" | {worst('p_r10_40')}, {worst('p_r10_120')}"
              f" | {worst('r100')} | {worst('p_r100')}"
              f" | {worst('self', max, 0)} | {worst('cpu_120', max, 0)}"
              f" | {worst('p_cpu_40', max, 0)}, "
              f"{worst('p_cpu_120', max, 0)} |")
