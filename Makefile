# kg: built with PGXS.  "make help" lists the targets.

EXTENSION = kg
EXTVERSION = 0.2.0
MODULE_big = kg

OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c src/*/*/*.c))

# The install script is the modules' .sql parts, in the order of dependence.
SQL_PARTS = \
	src/kg.sql \
	src/types/vector.sql \
	src/types/halfvec.sql \
	src/types/sparsevec.sql \
	src/types/bitvec.sql \
	src/types/cast.sql \
	src/types/distance_cost.sql \
	src/types/ball.sql \
	src/types/aggregate.sql \
	src/types/opclass.sql \
	src/types/int8vec.sql \
	src/types/max_sim.sql \
	src/ann/ann.sql src/ann/diskann.sql \
	src/exact/exact.sql \
	src/graph/catalog/catalog.sql \
	src/graph/catalog/upgrade.sql \
	src/graph/catalog/register.sql \
	src/graph/catalog/discover.sql \
	src/graph/search/traverse.sql \
	src/graph/search/costs.sql \
	src/graph/search/explain.sql \
	src/graph/search/knn.sql \
	src/graph/catalog/exchange.sql \
	src/graph/catalog/import.sql \
	src/memory/items.sql \
	src/memory/entities.sql \
	src/memory/relations.sql \
	src/memory/texts.sql \
	src/memory/facts.sql \
	src/memory/merge.sql \
	src/memory/resolve.sql \
	src/memory/history.sql \
	src/algo/algo.sql \
	src/retrieval/marked_words.sql \
	src/retrieval/statistics.sql \
	src/retrieval/search.sql \
	src/retrieval/context.sql \
	src/memory/mcp.sql \
	src/admin/admin.sql \
	src/admin/index_use/index_use.sql
EXTENSION_SQL = $(EXTENSION)--$(EXTVERSION).sql
# the extension beside it, for pgvector's types: SQL and functions of kg's library
PGVECTOR_SQL = extensions/kg_pgvector/kg_pgvector--$(EXTVERSION).sql
DATA_built = $(EXTENSION_SQL) $(PGVECTOR_SQL)
# scripts from one release to the next
DATA = $(wildcard upgrade/kg--*--*.sql upgrade/kg_pgvector--*--*.sql) extensions/kg_pgvector/kg_pgvector.control

# -MMD -MP: which headers an object includes, in a .d file beside it (in .deps,
# of PGXS itself, if the server was configured with --enable-depend)
PG_CPPFLAGS = -Isrc -MMD -MP
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
# Options and attributes of the gcc that compiled the server are not all clang's.
ifneq ($(findstring clang,$(CC)),)
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument \
	-Wno-ignored-attributes
endif
# Calls within the library are bound when it is linked, not when it is loaded.
SHLIB_LINK = -lm -ldl -Wl,-Bsymbolic-functions

EXTRA_CLEAN = $(EXTENSION_SQL) $(OBJS:.o=.d) $(wildcard extensions/*/*.[od] extensions/*/*.so extensions/*/*--*.sql) .build .deps .demo/wordnet .demo/violin.svg

# JIT inlining gains nothing here: the kernels sit behind function pointers.
override with_llvm = no

# Loops in plain C are made vectors of here.
src/simd/%.o src/quant/%.o src/exact/%.o src/ann/%.o: PG_CFLAGS += $(CFLAGS_VECTORIZE)

# For "make installcheck" against a server that runs.
REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=$(EXTENSION)
ISOLATION = $(sort $(patsubst test/isolation/specs/%.spec,%,\
	$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)

# scripts/installcheck.sh runs them.
NO_INSTALLCHECK = 1

PG_CONFIG ?= pg_config

# These targets need no server beforehand: the scripts find or install one.
SCRIPT_TARGETS = demo demo-psql demo-stop test test-clients check-crash check-storm check-fuzz check-sqlsmith check-damage check-random check-assert check-valgrind check-arm check-pg check-all lint format help
.PHONY: $(SCRIPT_TARGETS)

ifneq ($(filter-out $(SCRIPT_TARGETS),$(or $(MAKECMDGOALS),all)),)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
# Debian's postgresql-client brings PGXS, the development files bring the headers
ifeq ($(and $(wildcard $(PGXS)),$(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)),)
SERVERS := $(patsubst /usr/lib/postgresql/%/bin/postgres,%,$(wildcard /usr/lib/postgresql/*/bin/postgres))
$(error "$(PG_CONFIG)" names no PGXS, or no postgres.h: the server's development files are \
missing. Install Debian's or Ubuntu's postgresql-server-dev-$(or $(lastword $(SERVERS)),15) (the number is your server's), \
postgresql.org's postgresql15-devel or whatever brings PGXS for your server, or name \
its pg_config: make PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)

