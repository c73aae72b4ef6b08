// postgres.js, which knows no vector types: texts, as pgvector's README has it
import postgres from 'postgres';
import pgvector from 'pgvector';
import { SparseVector } from 'pgvector';
import { batches, bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

await run('postgres', 'pgvector', '`USING kg_hnsw`', async () => {
	// one connection, as SET is for a session
	const sql = postgres({ host, port, user, database, max: 1, onnotice: () => {} });
	const ids = (result) => result.map((row) => row.id);
	const find = async (column, op, value) => ids(await sql`
		SELECT id FROM postgres_items ORDER BY ${sql(column)} ${sql.unsafe(op)} ${value} LIMIT 5`);

	await sql`DROP TABLE IF EXISTS postgres_items`;
	await sql.unsafe(`CREATE TABLE postgres_items (id serial PRIMARY KEY, category int, embedding vector(${dims}),
		half_embedding halfvec(${dims}), binary_embedding bit(${dims}), sparse_embedding sparsevec(${dims}))`);
	for (const batch of batches()) {
		await sql`INSERT INTO postgres_items ${sql(batch.map((row) => ({
			category: row.category, embedding: pgvector.toSql(row.embedding), half_embedding: pgvector.toSql(row.embedding),
			binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)).toString(),
		})))}`;
	}
	await sql`INSERT INTO postgres_items (embedding) VALUES (${null})`;
	await sql`CREATE INDEX postgres_items_embedding_idx ON postgres_items USING ${sql(method)} (embedding vector_l2_ops)`;
	await sql`ANALYZE postgres_items`;

	const [stored] = await sql`SELECT * FROM postgres_items WHERE id = 7`;
	is(pgvector.fromSql(stored.embedding), rows[6].embedding, 'vector');
	is(pgvector.fromSql(stored.half_embedding), rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(new SparseVector(stored.sparse_embedding).toArray(), sparse(rows[6].embedding), 'sparsevec');

	const value = pgvector.toSql(query);
	await sql`SET hnsw.ef_search = 100`;
	usesIndex(await sql`EXPLAIN SELECT id FROM postgres_items ORDER BY embedding <-> ${value} LIMIT 5`,
		'postgres_items_embedding_idx');
	is(await find('embedding', '<->', value), nearest('l2'), 'L2 by the index');
	is(await find('embedding', '<#>', value), nearest('ip'), 'inner product');
	is(await find('embedding', '<=>', value), nearest('cosine'), 'cosine');
	is(await find('embedding', '<+>', value), nearest('l1'), 'L1');
	is(await find('half_embedding', '<->', value), nearest('l2'), 'halfvec');
	is(await find('sparse_embedding', '<->', new SparseVector(sparse(query)).toString()), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await find('binary_embedding', '<~>', bits(query))), 'Hamming');

	// iterative scans fill the five rows whatever the filter
	const filtered = await sql.begin(async (transaction) => {
		await transaction`SET LOCAL hnsw.iterative_scan = strict_order`;
		return transaction`SELECT id FROM postgres_items WHERE category = 1 ORDER BY embedding <-> ${value} LIMIT 5`;
	});
	is(ids(filtered), nearest('l2', (row) => row.category === 1), 'filter and iterative scan in a transaction');

	const cursor = sql`SELECT id FROM postgres_items ORDER BY embedding <-> ${value} LIMIT 5`.cursor(2);
	const streamed = [];
	for await (const part of cursor) {
		streamed.push(...ids(part));
	}
	is(streamed, nearest('l2'), 'a cursor');
	await sql.end();
});
