CREATE EXTENSION kg;
SELECT kg.create_graph(dimensions => 384) \g /dev/null
-- operators such as <=> are found without naming their schema
ALTER DATABASE wordnet SET search_path = "$user", public, kg;
-- kg.search reads texts in the column content: of a synset that is its gloss
CREATE FUNCTION gloss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.content := NEW.properties->>'gloss';
	RETURN NEW;
END $$;
CREATE TRIGGER gloss BEFORE INSERT ON kg.entity
	FOR EACH ROW EXECUTE FUNCTION gloss();
