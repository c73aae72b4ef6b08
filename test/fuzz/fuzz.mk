# A fuzzer of the types' text and binary input, under the sanitizers.  "make
# unit" runs it briefly; for longer:
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

# "unit" runs each of its prerequisites.  Here it needs the server's headers,
# so not where the unit tests are built for another machine.
ifeq ($(UNIT_LDFLAGS)$(UNIT_RUN),)
unit: $(FUZZ)
endif

.PHONY: fuzz
fuzz: $(FUZZ) ## feed the types' input functions mutated text and binary
	$(FUZZ) $(FUZZ_ARGS)
