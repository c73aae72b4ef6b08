# Fuzzers under the sanitizers: of the types' text and binary input, and of an
# index on plain pages.  "make unit" runs them briefly; for longer:
#	make fuzz FUZZ_ARGS="60 12345"		seconds, seed

FUZZ_CFLAGS = -O1 -g -Wall -Wextra -Wno-unused-parameter \
	-Wno-missing-field-initializers -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
# Functions of the server that the fuzzer does not reach stay unresolved.
FUZZ_LDFLAGS = -no-pie -Wl,--unresolved-symbols=ignore-all
FUZZ_ARGS =

FUZZ = .build/fuzz-$(notdir $(firstword $(CC)))/fuzz_types

$(FUZZ): test/fuzz/fuzz_types.c $(wildcard src/types/*.[ch] src/simd/*.[ch])
	@mkdir -p $(@D)
	$(CC) $(FUZZ_CFLAGS) -Isrc -isystem $(includedir_server) -D_GNU_SOURCE -o $@ $< \
		$(filter-out src/types/cast.c,$(wildcard src/types/*.c)) \
		$(wildcard src/simd/*.c) $(FUZZ_LDFLAGS) -L$(pkglibdir) \
		-L$(libdir) -lpgcommon -lpgport -lm

# Its tasks have stacks of their own, which AddressSanitizer does not know.
FUZZ_PAGES_CFLAGS = $(FUZZ_CFLAGS) $(if $(findstring clang,$(CC)),-mllvm \
	-asan-stack=0,--param asan-stack=0)
FUZZ_PAGES = .build/fuzz-$(notdir $(firstword $(CC)))/fuzz_pages
FUZZ_PAGES_SOURCES = test/fuzz/fuzz_pages.c \
	$(patsubst $(UNIT_BUILD)/%.o,%.c,$(UNIT_ANN_OBJS))

$(FUZZ_PAGES): $(FUZZ_PAGES_SOURCES) $(UNIT_OBJS) $(wildcard src/ann/*/*.h src/lib/*.h src/pg/*.h \
	test/unit/*.h test/unit/shim/*.h test/unit/shim/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(FUZZ_PAGES_CFLAGS) -Itest/unit/shim -Isrc -Itest/unit -o $@ \
		$(FUZZ_PAGES_SOURCES) $(UNIT_OBJS) -lm

# "unit" runs each of its prerequisites.  Here it needs the server's headers,
# so not where the unit tests are built for another machine.
ifeq ($(UNIT_LDFLAGS)$(UNIT_RUN),)
unit: $(FUZZ) $(FUZZ_PAGES)
endif

.PHONY: fuzz
fuzz: $(FUZZ) $(FUZZ_PAGES) ## feed types and indexes random input
	$(FUZZ) $(FUZZ_ARGS)
	$(FUZZ_PAGES) $(FUZZ_ARGS)
