/*
 * keys.c
 *	  Numbers, keys and addresses of nodes.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "graph/catalog/key_sql.h"
#include "graph/catalog/keys.h"

/* Length of a uuid in text form. */
#define UUID_TEXT_LEN 36

/* Writes a uuid as uuid_out does, to 36 bytes. */
static void
write_uuid(char *to, const char *bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		*to++ = digits[(unsigned char) bytes[i] >> 4];
		*to++ = digits[(unsigned char) bytes[i] & 15];
	}
}

/* The address of a node in the dictionary, palloc'd. */
static text *
node_address(const KgGraph *graph, int64 node)
{
	const KgNodeTable *table = &graph->node_tables[kg_keys_table(graph, node)];
	Datum		key = kg_keys_datum(graph, node);
	const char *label = graph->nnode_tables == 1 ? "" : table->label;
	Size		before = graph->nnode_tables == 1 ? 0 : strlen(label) + 1;
	char		number[MAXINT8LEN + 1];
	const char *bytes = number;
	Size		length = UUID_TEXT_LEN;
	text	   *address;
	char	   *to;

	if (table->kind == KG_KEY_INTEGER)
		length = pg_lltoa(DatumGetInt64(key), number);
	else if (table->kind == KG_KEY_TEXT)
	{
		bytes = VARDATA_ANY(DatumGetPointer(key));
		length = VARSIZE_ANY_EXHDR(DatumGetPointer(key));
	}
	address = palloc(VARHDRSZ + before + length);
	SET_VARSIZE(address, VARHDRSZ + before + length);
	to = VARDATA(address);
	if (before > 0)
	{
		memcpy(to, label, before - 1);
		to[before - 1] = ':';
	}
	if (table->kind == KG_KEY_UUID)
		write_uuid(to + before, DatumGetPointer(key));
	else
		memcpy(to + before, bytes, length);
	return address;
}

char *
kg_node_name(const KgGraph *graph, int64 node)
{
	if (graph->keys == NULL)
		return psprintf(INT64_FORMAT, node);
	return text_to_cstring(node_address(graph, node));
}

Datum
kg_node_key(const KgGraph *graph, int64 node, bool *isnull)
{
	*isnull = graph->keys == NULL;
	return *isnull ? (Datum) 0 : PointerGetDatum(node_address(graph, node));
}

Datum
kg_node_key_shared(const KgGraph *graph, int64 node, bool *isnull)
{
	if (graph->nnode_tables > 1 || graph->node_tables[0].kind != KG_KEY_TEXT)
		return kg_node_key(graph, node, isnull);
	*isnull = false;
	return kg_keys_datum(graph, node);
}

/* The node table that an address names; moves *address on to the key. */
static int
table_of_address(const KgGraph *graph, const char **address)
{
	Size		length = strcspn(*address, ":");

	if (graph->nnode_tables == 1)
		return 0;
	if ((*address)[length] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("node \"%s\" does not say which table it is in", *address),
				 errdetail("Graph \"%s\" has several node tables.", graph->name),
				 errhint("Write the table's label before it, as in '%s:%s'.",
						 graph->node_tables[0].label, *address)));
	for (int i = 0; i < graph->nnode_tables; i++)
	{
		const char *label = graph->node_tables[i].label;

		if (strlen(label) == length && strncmp(label, *address, length) == 0)
		{
			*address += length + 1;
			return i;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("graph \"%s\" has no node table with the label \"%.*s\"", graph->name,
					(int) length, *address),
			 errdetail("The node was given as \"%s\".", *address)));
}

/*
 * A key as its type's input function reads it.  An error of that function would
 * not say where the text came from, so one that names the node and the graph
 * replaces it.
 */
static Datum
parse_key(const KgGraph *graph, int table, const char *key, const char *address)
{
	const KgNodeTable *nodes = &graph->node_tables[table];
	KgKeyKind	kind = nodes->kind;
	const char *label = nodes->label;
	volatile Datum datum = (Datum) 0;
	MemoryContext context = CurrentMemoryContext;
	int			code = 0;

	if (kind == KG_KEY_TEXT && !nodes->by_sql)
		return CStringGetTextDatum(key);
	PG_TRY();
	{
		if (nodes->by_sql)
		{
			char	   *canonical = kg_key_canonical(nodes, key);

			if (canonical == NULL)
				ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("no key")));
			datum = CStringGetTextDatum(canonical);
		}
		else
			datum = DirectFunctionCall1(kind == KG_KEY_INTEGER ? int8in : uuid_in,
										CStringGetDatum(key));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		code = geterrcode();
		FlushErrorState();
		ereport(ERROR,
				(errcode(code),
				 errmsg("node \"%s\" cannot be one of graph \"%s\"", address, graph->name),
				 label == NULL ? errdetail("Its nodes are numbers.") :
				 nodes->ncolumns > 1 ?
				 errdetail("Keys of nodes with the label \"%s\" are arrays of JSON with %d values, as [1, \"x\"].",
						   label, nodes->ncolumns) :
				 errdetail("Keys of nodes with the label \"%s\" are of type %s.", label,
						   format_type_be(nodes->types[0]))));
	}
	PG_END_TRY();
	return datum;
}

int64
kg_node_lookup(const KgGraph *graph, const char *address)
{
	const char *key = address;
	int			table = table_of_address(graph, &key);
	Datum		datum = parse_key(graph, table, key, address);

	if (graph->keys == NULL)
		return DatumGetInt64(datum);
	return kg_keys_intern(graph, table, datum);
}
