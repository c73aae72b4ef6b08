-- What Storm.pm makes: tables whose rows come, change and go, and functions that
-- write and check them.  Everything is in schema storm, and qualified, since
-- pgbench's sessions have the default search_path.

CREATE SCHEMA storm;

-- A table of each kind has an index, "KIND_v", now and then others, "KIND_wN",
-- and a column of storm.pool with the vectors of its rows.
CREATE TABLE storm.kind (
	number int PRIMARY KEY,
	name text,			-- of the table, and of the column of storm.pool
	type text,			-- of its vectors
	operator text,
	columns text,		-- those of the index
	options text,
	filtered bool,		-- the index has filter columns f and g
	self bool			-- nothing is nearer to a vector than itself
);

-- Numbers between -1 and 1, the same at every run.
CREATE FUNCTION storm.numbers(seed bigint, count int) RETURNS real[]
LANGUAGE sql IMMUTABLE AS $$
	SELECT ARRAY(SELECT hashint8(seed * 65536 + j) / 2147483648::float8 FROM generate_series(1, count) j)::real[]
$$;

-- Vectors around seven centres; one row in ten has one of three vectors, one in 25 none.
CREATE FUNCTION storm.fill_pool(count int) RETURNS void LANGUAGE sql AS $$
	CREATE TABLE storm.pool AS
	SELECT p,
		CASE WHEN p % 25 > 0 THEN around END AS plain,
		around::kg.halfvec AS half,
		CASE WHEN p % 25 > 0 THEN (around::real[] || storm.numbers(p + 1000000, 8))::kg.vector END AS coarse,
		around AS filter,
		-- those of one centre are nearer to each other than float16 tells from afar
		CASE WHEN p % 4 = 0 THEN (SELECT array_agg(3 + x * 1e-4) FROM unnest(around::real[]) x)::real[]::kg.vector
			ELSE around END AS narrow,
		CASE WHEN p % 25 > 3 THEN around WHEN p % 25 > 0 THEN array_fill(0, ARRAY[8])::real[]::kg.vector END AS cosine,
		(hashint8(p)::bit(32) || hashint8(n + 7)::bit(32))::bit(64) AS bits,
		(SELECT '{' || string_agg(j * 100 + 1 + abs(hashint8(n * 64 + j) % 40) || ':' || 1 + abs(hashint8(n * 64 - j) % 100), ',') || '}/1000'
			FROM generate_series(1, CASE WHEN n % 4 = 0 THEN 9 ELSE 5 END) j)::kg.sparsevec AS sparse,
		CASE WHEN p % 25 > 0 THEN coalesce((SELECT array_agg(storm.numbers(n + 1000 * j, 8)::kg.vector) FROM generate_series(1, p % 5) j), '{}') END AS many
	FROM generate_series(1, count) p,
		LATERAL (SELECT CASE WHEN p % 10 = 0 THEN p % 3 ELSE p END::bigint AS n) a,
		LATERAL (SELECT (SELECT array_agg(x + 2 * y ORDER BY o) FROM unnest(storm.numbers(n, 8), storm.numbers(n % 7 - 100, 8)) WITH ORDINALITY u(x, y, o))::real[]::kg.vector AS around) b;
	ALTER TABLE storm.pool ADD PRIMARY KEY (p);
$$;

