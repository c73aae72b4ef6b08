// pg-promise, with the types that pgvector/pg-promise registers
import pgPromise from 'pg-promise';
import pgvector from 'pgvector/pg-promise';
import { SparseVector } from 'pgvector';
import { batches, bits, dims, is, leastHamming, method, nearest, ok, query, rows, run, sparse, usesIndex } from './common.mjs';

await run('pg-promise', 'pgvector/pg-promise', '`USING kg_hnsw`', async () => {
	const pgp = pgPromise({ connect: (event) => pgvector.registerTypes(event.client) });
	const db = pgp({ host: process.env.PGHOST, max: 1 });
	const columns = new pgp.helpers.ColumnSet(
		['category', 'embedding', 'half_embedding', 'binary_embedding', 'sparse_embedding'], { table: 'promise_items' });
	const find = async (column, op, value) => (await db.any(
		'SELECT id FROM promise_items ORDER BY $1:name $2:raw $3 LIMIT 5', [column, op, value])).map((row) => row.id);

	await db.none('DROP TABLE IF EXISTS promise_items');
	await db.none(`CREATE TABLE promise_items (id serial PRIMARY KEY, category int, embedding vector(${dims}),
		half_embedding halfvec(${dims}), binary_embedding bit(${dims}), sparse_embedding sparsevec(${dims}))`);
	for (const batch of batches()) {
		await db.none(pgp.helpers.insert(batch.map((row) => ({
			category: row.category, embedding: pgvector.toSql(row.embedding), half_embedding: pgvector.toSql(row.embedding),
			binary_embedding: bits(row.embedding), sparse_embedding: pgvector.toSql(new SparseVector(sparse(row.embedding))),
		})), columns));
	}
	await db.none('INSERT INTO promise_items (embedding) VALUES ($1)', [null]);
	await db.none('CREATE INDEX promise_items_embedding_idx ON promise_items USING $1:name (embedding vector_cosine_ops)', [method]);
	await db.none('ANALYZE promise_items');

	const stored = await db.one('SELECT * FROM promise_items WHERE id = 7');
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.half_embedding, rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(stored.sparse_embedding.toArray(), sparse(rows[6].embedding), 'sparsevec');

	const value = pgvector.toSql(query);
	await db.none('SET hnsw.ef_search = 100');
	usesIndex(await db.any('EXPLAIN SELECT id FROM promise_items ORDER BY embedding <=> $1 LIMIT 5', [value]),
		'promise_items_embedding_idx');
	is(await find('embedding', '<=>', value), nearest('cosine'), 'cosine by the index');
	is(await find('embedding', '<->', value), nearest('l2'), 'L2');
	is(await find('sparse_embedding', '<->', pgvector.toSql(new SparseVector(sparse(query)))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await find('binary_embedding', '<~>', bits(query))), 'Hamming');
	await pgp.end();
});
