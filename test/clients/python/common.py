"""What the programs of this folder share: rows, exact answers, checks.

As ../node/common.mjs: the database and KG_METHOD come from the environment,
and the output is TAP with a line "# client NAME|VERSION|ADAPTER|NEEDED".
Debian has no package of pgvector-python, so each program registers the types
in a few lines, in the same way and with the same SQL.
"""
import math
import os
import random
import struct
import sys
import traceback

METHOD = os.environ.get('KG_METHOD', 'hnsw')
DIMS = 32
COUNT = 2000

_random = random.Random(20261129)


def _random_vector():
    # Multiples of 1/128 from -8 to 8: halfvec has them exactly.  Eight of them again
    # and again: of so few dimensions, approximate searches find all near rows.
    return [(_random.getrandbits(11) - 1024) / 128 for _ in range(8)] * (DIMS // 8)


# ids from 1, in order
ROWS = [{'id': i + 1, 'category': i % 2, 'embedding': _random_vector()} for i in range(COUNT)]
QUERY = _random_vector()


def bits(vector):
    return ''.join('1' if x > 0 else '0' for x in vector)


def sparse(vector):
    """Only the positive elements"""
    return [max(x, 0.0) for x in vector]


def _dot(a, b):
    return sum(x * y for x, y in zip(a, b))


DISTANCES = {
    'l2': math.dist,
    'ip': lambda a, b: -_dot(a, b),
    'cosine': lambda a, b: 1 - _dot(a, b) / math.sqrt(_dot(a, a) * _dot(b, b)),
    'l1': lambda a, b: sum(abs(x - y) for x, y in zip(a, b)),
    'sparse': lambda a, b: math.dist(sparse(a), sparse(b)),
    'hamming': lambda a, b: sum(x != y for x, y in zip(bits(a), bits(b))),
}


def nearest(metric, wanted=lambda row: True):
    """The ids of the five nearest rows"""
    distance = DISTANCES[metric]
    rows = sorted(filter(wanted, ROWS), key=lambda row: distance(row['embedding'], QUERY))
    return [row['id'] for row in rows[:5]]


def ranked(ids, metric):
    """The five nearest of these rows"""
    return nearest(metric, lambda row: row['id'] in ids)


def least_hamming(ids):
    """Are these five rows of the least Hamming distance?  Many have the same."""
    distance = DISTANCES['hamming']
    best = sorted(distance(row['embedding'], QUERY) for row in ROWS)[:5]
    return [distance(ROWS[i - 1]['embedding'], QUERY) for i in ids] == best


class Sparse(list):
    """A vector to be stored as sparsevec"""


class Half(list):
    """A vector to be stored as halfvec"""


def vector_text(vector):
    return '[' + ','.join(str(float(x)) for x in vector) + ']'


def _single(text):
    """The elements are of single precision, and so is their text."""
    return struct.unpack('f', struct.pack('f', float(text)))[0]


def vector_from_text(text):
    return None if text is None else [_single(x) for x in text[1:-1].split(',')]


def sparse_text(vector):
    elements = ','.join(f'{i}:{x}' for i, x in enumerate(vector, 1) if x)
    return f'{{{elements}}}/{len(vector)}'


def sparse_from_text(text):
    if text is None:
        return None
    elements, count = text[1:].split('}/')
    vector = [0.0] * int(count)
    for element in filter(None, elements.split(',')):
        i, x = element.split(':')
        vector[int(i) - 1] = _single(x)
    return vector


# The binary forms, big endian: dimensions, zero, elements

def vector_binary(vector, element='f'):
    return struct.pack(f'>HH{len(vector)}{element}', len(vector), 0, *vector)


def vector_from_binary(data, element='f'):
    data = bytes(data)
    return list(struct.unpack(f'>{struct.unpack_from(">H", data)[0]}{element}', data[4:]))


_checks = 0
_failures = 0


def ok(good, what, detail=None):
    global _checks, _failures
    _checks += 1
    _failures += not good
    print(f'{"ok" if good else "not ok"} {_checks} - {what}')
    if not good and detail is not None:
        print('\n'.join('# ' + line for line in str(detail).splitlines()))


def check(found, wanted, what):
    ok(found == wanted, what, f'{found!r} instead of {wanted!r}')


def uses_index(plan, index):
    """Does the plan, rows of EXPLAIN or text, scan the index?"""
    text = plan if isinstance(plan, str) else '\n'.join(row[0] for row in plan)
    ok(f'Index Scan using {index} ' in text, 'the plan scans the index', text)


def run(name, version, change, program):
    """CHANGE is the code in which a user writes the access method's name."""
    needed = 'nothing' if METHOD == 'hnsw' else change
    print(f'# client {name}|{version.split()[0]}|as pgvector-python|{needed}')
    try:
        program()
    except Exception:
        ok(False, 'no error', traceback.format_exc())
    print(f'1..{_checks}')
    sys.exit(_failures > 0)