.PHONY: installcheck
installcheck:
	@PGXS_DIR='$(top_builddir)' BINDIR='$(bindir)' REGRESS='$(REGRESS)' \
		REGRESS_OPTS='$(EXTRA_REGRESS_OPTS) $(REGRESS_OPTS)' ISOLATION='$(ISOLATION)' \
		ISOLATION_OPTS='$(EXTRA_REGRESS_OPTS) $(ISOLATION_OPTS)' scripts/installcheck.sh
endif

$(EXTENSION_SQL): $(SQL_PARTS) Makefile
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $(SQL_PARTS); } > $@

$(PGVECTOR_SQL): extensions/kg_pgvector/kg_pgvector.sql Makefile
	cp $< $@

-include $(OBJS:.o=.d)

include extensions/vector/vector.mk

# All objects depend on the server that they were compiled for.  The "+" has
# "make -n" compare, too, instead of taking the server for another one.
$(OBJS): .build/server

.PHONY: FORCE
.build/server: FORCE
	+@mkdir -p $(@D)
	+@echo '$(CC) $(VERSION) $(includedir_server)' | cmp -s - $@ || \
		echo '$(CC) $(VERSION) $(includedir_server)' > $@

-include test/unit/unit.mk test/fuzz/fuzz.mk

demo: ## install what is missing, build, load WordNet and answer
	@PG_CONFIG='$(PG_CONFIG)' scripts/demo.sh start

demo-psql: ## open psql on the demo
	@scripts/demo.sh psql

demo-stop: ## stop the demo and remove it
	@scripts/demo.sh stop

test: ## run all tests, or those that TESTS names (see scripts/test.sh)
	@PG_CONFIG='$(PG_CONFIG)' TESTS='$(TESTS)' scripts/test.sh

test-clients: ## test with the clients of test/clients, or those that CLIENTS names
	@PG_CONFIG='$(PG_CONFIG)' KG_CLIENTS='$(or $(CLIENTS),all)' TESTS=tap/092_clients scripts/test.sh

# These may take hours on a busy machine.
check-crash: ## kill -9 the server KILLS times (500), replay PREFIXES of WAL (2000); METHOD (kg_hnsw)
	@PG_CONFIG='$(PG_CONFIG)' KG_CRASH_KILLS='$(or $(KILLS),500)' KG_CRASH_PREFIXES='$(or $(PREFIXES),2000)' \
		KG_CRASH_SEED='$(or $(SEED),1)' KG_STORM_METHOD='$(or $(METHOD),$(KG_STORM_METHOD),kg_hnsw)' LIMIT=36000 TESTS='tap/110_kill tap/111_wal_prefixes tap/113_torn_meta' scripts/test.sh

check-storm: ## a storm of MINUTES (30) on a primary and a standby, of METHOD (kg_hnsw)
	@PG_CONFIG='$(PG_CONFIG)' KG_STORM_SECONDS="$$((60 * $(or $(MINUTES),30)))" KG_STORM_SEED='$(or $(SEED),1)' \
		KG_STORM_METHOD='$(or $(METHOD),$(KG_STORM_METHOD),kg_hnsw)' LIMIT=36000 TESTS=tap/112_storm scripts/test.sh

