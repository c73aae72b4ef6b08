// Sequelize, with the types and distances of pgvector/sequelize
import Sequelize from 'sequelize';
import pgvector from 'pgvector/sequelize';
import { SparseVector } from 'pgvector';
import { bits, database, dims, host, is, leastHamming, method, nearest, ok, port, query, rows, run, sparse, user,
	usesIndex } from './common.mjs';

const { DataTypes } = Sequelize;

// Sequelize looks types up by their names in all schemas, and the last of a name
// counts: where pgvector's "vector" and kg's are, it has to be told which.
function useTypesOfSearchPath(sequelize) {
	sequelize.addHook('afterConnect', async (connection) => {
		const { rows: types } = await connection.query(`SELECT upper(typname) AS name, oid FROM pg_type
			WHERE oid IN ('vector'::regtype, 'halfvec'::regtype, 'sparsevec'::regtype)`);

		types.forEach(({ name, oid }) => sequelize.connectionManager.oidParserMap.set(oid, DataTypes[name].parse));
	});
}

await run('sequelize', 'pgvector/sequelize', '`indexes: [{ using: "kg_hnsw", ... }]` and the hook below', async () => {
	pgvector.registerTypes(Sequelize);

	let statement;
	const sequelize = new Sequelize(database, user, null, {
		dialect: 'postgres', host, port, pool: { max: 1 }, logging: (text) => { statement = text; },
	});
	if (method !== 'hnsw') {
		useTypesOfSearchPath(sequelize);
	}
	const Item = sequelize.define('Item', {
		category: DataTypes.INTEGER,
		embedding: DataTypes.VECTOR(dims),
		half_embedding: DataTypes.HALFVEC(dims),
		binary_embedding: `BIT(${dims})`,
		sparse_embedding: DataTypes.SPARSEVEC(dims),
	}, {
		tableName: 'sequelize_items',
		timestamps: false,
		indexes: [{ name: 'sequelize_items_embedding_idx', fields: ['embedding'], using: method, operator: 'vector_l2_ops' }],
	});
	const by = async (distance) => (await Item.findAll({ attributes: ['id'], order: distance, limit: 5 })).map((row) => row.id);

	await Item.sync({ force: true });
	await Item.bulkCreate([...rows.map((row) => ({
		category: row.category, embedding: row.embedding, half_embedding: row.embedding,
		binary_embedding: bits(row.embedding), sparse_embedding: new SparseVector(sparse(row.embedding)),
	})), {}]);
	await sequelize.query('ANALYZE sequelize_items');

	const stored = await Item.findByPk(7);
	is(stored.embedding, rows[6].embedding, 'vector');
	is(stored.half_embedding, rows[6].embedding, 'halfvec');
	is(stored.binary_embedding, bits(rows[6].embedding), 'bit');
	is(stored.sparse_embedding.toArray(), sparse(rows[6].embedding), 'sparsevec');

	await sequelize.query('SET hnsw.ef_search = 100');
	is(await by(pgvector.l2Distance('embedding', query, sequelize)), nearest('l2'), 'L2 by the index');
	const [plan] = await sequelize.query(statement.replace(/^Executing \(\w+\): /, 'EXPLAIN '));
	usesIndex(plan, 'sequelize_items_embedding_idx');
	is(await by(pgvector.maxInnerProduct('embedding', query, sequelize)), nearest('ip'), 'inner product');
	is(await by(pgvector.cosineDistance('embedding', query, sequelize)), nearest('cosine'), 'cosine');
	is(await by(pgvector.l1Distance('embedding', query, sequelize)), nearest('l1'), 'L1');
	is(await by(pgvector.l2Distance('half_embedding', query, sequelize)), nearest('l2'), 'halfvec');
	is(await by(pgvector.l2Distance('sparse_embedding', new SparseVector(sparse(query)), sequelize)), nearest('sparse'), 'sparsevec');
	ok(leastHamming(await by(pgvector.hammingDistance('binary_embedding', bits(query), sequelize))), 'Hamming');

	let message;
	await Item.create({ embedding: 'bad' }).catch((error) => { message = error.message; });
	ok(/invalid input syntax for type vector/.test(message), 'a bad value is told in pgvector\'s words', message);
	await sequelize.close();
});
