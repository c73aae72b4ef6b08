// Calls the tools of demo/mcp/server.mjs and of the public memory server in one order and
// compares what they return.  Prints a line of TAP for each comparison.
//
//	client.mjs FILE		FILE is where the public server keeps its memory
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import assert from "node:assert";
import fs from "node:fs";
import { fileURLToPath } from "node:url";

const file = process.argv[2];
let checks = 0;

function check(name, test) {
	checks++;
	try {
		test();
		console.log(`ok ${checks} - ${name}`);
	} catch (error) {
		console.log(`not ok ${checks} - ${name}`);
		console.log(error.message.replace(/^/gm, "# "));
		process.exitCode = 1;
	}
}

async function connect(path, env) {
	const client = new Client({ name: "kg-test", version: "0" });

	await client.connect(new StdioClientTransport({ command: process.execPath, args: [path], env: { ...process.env, ...env } }));
	return client;
}

const server = fileURLToPath(new URL("../../demo/mcp/server.mjs", import.meta.url));
const kg = await connect(server, { KG_GRAPH: "memory" });
const memory = await connect(fileURLToPath(new URL("node_modules/@modelcontextprotocol/server-memory/dist/index.js", import.meta.url)), { MEMORY_FILE_PATH: file });

const person = (name, ...observations) => ({ name, entityType: "person", observations });
const knows = (from, to) => ({ from, to, relationType: "knows" });
const calls = [
	["read_graph", {}],
	["create_entities", { entities: [person("Ada", "wrote programs", "daughter of Byron"), person("Charles"), { name: "Engine", entityType: "machine", observations: ["has \"wheels\"\n\\ and ünï ☃ 北京"] }] }],
	["create_entities", { entities: [person("Ada", "another"), person("ada", "is another")] }],
	["create_entities", { entities: [] }],
	["create_entities", { entities: [person("Twice", "the same", "another", "the same"), person("Again", "the same", "the same")] }],
	["add_observations", { observations: [{ entityName: "Twice", contents: ["the same"] }] }],
	["delete_observations", { deletions: [{ entityName: "Twice", observations: ["the same"] }] }],
	["create_relations", { relations: [knows("Ada", "Charles"), { from: "Charles", to: "Engine", relationType: "designed" }, knows("Ada", "Ada")] }],
	["create_relations", { relations: [knows("Ada", "Charles"), knows("Charles", "Ada"), knows("Ada", "Mary, who is not there")] }],
	["add_observations", { observations: [{ entityName: "Ada", contents: ["wrote programs", "liked horses"] }, { entityName: "Engine", contents: [] }] }],
	["read_graph", {}],
	["search_nodes", { query: "PROGRAM" }],
	["search_nodes", { query: "machine" }],
	["search_nodes", { query: "ENGINE" }],
	["search_nodes", { query: "100%_" }],
	["search_nodes", { query: "mary" }],
	["search_nodes", { query: "" }],
	["open_nodes", { names: ["Charles", "Nobody"] }],
	["open_nodes", { names: ["Mary, who is not there"] }],
	["open_nodes", { names: [] }],
	["delete_observations", { deletions: [{ entityName: "Ada", observations: ["wrote programs", "never said"] }, { entityName: "Nobody", observations: ["x"] }] }],
	["delete_relations", { relations: [knows("Ada", "Charles"), knows("Nobody", "Ada")] }],
	["read_graph", {}],
	["create_relations", { relations: [knows("Ada", "Charles")] }],
	["add_observations", { observations: [{ entityName: "Ada", contents: ["wrote programs"] }] }],
	["create_entities", { entities: [person("Mary, who is not there", "is there")] }],
	["open_nodes", { names: ["Ada", "Mary, who is not there"] }],
	["delete_entities", { entityNames: ["Charles", "Nobody"] }],
	["read_graph", {}],
];

for (const [name, args] of calls) {
	const [ours, theirs] = await Promise.all([kg, memory].map((client) => client.callTool({ name, arguments: args })));
	const call = `${name} ${JSON.stringify(args).slice(0, 60)}`;

	check(call, () => assert.deepStrictEqual(ours.structuredContent, theirs.structuredContent));
	check(`${call}: text`, () => {
		const [a, b] = [ours, theirs].map((r) => r.content[0].text);

		assert.deepStrictEqual(a.startsWith("[") || a.startsWith("{") ? JSON.parse(a) : a, b.startsWith("[") || b.startsWith("{") ? JSON.parse(b) : b);
	});
}

// Both refuse these.
for (const [name, args] of [
	["add_observations", { observations: [{ entityName: "Nobody", contents: ["x"] }] }],
	["create_entities", { entities: [{ name: "without a type" }] }],
	["no_such_tool", {}],
]) {
	const results = await Promise.all([kg, memory].map((client) => client.callTool({ name, arguments: args }).catch((error) => ({ isError: true, content: [{ text: error.message }] }))));

	check(`${name} ${JSON.stringify(args)}: an error`, () => assert.deepStrictEqual(results.map((r) => r.isError), [true, true]));
	if (name === "add_observations")
		check("its text", () => assert.strictEqual(results[0].content[0].text, results[1].content[0].text));
}

const names = async (client) => (await client.listTools()).tools.map((tool) => tool.name).sort();
const [ours, theirs] = [await names(kg), await names(memory)];
check("tools", () => assert.deepStrictEqual(ours, [...theirs, "context", "search"].sort()));

const found = await kg.callTool({ name: "search", arguments: { query: "who liked horses", k: 3 } });
check("search", () => assert.strictEqual(found.structuredContent.results[0].name, "Ada"));
const context = await kg.callTool({ name: "context", arguments: { query: "who liked horses", budget: 200 } });
check("context", () => assert.match(context.structuredContent.context, /liked horses/));

await Promise.all([kg.close(), memory.close()]);
console.log(`1..${checks}`);
fs.statSync(file);
