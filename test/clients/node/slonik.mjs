// Slonik, which knows no vector types: texts, as pgvector's README has it
import pgvector from 'pgvector';
import { SparseVector } from 'pgvector';
import { createPool, sql } from 'slonik';
import { batches, bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

await run('slonik', 'pgvector', '`USING kg_hnsw`', async () => {
	const pool = await createPool(`postgres://${user}@${encodeURIComponent(host)}:${port}/${database}`, { maximumPoolSize: 1 });
	// text of SQL that is no value: slonik takes template literals only, which are frozen
	const fragment = (text) => sql.fragment(Object.assign([text], { raw: Object.freeze([text]) }));
	const by = (column, op, value) => sql.unsafe`SELECT id FROM slonik_items
		ORDER BY ${sql.identifier([column])} ${fragment(op)} ${value} LIMIT 5`;
	const ids = async (statement) => [...await pool.anyFirst(statement)];

	await pool.query(sql.unsafe`DROP TABLE IF EXISTS slonik_items`);
	await pool.query(sql.unsafe`CREATE TABLE slonik_items (id serial PRIMARY KEY, category int, embedding vector(${fragment(`${dims}`)}),
		half_embedding halfvec(${fragment(`${dims}`)}), binary_embedding bit(${fragment(`${dims}`)}),
		sparse_embedding sparsevec(${fragment(`${dims}`)}))`);
	for (const batch of batches()) {
		const tuples = batch.map((row) => sql.fragment`(${row.category}, ${pgvector.toSql(row.embedding)},
			${pgvector.toSql(row.embedding)}, ${bits(row.embedding)}, ${pgvector.toSql(new SparseVector(sparse(row.embedding)))})`);

		await pool.query(sql.unsafe`INSERT INTO slonik_items (category, embedding, half_embedding, binary_embedding, sparse_embedding)
			VALUES ${sql.join(tuples, sql.fragment`, `)}`);
	}
	await pool.query(sql.unsafe`INSERT INTO slonik_items (embedding) VALUES (${null})`);
	await pool.query(sql.unsafe`CREATE INDEX slonik_items_embedding_idx ON slonik_items
		USING ${sql.identifier([method])} (embedding vector_l2_ops)`);
	await pool.query(sql.unsafe`ANALYZE slonik_items`);

	const stored = await pool.one(sql.unsafe`SELECT * FROM slonik_items WHERE id = 7`);
	is(pgvector.fromSql(stored.embedding), rows[6].embedding, 'vector');
	is(pgvector.fromSql(stored.half_embedding), rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(pgvector.fromSql(stored.sparse_embedding).toArray(), sparse(rows[6].embedding), 'sparsevec');

	const value = pgvector.toSql(query);
	await pool.query(sql.unsafe`SET hnsw.ef_search = 100`);
	usesIndex([...await pool.any(sql.unsafe`EXPLAIN ${sql.fragment`SELECT id FROM slonik_items
		ORDER BY embedding <-> ${value} LIMIT 5`}`)], 'slonik_items_embedding_idx');
	is(await ids(by('embedding', '<->', value)), nearest('l2'), 'L2 by the index');
	is(await ids(by('embedding', '<#>', value)), nearest('ip'), 'inner product');
	is(await ids(by('embedding', '<=>', value)), nearest('cosine'), 'cosine');
	is(await ids(by('embedding', '<+>', value)), nearest('l1'), 'L1');
	is(await ids(by('half_embedding', '<->', value)), nearest('l2'), 'halfvec');
	is(await ids(by('sparse_embedding', '<->', pgvector.toSql(new SparseVector(sparse(query))))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(by('binary_embedding', '<~>', bits(query)))), 'Hamming');
	await pool.end();
});
