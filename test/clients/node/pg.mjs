// node-postgres, with the types that pgvector/pg registers
import pg from 'pg';
import pgvector from 'pgvector/pg';
import { SparseVector } from 'pgvector';
import { batches, bits, dims, is, leastHamming, method, nearest, ok, query, rows, run, sparse, usesIndex } from './common.mjs';

await run('pg', 'pgvector/pg', '`USING kg_hnsw`', async () => {
	const client = new pg.Client();
	const ids = (result) => result.rows.map((row) => row.id);
	const find = async (column, op, value) => ids(await client.query(
		`SELECT id FROM pg_items ORDER BY ${column} ${op} $1 LIMIT 5`, [value]));

	await client.connect();
	await pgvector.registerTypes(client);
	await client.query('DROP TABLE IF EXISTS pg_items');
	await client.query(`CREATE TABLE pg_items (id serial PRIMARY KEY, category int, embedding vector(${dims}),
		half_embedding halfvec(${dims}), binary_embedding bit(${dims}), sparse_embedding sparsevec(${dims}))`);
	for (const batch of batches()) {
		const params = batch.flatMap((row) => [row.category, pgvector.toSql(row.embedding), pgvector.toSql(row.embedding),
			bits(row.embedding), new SparseVector(sparse(row.embedding))]);
		const values = batch.map((_, i) => `(${[1, 2, 3, 4, 5].map((n) => `$${5 * i + n}`)})`);

		await client.query(`INSERT INTO pg_items (category, embedding, half_embedding, binary_embedding, sparse_embedding)
			VALUES ${values}`, params);
	}
	await client.query('INSERT INTO pg_items (embedding) VALUES ($1)', [null]);
	await client.query(`CREATE INDEX pg_items_embedding_idx ON pg_items USING ${method} (embedding vector_l2_ops)`);
	await client.query('ANALYZE pg_items');

	const { rows: [stored] } = await client.query('SELECT * FROM pg_items WHERE id = 7');
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.half_embedding, rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(stored.sparse_embedding.toArray(), sparse(rows[6].embedding), 'sparsevec');

	const value = pgvector.toSql(query);
	await client.query('SET hnsw.ef_search = 100');
	usesIndex((await client.query('EXPLAIN SELECT id FROM pg_items ORDER BY embedding <-> $1 LIMIT 5', [value])).rows,
		'pg_items_embedding_idx');
	is(await find('embedding', '<->', value), nearest('l2'), 'L2 by the index');
	is(await find('embedding', '<#>', value), nearest('ip'), 'inner product');
	is(await find('embedding', '<=>', value), nearest('cosine'), 'cosine');
	is(await find('embedding', '<+>', value), nearest('l1'), 'L1');
	is(await find('half_embedding', '<->', value), nearest('l2'), 'halfvec');
	is(await find('sparse_embedding', '<->', new SparseVector(sparse(query))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await find('binary_embedding', '<~>', bits(query))), 'Hamming');

	// a named statement is planned for all values after some executions
	for (let i = 0; i < 8; i++) {
		const result = await client.query({
			name: 'near', text: 'SELECT id FROM pg_items WHERE category = $2 ORDER BY embedding <-> $1 LIMIT 5', values: [value, 1],
		});
		if (i === 7) {
			ok(ids(result).length > 0 && ids(result).every((id) => rows[id - 1].category === 1), 'filter in a named statement');
		}
	}
	await client.query('UPDATE pg_items SET embedding = $1 WHERE id = 9', [value]);
	is((await find('embedding', '<->', value))[0], 9, 'an updated row is found');
	await client.query('DELETE FROM pg_items WHERE id = 9');
	is(await find('embedding', '<->', value), nearest('l2', (row) => row.id !== 9), 'a deleted one is not');
	await client.end();
});
