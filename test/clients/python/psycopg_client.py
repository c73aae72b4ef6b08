"""psycopg 3, with types registered as pgvector.psycopg does: text and binary"""
import psycopg
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg.types import TypeInfo

from common import (DIMS, METHOD, QUERY, ROWS, Half, Sparse, bits, check, least_hamming, nearest, ok, run, sparse,
                    sparse_from_text, sparse_text, uses_index, vector_binary, vector_from_binary, vector_from_text,
                    vector_text)


class Vector(list):
    pass


def dumper(oid_, format_, function):
    class TypeDumper(Dumper):
        oid = oid_
        format = format_

        def dump(self, obj):
            return function(obj)

    return TypeDumper


def loader(format_, function):
    class TypeLoader(Loader):
        format = format_

        def load(self, data):
            return function(bytes(data))

    return TypeLoader


def register(connection):
    types = {
        'vector': (Vector, vector_text, vector_from_text, 'f'),
        'halfvec': (Half, vector_text, vector_from_text, 'e'),
        'sparsevec': (Sparse, sparse_text, sparse_from_text, None),
    }
    for name, (python, to_text, from_text, element) in types.items():
        info = TypeInfo.fetch(connection, name)
        info.register(connection)
        adapters = connection.adapters
        adapters.register_loader(info.oid, loader(Format.TEXT, lambda data, f=from_text: f(data.decode())))
        if element:
            adapters.register_dumper(python, dumper(info.oid, Format.BINARY, lambda obj, e=element: vector_binary(obj, e)))
            adapters.register_loader(info.oid, loader(Format.BINARY, lambda data, e=element: vector_from_binary(data, e)))
        adapters.register_dumper(python, dumper(info.oid, Format.TEXT, lambda obj, f=to_text: f(obj).encode()))


def store(connection):
    connection.execute('DROP TABLE IF EXISTS psycopg_items')
    connection.execute(f"""CREATE TABLE psycopg_items (id serial PRIMARY KEY, category int, embedding vector({DIMS}),
        half_embedding halfvec({DIMS}), binary_embedding bit({DIMS}), sparse_embedding sparsevec({DIMS}))""")
    with connection.cursor() as cursor:
        with cursor.copy("""COPY psycopg_items (category, embedding, half_embedding) FROM STDIN
                WITH (FORMAT BINARY)""") as copy:
            copy.set_types(['int4', 'vector', 'halfvec'])
            for row in ROWS:
                copy.write_row([row['category'], Vector(row['embedding']), Half(row['embedding'])])
        cursor.executemany('UPDATE psycopg_items SET binary_embedding = %s, sparse_embedding = %s WHERE id = %s',
                           [(bits(row['embedding']), Sparse(sparse(row['embedding'])), row['id']) for row in ROWS])
    connection.execute('INSERT INTO psycopg_items (embedding) VALUES (NULL)')
    connection.execute(f'CREATE INDEX psycopg_items_embedding_idx ON psycopg_items USING {METHOD} (embedding vector_l2_ops)')


def program():
    connection = psycopg.connect('')
    register(connection)
    store(connection)
    connection.execute('ANALYZE psycopg_items')
    connection.commit()

    def find(column, op, value, **options):
        rows = connection.execute(f'SELECT id FROM psycopg_items ORDER BY {column} {op} %s LIMIT 5', (value,), **options)
        return [row[0] for row in rows]

    vector = ROWS[6]['embedding']
    for binary in (False, True):
        row = connection.execute('SELECT embedding, half_embedding FROM psycopg_items WHERE id = 7', binary=binary).fetchone()
        check(list(row), [vector, vector], f'values read as {"binary" if binary else "text"}')
    row = connection.execute('SELECT binary_embedding, sparse_embedding FROM psycopg_items WHERE id = 7').fetchone()
    check(list(row), [bits(vector), sparse(vector)], 'bit, sparsevec')

    connection.execute('SET hnsw.ef_search = 100')
    uses_index(connection.execute('EXPLAIN SELECT id FROM psycopg_items ORDER BY embedding <-> %s LIMIT 5',
                                  (Vector(QUERY),)).fetchall(), 'psycopg_items_embedding_idx')
    check(find('embedding', '<->', Vector(QUERY)), nearest('l2'), 'L2 by the index')
    check(find('embedding', '<#>', Vector(QUERY)), nearest('ip'), 'inner product')
    check(find('embedding', '<=>', Vector(QUERY)), nearest('cosine'), 'cosine')
    check(find('embedding', '<+>', Vector(QUERY)), nearest('l1'), 'L1')
    check(find('half_embedding', '<->', Half(QUERY)), nearest('l2'), 'halfvec')
    check(find('sparse_embedding', '<->', Sparse(sparse(QUERY))), nearest('sparse'), 'sparsevec')
    ok(least_hamming(find('binary_embedding', '<~>', bits(QUERY))), 'Hamming')

    # psycopg prepares a statement at its sixth execution
    answers = [find('embedding', '<->', Vector(QUERY)) for _ in range(12)]
    check(answers, [nearest('l2')] * 12, 'a statement that is prepared on the way')
    with connection.pipeline():
        check(find('embedding', '<->', Vector(QUERY), prepare=True), nearest('l2'), 'in a pipeline')
    with connection.cursor('server_side') as cursor:
        cursor.execute('SELECT id FROM psycopg_items ORDER BY embedding <-> %s LIMIT 5', (Vector(QUERY),))
        check([row[0] for row in cursor], nearest('l2'), 'a cursor of the server')
    connection.commit()


run('psycopg', psycopg.__version__, '`USING kg_hnsw`', program)
