// Kysely, with the distances of pgvector/kysely
import pg from 'pg';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pgvector, { cosineDistance, hammingDistance, l1Distance, l2Distance, maxInnerProduct } from 'pgvector/kysely';
import { SparseVector } from 'pgvector';
import { batches, bits, dims, is, leastHamming, method, nearest, ok, query, rows, run, sparse, usesIndex } from './common.mjs';

await run('kysely', 'pgvector/kysely', '`.using("kg_hnsw")`', async () => {
	const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ max: 1 }) }) });
	const by = (distance) => db.selectFrom('kysely_items').select('id').orderBy(distance).limit(5);
	const ids = async (builder) => (await builder.execute()).map((row) => row.id);

	await db.schema.dropTable('kysely_items').ifExists().execute();
	await db.schema.createTable('kysely_items')
		.addColumn('id', 'serial', (column) => column.primaryKey())
		.addColumn('category', 'integer')
		.addColumn('embedding', sql.raw(`vector(${dims})`))
		.addColumn('half_embedding', sql.raw(`halfvec(${dims})`))
		.addColumn('binary_embedding', sql.raw(`bit(${dims})`))
		.addColumn('sparse_embedding', sql.raw(`sparsevec(${dims})`))
		.execute();
	for (const batch of batches()) {
		await db.insertInto('kysely_items').values(batch.map((row) => ({
			category: row.category, embedding: pgvector.toSql(row.embedding), half_embedding: pgvector.toSql(row.embedding),
			binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)),
		}))).execute();
	}
	await db.insertInto('kysely_items').values({ embedding: null }).execute();
	await db.schema.createIndex('kysely_items_embedding_idx').on('kysely_items').using(method)
		.expression(sql`embedding vector_l2_ops`).execute();
	await sql`ANALYZE kysely_items`.execute(db);

	const stored = await db.selectFrom('kysely_items').selectAll().where('id', '=', 7).executeTakeFirst();
	is(pgvector.fromSql(stored.embedding), rows[6].embedding, 'vector');
	is(pgvector.fromSql(stored.half_embedding), rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');

	await sql`SET hnsw.ef_search = 100`.execute(db);
	usesIndex(await by(l2Distance('embedding', query)).explain(), 'kysely_items_embedding_idx');
	is(await ids(by(l2Distance('embedding', query))), nearest('l2'), 'L2 by the index');
	is(await ids(by(maxInnerProduct('embedding', query))), nearest('ip'), 'inner product');
	is(await ids(by(cosineDistance('embedding', query))), nearest('cosine'), 'cosine');
	is(await ids(by(l1Distance('embedding', query))), nearest('l1'), 'L1');
	is(await ids(by(l2Distance('half_embedding', query))), nearest('l2'), 'halfvec');
	is(await ids(by(l2Distance('sparse_embedding', new SparseVector(sparse(query))))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(by(hammingDistance('binary_embedding', bits(query))))), 'Hamming');

	const within = db.selectFrom('kysely_items').select('id').where(l2Distance('embedding', rows[6].embedding), '<', 0.5);
	is(await ids(within), [7], 'within a distance');
	await db.destroy();
});
