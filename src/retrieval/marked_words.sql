-- Words of texts as indexes for BM25 have them

CREATE FUNCTION marked_words(words tsvector) RETURNS tsvector
	AS 'MODULE_PATHNAME', 'kg_marked_words'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION marked_words(tsvector) IS
	'the words of a text for an index by which kg.search finds the best texts without reading most others: '
	'a word that may weigh much, since the text has it more than once or is short, begins with the character 1';
