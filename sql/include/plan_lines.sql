-- A plan in the words of 17, without the remarks of 18 and the names of 19.
CREATE FUNCTION pg_temp.plan_lines(query text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT replace(replace(replace(regexp_replace(line, ' \(returns \$\d\)', ''),
		'$0', '(InitPlan 1).col1'), '$1', '(InitPlan 2).col1'), 'InitPlan expr_', 'InitPlan ')
	FROM regexp_split_to_table(pg_temp.plan(query), E'\n') AS line
	WHERE line !~ '^ *Disabled: true$'
$$;
