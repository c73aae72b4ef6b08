#!/usr/bin/python3
"""Turns WordNet 3.0 into files that COPY loads into the tables of a graph.

    demo/wordnet.py --out DIR

reads Debian's wordnet-base (/usr/share/wordnet) and writes to DIR

    entity_type.copy    text    id, name
    relation_type.copy  text    id, name
    entity.copy         binary  id, type, name, properties, embedding
    relation.copy       text    source, target, type, properties
    entities                    how many rows entity.copy has

An entity is a synset: a set of words with one meaning.  Its name is its first
word; its properties are all its words ("lemmas"), its part of speech ("pos"),
which sense of that first word it is ("sense", 1 being the most frequent), its
explanation ("gloss") and its place in the WordNet file ("offset").  Synsets
are numbered from 1 in the order of the files noun, verb, adj, adv.

A relation is a pointer, its type spelled out: dog -hypernym-> canine.  Where
it is words rather than synsets that point, the properties name the pairs.

Embeddings are made by tfidf_svd() below.  To use a model of your own, write a
function that takes a list of texts and the number of dimensions and returns
an array of one row of floats a text, and name it:

    demo/wordnet.py --out DIR --dimensions 768 --embed my_module:my_function

If DIR already holds what these arguments produce, nothing is done.
"""

import argparse
import atexit
import hashlib
import importlib
import json
import os
import re
import signal
import struct
import sys
import time

import numpy

FILES = {"noun": "noun", "verb": "verb", "adj": "adjective", "adv": "adverb"}
FILE_OF_CODE = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}

# wninput(5WN).  A backslash means one thing in adjectives, another in adverbs.
POINTERS = {
    "!": "antonym",
    "@": "hypernym",
    "@i": "instance_hypernym",
    "~": "hyponym",
    "~i": "instance_hyponym",
    "#m": "member_holonym",
    "#s": "substance_holonym",
    "#p": "part_holonym",
    "%m": "member_meronym",
    "%s": "substance_meronym",
    "%p": "part_meronym",
    "=": "attribute",
    "+": "derivationally_related",
    ";c": "domain_topic",
    "-c": "domain_topic_member",
    ";r": "domain_region",
    "-r": "domain_region_member",
    ";u": "domain_usage",
    "-u": "domain_usage_member",
    "*": "entailment",
    ">": "cause",
    "^": "also_see",
    "$": "verb_group",
    "&": "similar_to",
    "<": "participle_of",
    "\\": "pertainym",
    "\\adv": "derived_from_adjective",
}


class Steps:
    """Says which of so many steps is under way, and for how long already:
    on a terminal in one line, else every ten seconds.  A process does so, as
    a thread would have to wait while scipy multiplies."""

    def __init__(self, total):
        self.total, self.number, self.text = total, 0, ""
        self.begin = self.start = time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.ticker = None
        atexit.register(self.stop)

    def show(self, seconds):
        line = f"embedding, step {self.number} of {self.total}: {self.text}"
        if seconds:
            line += f", {seconds:.0f} s"
        print("\r\033[K" + line if self.terminal else line,
              end="" if self.terminal else "\n", flush=True)

    def tick(self, parent):
        try:
            while os.getppid() == parent:
                time.sleep(1 if self.terminal else 10)
                self.show(time.monotonic() - self.start)
        finally:
            os._exit(0)

    def stop(self):
        if self.ticker:
            os.kill(self.ticker, signal.SIGKILL)
            os.waitpid(self.ticker, 0)
            self.ticker = None

    def next(self, text):
        self.stop()
        self.number, self.text = self.number + 1, text
        self.start = time.monotonic()
        self.show(0)
        parent = os.getpid()
        self.ticker = os.fork()
        if self.ticker == 0:
            self.tick(parent)

    def done(self, text):
        self.stop()
        print(("\r\033[K" if self.terminal else "") + text +
              f" in {time.monotonic() - self.begin:.0f} s", flush=True)


