# Stand-alone tests and benchmarks of src/simd, src/quant and the core of
# src/ann, which need no server.  test_ann_* have the core above plain pages: see
# src/ann/README.md.  For another architecture:
#	make unit CC=aarch64-linux-gnu-gcc UNIT_LDFLAGS=-static UNIT_RUN=qemu-aarch64-static

UNIT_CFLAGS = -O2 -g -Wall -Wextra -Wdeclaration-after-statement
UNIT_LDFLAGS =
UNIT_RUN =
# of "make check-asan"
UNIT_SANITIZE =

UNIT_BUILD = .build/unit-$(notdir $(firstword $(CC)))
UNIT_TESTS = $(patsubst test/unit/%.c,$(UNIT_BUILD)/%,$(wildcard test/unit/test_*.c))
UNIT_OBJS = $(patsubst %.c,$(UNIT_BUILD)/%.o,\
	$(wildcard src/simd/*.c src/quant/*.c) src/ann/layout/layout.c src/ann/layout/layout_solve.c \
	test/unit/unit.c test/unit/simd_tests.c)

# The core of src/ann: it includes no header of the server that is not among
# those of test/unit/shim.
UNIT_CORE = $(addprefix core/,allocate back_edges bisect bits bridges candidates check check_filters check_pending check_row check_state dense edges entries entry_search \
	filter flat_row geometry group_swap index insert join members merge near_pages nearness node_write overflow page_list page_search pending_row placement query reach recentre reclaim refresh repair row_batch search sparse taxicab vacuum value_repair visited) \
	$(addprefix layout/,copies duplicates frames free_space page pending space sparse values words) \
	scan/found scan/pending_rows
UNIT_ANN_OBJS = $(patsubst %,$(UNIT_BUILD)/src/ann/%.o,$(UNIT_CORE)) \
	$(patsubst %,$(UNIT_BUILD)/test/unit/%.o,pages shim table table_check table_fill table_filter table_scan tasks)

.PHONY: unit bench-simd
# Make would remove objects as intermediate files.
.SECONDARY: $(patsubst %.c,$(UNIT_BUILD)/%.o,$(wildcard test/unit/*.c)) \
	$(UNIT_OBJS) $(UNIT_ANN_OBJS)

unit: $(UNIT_TESTS) ## test kernels, quantizers and layouts, without a server
	@status=0; for test in $^; do $(UNIT_RUN) $$test || status=1; done; \
		CC='$(CC)' test/unit/processors.sh || status=1; exit $$status

bench-simd: $(UNIT_BUILD)/bench_simd ## measure the kernels of each instruction set
	@$(UNIT_RUN) $<

# Their targets are named: of two patterns that fit make would take that whose
# prerequisites it knows from earlier, as when a file was added to UNIT_CORE.
UNIT_ANN_TESTS = $(filter $(UNIT_BUILD)/test_ann_%,$(UNIT_TESTS))

$(UNIT_ANN_TESTS): $(UNIT_BUILD)/%: $(UNIT_BUILD)/test/unit/%.o \
	$(UNIT_ANN_OBJS) $(UNIT_OBJS)
	$(CC) $(UNIT_LDFLAGS) $(UNIT_SANITIZE) -o $@ $^ -lm

$(filter-out $(UNIT_ANN_TESTS),$(UNIT_TESTS)) $(UNIT_BUILD)/bench_simd: $(UNIT_BUILD)/%: \
	$(UNIT_BUILD)/test/unit/%.o $(UNIT_OBJS)
	$(CC) $(UNIT_LDFLAGS) $(UNIT_SANITIZE) -o $@ $^ -lm

$(UNIT_BUILD)/src/ann/%.o $(UNIT_BUILD)/test/unit/%.o: UNIT_CFLAGS += \
	-Wno-unused-parameter -Wno-missing-field-initializers -Itest/unit/shim \
	-DKG_VALUE_ENTRIES=70

# Tasks have stacks of their own, which AddressSanitizer does not know.
$(UNIT_BUILD)/src/ann/%.o $(UNIT_BUILD)/test/unit/%.o: UNIT_STACKS = $(if $(UNIT_SANITIZE),$(FUZZ_STACKS))

$(UNIT_BUILD)/%.o: %.c test/unit/unit.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) $(UNIT_SANITIZE) $(UNIT_STACKS) -MMD -MP -Isrc -c -o $@ $<

-include $(shell find $(UNIT_BUILD) -name '*.d' 2>/dev/null)
