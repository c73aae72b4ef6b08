# The extension vector, in place of pgvector's: "make install-dropin".  Its types
# are those of kg: the same .sql parts, the same C functions.

DROPIN = extensions/vector
DROPIN_VERSION = 0.8.6
DROPIN_OBJS = $(patsubst %.c,%.o,$(wildcard $(DROPIN)/*.c))
DROPIN_PARTS = \
	src/types/vector.sql \
	src/types/halfvec.sql \
	src/types/sparsevec.sql \
	src/types/bitvec.sql \
	src/types/cast.sql \
	src/types/distance_cost.sql \
	src/types/aggregate.sql \
	src/types/opclass.sql \
	$(DROPIN)/vector.sql
DROPIN_SQL = $(DROPIN)/vector--$(DROPIN_VERSION).sql
DROPIN_LIB = $(DROPIN)/vector$(DLSUFFIX)
DROPIN_FILES = '$(DESTDIR)$(datadir)/extension/vector.control' \
	'$(DESTDIR)$(datadir)/extension/vector--$(DROPIN_VERSION).sql' \
	'$(DESTDIR)$(pkglibdir)/vector$(DLSUFFIX)'

$(DROPIN_OBJS): .build/server
-include $(DROPIN_OBJS:.o=.d)

# Statements on types that pgvector does not have are left out.
$(DROPIN_SQL): $(DROPIN_PARTS) $(DROPIN)/vector.mk
	{ printf '%s\n\n' '\echo Use "CREATE EXTENSION vector" to load this file. \quit'; \
		cat $(DROPIN_PARTS) | awk 'BEGIN { RS = ";\n"; ORS = ";\n" } \
			{ code = $$0; gsub(/(^|\n)--[^\n]*/, "", code) } \
			code ~ /[^ \n]/ && code !~ /[^a-z](int8vec|ball)[^a-z]/'; } > $@

# Linked with kg, which is found in its own folder, so that the functions of the
# types are found by way of this library, and its settings exist when they run.
$(DROPIN_LIB): $(DROPIN_OBJS) kg$(DLSUFFIX)
	$(CC) $(CFLAGS) $(DROPIN_OBJS) -shared -o $@ $(LDFLAGS) -L. -Wl,--no-as-needed -l:kg$(DLSUFFIX) -Wl,-rpath,'$$ORIGIN'

.PHONY: dropin dropin-allowed install-dropin uninstall-dropin
dropin: $(DROPIN_SQL) $(DROPIN_LIB)

# Never over the files of pgvector, whose functions databases may name.
dropin-allowed:
	@control='$(DESTDIR)$(datadir)/extension/vector.control'; \
	library='$(DESTDIR)$(pkglibdir)/vector$(DLSUFFIX)'; \
	if test -e "$$control" && ! grep -q 'drop-in of kg' "$$control" || \
			test -e "$$library" && ! grep -q 'kg\$(DLSUFFIX)' "$$library"; then \
		echo "kg: pgvector is installed in $$control: the drop-in would overwrite it." >&2; \
		echo "kg: Use it with kg_hnsw (docs/from-pgvector.md), or uninstall it first." >&2; \
		exit 1; \
	fi

install-dropin: dropin-allowed ## install the extension "vector" for servers without pgvector
	$(MAKE) install dropin
	$(MKDIR_P) '$(DESTDIR)$(datadir)/extension' '$(DESTDIR)$(pkglibdir)'
	$(INSTALL_DATA) $(DROPIN)/vector.control $(DROPIN_SQL) '$(DESTDIR)$(datadir)/extension/'
	$(INSTALL_SHLIB) $(DROPIN_LIB) '$(DESTDIR)$(pkglibdir)/'

uninstall-dropin: ## remove what "make install-dropin" installed
	@control='$(DESTDIR)$(datadir)/extension/vector.control'; \
	if ! grep -q 'drop-in of kg' "$$control"; then \
		echo "kg: $$control is not that of the drop-in" >&2; exit 1; \
	fi
	rm -f $(DROPIN_FILES)
