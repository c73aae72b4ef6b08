// objection over knex, with the distances of pgvector/objection
import Knex from 'knex';
import { Model } from 'objection';
import pgvector from 'pgvector/objection';
import 'pgvector/knex';
import { SparseVector } from 'pgvector';
import { bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

class Item extends Model {
	static get tableName() {
		return 'objection_items';
	}
}

await run('objection', 'pgvector/objection', '`table.index([...], name, "kg_hnsw")`', async () => {
	const knex = Knex({ client: 'pg', connection: { host, port, user, database }, pool: { min: 1, max: 1 } });
	const items = () => Item.query().select('id').limit(5);
	const ids = async (builder) => (await builder).map((row) => row.id);

	Model.knex(knex);
	await knex.schema.dropTableIfExists('objection_items');
	await knex.schema.createTable('objection_items', (table) => {
		table.increments('id');
		table.integer('category');
		table.vector('embedding', dims);
		table.halfvec('half_embedding', dims);
		table.bit('binary_embedding', { length: dims });
		table.sparsevec('sparse_embedding', dims);
	});
	await Item.query().insert([...rows.map((row) => ({
		category: row.category, embedding: pgvector.toSql(row.embedding), half_embedding: pgvector.toSql(row.embedding),
		binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)),
	})), { embedding: null }]);
	await knex.schema.alterTable('objection_items', (table) => {
		table.index([knex.raw('embedding vector_l2_ops')], 'objection_items_embedding_idx', method);
	});
	await knex.raw('ANALYZE objection_items');

	const stored = await Item.query().findById(7);
	is(pgvector.fromSql(stored.embedding), rows[6].embedding, 'vector');
	is(pgvector.fromSql(stored.half_embedding), rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');

	await knex.raw('SET hnsw.ef_search = 100');
	const { sql, bindings } = items().orderBy(pgvector.l2Distance('embedding', query)).toKnexQuery().toSQL();
	usesIndex((await knex.raw(`EXPLAIN ${sql}`, bindings)).rows, 'objection_items_embedding_idx');
	is(await ids(items().orderBy(pgvector.l2Distance('embedding', query))), nearest('l2'), 'L2 by the index');
	is(await ids(items().orderBy(pgvector.maxInnerProduct('embedding', query))), nearest('ip'), 'inner product');
	is(await ids(items().orderBy(pgvector.cosineDistance('embedding', query))), nearest('cosine'), 'cosine');
	is(await ids(items().orderBy(pgvector.l1Distance('embedding', query))), nearest('l1'), 'L1');
	is(await ids(items().orderBy(pgvector.l2Distance('half_embedding', query))), nearest('l2'), 'halfvec');
	is(await ids(items().orderBy(pgvector.l2Distance('sparse_embedding', new SparseVector(sparse(query))))),
		nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(items().orderBy(pgvector.hammingDistance('binary_embedding', bits(query))))), 'Hamming');
	await knex.destroy();
});
