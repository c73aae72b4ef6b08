// knex, with the column types and distances of pgvector/knex
import Knex from 'knex';
import pgvector from 'pgvector/knex';
import { SparseVector } from 'pgvector';
import { batches, bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

await run('knex', 'pgvector/knex', '`table.index([...], name, "kg_hnsw")`', async () => {
	const knex = Knex({ client: 'pg', connection: { host, port, user, database }, pool: { min: 1, max: 1 } });
	const items = () => knex('knex_items').select('id').limit(5);
	const ids = async (builder) => (await builder).map((row) => row.id);

	await knex.schema.dropTableIfExists('knex_items');
	await knex.schema.createTable('knex_items', (table) => {
		table.increments('id');
		table.integer('category');
		table.vector('embedding', { dimensions: dims });
		table.halfvec('half_embedding', { dimensions: dims });
		table.bit('binary_embedding', { length: dims });
		table.sparsevec('sparse_embedding', { dimensions: dims });
	});
	await knex.batchInsert('knex_items', [...rows.map((row) => ({
		category: row.category, embedding: pgvector.toSql(row.embedding), half_embedding: pgvector.toSql(row.embedding),
		binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)),
	})), { embedding: null }], 500);
	await knex.schema.alterTable('knex_items', (table) => {
		table.index([knex.raw('embedding vector_l2_ops')], 'knex_items_embedding_idx', method);
	});
	await knex.raw('ANALYZE knex_items');

	const stored = await knex('knex_items').where({ id: 7 }).first();
	is(pgvector.fromSql(stored.embedding), rows[6].embedding, 'vector');
	is(pgvector.fromSql(stored.half_embedding), rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');

	await knex.raw('SET hnsw.ef_search = 100');
	const { sql, bindings } = items().orderBy(knex.l2Distance('embedding', query)).toSQL();
	usesIndex((await knex.raw(`EXPLAIN ${sql}`, bindings)).rows, 'knex_items_embedding_idx');
	is(await ids(items().orderBy(knex.l2Distance('embedding', query))), nearest('l2'), 'L2 by the index');
	is(await ids(items().orderBy(knex.maxInnerProduct('embedding', query))), nearest('ip'), 'inner product');
	is(await ids(items().orderBy(knex.cosineDistance('embedding', query))), nearest('cosine'), 'cosine');
	is(await ids(items().orderBy(knex.l1Distance('embedding', query))), nearest('l1'), 'L1');
	is(await ids(items().orderBy(knex.l2Distance('half_embedding', query))), nearest('l2'), 'halfvec');
	is(await ids(items().orderBy(knex.l2Distance('sparse_embedding', new SparseVector(sparse(query))))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(items().orderBy(knex.hammingDistance('binary_embedding', bits(query))))), 'Hamming');
	await knex.destroy();
});