class Synset:
    """One line of a data file; pointers are as in the file, unresolved."""

    def __init__(self, file, line):
        head, gloss = line.split("|", 1)
        field = head.split()
        word_count = int(field[3], 16)
        pointer_count = int(field[4 + 2 * word_count])
        first = 5 + 2 * word_count

        self.file = file
        self.offset = field[0]
        self.gloss = gloss.strip()
        # adjectives may carry their position: "galore(ip)"
        self.lemmas = [re.sub(r"\(\w+\)$", "", field[4 + 2 * i]).replace("_", " ")
                       for i in range(word_count)]
        self.pointers = [field[first + 4 * i:first + 4 * i + 4]
                         for i in range(pointer_count)]


def read_synsets(directory):
    """All synsets in order, and the index of each by (file, offset)."""
    synsets = []
    for file in FILES:
        with open(f"{directory}/data.{file}", encoding="ascii") as lines:
            # the licence is indented
            synsets += [Synset(file, line) for line in lines if line[0] != " "]
    return synsets, {(s.file, s.offset): i for i, s in enumerate(synsets)}


def read_senses(directory):
    """The number of a synset among the senses of one of its words."""
    senses = {}
    for file in FILES:
        with open(f"{directory}/index.{file}", encoding="ascii") as lines:
            for line in lines:
                if line[0] == " ":
                    continue
                field = line.split()
                offsets = field[-int(field[2]):]
                for number, offset in enumerate(offsets, 1):
                    senses[file, field[0].replace("_", " "), offset] = number
    return senses


def texts_to_embed(synsets, index):
    """What a synset means in words: its own, what it is a kind of, its gloss."""
    texts = []
    for synset in synsets:
        kinds = [synsets[index[FILE_OF_CODE[code], offset]]
                 for symbol, offset, code, _ in synset.pointers
                 if symbol in ("@", "@i")]
        words = synset.lemmas + [lemma for kind in kinds for lemma in kind.lemmas]
        texts.append(", ".join(words) + ": " + synset.gloss)
    return texts


def tokens(text):
    """Lower-case words without endings, without the most frequent words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    words = re.findall(r"[a-z0-9]{2,}", text.lower())
    # a text of nothing else keeps them
    words = [w for w in words if w not in ENGLISH_STOP_WORDS] or words
    return [re.sub(r"(?<=\w\w\w)(ies|es|s|ing|ed|ly)$", "", w) for w in words]


def tfidf_svd(texts, dimensions, steps):
    """Latent semantic analysis: TF-IDF, then a truncated SVD."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    steps.next(f"weighting the words of {len(texts)} glosses")
    weights = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, min_df=2,
                              dtype=numpy.float32).fit_transform(texts)
    steps.next(f"{dimensions} singular vectors of {weights.shape[0]} x {weights.shape[1]} weights")
    svd = TruncatedSVD(dimensions, n_iter=1, random_state=0)
    reduced = svd.fit_transform(weights)
    # Half of each singular value's weight: otherwise the few directions of
    # the commonest words decide which texts are near.
    return reduced / numpy.sqrt(svd.singular_values_)


def unit_length(embeddings):
    """Rows of length 1 as big-endian float4; rows of zeros stay."""
    embeddings = numpy.asarray(embeddings, dtype=numpy.float32)
    norms = numpy.linalg.norm(embeddings, axis=1, keepdims=True)
    return (embeddings / numpy.where(norms == 0, 1, norms)).astype(">f4")


def properties_of(synset, senses):
    name = synset.lemmas[0]
    return {
        "lemmas": synset.lemmas,
        "pos": FILES[synset.file],
        "sense": senses[synset.file, name.lower(), synset.offset],
        "offset": int(synset.offset),
        "gloss": synset.gloss,
    }


def write_types(path, names):
    with open(path, "w", encoding="utf-8") as out:
        for number, name in enumerate(names, 1):
            out.write(f"{number}\t{name}\n")


