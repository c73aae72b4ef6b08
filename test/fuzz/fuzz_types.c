/*
 * fuzz_types.c
 *	  Feeds mutated text and binary input to the types' input functions,
 *	  without a server and under the sanitizers.
 *
 *	fuzz_types [SECONDS [SEED]]
 *
 * What an input function accepts must be a valid value that its output
 * functions write and it reads back as the same bits.  What it rejects must
 * give an error with a message of bounded length.
 */
#include "postgres.h"

#include <time.h>

#include "utils/builtins.h"

#include "server.h"
#include "values.h"

#define MAX_INPUT 400

/* Changes a few bytes of data; returns the new length. */
static int
mutate(char *data, int length, const char *alphabet)
{
	int			changes = 1 + random_below(4);

	while (changes-- > 0)
	{
		int			at = length == 0 ? 0 : random_below(length);
		char		c = alphabet != NULL ?
		alphabet[random_below(strlen(alphabet))] : (char) random_below(256);

		switch (random_below(alphabet != NULL ? 5 : 4))
		{
			case 0:				/* replace */
				if (length > 0)
					data[at] = c;
				break;
			case 1:				/* insert */
				if (length < MAX_INPUT)
				{
					memmove(data + at + 1, data + at, length - at);
					data[at] = c;
					length++;
				}
				break;
			case 2:				/* remove */
				if (length > 0)
				{
					memmove(data + at, data + at + 1, length - at - 1);
					length--;
				}
				break;
			case 3:				/* cut short */
				if (random_below(4) == 0)
					length = at;
				break;
			case 4:				/* repeat a part */
				{
					int			n = random_below(length - at + 1);

					if (length + n <= MAX_INPUT)
					{
						memmove(data + at + n, data + at, length - at);
						length += n;
					}
				}
		}
	}
	return length;
}

static bool
fuzz_text(const Type *type)
{
	char text[	MAX_INPUT + 1];
	const char *start = type->texts[random_below(lengthof(type->texts))];
	int			length = strlen(start);
	char	   *copy;

	memcpy(text, start, length);
	length = mutate(text, length, "[]{}:,/ \t0123456789.eE+-xpnaif");
	text[		length] = '\0';

	copy = pnstrdup(text, length);
	return check(type, call_input(type->in, CStringGetDatum(copy), 0), text, length);
}

static bool
fuzz_binary(const Type *type)
{
	char		data[MAX_INPUT];
	struct varlena *value = call_input(type->in, CStringGetDatum(type->texts[random_below(3)]), 0);
	bytea	   *sent = (bytea *) DatumGetPointer(call_output(type->send, value));
	int			length = VARSIZE(sent) - VARHDRSZ;

	memcpy(data, VARDATA(sent), length);
	length = mutate(data, length, NULL);
	return check(type, receive(type, data, length), data, length);
}

int
main(int argc, char **argv)
{
	double		seconds = argc > 1 ? atof(argv[1]) : 2;
	uint64		seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (int i = 0; i < NTYPES * 2; i++)
	{
		const Type *type = &types[i / 2];
		bool text = i % 2 == 0;
		clock_t		end = clock() + seconds * CLOCKS_PER_SEC / (NTYPES * 2);
		int			cases = 0;
		int			accepted = 0;

		random_start((seed << 8) + i + 1);
		while (cases % 64 != 0 || clock() < end)
		{
			accepted += text ? fuzz_text(type) : fuzz_binary(type);

			cases++;
			free_case();
		}

		/* neither all nor nothing, or the cases are none */
		printf("%s - fuzz: %s of %s (seed %llu: %d cases, %d accepted)\n",
			   accepted > 0 && accepted < cases ? "ok" : "not ok",
			   text ? "text" : "binary", type->name,
			   (unsigned long long) seed, cases, accepted);
	}
	return 0;
}
