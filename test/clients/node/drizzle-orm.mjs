// Drizzle, which has the types and distances itself.  The index is written as
// drizzle-kit does from the table's definition.
import postgres from 'postgres';
import { cosineDistance, eq, gt, hammingDistance, innerProduct, l1Distance, l2Distance, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { bit, getTableConfig, halfvec, index, integer, pgTable, serial, sparsevec, vector } from 'drizzle-orm/pg-core';
import { SparseVector } from 'pgvector';
import { batches, bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

const items = pgTable('drizzle_items', {
	id: serial('id').primaryKey(),
	category: integer('category'),
	embedding: vector('embedding', { dimensions: dims }),
	halfEmbedding: halfvec('half_embedding', { dimensions: dims }),
	binaryEmbedding: bit('binary_embedding', { dimensions: dims }),
	sparseEmbedding: sparsevec('sparse_embedding', { dimensions: dims }),
}, (table) => [index('drizzle_items_embedding_idx').using(method, table.embedding.op('vector_cosine_ops'))]);

// CREATE TABLE and CREATE INDEX from the definition
function statements(table) {
	const { name, columns, indexes } = getTableConfig(table);
	const types = columns.map((column) => `"${column.name}" ${column.getSQLType()}${column.primary ? ' PRIMARY KEY' : ''}`);

	return [`DROP TABLE IF EXISTS "${name}"`, `CREATE TABLE "${name}" (${types})`, ...indexes.map(({ config }) =>
		`CREATE INDEX "${config.name}" ON "${name}" USING ${config.method} (${config.columns.map((column) =>
			`"${column.name}" ${column.indexConfig.opClass}`)})`)];
}

await run('drizzle-orm', 'its own', '`index(name).using("kg_hnsw", ...)`', async () => {
	const client = postgres({ host, port, user, database, max: 1, onnotice: () => {} });
	const db = drizzle(client);
	const by = (distance) => db.select({ id: items.id }).from(items).orderBy(distance).limit(5);
	const ids = async (builder) => (await builder).map((row) => row.id);

	for (const statement of statements(items)) {
		await db.execute(sql.raw(statement));
	}
	for (const batch of batches()) {
		await db.insert(items).values(batch.map((row) => ({
			category: row.category, embedding: row.embedding, halfEmbedding: row.embedding,
			binaryEmbedding: bits(row.embedding), sparseEmbedding: new SparseVector(sparse(row.embedding)).toString(),
		})));
	}
	await db.insert(items).values({ embedding: null });
	await db.execute(sql`ANALYZE ${items}`);

	const [stored] = await db.select().from(items).where(eq(items.id, 7));
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.halfEmbedding, rows[6].embedding, 'halfvec');
	is(stored.binaryEmbedding, bits(rows[6].embedding), 'bit');

	await db.execute(sql`SET hnsw.ef_search = 100`);
	usesIndex(await db.execute(sql`EXPLAIN ${by(cosineDistance(items.embedding, query)).getSQL()}`), 'drizzle_items_embedding_idx');
	is(await ids(by(cosineDistance(items.embedding, query))), nearest('cosine'), 'cosine by the index');
	is(await ids(by(l2Distance(items.embedding, query))), nearest('l2'), 'L2');
	is(await ids(by(innerProduct(items.embedding, query))), nearest('ip'), 'inner product');
	is(await ids(by(l1Distance(items.embedding, query))), nearest('l1'), 'L1');
	is(await ids(by(l2Distance(items.halfEmbedding, query))), nearest('l2'), 'halfvec');
	is(await ids(by(l2Distance(items.sparseEmbedding, new SparseVector(sparse(query)).toString()))), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await ids(by(hammingDistance(items.binaryEmbedding, bits(query))))), 'Hamming');

	// as its guide to similarity search has it
	const similarity = sql`1 - (${cosineDistance(items.embedding, query)})`;
	const similar = await db.select({ id: items.id, similarity }).from(items).where(gt(similarity, 0.2))
		.orderBy((fields) => sql`${fields.similarity} DESC`).limit(5);
	is(similar.map((row) => row.id), nearest('cosine').slice(0, similar.length), 'similarity above a bound');
	await client.end();
});
