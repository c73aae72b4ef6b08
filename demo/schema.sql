CREATE EXTENSION kg;
SELECT kg.create_graph(dimensions => 384) \g /dev/null
-- operators such as <=> are found without naming their schema
ALTER DATABASE wordnet SET search_path = "$user", public, kg;
