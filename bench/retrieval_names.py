#!/usr/bin/python3
"""How often the name leg of kg.search finds the entity of a question first.

    bench/retrieval_names.py [--triples FILE] [--questions FILE] [--number N]

FILE as in ../shared/data: metaqa.triples.tsv.xz (subject, predicate, object) and
metaqa.questions.jsonl.xz.  Connects as libpq's environment says; makes and drops
tables metaqa_node and metaqa_edge and a registered graph "metaqa", whose keys are
texts.  The first N one-hop questions (500) are asked as they are, with the
entity in brackets, and without the brackets.
"""
import argparse
import json
import lzma
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from libpq import Libpq, Session  # noqa: E402


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def drop(session):
    session.sql("SET client_min_messages = warning",
                "SELECT kg.drop_graph('metaqa') FROM kg.graph WHERE name = 'metaqa'",
                "DROP TABLE IF EXISTS metaqa_edge, metaqa_node")


def load(session, path):
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        triples = [line.rstrip("\n").replace("\\", "\\\\").split("\t") for line in lines]
    names = sorted({t[0] for t in triples} | {t[2] for t in triples})
    drop(session)
    session.sql("CREATE TABLE metaqa_node (name text PRIMARY KEY)",
                "CREATE TABLE metaqa_edge (source text, type text, target text)")
    session.copy("COPY metaqa_node FROM STDIN", "".join(n + "\n" for n in names).encode())
    session.copy("COPY metaqa_edge FROM STDIN", "".join("\t".join(t) + "\n" for t in triples).encode())
    session.sql("CREATE INDEX ON metaqa_node (kg.name_key(name) text_pattern_ops)",
                "CREATE INDEX ON metaqa_edge (source)", "CREATE INDEX ON metaqa_edge (target)",
                "ANALYZE metaqa_node", "ANALYZE metaqa_edge",
                """SELECT kg.register_graph('metaqa', nodes => '[{"table": "metaqa_node", "key": "name", "name": "name", "label": "node"}]',
                edges => '[{"table": "metaqa_edge", "source": "source", "target": "target", "type_column": "type",
                            "source_label": "node", "target_label": "node"}]')""")


def first_hits(session, questions, brackets):
    found = 0
    for question in questions:
        text = question["question"]
        if not brackets:
            text = text.replace("[", "").replace("]", "")
        rows = session.sql(f"SELECT key FROM kg.search({literal(text)}, k => 1, graph => 'metaqa', kinds => '{{entity}}',"
                           " legs => '{\"text\": 0, \"graph\": 0}')")
        found += bool(rows) and rows[0][0] == question["start"]
    return found


def main():
    parser = argparse.ArgumentParser()
    data = os.path.join(HERE, "..", "..", "shared", "data")
    parser.add_argument("--triples", default=os.path.join(data, "metaqa.triples.tsv.xz"))
    parser.add_argument("--questions", default=os.path.join(data, "metaqa.questions.jsonl.xz"))
    parser.add_argument("--number", type=int, default=500)
    options = parser.parse_args()
    for path in (options.triples, options.questions):
        if not os.path.exists(path):
            print(f"skipped: {path} is not there")
            return
    with lzma.open(options.questions, "rt", encoding="utf-8") as lines:
        questions = [q for q in map(json.loads, lines) if q["hops"] == 1][:options.number]
    session = Session(Libpq())
    load(session, options.triples)
    for brackets, name in ((True, "in brackets"), (False, "without brackets")):
        print(f"{name}: {first_hits(session, questions, brackets)} of {len(questions)} first")
    drop(session)


if __name__ == "__main__":
    main()
