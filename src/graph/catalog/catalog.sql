-- The catalogue of graphs, and making and dropping one

-- A function f whose body is in SQL has two parts, f and f_body (see body.c).
-- Nobody needs to call f_body; it runs with the caller's rights and can do no more than f.

-- The catalogue holds names rather than oids: a dump may be loaded elsewhere, in any
-- order and in part, and its rows must still mean the same.
CREATE TABLE graph (
	name text PRIMARY KEY,
	schema_name text,
	entity_table text DEFAULT 'entity',
	relation_table text DEFAULT 'relation',
	observation_table text DEFAULT 'observation',
	entity_type_table text DEFAULT 'entity_type',
	relation_type_table text DEFAULT 'relation_type',
	metric text NOT NULL DEFAULT 'cosine'
		CHECK (metric IN ('cosine', 'l2', 'ip')),
	made_schema boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now(),
	CHECK (num_nulls(schema_name, entity_table, relation_table, observation_table,
					 entity_type_table, relation_type_table) IN (0, 6))
);
CREATE TABLE node_table (
	graph text,
	label text CHECK (label <> '' AND strpos(label, ':') = 0),
	schema_name text NOT NULL,
	table_name text NOT NULL,
	key_column text NOT NULL,
	name_column text,
	embedding_column text,
	content_column text,
	PRIMARY KEY (graph, label)
);
CREATE TABLE edge_table (
	graph text,
	number integer,
	schema_name text NOT NULL,
	table_name text NOT NULL,
	source_column text NOT NULL,
	target_column text NOT NULL,
	source_label text NOT NULL,
	target_label text NOT NULL,
	type text,
	type_column text,
	id_column text,
	weight_column text,
	valid_from_column text,
	valid_to_column text,
	trust_ends boolean NOT NULL DEFAULT false,
	recorded_at_column text,
	expired_at_column text,
	PRIMARY KEY (graph, number),
	CHECK (num_nulls(type, type_column) = 1)
);
-- Counts of the words of registered tables, for BM25.  They are no part of a dump: they can be counted again.
CREATE TABLE registered_text_size (
	graph text,
	label text,
	kind text,
	made_by text NOT NULL,
	texts bigint NOT NULL,
	words bigint NOT NULL,
	mean_idf double precision NOT NULL,
	refreshed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (graph, label, kind)
);
CREATE TABLE registered_lexeme (
	graph text,
	label text,
	kind text,
	lexeme text,
	texts bigint NOT NULL,
	PRIMARY KEY (graph, label, kind, lexeme)
);
-- There are no foreign keys between these tables, since a dump may be loaded in any order.
SELECT pg_catalog.pg_extension_config_dump('graph', '');
SELECT pg_catalog.pg_extension_config_dump('node_table', '');
SELECT pg_catalog.pg_extension_config_dump('edge_table', '');

COMMENT ON TABLE graph IS
	'the graphs of this database; kg.create_graph, kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN graph.name IS
	'name of the graph, which functions take as the argument "graph"';
COMMENT ON COLUMN graph.schema_name IS
	'schema of the tables that kg.create_graph made; in a graph of kg.register_graph this column and the table names are null, and kg.node_table and kg.edge_table list its tables';
COMMENT ON COLUMN graph.entity_table IS
	'table of the nodes';
COMMENT ON COLUMN graph.relation_table IS
	'table of the edges';
COMMENT ON COLUMN graph.observation_table IS
	'table of texts about entities';
COMMENT ON COLUMN graph.entity_type_table IS
	'table of the names of entity types';
COMMENT ON COLUMN graph.relation_type_table IS
	'table of the names of relation types';
COMMENT ON COLUMN graph.metric IS
	'metric that kg.knn uses if the embeddings have no index: cosine, l2 or ip';
COMMENT ON COLUMN graph.made_schema IS
	'did kg.create_graph make the schema? If so, kg.drop_graph drops it once it is empty';
COMMENT ON COLUMN graph.created_at IS
	'when the graph was registered';

