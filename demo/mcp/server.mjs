#!/usr/bin/env node
// An MCP server over stdio whose memory is a graph of kg.
//
// It offers the nine tools of the public memory server, and search and context.  Each tool is
// one call of a function in SQL.  PGHOST, PGDATABASE and so on, or DATABASE_URL, say where the
// database is; KG_GRAPH names the graph (default kg), which is made if it is not there.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import pg from "pg";
import { z } from "zod";

const graph = process.env.KG_GRAPH ?? "kg";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
// An idle connection may be lost when the database restarts; the next query makes another.
pool.on("error", (error) => console.error(error.message));

const entity = z.object({
	name: z.string().describe("The name of the entity"),
	entityType: z.string().describe("The type of the entity"),
	observations: z.array(z.string()).describe("What is known about the entity"),
});
const relation = z.object({
	from: z.string().describe("The name of the entity where the relation starts"),
	to: z.string().describe("The name of the entity where the relation ends"),
	relationType: z.string().describe("The type of the relation, a verb in active voice"),
});
const added = z.object({ entityName: z.string(), addedObservations: z.array(z.string()) });
const deleted = { success: z.boolean(), message: z.string() };
const part = { entities: z.array(entity), relations: z.array(relation) };

// name: what it does, its arguments, its result, and what of the result is shown as text
const tools = {
	create_entities: ["Create new entities in the knowledge graph",
		{ entities: z.array(entity) }, { entities: z.array(entity) }, (r) => r.entities],
	create_relations: ["Create new relations between entities of the knowledge graph",
		{ relations: z.array(relation) }, { relations: z.array(relation) }, (r) => r.relations],
	add_observations: ["Add observations to entities of the knowledge graph",
		{ observations: z.array(z.object({ entityName: z.string(), contents: z.array(z.string()) })) },
		{ results: z.array(added) }, (r) => r.results],
	delete_entities: ["Delete entities with their relations and observations",
		{ entityNames: z.array(z.string()) }, deleted, (r) => r.message],
	delete_observations: ["Delete observations of entities",
		{ deletions: z.array(z.object({ entityName: z.string(), observations: z.array(z.string()) })) },
		deleted, (r) => r.message],
	delete_relations: ["Delete relations between entities",
		{ relations: z.array(relation) }, deleted, (r) => r.message],
	read_graph: ["Read the whole knowledge graph", {}, part, (r) => r],
	search_nodes: ["Find entities with a text in their names, types or observations",
		{ query: z.string() }, part, (r) => r],
	open_nodes: ["Read entities by their names", { names: z.array(z.string()) }, part, (r) => r],
};

const server = new McpServer({ name: "kg-memory", version: "0.1.0" });

function register(name, description, inputSchema, outputSchema, readOnly, run) {
	server.registerTool(name, { description, inputSchema, outputSchema, annotations: { readOnlyHint: readOnly } }, run);
}

function shown(value) {
	return [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value, null, 2) }];
}

for (const [name, [description, input, output, show]] of Object.entries(tools)) {
	register(name, description, input, output, /^(read|search|open)/.test(name), async (args) => {
		const { rows } = await pool.query(`SELECT kg.mcp_${name}($1, $2) AS result`, [JSON.stringify(args ?? {}), graph]);
		return { content: shown(show(rows[0].result)), structuredContent: rows[0].result };
	});
}

const question = {
	query: z.string().describe("A question or some words"),
	k: z.number().int().min(1).max(1000).default(10).describe("How many to return"),
};
register("search", "Find entities and passages by words, names and what they are connected to", question,
	{ results: z.array(z.object({ name: z.string(), kind: z.string(), score: z.number() }).passthrough()) }, true,
	async ({ query, k }) => {
		const { rows } = await pool.query(
			"SELECT entity::text, kind, name, score FROM kg.search($1, k => $2, graph => $3)", [query, k, graph]);
		return { content: shown(rows), structuredContent: { results: rows } };
	});
register("context", "Read what is known about a question: passages and facts, with ids to cite",
	{ query: question.query, budget: z.number().int().min(1).max(1000000).default(2000).describe("Tokens at most") },
	{ context: z.string() }, true,
	async ({ query, budget }) => {
		const { rows } = await pool.query("SELECT kg.context($1, budget => $2, graph => $3) AS context", [query, budget, graph]);
		return { content: shown(rows[0].context), structuredContent: rows[0] };
	});

try {
	await pool.query("CREATE EXTENSION IF NOT EXISTS kg");
	const { rows } = await pool.query("SELECT EXISTS (SELECT FROM kg.graph WHERE name = $1) AS there", [graph]);
	if (!rows[0].there)
		await pool.query("SELECT kg.create_graph($1)", [graph]);
} catch (error) {
	console.error(`cannot use graph "${graph}": ${error.message}`);
	process.exit(1);
}
await server.connect(new StdioServerTransport());
