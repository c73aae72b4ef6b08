// TypeORM, which has the types vector and halfvec itself; an index by SQL in a
// migration, as it knows no access methods of this kind
import { DataSource, EntitySchema } from 'typeorm';
import pgvector from 'pgvector';
import { SparseVector } from 'pgvector';
import { batches, bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

const Item = new EntitySchema({
	name: 'Item',
	tableName: 'typeorm_items',
	columns: {
		id: { type: Number, primary: true, generated: true },
		category: { type: Number, nullable: true },
		embedding: { type: 'vector', length: dims, nullable: true },
		half_embedding: { type: 'halfvec', length: dims, nullable: true },
		binary_embedding: { type: 'bit', length: dims, nullable: true },
	},
});

class AddIndex1764403200000 {
	name = 'AddIndex1764403200000';

	async up(runner) {
		await runner.query(`ALTER TABLE typeorm_items ADD sparse_embedding sparsevec(${dims})`);
		await runner.query(`CREATE INDEX typeorm_items_embedding_idx ON typeorm_items USING ${method} (embedding vector_l2_ops)`);
	}

	async down(runner) {
		await runner.query('DROP INDEX typeorm_items_embedding_idx');
		await runner.query('ALTER TABLE typeorm_items DROP sparse_embedding');
	}
}

await run('typeorm', 'its own', '`USING kg_hnsw`', async () => {
	const source = new DataSource({
		type: 'postgres', host, port, username: user, database, entities: [Item], migrations: [AddIndex1764403200000],
		migrationsTableName: 'typeorm_migrations', extra: { max: 1 },
	});
	const by = (op, value, column = 'embedding') => source.getRepository(Item).createQueryBuilder('item').select('item.id')
		.orderBy(`item.${column} ${op} :value`).setParameters({ value }).limit(5);
	const ids = async (builder) => (await builder.getMany()).map((row) => row.id);

	await source.initialize();
	await source.query('DROP TABLE IF EXISTS typeorm_items, typeorm_migrations');
	await source.synchronize();
	for (const batch of batches()) {
		await source.getRepository(Item).insert(batch.map((row) => ({
			category: row.category, embedding: row.embedding, half_embedding: row.embedding, binary_embedding: bits(row.embedding),
		})));
	}
	await source.getRepository(Item).save({ embedding: null });
	await source.runMigrations();
	await source.query('UPDATE typeorm_items SET sparse_embedding = $1 WHERE id = 7',
		[pgvector.toSql(new SparseVector(sparse(rows[6].embedding)))]);
	await source.query('ANALYZE typeorm_items');

	const stored = await source.getRepository(Item).findOneBy({ id: 7 });
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.half_embedding, rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');

	const value = pgvector.toSql(query);
	await source.query('SET hnsw.ef_search = 100');
	usesIndex(await source.query(...by('<->', value).getQueryAndParameters().map((x, i) => (i === 0 ? `EXPLAIN ${x}` : x))),
		'typeorm_items_embedding_idx');
	is(await ids(by('<->', value)), nearest('l2'), 'L2 by the index');
	is(await ids(by('<#>', value)), nearest('ip'), 'inner product');
	is(await ids(by('<=>', value)), nearest('cosine'), 'cosine');
	is(await ids(by('<+>', value)), nearest('l1'), 'L1');
	is(await ids(by('<->', value, 'half_embedding')), nearest('l2'), 'halfvec');
	ok(leastHamming(await ids(by('<~>', bits(query), 'binary_embedding'))), 'Hamming');
	await source.undoLastMigration();
	await source.destroy();
});