COMMENT ON TABLE node_table IS
	'the node tables of registered graphs; kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN node_table.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN node_table.label IS 'label of its nodes; if the graph has several node tables, a node is written label:key';
COMMENT ON COLUMN node_table.schema_name IS 'schema of the table';
COMMENT ON COLUMN node_table.table_name IS 'name of the table';
COMMENT ON COLUMN node_table.key_column IS 'column that identifies a node, or several columns as (a, b)';
COMMENT ON COLUMN node_table.name_column IS 'column with the names of nodes, or null';
COMMENT ON COLUMN node_table.embedding_column IS 'column with the embeddings of nodes, for kg.knn, or null';
COMMENT ON COLUMN node_table.content_column IS 'column with the texts of nodes, for kg.search, or null';
COMMENT ON TABLE edge_table IS
	'the edge tables of registered graphs; kg.register_graph and kg.drop_graph maintain it';
COMMENT ON COLUMN edge_table.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN edge_table.number IS 'number of the table among the edge tables of the graph';
COMMENT ON COLUMN edge_table.schema_name IS 'schema of the table';
COMMENT ON COLUMN edge_table.table_name IS 'name of the table';
COMMENT ON COLUMN edge_table.source_column IS 'column with the key of the edge''s source node, or several columns as (a, b)';
COMMENT ON COLUMN edge_table.target_column IS 'column with the key of the edge''s target node, or several columns as (a, b)';
COMMENT ON COLUMN edge_table.source_label IS 'label of the node table with the sources (kg.node_table.label)';
COMMENT ON COLUMN edge_table.target_label IS 'label of the node table with the targets (kg.node_table.label)';
COMMENT ON COLUMN edge_table.type IS 'type of all edges in the table; null if type_column holds the type of each edge';
COMMENT ON COLUMN edge_table.type_column IS 'column with the type of each edge; null if all edges are of the type in column "type"';
COMMENT ON COLUMN edge_table.id_column IS 'integer column that identifies an edge, or null';
COMMENT ON COLUMN edge_table.weight_column IS 'column with the weights of edges; null: each edge has weight 1';
COMMENT ON COLUMN edge_table.valid_from_column IS 'column with the time from which an edge is valid; null: edges have no start';
COMMENT ON COLUMN edge_table.valid_to_column IS 'column with the time until which an edge is valid; null: edges have no end';
COMMENT ON COLUMN edge_table.trust_ends IS 'do searches trust that both ends of every edge are in the node tables, as if foreign keys said so?';
COMMENT ON COLUMN edge_table.recorded_at_column IS 'column with the time from which an edge was known; null: known_at cannot be asked for';
COMMENT ON COLUMN edge_table.expired_at_column IS 'column with the time until which an edge was known; where it is not null, the edge is no longer known; null: all edges are still known';

COMMENT ON TABLE registered_text_size IS
	'number and length of the texts of registered graphs, for BM25; kg.refresh_text_statistics fills it. kg.search reads it for roles that see all of these texts; nobody else may, since it tells of them';
COMMENT ON COLUMN registered_text_size.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN registered_text_size.label IS 'label of the table of nodes (kg.node_table.label)';
COMMENT ON COLUMN registered_text_size.kind IS 'which texts: names of entities, or passages';
COMMENT ON COLUMN registered_text_size.made_by IS 'how words were made of which column: the counts are of no use for words made in another way';
COMMENT ON COLUMN registered_text_size.texts IS 'number of texts';
COMMENT ON COLUMN registered_text_size.words IS 'number of words in all of them';
COMMENT ON COLUMN registered_text_size.mean_idf IS 'mean of the words'' inverse document frequencies';
COMMENT ON COLUMN registered_text_size.refreshed_at IS 'when they were counted';
COMMENT ON TABLE registered_lexeme IS
	'in how many texts of registered graphs a word is, for BM25; kg.refresh_text_statistics fills it';
