# Fuzzers under the sanitizers: of the types' text and binary input, of their casts,
# and of an index on plain pages.  "make unit" runs them briefly; for longer:
#	make fuzz FUZZ_ARGS="60 12345"		seconds, seed

SANITIZE = -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
FUZZ_CFLAGS = -O1 -g -Wall -Wextra -Wno-unused-parameter \
	-Wno-missing-field-initializers $(SANITIZE)
# Functions of the server that the fuzzer does not reach stay unresolved.
FUZZ_LDFLAGS = -no-pie -Wl,--unresolved-symbols=ignore-all
FUZZ_ARGS =

FUZZ_BUILD = .build/fuzz-$(notdir $(firstword $(CC)))
FUZZ = $(FUZZ_BUILD)/fuzz_types
FUZZ_CASTS = $(FUZZ_BUILD)/fuzz_casts
FUZZ_OBJS = $(patsubst %.c,$(FUZZ_BUILD)/%.o,test/fuzz/server.c test/fuzz/values.c \
	$(filter-out $(addprefix src/types/,max_sim.c vector_array.c),$(wildcard src/types/*.c)) \
	$(wildcard src/simd/*.c) src/quant/multiples.c)

$(FUZZ) $(FUZZ_CASTS): $(FUZZ_BUILD)/%: $(FUZZ_BUILD)/test/fuzz/%.o $(FUZZ_OBJS)
	$(CC) $(FUZZ_CFLAGS) -o $@ $^ $(FUZZ_LDFLAGS) -L$(pkglibdir) -L$(libdir) \
		-lpgcommon -lpgport -lm

$(FUZZ_BUILD)/%.o: %.c test/fuzz/fuzz.mk .build/server
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -MMD -MP -Isrc -isystem $(includedir_server) -D_GNU_SOURCE \
		-c -o $@ $<

-include $(shell find $(FUZZ_BUILD) -name '*.d' 2>/dev/null)

FUZZ_STACKS = $(if $(findstring clang,$(CC)),-mllvm -asan-stack=0,--param asan-stack=0)
FUZZ_PAGES_CFLAGS = $(FUZZ_CFLAGS) $(FUZZ_STACKS)
FUZZ_PAGES = $(FUZZ_BUILD)/fuzz_pages
FUZZ_PAGES_OBJS = $(patsubst $(UNIT_BUILD)/%.o,$(FUZZ_BUILD)/pages/%.o,$(UNIT_ANN_OBJS)) \
	$(FUZZ_BUILD)/pages/test/fuzz/fuzz_pages.o

$(FUZZ_PAGES): $(FUZZ_PAGES_OBJS) $(UNIT_OBJS)
	$(CC) $(FUZZ_PAGES_CFLAGS) -o $@ $^ -lm

FUZZ_DAMAGE = $(FUZZ_BUILD)/fuzz_damage
FUZZ_DAMAGE_OBJS = $(patsubst %/fuzz_pages.o,%/fuzz_damage.o,$(FUZZ_PAGES_OBJS))

$(FUZZ_DAMAGE): $(FUZZ_DAMAGE_OBJS) $(UNIT_OBJS)
	$(CC) $(FUZZ_PAGES_CFLAGS) -o $@ $^ -lm

$(FUZZ_BUILD)/pages/%.o: %.c test/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(CC) $(FUZZ_PAGES_CFLAGS) -MMD -MP -Itest/unit/shim -Isrc -Itest/unit \
		-DKG_VALUE_ENTRIES=70 -c -o $@ $<

# "unit" runs each of its prerequisites.  Here it needs the server's headers,
# so not where the unit tests are built for another machine.
ifeq ($(UNIT_LDFLAGS)$(UNIT_RUN),)
unit: $(FUZZ) $(FUZZ_CASTS) $(FUZZ_PAGES) $(FUZZ_DAMAGE)
endif

# In folders of its own: objects compiled so are not those of "make unit".
.PHONY: check-asan
check-asan: ## run unit tests and fuzzers under AddressSanitizer and UBSan
	@KG_UNIT_SECONDS=$${KG_UNIT_SECONDS:-60} $(MAKE) --no-print-directory unit UNIT_SANITIZE='-O1 $(SANITIZE)' \
		UNIT_BUILD=.build/asan-unit-$(notdir $(firstword $(CC))) \
		FUZZ_BUILD=.build/asan-fuzz-$(notdir $(firstword $(CC)))

.PHONY: fuzz
fuzz: $(FUZZ) $(FUZZ_CASTS) $(FUZZ_PAGES) $(FUZZ_DAMAGE) ## feed types and indexes random input
	$(FUZZ) $(FUZZ_ARGS)
	$(FUZZ_CASTS) $(FUZZ_ARGS)
	$(FUZZ_PAGES) $(FUZZ_ARGS)
	$(FUZZ_DAMAGE) $(FUZZ_ARGS)
