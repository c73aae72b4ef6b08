-- Breadth-first search from both ends in PL/pgSQL: the number of relations of a
-- shortest path.
CREATE OR REPLACE FUNCTION path_plpgsql(a bigint, b bigint, relation regclass) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	front bigint[] := ARRAY[a];
	back bigint[] := ARRAY[b];
	seen_front bigint[] := front;
	seen_back bigint[] := back;
	depth int := 0;
	met boolean;
	expand text := format('SELECT array_agg(DISTINCT target) FROM %s WHERE source = ANY ($1) AND target <> ALL ($2)', relation);
	expand_back text := format('SELECT array_agg(DISTINCT source) FROM %s WHERE target = ANY ($1) AND source <> ALL ($2)', relation);
BEGIN
	IF a = b THEN
		RETURN 0;
	END IF;
	LOOP
		depth := depth + 1;
		IF cardinality(front) <= cardinality(back) THEN
			EXECUTE expand INTO front USING front, seen_front;
			IF front IS NULL THEN
				RETURN NULL;
			END IF;
			seen_front := seen_front || front;
			SELECT EXISTS (SELECT FROM unnest(front) f WHERE f = ANY (seen_back)) INTO met;
		ELSE
			EXECUTE expand_back INTO back USING back, seen_back;
			IF back IS NULL THEN
				RETURN NULL;
			END IF;
			seen_back := seen_back || back;
			SELECT EXISTS (SELECT FROM unnest(back) f WHERE f = ANY (seen_front)) INTO met;
		END IF;
		IF met THEN
			RETURN depth;
		END IF;
	END LOOP;
END
$$;
