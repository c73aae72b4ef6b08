/*
 * quickselect.h
 *	  A template that moves the least elements of an array to the front (Hoare,
 *	  "Algorithm 65: Find", 1961), with pivots at random: with the middle ones,
 *	  elements that rise and then fall take time that grows with the square of count.
 *
 * Define these before including it, which undefines them:
 *
 *		SELECT_NAME		the function's name
 *		SELECT_ELEMENT	the type of elements
 *		SELECT_KEY		the member that elements are ordered by
 */

/* The first nth of count elements become those with the least keys, in any order. */
static void
SELECT_NAME(SELECT_ELEMENT * elements, int count, int nth)
{
	int			low = 0;
	int			high = count - 1;
	uint32		random = 1013904223;

	/* a linear congruential generator is random enough (Numerical Recipes) */
	for (; low < high; random = random * 1664525 + 1013904223)
	{
		const		__typeof__(elements->SELECT_KEY) pivot =
		elements[low + ((uint64) random * (high - low + 1) >> 32)].SELECT_KEY;
		int			i = low;
		int			j = high;

		while (i <= j)
		{
			SELECT_ELEMENT moved;

			while (elements[i].SELECT_KEY < pivot)
				i++;
			while (elements[j].SELECT_KEY > pivot)
				j--;
			if (i > j)
				break;
			moved = elements[i];
			elements[i++] = elements[j];
			elements[j--] = moved;
		}
		if (nth <= j)
			high = j;
		else if (nth >= i)
			low = i;
		else
			break;
	}
}

#undef SELECT_NAME
#undef SELECT_ELEMENT
#undef SELECT_KEY
