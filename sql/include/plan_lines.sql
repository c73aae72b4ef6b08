-- A plan in the words of 17, and without the remarks of 18.
CREATE FUNCTION pg_temp.plan_lines(query text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT replace(replace(regexp_replace(line, ' \(returns \$\d\)', ''),
		'$0', '(InitPlan 1).col1'), '$1', '(InitPlan 2).col1')
	FROM regexp_split_to_table(pg_temp.plan(query), E'\n') AS line
	WHERE line !~ '^ *Disabled: true$'
$$;
