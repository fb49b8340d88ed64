# SPDX-License-Identifier: GPL-2.0-only
#
# make run     install what is missing, build, run the suite on this machine
# make check   the same for the suite's own tests; PARTS="lint host" for some,
#              make check-lint for one
# make claims  CLAIMS.md: every claim, and the mutants that it has caught
# make check-mutants  break things on purpose, and see which tests notice
# make         build only
# make matrix  run the suite on emulated machines over many kernels
# make bench   what a vCPU's life costs beside the bare ioctls
# make gen_tar the suite as kvm-conformance.tar.xz, to be run elsewhere
# make install the same, with its manual, below $(DESTDIR)$(prefix)
#
# Stands alone, or in a kernel tree as tools/testing/selftests/kvm-conformance.
#
# ARGS="..."       options for run_tests.sh
# KSELFTEST=DIR    a kernel tree's tools/testing/selftests for the harness
# OUTPUT=DIR       build there instead of here; not for what runs the suite
# KVM_SELFTESTS=DIR  for make bench: measure the userspace_io_test that is built there, too
# SANITIZE=1       host-side code under ASan and UBSan
# NO_INSTALL=1     install nothing, say what is missing

TESTS := $(sort $(patsubst %.c,%,$(wildcard x86/*.c svm/*.c tdx/*.c)))
HELPERS := lib/run/jobs lib/run/supervise lib/run/hostfacts

IN_TREE := $(wildcard ../lib.mk)

ifdef IN_TREE
TEST_GEN_PROGS := $(TESTS)
OVERRIDE_TARGETS := 1
include ../lib.mk
HARNESS_DIR := $(selfdir)
# The tree's own uapi headers are newer than the system's.
HEADERS := $(KHDR_INCLUDES)
else
OUTPUT ?= $(CURDIR)
.DEFAULT_GOAL := all
HARNESS_DIR := $(OUTPUT)/build/harness
HARNESS_STAMP := $(HARNESS_DIR)/kselftest_harness.h
endif

OBJ := $(OUTPUT)/build
TEST_PROGS_OUT := $(addprefix $(OUTPUT)/,$(TESTS))
HELPERS_OUT := $(addprefix $(OUTPUT)/,$(HELPERS))
LIB_OBJECTS := $(patsubst %,$(OBJ)/%.o,$(sort $(wildcard lib/*.c lib/*.S)))

# Not in CFLAGS, which belongs to the user and, in a kernel tree, to lib.mk.
COMMON_FLAGS := -std=gnu11 -D_GNU_SOURCE= -O2 -g -Wall -Wextra -Werror -MMD -MP \
	-fno-pie -fno-omit-frame-pointer -pthread

# The guest runs the test's own functions: no vector registers, no red zone
# (exceptions use the same stack), no stack protector (it wants thread data).
GUEST_FLAGS := -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none

# Fixed low addresses, so that HVA = GVA = GPA.
LINK_FLAGS := -static -pthread -Wl,--build-id=none

ifdef SANITIZE
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined
COMMON_FLAGS += $(SANITIZER)
LINK_FLAGS := -no-pie $(filter-out -static,$(LINK_FLAGS)) $(SANITIZER)
endif

# The harness is not ours to lint: -isystem keeps its warnings to itself.
INCLUDES := -Ilib $(HEADERS) -isystem $(HARNESS_DIR)

# Short lines, as in the kernel's builds; V=1 shows the commands.
quiet = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(patsubst $(OUTPUT)/%,%,$@);)

all: $(TEST_PROGS_OUT) $(HELPERS_OUT) $(OUTPUT)/tests.tsv

$(HARNESS_STAMP):
	lib/harness.sh extract $(HARNESS_DIR)

$(OBJ)/lib/%.c.o: lib/%.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(COMMON_FLAGS) $(GUEST_FLAGS) $(INCLUDES) -c -o $@ $<

$(OBJ)/lib/%.S.o: lib/%.S $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(call quiet,AS)$(CC) $(COMMON_FLAGS) -Ilib -c -o $@ $<

$(OBJ)/libkvmconf.a: $(LIB_OBJECTS)
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $^

$(OBJ)/%.o: %.c $(MAKEFILE_LIST) | $(HARNESS_STAMP)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(COMMON_FLAGS) $(GUEST_FLAGS) $(INCLUDES) -c -o $@ $<

# The whole library and its part of libc before the test: so they are the same bytes in every
# binary, and the archive has them but once.
LIBRARY_FIRST := -Wl,--whole-archive $(OBJ)/libkvmconf.a -Wl,--no-whole-archive -lc

$(TEST_PROGS_OUT): $(OUTPUT)/%: $(OBJ)/%.o $(OBJ)/libkvmconf.a
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LINK_FLAGS) -o $@ $(LIBRARY_FIRST) $< $(LDLIBS)

%/x86/bus_lock_numa %/tdx/pamt_numa: LDLIBS += -lnuma

# A layer stands between the unmodified test objects and libc: the functions that the file
# selfcheck/LAYER/wraps names are taken over by the objects of selfcheck/LAYER/*.c, as
# __wrap_NAME(), with libc's own as __real_NAME(). So x86/NAME becomes
# build/layers/LAYER/x86/NAME; what LAYER_TESTS_LAYER lists is built with it.
LAYERS := $(patsubst selfcheck/%/wraps,%,$(wildcard selfcheck/*/wraps))

define layer_rules
LAYER_OBJECTS_$(1) := $$(patsubst %.c,$(OBJ)/%.o,$$(wildcard selfcheck/$(1)/*.c))

$(OBJ)/layers/$(1)/%: $(OBJ)/%.o $$(LAYER_OBJECTS_$(1)) $(OBJ)/libkvmconf.a selfcheck/$(1)/wraps
	@mkdir -p $$(@D)
	$$(call quiet,LD)$$(CC) $$(LINK_FLAGS) $$(addprefix -Wl$$(comma)--wrap=,$$(file <selfcheck/$(1)/wraps)) \
		-o $$@ $$(filter %.o %.a,$$^) $$(LDLIBS)

layer-$(1): $$(addprefix $(OBJ)/layers/$(1)/,$$(LAYER_TESTS_$(1)))
.PHONY: layer-$(1)
.SECONDARY: $$(LAYER_OBJECTS_$(1))
endef

comma := ,
$(foreach layer,$(LAYERS),$(eval $(call layer_rules,$(layer))))

$(HELPERS_OUT): $(OUTPUT)/%: %.c $(wildcard lib/run/*.h) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(filter-out -MMD -MP,$(COMMON_FLAGS)) -Ilib -o $@ $< $(LINK_FLAGS)

# Only a whole plan appears under its name: the runner trusts it.
$(OUTPUT)/tests.tsv: $(TEST_PROGS_OUT) lib/claims.awk
	@for test in $(TESTS); do \
		"$(OUTPUT)/$$test" --cases > $@.cases && \
		awk -v binary=$$test -f lib/claims.awk $$test.c - < $@.cases || exit 1; \
	done > $@.tmp && rm -f $@.cases && mv $@.tmp $@

ifndef IN_TREE
# Without a KVM of its own, or where another machine is asked for, an emulated one.
run: deps-run
	@$(MAKE) --no-print-directory all
	@why=$$(lib/run/hostfacts | sed -n 's/^kvm\.unusable[[:space:]]*//p'); \
	case "$(ARGS)" in *--machine*) why= ;; esac; \
	[ -z "$$why" ] || echo "make run: $$why; running on the emulated AMD machine instead" >&2; \
	./run_tests.sh $${why:+--machine amd} $(ARGS)

PARTS := build lint runner package faulty host robust emulators machines tdx

check: deps-check
	@$(MAKE) --no-print-directory all
	selfcheck/check.sh $(PARTS)

# What the tests say of themselves and what they have caught, for people.
claims: $(OUTPUT)/tests.tsv
	@awk -F '\t' -f lib/run/glob.awk -f lib/run/claims.awk -f lib/claims_md.awk \
		part=since lib/run/since part=caught lib/run/caught part=tests $< > $(CLAIMS)

CLAIMS := CLAIMS.md

check-mutants: deps-check
	@$(MAKE) --no-print-directory all
	selfcheck/mutants/check.sh $(ARGS)

check-%: deps-check
	@$(MAKE) --no-print-directory all
	selfcheck/check.sh $*

matrix: deps-run
	@$(MAKE) --no-print-directory all
	emulator/matrix.sh $(ARGS)

bench: deps-run $(OUTPUT)/selfcheck/bench_vcpu_life
	$(OUTPUT)/selfcheck/bench_vcpu_life $(if $(KVM_SELFTESTS),"$(KVM_SELFTESTS)/x86/userspace_io_test")

STAGE := $(OBJ)/stage

gen_tar: all
	@mkdir -p $(OBJ)
	package/stage.sh "$(OUTPUT)" "$(STAGE)"
	package/tar.sh "$(STAGE)" "$(OUTPUT)/kvm-conformance.tar.xz"

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec
mandir ?= $(prefix)/share/man
completiondir ?= $(prefix)/share/bash-completion/completions

install: all
	package/stage.sh "$(OUTPUT)" "$(STAGE)"
	package/install.sh "$(STAGE)" "$(DESTDIR)" "$(bindir)" "$(libexecdir)" "$(mandir)" \
		"$(completiondir)"

deps-%:
	@lib/deps.sh $*

$(OUTPUT)/selfcheck/bench_vcpu_life: $(OBJ)/selfcheck/bench_vcpu_life.o $(OBJ)/libkvmconf.a
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) $(LINK_FLAGS) -o $@ $^

clean:
	rm -rf $(OBJ) $(TEST_PROGS_OUT) $(HELPERS_OUT) $(OUTPUT)/tests.tsv \
		$(OUTPUT)/selfcheck/bench_vcpu_life $(OUTPUT)/kvm-conformance.tar.xz

.PHONY: all run claims check check-mutants matrix bench gen_tar install clean
else
EXTRA_CLEAN := $(OBJ) $(HELPERS_OUT) $(OUTPUT)/tests.tsv
endif

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