-- A kind's table with its first rows, and its index.
CREATE FUNCTION storm.make_table(k storm.kind, method text, common_options text, count int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE TABLE storm.%I (id bigserial PRIMARY KEY, p int, v %s, f int, g text)', k.name, k.type);
	EXECUTE format('CREATE INDEX %I ON storm.%I (p)', k.name || '_p', k.name);
	PERFORM storm.insert_rows(k.number, 1, count);
	EXECUTE format('CREATE INDEX %I ON storm.%I USING %I (%s) WITH (%s)', k.name || '_v', k.name, method, k.columns,
		concat_ws(', ', common_options, nullif(k.options, '')));
	EXECUTE format('ANALYZE storm.%I', k.name);
END $$;

CREATE FUNCTION storm.insert_rows(number int, first int, count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text := (SELECT k.name FROM storm.kind k WHERE k.number = $1);
BEGIN
	EXECUTE format('INSERT INTO storm.%1$I (p, v, f, g) SELECT p, %1$I, nullif(p %% 7, 6), ''w'' || p %% 40
		FROM storm.pool WHERE p >= $1 AND p < $2', name) USING first, first + count;
END $$;

-- Some rows get the vectors of others.
CREATE FUNCTION storm.update_vectors(number int, first int, count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text := (SELECT k.name FROM storm.kind k WHERE k.number = $1);
BEGIN
	EXECUTE format('UPDATE storm.%1$I t SET v = (SELECT %1$I FROM storm.pool WHERE p = 1 + (t.p * 17 + $2) %% 997)
		WHERE id IN (SELECT id FROM storm.%1$I WHERE p >= $1 AND p < $1 + $2 FOR UPDATE SKIP LOCKED)', name) USING first, count;
END $$;

-- ... or other values of f and g, and stay where they are.
CREATE FUNCTION storm.update_filters(number int, first int, count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text := (SELECT k.name FROM storm.kind k WHERE k.number = $1);
BEGIN
	EXECUTE format('UPDATE storm.%1$I SET f = (f + 1) %% 6, g = ''w'' || ($1 + $2) %% 40
		WHERE id IN (SELECT id FROM storm.%1$I WHERE p >= $1 AND p < $1 + $2 FOR UPDATE SKIP LOCKED)', name) USING first, count;
END $$;

-- Not those that stay (p < 0), and those that are counted on (0).
CREATE FUNCTION storm.delete_rows(number int, first int, count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text := (SELECT k.name FROM storm.kind k WHERE k.number = $1);
BEGIN
	EXECUTE format('DELETE FROM storm.%1$I WHERE id IN (SELECT id FROM storm.%1$I WHERE p > 0 AND p >= $1 AND p < $1 + $2
		FOR UPDATE SKIP LOCKED)', name) USING first, count;
END $$;

-- Three rows of each kind that no session touches: p is negative.
CREATE FUNCTION storm.make_stays() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	k storm.kind;
BEGIN
	CREATE TABLE storm.stays AS SELECT * FROM storm.pool WHERE p IN (204, 508, 757);
	UPDATE storm.stays SET p = -p;
	FOR k IN SELECT * FROM storm.kind LOOP
		EXECUTE format('INSERT INTO storm.%1$I (p, v, f, g) SELECT p, %1$I, 1, ''stays'' FROM storm.stays', k.name);
	END LOOP;
END $$;

-- The operator between two expressions of a kind.
CREATE FUNCTION storm.distance(k storm.kind, a text, b text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT format('%s OPERATOR(kg.%s) %s', a, k.operator, b)
$$;

-- The order of a kind's rows by their distance from a row of the pool, or the next one
-- if that has no vector.
CREATE FUNCTION storm.order_by(k storm.kind, p int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	query text;
BEGIN
	EXECUTE format('SELECT quote_literal(%1$I) FROM storm.pool WHERE p IN ($1, $1 + 1) AND %1$I IS NOT NULL ORDER BY p LIMIT 1', k.name) INTO query USING p;
	RETURN storm.distance(k, 'v', query || '::' || k.type);
END $$;

-- Statements by index alone, until the transaction ends.
CREATE FUNCTION storm.by_index() RETURNS void LANGUAGE sql AS $$
	SELECT set_config(name, 'off', true) FROM unnest('{enable_seqscan,enable_sort,enable_bitmapscan,jit}'::text[]) name
$$;

-- Is a query answered by one of the kind's indexes?
CREATE FUNCTION storm.uses_index(k storm.kind, query text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		IF line ~ format('Index Scan using %s_(v|w\d+) ', k.name) THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;

-- What is wrong with the answers to one query for all rows that meet a condition: they
-- are those of the table, each once.  (The order of a scan without LIMIT ends where no
-- edge leads on: see src/ann/README.md.)
CREATE FUNCTION storm.check_whole(k storm.kind, p int, condition text DEFAULT 'true') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	key text := storm.order_by(k, p);
	query text := format('SELECT id FROM storm.%2$I WHERE %3$s ORDER BY %1$s', key, k.name, condition);
	ids bigint[];
	exact bigint[];
BEGIN
	PERFORM storm.by_index();
	IF NOT storm.uses_index(k, query) THEN
		RETURN NEXT format('%s: the index does not answer %s', k.name, query);
	END IF;
	EXECUTE format('SELECT array_agg(id), (SELECT array_agg(id) FROM (SELECT id FROM storm.%I WHERE (%s) AND p IS NOT NULL) t)
		FROM (%s) s', k.name, condition, query) INTO ids, exact;
	IF (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id) IS DISTINCT FROM (SELECT array_agg(id ORDER BY id) FROM unnest(exact) id) THEN
		RETURN NEXT format('%s, %s: %s rows by the index, %s in the table; not by index: %s; not in the table: %s', k.name, condition, cardinality(ids), cardinality(exact),
			(SELECT array_agg(id) FROM (SELECT unnest(exact) EXCEPT SELECT unnest(ids) LIMIT 5) u(id)),
			(SELECT array_agg(id) FROM (SELECT unnest(ids) EXCEPT ALL SELECT unnest(exact) LIMIT 5) u(id)));
	END IF;
END $$;

-- Rows of a kind that are not among the nearest of their own vectors; how many there
-- are.
CREATE FUNCTION storm.lost_rows(k storm.kind, OUT lost bigint[], OUT rows bigint) LANGUAGE plpgsql AS $$
BEGIN
	lost := '{}';
	rows := 0;
	IF k.self THEN
		PERFORM storm.by_index();
		EXECUTE format('SELECT array_agg(id) FILTER (WHERE NOT found), count(*) FROM (SELECT id,
				EXISTS (SELECT FROM (SELECT n.id FROM storm.%1$I n ORDER BY %2$s LIMIT equal) n WHERE n.id = r.id) AS found
			FROM (SELECT id, v, count(*) OVER (PARTITION BY v) AS equal FROM storm.%1$I WHERE %3$s < ''NaN'') r) s',
			k.name, storm.distance(k, 'n.v', 'r.v'), storm.distance(k, 'v', 'v')) INTO lost, rows;
		lost := coalesce(lost, '{}');
	END IF;
END $$;

-- All that must hold of a kind's table when nobody writes.  Lost rows are counted.
CREATE FUNCTION storm.check_kind(k storm.kind, p int, OUT problems text, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
	lost bigint[];
BEGIN
	SELECT string_agg(line, E'\n') INTO problems FROM (
		SELECT format('%s, block %s: %s', i.indexrelid::regclass, c.block, c.problem)
		FROM pg_index i JOIN pg_opclass o ON o.oid = i.indclass[0] JOIN pg_am a ON a.oid = o.opcmethod AND a.amname ~ '^kg_', kg.index_check(i.indexrelid, true) c
		WHERE i.indrelid = format('storm.%I', k.name)::regclass
		UNION ALL SELECT storm.check_whole(k, p, condition)
		FROM unnest(CASE WHEN k.filtered THEN ARRAY['true', 'f = 3', 'f IN (1, 2) AND g > ''w2''', 'f IS NULL', 'g = ''w7'''] ELSE '{true}' END) condition
		LIMIT 20) s(line);
	SELECT * INTO lost, rows FROM storm.lost_rows(k);
	IF lost <> '{}' THEN
		problems := concat_ws(E'\n', problems, format('%s: rows not found by their own vectors: %s of %s: %s', k.name, cardinality(lost), rows, lost[1:10]));
	END IF;
	problems := coalesce(problems, '');
END $$;

-- All kinds, or those of these names: empty if nothing is wrong.
CREATE FUNCTION storm.check_all(names text[] DEFAULT NULL, p int DEFAULT 11) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(nullif(c.problems, ''), E'\n' ORDER BY k.number), '')
	FROM storm.kind k, storm.check_kind(k, p) c WHERE names IS NULL OR k.name = ANY (names)
$$;

/*
 * For sessions that look while others write.  A wrong answer is an error.
 */

CREATE FUNCTION storm.expect_whole(number int, p int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	problem text := (SELECT string_agg(c, '; ') FROM storm.kind k, storm.check_whole(k, p) c WHERE k.number = $1);
BEGIN
	ASSERT problem IS NULL, problem;
END $$;

-- The rows of a LIMIT are as many as there are, no row twice, in order.
CREATE FUNCTION storm.expect_nearest(number int, p int, count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	k storm.kind := (SELECT k FROM storm.kind k WHERE k.number = $1);
	key text := storm.order_by(k, p);
	condition text := CASE WHEN k.filtered AND p % 3 > 0 THEN format('f = %s', p % 6) ELSE 'true' END;
	ids bigint[];
	ds float8[];
	wrong int;
	wanted bigint;
BEGIN
	PERFORM storm.by_index();
	EXECUTE format('SELECT array_agg(id), array_agg(d), count(*) FILTER (WHERE NOT met),
			(SELECT count(*) FROM (SELECT FROM storm.%2$I WHERE p IS NOT NULL AND %3$s LIMIT %4$s) t)
		FROM (SELECT id, %1$s AS d, %3$s AS met FROM storm.%2$I WHERE %3$s ORDER BY %1$s LIMIT %4$s) s', key, k.name, condition, count)
		INTO ids, ds, wrong, wanted;
	ASSERT coalesce(cardinality(ids), 0) = wanted, format('%s: %s rows of %s where %s', k.name, cardinality(ids), wanted, condition);
	ASSERT wanted = (SELECT count(DISTINCT id) FROM unnest(ids) id), format('%s: rows twice: %s', k.name, ids);
	ASSERT ds IS NOT DISTINCT FROM (SELECT array_agg(d ORDER BY d) FROM unnest(ds) d), format('%s: not in order: %s', k.name, ds);
	ASSERT wrong = 0, format('%s: rows where not %s', k.name, condition);
END $$;

-- The rows that stay (p < 0) are found by their own vectors, whatever happens around them.
CREATE FUNCTION storm.expect_stays(number int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	k storm.kind := (SELECT k FROM storm.kind k WHERE k.number = $1);
	missing int[];
BEGIN
	IF NOT k.self THEN
		RETURN;
	END IF;
	PERFORM storm.by_index();
	EXECUTE format('SELECT array_agg(p) FROM storm.stays s WHERE NOT EXISTS (SELECT FROM
			(SELECT n.v FROM storm.%1$I n ORDER BY %2$s LIMIT 1) n WHERE n.v::text = s.%1$I::text)',
		k.name, storm.distance(k, 'n.v', 's.' || quote_ident(k.name))) INTO missing;
	ASSERT missing IS NULL, format('%s: rows that stay and were not found: %s', k.name, missing);
END $$;

-- No row of a ball twice, and none that is outside.
CREATE FUNCTION storm.expect_ball(number int, p int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	k storm.kind := (SELECT k FROM storm.kind k WHERE k.number = $1);
	ids bigint[];
	twice bigint;
	outside bigint;
BEGIN
	IF NOT k.self THEN
		RETURN;
	END IF;
	PERFORM storm.by_index();
	EXECUTE format('SELECT array_agg(id), count(*) - count(DISTINCT id), count(*) FILTER (WHERE NOT %2$s <= 0.5) FROM storm.%1$I
		WHERE v OPERATOR(kg.<%3$s>) kg.ball((SELECT %1$I FROM storm.pool WHERE p = $1), 0.5)', k.name,
		storm.distance(k, 'v', format('(SELECT %I FROM storm.pool WHERE p = $1)', k.name)), k.operator) INTO ids, twice, outside USING p;
	ASSERT twice = 0 AND outside = 0, format('%s: rows twice in a ball: %s, outside: %s: %s', k.name, twice, outside, ids);
END $$;

-- Asks one of these questions.  A standby does not wait for queries that are about to
-- open an index when it drops that for REINDEX or DROP INDEX CONCURRENTLY, so they fail
-- there, of all access methods, and are asked again.
CREATE FUNCTION storm.ask(question text, VARIADIC arguments int[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	FOR attempt IN 1 .. 100 LOOP
		BEGIN
			EXECUTE format('SELECT storm.%I(%s)', question, array_to_string(arguments, ', '));
			RETURN;
		EXCEPTION WHEN internal_error THEN
			IF NOT pg_is_in_recovery() OR SQLERRM !~ '^could not open relation with OID \d+$' OR attempt = 100 THEN
				RAISE;
			END IF;
		END;
	END LOOP;
END $$;

/*
 * The graphs: m, which Memory.pm makes, is written by the verbs of memory, g by
 * statements, and r is one of tables that are registered.
 */

-- Another client may forget it before.
CREATE FUNCTION storm.forget_some(forgotten text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM kg.forget(id, 'm') FROM m.entity WHERE name = forgotten;
EXCEPTION WHEN OTHERS THEN
	IF SQLERRM !~ '^there is no entity \d+$' THEN
		RAISE;
	END IF;
END $$;

SELECT kg.create_graph('g', 4);
INSERT INTO g.entity_type (name) VALUES ('node');
INSERT INTO g.relation_type (name) VALUES ('a'), ('b');
CREATE SCHEMA r;
CREATE TABLE r.person (name text PRIMARY KEY);
CREATE TABLE r.knows (id bigserial PRIMARY KEY, a text NOT NULL REFERENCES r.person ON DELETE CASCADE, b text NOT NULL REFERENCES r.person ON DELETE CASCADE);
CREATE INDEX knows_a ON r.knows (a, b) INCLUDE (id);
CREATE INDEX knows_b ON r.knows (b, a) INCLUDE (id);

CREATE FUNCTION storm.fill_graphs(nodes int, edges int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO g.entity (type, name, embedding) SELECT 1, 'n' || i, storm.numbers(i, 4)::kg.vector FROM generate_series(1, nodes) i;
	INSERT INTO g.relation (source, target, type) SELECT 1 + abs(hashint8(i) % nodes), 1 + abs(hashint8(-i) % nodes), 1 + i % 2 FROM generate_series(1, edges) i;
	INSERT INTO r.person SELECT 'n' || i FROM generate_series(1, nodes) i;
	INSERT INTO r.knows (a, b) SELECT 'n' || 1 + abs(hashint8(i) % nodes), 'n' || 1 + abs(hashint8(-i) % nodes) FROM generate_series(1, edges) i;
$$;

-- Nodes and depths by kg.traverse that a recursive query does not give, or the other
-- way round.  One statement, one snapshot.
CREATE FUNCTION storm.check_traverse(graph text, start bigint, reader text DEFAULT 'auto') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	difference text;
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true), set_config('client_min_messages', 'warning', true);
	EXECUTE format('WITH RECURSIVE level (e, d) AS (
			SELECT id, 0 FROM %1$I.entity WHERE id = $1
			UNION SELECT r.target, d + 1 FROM level JOIN %1$I.relation r ON r.source = e AND r.expired_at IS NULL WHERE d < 3),
		least AS (SELECT e, min(d) AS d FROM level GROUP BY e),
		found AS (SELECT entity, depth FROM kg.traverse(ARRAY[$1], 3, graph => $2))
		SELECT string_agg(s::text, '' '') FROM (
			(SELECT ''more'', f.* FROM found f EXCEPT ALL SELECT ''more'', l.* FROM least l) UNION ALL
			(SELECT ''less'', l.* FROM least l EXCEPT ALL SELECT ''less'', f.* FROM found f)) s', graph) INTO difference USING start, graph;
	IF difference IS NOT NULL THEN
		RETURN NEXT format('%s, from %s by %s: %s', graph, start, reader, difference);
	END IF;
END $$;

-- The same of the registered graph, by names.
CREATE FUNCTION storm.check_registered(start text, reader text DEFAULT 'auto') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	difference text;
BEGIN
	PERFORM set_config('kg.adjacency_reader', reader, true), set_config('client_min_messages', 'warning', true);
	WITH RECURSIVE level (e, d) AS (
			SELECT name, 0 FROM r.person WHERE name = start
			UNION SELECT k.b, d + 1 FROM level JOIN r.knows k ON k.a = e WHERE d < 3),
		least AS (SELECT e, min(d) AS d FROM level GROUP BY e),
		found AS (SELECT key, depth FROM kg.traverse(ARRAY[start], 3, graph => 'r'))
	SELECT string_agg(s::text, ' ') INTO difference FROM (
		(SELECT 'more', f.* FROM found f EXCEPT ALL SELECT 'more', l.* FROM least l) UNION ALL
		(SELECT 'less', l.* FROM least l EXCEPT ALL SELECT 'less', f.* FROM found f)) s;
	IF difference IS NOT NULL THEN
		RETURN NEXT format('r, from %s by %s: %s', start, reader, difference);
	END IF;
END $$;

CREATE FUNCTION storm.expect_graphs(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	problem text := (SELECT string_agg(p, '; ') FROM (
		SELECT storm.check_traverse('g', 1 + n % 300)
		UNION ALL SELECT storm.check_traverse('m', 1 + n % 50)
		UNION ALL SELECT storm.check_registered('n' || 1 + n % 300)) s(p));
BEGIN
	ASSERT problem IS NULL, problem;
END $$;

-- All that must hold of the graphs when nobody writes.
CREATE FUNCTION storm.check_graphs() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(p, E'\n'), '') FROM (
		SELECT p FROM generate_series(1, 300, 29) n, unnest('{leaf,index,sql}'::text[]) reader, storm.check_traverse('g', n, reader) p
		UNION ALL SELECT p FROM generate_series(1, 60, 11) n, unnest('{leaf,index,sql}'::text[]) reader, storm.check_traverse('m', n, reader) p
		UNION ALL SELECT p FROM generate_series(1, 300, 29) n, unnest('{leaf,index,sql}'::text[]) reader, storm.check_registered('n' || n, reader) p
		UNION ALL SELECT format('%s.embedding, block %s: %s', graph, c.block, c.problem)
			FROM unnest('{g,m}'::text[]) graph, kg.index_check(format('%I.entity_embedding', graph), true) c
		UNION ALL SELECT 'g: an edge whose end is missing' FROM g.relation r WHERE NOT EXISTS (SELECT FROM g.entity WHERE id = source) OR NOT EXISTS (SELECT FROM g.entity WHERE id = target)
		UNION ALL SELECT 'r: an edge whose end is missing' FROM r.knows k WHERE NOT EXISTS (SELECT FROM r.person WHERE name = a) OR NOT EXISTS (SELECT FROM r.person WHERE name = b)
	) s(p)
$$;
