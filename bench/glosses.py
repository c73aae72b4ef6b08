"""TF-IDF vectors of WordNet's glosses, as sparsevec's text: one row a gloss.

Reads the demo's entity.copy (make demo): COPY's binary format, with the gloss
in a JSON object.
"""
import collections
import json
import math
import re
import struct

WORDS = 30000


def texts(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 19                     # behind the header, which has no extension
    while True:
        fields, = struct.unpack_from(">h", data, at)
        at += 2
        if fields < 0:
            return
        for _ in range(fields):
            length, = struct.unpack_from(">i", data, at)
            at += 4
            if length < 0:
                continue
            field = data[at:at + length]
            at += length
            if b'"gloss"' in field:
                yield json.loads(field[field.index(b"{"):])["gloss"]


def vectors(path):
    """Of length 1, by 1 + log(count) and smoothed inverse frequency."""
    counts = [collections.Counter(re.findall(r"\w\w+", text.lower()))
              for text in texts(path)]
    total = collections.Counter()
    documents = collections.Counter()
    for count in counts:
        total.update(count)
        documents.update(count.keys())
    words = {word: i for i, (word, _) in enumerate(total.most_common(WORDS))}
    weight = {word: math.log((1 + len(counts)) / (1 + documents[word])) + 1 for word in words}
    for count in counts:
        row = sorted((words[word], (1 + math.log(n)) * weight[word])
                     for word, n in count.items() if word in words)
        norm = math.sqrt(sum(x * x for _, x in row)) or 1
        yield "{" + ",".join(f"{i + 1}:{x / norm:.7g}" for i, x in row) + f"}}/{WORDS}"
