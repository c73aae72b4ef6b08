-- Semantic Kernel, PgVector | semantic-kernel 0088368 | `IndexKind.Flat`, index by SQL
-- Quoted names, an index on a table that is empty, queries within queries, tags
-- in arrays, Hamming.
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS public."Hotels";
CREATE TABLE IF NOT EXISTS public."Hotels" (
    "HotelId" integer NOT NULL, "HotelName" text, "ParkingIncluded" boolean NOT NULL, "Tags" text[],
    "Embedding" vector(64) NOT NULL, "Half" halfvec(64), "Bits" bit(64),
    PRIMARY KEY ("HotelId"));
CREATE INDEX IF NOT EXISTS "Hotels_Embedding_index" ON public."Hotels" USING :hnsw ("Embedding" vector_cosine_ops);
CREATE INDEX IF NOT EXISTS "Hotels_Half_index" ON public."Hotels" USING :hnsw ("Half" halfvec_l2_ops);
CREATE INDEX IF NOT EXISTS "Hotels_Bits_index" ON public."Hotels" USING :hnsw ("Bits" bit_hamming_ops);
CREATE INDEX IF NOT EXISTS "Hotels_HotelName_index" ON public."Hotels" ("HotelName");
SELECT checks.same($$SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name = 'Hotels'$$, '{Hotels}');

PREPARE upsert (int, text, bool, text[], vector, halfvec, bit(64)) AS
	INSERT INTO public."Hotels" ("HotelId", "HotelName", "ParkingIncluded", "Tags", "Embedding", "Half", "Bits")
	VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ("HotelId") DO UPDATE SET
	"HotelName" = EXCLUDED."HotelName", "ParkingIncluded" = EXCLUDED."ParkingIncluded", "Tags" = EXCLUDED."Tags",
	"Embedding" = EXCLUDED."Embedding", "Half" = EXCLUDED."Half", "Bits" = EXCLUDED."Bits";
SELECT format('EXECUTE upsert(%L, %L, %L, %L, %L, %5$L, %L)', i, 'Hotel ' || i, i % 2 = 0, ARRAY[checks.word(i), 'all'],
	checks.embedding(i), binary_quantize(checks.embedding(i)::vector))
FROM generate_series(1, 2000) AS i \gexec
SELECT format('EXECUTE upsert(1, %L, %L, %L, %L, %4$L, %L)', 'again', true, '{pool}', checks.embedding(1),
	binary_quantize(checks.embedding(1)::vector)) \gexec
ANALYZE public."Hotels";

SET hnsw.ef_search = 100;
PREPARE search (vector) AS SELECT "HotelId" ,"HotelName" ,"ParkingIncluded" ,"Tags" ,"Embedding", "Embedding" <=> $1 AS "sk_pg_distance"
	FROM public."Hotels" ORDER BY sk_pg_distance LIMIT 3 OFFSET 2;
SELECT checks.nearest(format('EXECUTE search(%L)', checks.embedding(0)), '"Hotels_Embedding_index"', 3);
PREPARE similarity (vector) AS SELECT "HotelId", 1 - "sk_pg_distance" AS "sk_pg_distance" FROM (
	SELECT "HotelId", "Embedding" <=> $1 AS "sk_pg_distance" FROM public."Hotels" ORDER BY sk_pg_distance LIMIT 3) AS subquery;
SELECT checks.nearest(format('EXECUTE similarity(%L)', checks.embedding(0)), '"Hotels_Embedding_index"', 3);
PREPARE half (halfvec) AS SELECT "HotelId", "Half" <-> $1 AS "sk_pg_distance" FROM public."Hotels" ORDER BY sk_pg_distance LIMIT 3;
SELECT checks.nearest(format('EXECUTE half(%L)', checks.embedding(0)), '"Hotels_Half_index"', 3);
BEGIN;
SET LOCAL hnsw.iterative_scan = strict_order;
PREPARE filtered (vector, text) AS SELECT "HotelId", "Embedding" <=> $1 AS "sk_pg_distance" FROM public."Hotels"
	WHERE "ParkingIncluded" AND "Tags" @> ARRAY[$2::TEXT] ORDER BY sk_pg_distance LIMIT 3;
SELECT checks.nearest(format('EXECUTE filtered(%L, %L)', checks.embedding(0), 'all'), '"Hotels_Embedding_index"', 3, false);
COMMIT;
-- of many rows at one distance any may come: the distances are compared
PREPARE bits (bit(64)) AS SELECT "Bits" <~> $1 AS "sk_pg_distance", "HotelId" FROM public."Hotels" ORDER BY sk_pg_distance LIMIT 3;
SELECT checks.nearest(format('EXECUTE bits(%L)', binary_quantize(checks.embedding(0)::vector)), '"Hotels_Bits_index"', 3);
DELETE FROM public."Hotels" WHERE "HotelId" = ANY('{1,2}');
SELECT checks.same('SELECT count(*) FROM public."Hotels"', '{1998}');
DROP TABLE IF EXISTS public."Hotels";
