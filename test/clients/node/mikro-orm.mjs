// MikroORM, with the types and distances of pgvector/mikro-orm
import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import { BitType, HalfvecType, SparsevecType, VectorType, cosineDistance, hammingDistance, l1Distance, l2Distance,
	maxInnerProduct } from 'pgvector/mikro-orm';
import { SparseVector } from 'pgvector';
import { bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

const Item = new EntitySchema({
	name: 'Item',
	tableName: 'mikro_items',
	properties: {
		id: { type: Number, primary: true },
		category: { type: Number, nullable: true },
		embedding: { type: VectorType, dimensions: dims, nullable: true },
		half_embedding: { type: HalfvecType, dimensions: dims, nullable: true },
		binary_embedding: { type: BitType, length: dims, nullable: true },
		sparse_embedding: { type: SparsevecType, dimensions: dims, nullable: true },
	},
	indexes: [{
		name: 'mikro_items_embedding_idx',
		expression: `create index mikro_items_embedding_idx on mikro_items using ${method} (embedding vector_l2_ops)`,
	}],
});

await run('@mikro-orm/postgresql', 'pgvector/mikro-orm', '`@Index({ expression: "create index ... using kg_hnsw" })`', async () => {
	const orm = await MikroORM.init({ entities: [Item], host, port, user, dbName: database, pool: { min: 1, max: 1 } });
	const em = orm.em.fork();
	const by = (distance) => em.createQueryBuilder(Item).select('id').orderBy({ [distance]: 'ASC' }).limit(5);
	const ids = async (builder) => (await builder.getResult()).map((row) => row.id);

	await em.execute('DROP TABLE IF EXISTS mikro_items');
	await orm.schema.createSchema();
	await em.insertMany(Item, rows.map((row) => ({
		category: row.category, embedding: row.embedding, half_embedding: row.embedding,
		binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)),
	})));
	em.create(Item, { embedding: null });
	await em.flush();
	await em.execute('ANALYZE mikro_items');

	const stored = await em.fork().findOne(Item, 7);
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.half_embedding, rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(stored.sparse_embedding.toArray(), sparse(rows[6].embedding), 'sparsevec');

	await em.execute('SET hnsw.ef_search = 100');
	usesIndex(await em.execute(`EXPLAIN ${by(l2Distance('embedding', query)).getFormattedQuery()}`), 'mikro_items_embedding_idx');
	is(await ids(by(l2Distance('embedding', query))), nearest('l2'), 'L2 by the index');
	is(await ids(by(maxInnerProduct('embedding', query))), nearest('ip'), 'inner product');
	is(await ids(by(cosineDistance('embedding', query))), nearest('cosine'), 'cosine');
	is(await ids(by(l1Distance('embedding', query))), nearest('l1'), 'L1');
	is(await ids(by(l2Distance('half_embedding', query))), nearest('l2'), 'halfvec');
	is(await ids(by(l2Distance('sparse_embedding', new SparseVector(sparse(query))))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(by(hammingDistance('binary_embedding', bits(query))))), 'Hamming');
	await orm.close();
});