COMMENT ON COLUMN registered_lexeme.graph IS 'name of the graph (kg.graph.name)';
COMMENT ON COLUMN registered_lexeme.label IS 'label of the table of nodes (kg.node_table.label)';
COMMENT ON COLUMN registered_lexeme.kind IS 'of which texts: names of entities, or passages';
COMMENT ON COLUMN registered_lexeme.lexeme IS 'the word as in a tsvector';
COMMENT ON COLUMN registered_lexeme.texts IS 'number of texts with this word';

-- The names of graphs are no secret, their rows are: privileges and policies on a
-- graph's own tables decide what a role may read of it.
GRANT SELECT ON graph, node_table, edge_table TO PUBLIC;
GRANT USAGE ON SCHEMA kg TO PUBLIC;

CREATE FUNCTION register_graph(
	name text,
	metric text DEFAULT 'cosine',
	made_schema boolean DEFAULT false
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_register_graph'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION register_graph(text, text, boolean) IS
	'enters the five tables in the schema of that name as a graph in kg.graph; the caller must own them all; '
	'kg.create_graph calls this, and you may call it after a partial restore';

CREATE FUNCTION unregister_graph(name text) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_unregister_graph'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION unregister_graph(text) IS
	'removes a graph from kg.graph and leaves its tables; the caller must have the right to drop them';

CREATE FUNCTION set_updated() RETURNS trigger
	AS 'MODULE_PATHNAME', 'kg_set_updated'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION set_updated() IS
	'trigger function, BEFORE UPDATE: sets updated_at and updated_by unless the command itself changes them';

CREATE FUNCTION create_graph_body(name text, dimensions integer, metric text, embedding_type text, language regconfig) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	max_dimensions CONSTANT integer := 16000;
	make_schema boolean;
	taken text;
BEGIN
	IF name IS NULL OR name = '' THEN
		RAISE invalid_parameter_value
			USING MESSAGE = 'a graph needs a name';
	END IF;
	IF name::name::text <> name THEN
		RAISE name_too_long USING
			MESSAGE = format('graph name "%s" is too long', name),
			DETAIL = format('It has %s bytes; the name is also that of a schema, which ends after %s.',
							octet_length(name), octet_length(name::name::text));
	END IF;
	IF name LIKE 'pg\_%' OR name = 'information_schema' THEN
		RAISE reserved_name USING
			MESSAGE = format('graph name "%s" is reserved for system schemas', name);
	END IF;
	IF dimensions NOT BETWEEN 1 AND max_dimensions THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('dimensions must be between 1 and %s, not %s',
							 max_dimensions, dimensions);
	END IF;
	IF metric IS NULL OR metric NOT IN ('cosine', 'l2', 'ip') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown metric %s', quote_nullable(metric)),
			HINT = 'Use ''cosine'', ''l2'' or ''ip''.';
	END IF;
	IF embedding_type IS NULL OR embedding_type NOT IN ('vector', 'halfvec', 'int8vec') THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('unknown embedding type %s', quote_nullable(embedding_type)),
			HINT = 'Use ''vector'', ''halfvec'' or ''int8vec''.';
	END IF;

	SELECT c.relname INTO taken
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = create_graph_body.name AND
		c.relname IN ('entity', 'relation', 'observation', 'entity_type', 'relation_type',
					  'alias', 'change', 'lexeme', 'text_size')
	ORDER BY c.relname LIMIT 1;
	IF EXISTS (SELECT FROM kg.graph g WHERE g.name = create_graph_body.name) THEN
		IF taken IS NOT NULL OR
			EXISTS (SELECT FROM kg.graph g WHERE g.name = create_graph_body.name AND g.schema_name IS NULL) THEN
			RAISE duplicate_object USING
				MESSAGE = format('graph "%s" already exists', name);
		END IF;
		-- the entry is left over: its tables were dropped by hand
		PERFORM kg.unregister_graph(name);
	ELSIF taken IS NOT NULL THEN
		RAISE duplicate_table USING
			MESSAGE = format('schema %I already has a table %I', name, taken),
			HINT = format('If the tables there are a graph, enter them with kg.register_graph(%L). Else give the graph another name.', name);
	END IF;

	make_schema := NOT EXISTS (
		SELECT FROM pg_namespace n WHERE n.nspname = create_graph_body.name);
	IF make_schema AND NOT has_database_privilege(current_database(), 'CREATE') THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('permission denied to create schema %I for graph "%s"', name, name),
			HINT = format('Ask for GRANT CREATE ON DATABASE %I TO %I, or for a schema of that name in which you may create tables.',
						  current_database(), current_user);
	END IF;
	IF NOT make_schema AND NOT (has_schema_privilege(name, 'CREATE') AND
								has_schema_privilege(name, 'USAGE')) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('permission denied to create tables in schema %I', name),
			HINT = format('Ask for GRANT CREATE, USAGE ON SCHEMA %I TO %I, or give the graph another name, as in kg.create_graph(name => %L).',
						  name, current_user, 'mine');
	END IF;

	BEGIN
		IF make_schema THEN
			EXECUTE format('CREATE SCHEMA %I', name);
		END IF;
		EXECUTE format($ddl$
CREATE TABLE %1$I.entity_type (
	id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE
);
CREATE TABLE %1$I.relation_type (
	id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE
);
CREATE TABLE %1$I.entity (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	type integer NOT NULL REFERENCES %1$I.entity_type (id),
	name text NOT NULL CHECK (octet_length(name) <= 2000),
	properties jsonb NOT NULL DEFAULT '{}',
	embedding %2$s,
	importance real NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user,
	updated_at timestamptz NOT NULL DEFAULT now(),
	updated_by text NOT NULL DEFAULT current_user
);
CREATE TABLE %1$I.relation (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	source bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	target bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	type integer NOT NULL REFERENCES %1$I.relation_type (id),
	weight real NOT NULL DEFAULT 1,
	properties jsonb NOT NULL DEFAULT '{}',
	valid_from timestamptz,
	valid_to timestamptz,
	created_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL DEFAULT current_user,
	CHECK (valid_from < valid_to)
);
CREATE TABLE %1$I.observation (
	id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	entity bigint NOT NULL REFERENCES %1$I.entity (id) ON DELETE CASCADE,
	content text NOT NULL,
	source text,
	at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entity_name_idx ON %1$I.entity (name, type);
CREATE INDEX observation_entity_idx ON %1$I.observation (entity, at);
CREATE TRIGGER entity_set_updated BEFORE UPDATE ON %1$I.entity
	FOR EACH ROW EXECUTE FUNCTION kg.set_updated();

COMMENT ON TABLE %1$I.entity IS 'nodes of the graph';
COMMENT ON COLUMN %1$I.entity.type IS 'entity_type.id';
COMMENT ON COLUMN %1$I.entity.name IS 'name of the entity; need not be unique';
COMMENT ON COLUMN %1$I.entity.properties IS 'other properties, as jsonb';
COMMENT ON COLUMN %1$I.entity.embedding IS 'embedding of the entity, for kg.knn';
COMMENT ON COLUMN %1$I.entity.importance IS 'for ranking, in a unit of your choice';
COMMENT ON COLUMN %1$I.entity.updated_at IS 'time of the last UPDATE';
COMMENT ON COLUMN %1$I.entity.updated_by IS 'role of the last UPDATE';
COMMENT ON TRIGGER entity_set_updated ON %1$I.entity IS 'keeps updated_at and updated_by';
COMMENT ON INDEX %1$I.entity_name_idx IS 'finds entities by name';
COMMENT ON TABLE %1$I.relation IS 'directed edges of the graph, from source to target';
COMMENT ON COLUMN %1$I.relation.source IS 'entity.id of the start of the edge';
COMMENT ON COLUMN %1$I.relation.target IS 'entity.id of the end of the edge';
COMMENT ON COLUMN %1$I.relation.type IS 'relation_type.id';
COMMENT ON COLUMN %1$I.relation.weight IS 'strength or cost, in a unit of your choice';
COMMENT ON COLUMN %1$I.relation.properties IS 'other properties, as jsonb';
COMMENT ON COLUMN %1$I.relation.valid_from IS 'valid from this time on; null: no start';
COMMENT ON COLUMN %1$I.relation.valid_to IS 'valid until just before this time; null: no end';
COMMENT ON TABLE %1$I.observation IS 'texts about entities';
COMMENT ON COLUMN %1$I.observation.entity IS 'entity.id of the entity that the text is about';
COMMENT ON COLUMN %1$I.observation.source IS 'where the text comes from';
COMMENT ON COLUMN %1$I.observation.at IS 'when this was observed';
COMMENT ON INDEX %1$I.observation_entity_idx IS 'observations of an entity in order of time';
COMMENT ON TABLE %1$I.entity_type IS 'names of the types of entities';
COMMENT ON TABLE %1$I.relation_type IS 'names of the types of relations';
$ddl$, name, format('kg.%I', embedding_type) || coalesce('(' || dimensions || ')', ''));
	EXCEPTION WHEN duplicate_schema OR duplicate_table OR unique_violation THEN
		-- the checks above did not see it: the other transaction had not committed
		RAISE duplicate_object USING
			MESSAGE = format('graph "%s" was created by another transaction', name);
	END;
	PERFORM kg.register_graph(name, metric, make_schema);
	PERFORM kg.upgrade_graph(name, language);
END
$function$;
COMMENT ON FUNCTION create_graph_body(text, integer, text, text, regconfig) IS
	'body of kg.create_graph';
REVOKE ALL ON FUNCTION create_graph_body(text, integer, text, text, regconfig) FROM PUBLIC;

CREATE FUNCTION create_graph(
	name text DEFAULT 'kg',
	dimensions integer DEFAULT NULL,
	metric text DEFAULT 'cosine',
	embedding_type text DEFAULT 'vector',
	language regconfig DEFAULT 'english'
) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION create_graph(text, integer, text, text, regconfig) IS
	'makes an empty graph: its tables, owned by the caller, in the schema of that name; '
	'dimensions: of the embeddings, null for any; metric: cosine, l2 or ip; '
	'embedding_type: vector, halfvec or int8vec; language: text search configuration of names and contents';

CREATE FUNCTION drop_graph_body(name text, cascade boolean) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	entry kg.graph;
	tables text;
BEGIN
	SELECT * INTO entry FROM kg.graph g WHERE g.name = drop_graph_body.name;
	IF NOT FOUND THEN
		RAISE undefined_object USING
			MESSAGE = format('graph %s does not exist', coalesce('"' || name || '"', 'NULL')),
			HINT = 'The table kg.graph lists the graphs of this database.';
	END IF;
	PERFORM kg.unregister_graph(name);
	-- Searches begin with the relations: who waits for them must have locked no other
	-- table, which a search locks after them.
	SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', '
		ORDER BY c.relname <> entry.relation_table, c.relname <> entry.entity_table, c.relname) INTO tables
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = entry.schema_name AND
		c.relname IN (entry.entity_table, entry.relation_table, entry.observation_table,
					  entry.entity_type_table, entry.relation_type_table, 'alias', 'change', 'lexeme', 'text_size');
	IF tables IS NOT NULL THEN
		EXECUTE 'DROP TABLE ' || tables || CASE WHEN cascade THEN ' CASCADE' ELSE '' END;
	END IF;
	IF entry.made_schema THEN
		BEGIN
			EXECUTE format('DROP SCHEMA IF EXISTS %I RESTRICT', entry.schema_name);
		EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
			NULL;	-- the schema holds other objects by now, or has another owner
		END;
	END IF;
END
$function$;
COMMENT ON FUNCTION drop_graph_body(text, boolean) IS
	'body of kg.drop_graph';
REVOKE ALL ON FUNCTION drop_graph_body(text, boolean) FROM PUBLIC;

CREATE FUNCTION drop_graph(name text, cascade boolean DEFAULT false) RETURNS void
	AS 'MODULE_PATHNAME', 'kg_call_body'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION drop_graph(text, boolean) IS
	'removes a graph from kg.graph; if kg.create_graph made the graph, also drops its tables, and its schema '
	'if nothing else is in it; cascade: drop what depends on the tables, too; '
	'the tables of a registered graph stay as they are';
