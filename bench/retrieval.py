#!/usr/bin/python3
"""Recall of kg.search on MuSiQue: each leg alone, and the fused default.

    bench/retrieval.py [--passages FILE] [--questions FILE] [--keep] [--ablation]

FILE is a .jsonl or .jsonl.xz as in ../shared/data (musique.passages.jsonl.xz:
id, title, text, entities, triples; musique.questions.jsonl.xz: question,
support).  Connects as libpq's environment says, and makes and drops a graph
"musique" in that database, which needs the extension kg.

Passages have embeddings by the demo's method (TF-IDF, SVD, 256 dimensions),
questions are projected likewise.  Entities are the names of the extraction,
the same by kg.name_key; relations are its triples, a mention of each entity of
a passage, and "about" from a passage to the entity that its title names.
Recall@n is the part of a question's supporting passages among the first n.
"""
import argparse
import json
import lzma
import os
import re
import sys

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "demo")]
from libpq import Libpq, Session  # noqa: E402

GRAPH = "musique"
DIMENSIONS = 256
CUTS = (2, 5, 10)

# legs of the table: name, kg.search's argument "legs"
OFF = {"embedding": 0, "text": 0, "name": 0, "graph": 0}
ALONE = [("embedding", {**OFF, "embedding": 1}), ("text (BM25)", {**OFF, "text": 1}),
         ("name (titles)", {**OFF, "name": 1}), ("graph (PageRank)", {**OFF, "graph": 1})]
ABLATION = [("without embedding", {"embedding": 0}), ("without text", {"text": 0}),
            ("without name", {"name": 0}), ("without graph", {"graph": 0}),
            ("equal weights", {"embedding": 1, "text": 1, "name": 1, "graph": 1}),
            ("2 hops instead of PageRank", {"graph": {"hops": 2}}),
            ("3 hops instead of PageRank", {"graph": {"hops": 3}}),
            ("epsilon 0.001", {"graph": {"epsilon": 1e-3}}),
            ("epsilon 0.00001", {"graph": {"epsilon": 1e-5}}),
            ("limit 50", {leg: {"limit": 50} for leg in OFF}),
            ("limit 1000", {leg: {"limit": 1000} for leg in OFF})]


def read(path):
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def embed(texts, questions):
    """TF-IDF and SVD of the texts as in demo/wordnet.py; the questions by the
    same weights and the same singular vectors."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from wordnet import tokens

    vectorizer = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, min_df=2,
                                 dtype=numpy.float32)
    weights = vectorizer.fit_transform(texts)
    svd = TruncatedSVD(DIMENSIONS, n_iter=1, random_state=0)
    base = svd.fit_transform(weights) / numpy.sqrt(svd.singular_values_)
    asked = svd.transform(vectorizer.transform(questions)) / numpy.sqrt(svd.singular_values_)
    return base, asked


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def vector(row):
    return "[" + ",".join(f"{x:.6g}" for x in row) + "]"


def escape(text):
    return re.sub(r"[\\\t\n\r]", lambda m: {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}[m[0]], text)


def copy(session, target, rows):
    lines = ("\t".join("\\N" if v is None else escape(str(v)) for v in row) + "\n" for row in rows)
    session.copy(f"COPY {target} FROM STDIN", "".join(lines).encode())


def key(name):
    return re.sub(r"[^0-9a-z\u0080-\uffff]+", " ", name.lower()).strip()


def load(session, passages, vectors):
    """Returns the id of the entity of each passage."""
    session.sql("SET client_min_messages = warning")
    session.sql(f"SELECT kg.drop_graph('{GRAPH}') FROM kg.graph WHERE name = '{GRAPH}'")
    session.sql(f"SELECT kg.create_graph('{GRAPH}', {DIMENSIONS})")
    session.sql(f"INSERT INTO {GRAPH}.entity_type (id, name) VALUES (1, 'passage'), (2, 'thing')")
    ids = {p["id"]: i for i, p in enumerate(passages, 1)}
    entities, relations, types = {}, set(), {"mentions": 1, "about": 2}

    def entity(name):
        k = key(name)
        if k and k not in entities:
            entities[k] = (len(passages) + len(entities) + 1, name)
        return entities[k][0] if k else None

    for p in passages:
        passage = ids[p["id"]]
        for name in p["entities"]:
            relations.add((passage, entity(name), 1))
        for subject, predicate, object_ in (t for t in p["triples"] if len(t) == 3):
            ends = entity(subject), entity(object_)
            relations.add((*ends, types.setdefault(predicate, len(types) + 1)))
            relations.update((passage, end, 1) for end in ends)
        relations.add((passage, entity(p["title"]), 2))
    relations = sorted(r for r in relations if r[0] and r[1])
    copy(session, f"{GRAPH}.entity (id, type, name, content, embedding)",
         ((ids[p["id"]], 1, p["title"][:500], p["text"], vector(v)) for p, v in zip(passages, vectors)))
    copy(session, f"{GRAPH}.entity (id, type, name)",
         ((number, 2, name[:500]) for number, name in entities.values()))
    copy(session, f"{GRAPH}.relation_type (id, name)", ((i, name) for name, i in types.items()))
    copy(session, f"{GRAPH}.relation (source, target, type)", relations)
    session.sql(f"VACUUM ANALYZE {GRAPH}.entity")
    session.sql(f"VACUUM ANALYZE {GRAPH}.relation")
    session.sql(f"SELECT kg.refresh_text_statistics('{GRAPH}')")
    print(f"{len(passages)} passages, {len(entities)} entities, {len(relations)} relations", flush=True)
    return ids


def recall(session, questions, vectors, ids, legs):
    """Mean recall at each cut."""
    sums = [0.0] * len(CUTS)
    for q, v in zip(questions, vectors):
        found = session.sql(
            f"SELECT entity FROM kg.search({literal(q['question'])}, '{vector(v)}', k => {max(CUTS)},"
            f" graph => '{GRAPH}', kinds => '{{passage}}', legs => '{json.dumps(legs)}')")
        found = [int(row[0]) for row in found]
        support = {ids[s] for s in q["support"]}
        for i, cut in enumerate(CUTS):
            sums[i] += len(support & set(found[:cut])) / len(support)
    return [s / len(questions) for s in sums]


def main():
    parser = argparse.ArgumentParser()
    data = os.path.join(HERE, "..", "..", "shared", "data")
    parser.add_argument("--passages", default=os.path.join(data, "musique.passages.jsonl.xz"))
    parser.add_argument("--questions", default=os.path.join(data, "musique.questions.jsonl.xz"))
    parser.add_argument("--keep", action="store_true", help="keep the graph")
    parser.add_argument("--ablation", action="store_true", help="variants of the default, too")
    options = parser.parse_args()
    for path in (options.passages, options.questions):
        if not os.path.exists(path):
            print(f"skipped: {path} is not there")
            return
    passages, questions = read(options.passages), read(options.questions)
    base, asked = embed([p["title"] + ". " + p["text"] for p in passages], [q["question"] for q in questions])
    session = Session(Libpq())
    ids = load(session, passages, base)
    rows = ALONE + [("**fused, the default**", {})] + (ABLATION if options.ablation else [])
    print("| | " + " | ".join(f"recall@{cut}" for cut in CUTS) + " |")
    print("|---" * (len(CUTS) + 1) + "|")
    for name, legs in rows:
        print(f"| {name} | " + " | ".join(f"{r:.3f}" for r in recall(session, questions, asked, ids, legs)) + " |", flush=True)
    if not options.keep:
        session.sql(f"SELECT kg.drop_graph('{GRAPH}')")


if __name__ == "__main__":
    main()