def write_entities(path, synsets, senses, embeddings):
    """COPY's binary format; a jsonb is its text after a version byte, a
    vector its number of dimensions, two bytes of zero and its float4s."""
    type_ids = {file: i for i, file in enumerate(FILES, 1)}
    dimensions = struct.pack("!hh", embeddings.shape[1], 0)

    with open(path, "wb") as out:
        out.write(b"PGCOPY\n\377\r\n\0" + struct.pack("!ii", 0, 0))
        for number, (synset, embedding) in enumerate(zip(synsets, embeddings), 1):
            properties = b"\1" + json.dumps(properties_of(synset, senses)).encode()
            fields = (struct.pack("!q", number),
                      struct.pack("!i", type_ids[synset.file]),
                      synset.lemmas[0].encode(),
                      properties,
                      dimensions + embedding.tobytes())
            out.write(struct.pack("!h", len(fields)))
            for field in fields:
                out.write(struct.pack("!i", len(field)) + field)
        out.write(struct.pack("!h", -1))


def read_relations(synsets, index):
    """Word pairs by (source, target, type).  Pointers between several words of
    the same two synsets are one relation; one between synsets has no pairs."""
    relations = {}
    for source, synset in enumerate(synsets):
        for symbol, offset, code, words in synset.pointers:
            if symbol == "\\" and synset.file == "adv":
                symbol = "\\adv"
            target = index[FILE_OF_CODE[code], offset]
            pairs = relations.setdefault((source, target, POINTERS[symbol]), [])
            # numbers of the two words, in hexadecimal; 0000: the synsets
            if words != "0000":
                pairs.append((synset.lemmas[int(words[:2], 16) - 1],
                              synsets[target].lemmas[int(words[2:], 16) - 1]))
    return relations


def write_relations(path, relations):
    type_ids = {name: i for i, name in enumerate(POINTERS.values(), 1)}

    with open(path, "w", encoding="utf-8") as out:
        for (source, target, name), pairs in relations.items():
            properties = {"words": pairs} if pairs else {}
            out.write(f"{source + 1}\t{target + 1}\t{type_ids[name]}\t"
                      f"{json.dumps(properties)}\n")


def main():
    parser = argparse.ArgumentParser(
        description="Turns WordNet 3.0 into files for COPY.")
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--dict", default="/usr/share/wordnet", metavar="DIR",
                        help="folder of data.noun and the like")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--embed", default=None, metavar="MODULE:FUNCTION",
                        help="makes the embeddings (default: TF-IDF and SVD)")
    options = parser.parse_args()

    with open(__file__, "rb") as source:
        key = hashlib.sha256(source.read()).hexdigest()
    key += f" {options.dict} {options.dimensions} {options.embed}\n"
    stamp = os.path.join(options.out, "stamp")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as old:
            if old.read() == key:
                return
        os.remove(stamp)
    os.makedirs(options.out, exist_ok=True)

    if options.embed:
        sys.path.insert(0, os.getcwd())
        module, function = options.embed.split(":")
        embed = getattr(importlib.import_module(module), function)

    steps = Steps(3 if options.embed else 4)
    steps.next("reading WordNet")
    synsets, index = read_synsets(options.dict)
    senses = read_senses(options.dict)
    texts = texts_to_embed(synsets, index)
    if options.embed:
        steps.next(f"{len(texts)} glosses in {options.dimensions} dimensions")
        embeddings = embed(texts, options.dimensions)
    else:
        embeddings = tfidf_svd(texts, options.dimensions, steps)

    steps.next("writing files")
    write_types(f"{options.out}/entity_type.copy", FILES.values())
    write_types(f"{options.out}/relation_type.copy", POINTERS.values())
    write_entities(f"{options.out}/entity.copy", synsets, senses,
                   unit_length(embeddings))
    relations = read_relations(synsets, index)
    write_relations(f"{options.out}/relation.copy", relations)
    with open(f"{options.out}/entities", "w", encoding="utf-8") as count:
        count.write(f"{len(synsets)}\n")
    with open(stamp, "w", encoding="utf-8") as new:
        new.write(key)
    steps.done(f"wrote {len(synsets)} entities and {len(relations)} relations to "
               f"{options.out}")


if __name__ == "__main__":
    # Python's own handler would wait for scipy; without a stamp files count for
    # nothing, so nothing is to be done.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    main()
