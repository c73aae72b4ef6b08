"""psycopg2, with types registered as pgvector.psycopg2 does"""
import psycopg2
from psycopg2.extensions import adapt, new_array_type, new_type, register_adapter, register_type
from psycopg2.extras import execute_values

from common import (DIMS, METHOD, QUERY, ROWS, Half, Sparse, bits, check, least_hamming, nearest, ok, run, sparse,
                    sparse_from_text, sparse_text, uses_index, vector_from_text, vector_text)


class Vector:
    def __init__(self, elements):
        self.elements = elements


def register(connection):
    with connection.cursor() as cursor:
        cursor.execute("""SELECT typname, oid FROM pg_type WHERE oid IN (to_regtype('vector'), to_regtype('_vector'),
            to_regtype('halfvec'), to_regtype('sparsevec'))""")
        oids = dict(cursor.fetchall())
    vector = new_type((oids['vector'],), 'VECTOR', lambda text, cursor: vector_from_text(text))
    register_type(vector, connection)
    register_type(new_array_type((oids['_vector'],), 'VECTOR[]', vector), connection)
    register_type(new_type((oids['halfvec'],), 'HALFVEC', lambda text, cursor: vector_from_text(text)), connection)
    register_type(new_type((oids['sparsevec'],), 'SPARSEVEC', lambda text, cursor: sparse_from_text(text)), connection)
    register_adapter(Vector, lambda value: adapt(vector_text(value.elements)))
    register_adapter(Half, lambda value: adapt(vector_text(value)))
    register_adapter(Sparse, lambda value: adapt(sparse_text(value)))


def program():
    connection = psycopg2.connect('')
    connection.autocommit = True
    register(connection)
    cursor = connection.cursor()

    def find(column, op, value, where='true'):
        cursor.execute(f'SELECT id FROM psycopg2_items WHERE {where} ORDER BY {column} {op} %s LIMIT 5', (value,))
        return [row[0] for row in cursor.fetchall()]

    cursor.execute('DROP TABLE IF EXISTS psycopg2_items')
    cursor.execute(f"""CREATE TABLE psycopg2_items (id serial PRIMARY KEY, category int, embedding vector({DIMS}),
        half_embedding halfvec({DIMS}), binary_embedding bit({DIMS}), sparse_embedding sparsevec({DIMS}),
        embeddings vector[])""")
    execute_values(cursor, """INSERT INTO psycopg2_items
        (category, embedding, half_embedding, binary_embedding, sparse_embedding) VALUES %s""",
        [(row['category'], Vector(row['embedding']), Half(row['embedding']), bits(row['embedding']),
          Sparse(sparse(row['embedding']))) for row in ROWS] + [(None, None, None, None, None)])
    cursor.execute(f'CREATE INDEX psycopg2_items_embedding_idx ON psycopg2_items USING {METHOD} (embedding vector_l2_ops)')
    cursor.execute('UPDATE psycopg2_items SET embeddings = %s::vector[] WHERE id = 7', ([Vector([1, 2]), Vector([3, 4])],))
    cursor.execute('ANALYZE psycopg2_items')

    cursor.execute("""SELECT embedding, half_embedding, binary_embedding, sparse_embedding, embeddings
        FROM psycopg2_items WHERE id = 7""")
    vector = ROWS[6]['embedding']
    check(list(cursor.fetchone()), [vector, vector, bits(vector), sparse(vector), [[1.0, 2.0], [3.0, 4.0]]],
          'values of all types')

    cursor.execute('SET hnsw.ef_search = 100')
    cursor.execute('EXPLAIN SELECT id FROM psycopg2_items ORDER BY embedding <-> %s LIMIT 5', (Vector(QUERY),))
    uses_index(cursor.fetchall(), 'psycopg2_items_embedding_idx')
    check(find('embedding', '<->', Vector(QUERY)), nearest('l2'), 'L2 by the index')
    check(find('embedding', '<#>', Vector(QUERY)), nearest('ip'), 'inner product')
    check(find('embedding', '<=>', Vector(QUERY)), nearest('cosine'), 'cosine')
    check(find('embedding', '<+>', Vector(QUERY)), nearest('l1'), 'L1')
    check(find('half_embedding', '<->', Half(QUERY)), nearest('l2'), 'halfvec')
    check(find('sparse_embedding', '<->', Sparse(sparse(QUERY))), nearest('sparse'), 'sparsevec')
    ok(least_hamming(find('binary_embedding', '<~>', bits(QUERY))), 'Hamming')

    cursor.execute('SET hnsw.iterative_scan = strict_order')
    check(find('embedding', '<->', Vector(QUERY), 'category = 1'), nearest('l2', lambda row: row['category'] == 1),
          'filter and iterative scan')
    cursor.execute('SELECT avg(embedding) FROM psycopg2_items WHERE id <= 4')
    check(cursor.fetchone()[0], [sum(row['embedding'][i] for row in ROWS[:4]) / 4 for i in range(DIMS)], 'avg')

    cursor.execute('UPDATE psycopg2_items SET embedding = %s WHERE id = 9', (Vector(QUERY),))
    check(find('embedding', '<->', Vector(QUERY))[0], 9, 'an updated row is found')
    cursor.execute('DELETE FROM psycopg2_items WHERE id = 9')
    check(find('embedding', '<->', Vector(QUERY)), nearest('l2', lambda row: row['id'] != 9), 'a deleted one is not')


run('psycopg2', psycopg2.__version__, '`USING kg_hnsw`', program)
