/*
 * sort_template.h
 *	  See postgres.h.  Shell's sort for the server's template, with its
 *	  arguments as src/ann gives them.
 */

ST_SCOPE void
ST_SORT(ST_ELEMENT_TYPE * first, size_t count)
{
	size_t		gap = 1;

	while (gap < count / 3)
		gap = 3 * gap + 1;
	for (; gap > 0; gap /= 3)
		for (size_t i = gap; i < count; i++)
		{
			ST_ELEMENT_TYPE moving = first[i];
			size_t		j = i;

			for (; j >= gap && ST_COMPARE(&moving, &first[j - gap]) < 0; j -= gap)
				first[j] = first[j - gap];
			first[j] = moving;
		}
}

#undef ST_SORT
#undef ST_ELEMENT_TYPE
#undef ST_COMPARE
#undef ST_SCOPE
#undef ST_DEFINE