check-fuzz: ## feed a server CASES (200000) of nearly right arrays, and a part of that of options, JSON, files
	@PG_CONFIG='$(PG_CONFIG)' KG_FUZZ_CASES='$(or $(CASES),200000)' KG_FUZZ_SEED='$(or $(SEED),1)' \
		LIMIT=36000 TESTS=tap/013_input_fuzz scripts/test.sh

check-sqlsmith: ## feed a server QUERIES (20000) that sqlsmith makes of all there is
	@PG_CONFIG='$(PG_CONFIG)' SMITH_QUERIES='$(or $(QUERIES),20000)' SEED='$(or $(SEED),1)' scripts/check.sh sqlsmith

check-damage: ## damage the pages of indexes and of graphs' tables in ROUNDS (200) copies
	@PG_CONFIG='$(PG_CONFIG)' KG_DAMAGE_ROUNDS='$(or $(ROUNDS),200)' KG_DAMAGE_SEED='$(or $(SEED),1)' \
		LIMIT=36000 TESTS='tap/046_graph_damage tap/066_hnsw_damage tap/107_diskann_damage' scripts/test.sh

check-random: ## ask TIMES (10) as many random cases, and for as many times as long, of files of tap that have a short form
	@PG_CONFIG='$(PG_CONFIG)' KG_TIMES='$(or $(TIMES),10)' LIMIT=36000 \
		TESTS='tap/045* tap/047* tap/048* tap/049* tap/050* tap/054* tap/057* tap/059* tap/067* tap/100* tap/103*' scripts/test.sh

check-assert: ## compile PostgreSQL with assertions, run the tests on it (TESTS chooses)
	@PG_CONFIG='$(PG_CONFIG)' PG='$(PG)' TESTS='$(TESTS)' scripts/check.sh assert

check-valgrind: ## compile PostgreSQL for valgrind, run some tests under it (TESTS chooses)
	@PG_CONFIG='$(PG_CONFIG)' PG='$(PG)' TESTS='$(TESTS)' scripts/check.sh valgrind

check-arm: ## run the unit tests for ARM, emulated
	@PG_CONFIG='$(PG_CONFIG)' scripts/check.sh arm

# at a release: see upgrade/README.md
.PHONY: released
released: $(EXTENSION_SQL) $(PGVECTOR_SQL)
	mkdir -p upgrade/released
	cp $^ upgrade/released/

check-pg: ## run the tests with Debian's packages of PostgreSQL PG=17 or 18 (TESTS chooses)
	@PG_CONFIG='$(PG_CONFIG)' PG='$(PG)' TESTS='$(TESTS)' scripts/check_pg.sh

LONG_FORMS = lint test check-asan check-arm check-crash check-storm check-fuzz check-sqlsmith check-damage check-random check-assert check-valgrind
check-all: ## run all tests in their long forms, on each version; many hours
	@failed=; for form in $(LONG_FORMS) 'check-storm METHOD=kg_diskann' 'check-pg PG=17' 'check-pg PG=18'; do \
		echo "== make $$form =="; $(MAKE) --no-print-directory $$form || failed="$$failed, $$form"; done; \
		test -z "$$failed" || { echo "failed: $${failed#, }"; exit 1; }

lint: ## check formatting, sizes, includes, words, C and shell
	@PG_CONFIG='$(PG_CONFIG)' scripts/lint.sh

format: ## indent the C files as PostgreSQL does
	@PG_CONFIG='$(PG_CONFIG)' scripts/lint.sh format

help: ## list these targets
	@echo 'make, make install, make installcheck: as any PGXS extension'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile $(wildcard test/*/*.mk extensions/*/*.mk) | \
		while IFS='|' read -r target text; do printf '%-16s %s\n' "$$target" "$$text"; done
