# kg: built with PGXS.  "make help" lists the targets.

EXTENSION = kg
EXTVERSION = 0.1.0
MODULE_big = kg

OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c))

# The install script is the modules' .sql parts, in the order of dependence.
SQL_PARTS = \
	src/types/vector.sql \
	src/types/halfvec.sql \
	src/types/sparsevec.sql \
	src/types/bitvec.sql \
	src/types/cast.sql \
	src/types/opclass.sql \
	src/ann/ann.sql \
	src/graph/catalog.sql \
	src/graph/traverse.sql \
	src/graph/knn.sql
EXTENSION_SQL = $(EXTENSION)--$(EXTVERSION).sql
DATA_built = $(EXTENSION_SQL)

PG_CPPFLAGS = -Isrc
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
SHLIB_LINK = -lm

EXTRA_CLEAN = $(EXTENSION_SQL)

# JIT inlining gains nothing here: the kernels sit behind function pointers.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(EXTENSION_SQL): $(SQL_PARTS) Makefile
	{ echo '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $(SQL_PARTS); } > $@

# Headers are few: every object depends on all of them.
$(OBJS): $(wildcard src/*.h src/*/*.h)
