// What the programs of this folder share: rows, exact answers, checks.
//
// A program gets a database from the environment (PGHOST, PGPORT, PGUSER,
// PGDATABASE) and the index access method in KG_METHOD, "hnsw" or "kg_hnsw".
// It prints a line of TAP for each check, and a line
//	# client NAME|VERSION|ADAPTER|NEEDED
// which test/tap/092_clients.pl compares with the table in docs/clients.md.
import fs from 'node:fs';

export const method = process.env.KG_METHOD ?? 'hnsw';
export const host = process.env.PGHOST;
export const port = Number(process.env.PGPORT ?? 5432);
export const user = process.env.PGUSER;
export const database = process.env.PGDATABASE;

export const dims = 32;
const count = 2000;

// Multiples of 1/128 from -8 to 8: halfvec has them exactly.
function randomNumbers(seed) {
	let state = seed;

	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return ((state >>> 16) % 2048) / 128 - 8;
	};
}

const random = randomNumbers(20261129);

// Eight numbers again and again: of so few dimensions, approximate searches find
// all near rows.
function randomVector() {
	const few = Array.from({ length: 8 }, random);

	return Array.from({ length: dims }, (_, i) => few[i % 8]);
}

export function bits(vector) {
	return vector.map((x) => (x > 0 ? '1' : '0')).join('');
}

// Only the positive elements
export function sparse(vector) {
	return vector.map((x) => Math.max(x, 0));
}

// ids from 1, in order
export const rows = Array.from({ length: count }, (_, i) => {
	const embedding = randomVector();

	return { id: i + 1, category: i % 2, embedding };
});
export const query = randomVector();

const sum = (a, b, f) => a.reduce((s, x, i) => s + f(x, b[i]), 0);
const dot = (a, b) => sum(a, b, (x, y) => x * y);

export const distances = {
	l2: (a, b) => Math.sqrt(sum(a, b, (x, y) => (x - y) ** 2)),
	ip: (a, b) => -dot(a, b),
	cosine: (a, b) => 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
	l1: (a, b) => sum(a, b, (x, y) => Math.abs(x - y)),
	sparse: (a, b) => distances.l2(sparse(a), sparse(b)),
	hamming: (a, b) => sum([...bits(a)], [...bits(b)], (x, y) => (x === y ? 0 : 1)),
};

// The ids of the five nearest rows
export function nearest(metric, wanted = () => true) {
	return rows.filter(wanted)
		.map((row) => ({ id: row.id, distance: distances[metric](row.embedding, query) }))
		.sort((a, b) => a.distance - b.distance)
		.slice(0, 5)
		.map((row) => row.id);
}

// Are these five rows of the least Hamming distance?  Many have the same.
export function leastHamming(ids) {
	const all = rows.map((row) => distances.hamming(row.embedding, query)).sort((a, b) => a - b);
	const found = ids.map((id) => distances.hamming(rows[id - 1].embedding, query));

	return same(found, all.slice(0, 5));
}

export function same(a, b) {
	return JSON.stringify(a) === JSON.stringify(b);
}

// The rows in parts: a statement has 65,535 parameters at most.
export function* batches(size = 500) {
	for (let i = 0; i < rows.length; i += size) {
		yield rows.slice(i, i + size);
	}
}

export function version(name) {
	const file = new URL(`node_modules/${name}/package.json`, import.meta.url);

	return JSON.parse(fs.readFileSync(file)).version;
}

let checks = 0;
let failures = 0;

export function ok(good, what, detail) {
	checks++;
	if (!good) {
		failures++;
	}
	console.log(`${good ? 'ok' : 'not ok'} ${checks} - ${what}`);
	if (!good && detail !== undefined) {
		console.log(String(detail).replace(/^/gm, '# '));
	}
}

export function is(found, wanted, what) {
	ok(same(found, wanted), what, `${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

// Does the plan, as lines or rows of EXPLAIN, scan the index?
export function usesIndex(plan, index) {
	const text = plan.map((line) => (typeof line === 'string' ? line : line['QUERY PLAN'])).join('\n');

	ok(text.includes(`Index Scan using ${index} `), 'the plan scans the index', text);
}

// run(NAME, ADAPTER, CHANGE, FUNCTION): CHANGE is the code in which a user
// writes the access method's name; with "hnsw" nothing has to be changed.
export async function run(name, adapter, change, program) {
	console.log(`# client ${name}|${version(name)}|${adapter}|${method === 'hnsw' ? 'nothing' : change}`);
	try {
		await program();
	} catch (error) {
		ok(false, 'no error', error.stack ?? error);
	}
	console.log(`1..${checks}`);
	process.exit(failures > 0 ? 1 : 0);
}
