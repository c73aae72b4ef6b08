"""asyncpg, with binary codecs set as pgvector.asyncpg does"""
import asyncio
import os

import asyncpg

from common import (DIMS, METHOD, QUERY, ROWS, bits, check, least_hamming, nearest, ok, run, sparse, sparse_from_text,
                    sparse_text, uses_index, vector_binary, vector_from_binary)


async def register(connection):
    for name, element in (('vector', 'f'), ('halfvec', 'e')):
        await connection.set_type_codec(
            name, schema='public', format='binary', encoder=lambda value, e=element: vector_binary(value, e),
            decoder=lambda data, e=element: vector_from_binary(data, e))
    await connection.set_type_codec('sparsevec', schema='public', format='text', encoder=sparse_text,
                                    decoder=sparse_from_text)


def bit(text):
    return asyncpg.BitString(text)


async def check_answers(connection):
    async def find(column, op, value, where='true'):
        rows = await connection.fetch(
            f'SELECT id FROM asyncpg_items WHERE {where} ORDER BY {column} {op} $1 LIMIT 5', value)
        return [row['id'] for row in rows]

    vector = ROWS[6]['embedding']
    row = await connection.fetchrow('SELECT * FROM asyncpg_items WHERE id = 7')
    check([row['embedding'], row['half_embedding'], row['binary_embedding'].as_string().replace(' ', ''),
           row['sparse_embedding']], [vector, vector, bits(vector), sparse(vector)], 'values of all types')

    await connection.execute('SET hnsw.ef_search = 100')
    uses_index(await connection.fetch('EXPLAIN SELECT id FROM asyncpg_items ORDER BY embedding <=> $1 LIMIT 5', QUERY),
               'asyncpg_items_embedding_idx')
    check(await find('embedding', '<=>', QUERY), nearest('cosine'), 'cosine by the index')
    check(await find('embedding', '<->', QUERY), nearest('l2'), 'L2')
    check(await find('embedding', '<#>', QUERY), nearest('ip'), 'inner product')
    check(await find('embedding', '<+>', QUERY), nearest('l1'), 'L1')
    check(await find('half_embedding', '<->', QUERY), nearest('l2'), 'halfvec')
    check(await find('sparse_embedding', '<->', sparse(QUERY)), nearest('sparse'), 'sparsevec')
    ok(least_hamming(await find('binary_embedding', '<~>', bit(bits(QUERY)))), 'Hamming')

    # one prepared statement, which gets a plan for all values
    answers = [await find('embedding', '<=>', QUERY) for _ in range(10)]
    check(answers, [nearest('cosine')] * 10, 'a prepared statement, again and again')
    async with connection.transaction():
        await connection.execute('SET LOCAL hnsw.iterative_scan = strict_order')
        check(await find('embedding', '<=>', QUERY, 'category = 1'), nearest('cosine', lambda row: row['category'] == 1),
              'filter and iterative scan in a transaction')
        cursor = connection.cursor('SELECT id FROM asyncpg_items ORDER BY embedding <=> $1 LIMIT 5', QUERY, prefetch=2)
        check([row['id'] async for row in cursor], nearest('cosine'), 'a cursor')


async def main():
    pool = await asyncpg.create_pool(host=os.environ['PGHOST'], min_size=1, max_size=1, init=register)
    async with pool.acquire() as connection:
        await connection.execute('DROP TABLE IF EXISTS asyncpg_items')
        await connection.execute(f"""CREATE TABLE asyncpg_items (id serial PRIMARY KEY, category int,
            embedding vector({DIMS}), half_embedding halfvec({DIMS}), binary_embedding bit({DIMS}),
            sparse_embedding sparsevec({DIMS}))""")
        await connection.copy_records_to_table(
            'asyncpg_items', columns=['category', 'embedding', 'half_embedding', 'binary_embedding'],
            records=[(row['category'], row['embedding'], row['embedding'], bit(bits(row['embedding']))) for row in ROWS])
        await connection.executemany('UPDATE asyncpg_items SET sparse_embedding = $1 WHERE id = $2',
                                     [(sparse(row['embedding']), row['id']) for row in ROWS])
        await connection.execute('INSERT INTO asyncpg_items (embedding) VALUES ($1)', None)
        await connection.execute(f"""CREATE INDEX asyncpg_items_embedding_idx ON asyncpg_items
            USING {METHOD} (embedding vector_cosine_ops)""")
        await connection.execute('ANALYZE asyncpg_items')
        await check_answers(connection)
    # a connection of a pool is reset before it is used again
    async with pool.acquire() as connection:
        check(await connection.fetchval('SELECT embedding FROM asyncpg_items WHERE id = 7'), ROWS[6]['embedding'],
              'the types are known after a reset')
    await pool.close()


run('asyncpg', asyncpg.__version__, '`USING kg_hnsw`', lambda: asyncio.run(main()))
