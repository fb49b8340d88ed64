# SPDX-License-Identifier: GPL-2.0-only
#
# make run     build, and run the suite on this machine; INSTALL=1 installs what is missing first
# make check   the suite's own tests, with what they need installed, if this is root;
#              PARTS="lint host" for some, make check-lint for one
# make claims  CLAIMS.md: every claim, and the mutants that it kills; COVERAGE.md: the same by
#              document and section, and what is not covered
# make check-consumers  what reads the results, run with its own code: docs/labs.md
# make check-mutants  break things on purpose, and see which tests fail
# make check-debug  the suite on a kernel that checks itself (lockdep, poisoning)
# make         build only
# make matrix  run the suite on emulated machines over many kernels
# make bench   what a vCPU's life costs beside the bare ioctls, and the runner beside the
#              bare binaries
# make bench-machines  what runs on emulated machines cost, as ratios; BASE=DIR: beside what the
#              build of the suite in DIR costs
# make clean-cache  remove emulators, kernels and builds in ~/.cache/kvm-conformance
# make gen_tar the suite as kvm-conformance.tar.xz and .tar.gz, to be run elsewhere
# make deb     a Debian package of it
# make rpm     an RPM, which package/kvm-conformance.spec builds
# make install the same, with its manual, below $(DESTDIR)$(prefix)
#
# Uses all cores; -jN for fewer. In a kernel tree the tree's make decides.
#
# Stands alone, or in a kernel tree as tools/testing/selftests/kvm-conformance.
#
# ARGS="..."       options for run_tests.sh
# KSELFTEST=DIR    a kernel tree's tools/testing/selftests for the harness
# OUTPUT=DIR       build there instead of here, and "make run" there
# KVM_SELFTESTS=DIR  for make bench: measure the userspace_io_test that is built there, too
# CC, CPPFLAGS, CFLAGS, LDFLAGS  as everywhere
# WERROR=0         a warning is no error
# SANITIZE=1       host-side code under ASan and UBSan
# INSTALL=1        "make run": install what is missing
# NO_INSTALL=1     install nothing, say what is missing
# KVMCONF_REFRESH=1  ask the mirrors for new kernels and emulators: what is in the cache is
#                  used otherwise

TESTS := $(sort $(patsubst %.c,%,$(wildcard x86/*.c svm/*.c vmx/*.c tdx/*.c)))
RUNNER := runner/kvm-conformance

IN_TREE := $(wildcard ../lib.mk)

ifdef IN_TREE
TEST_GEN_PROGS := $(TESTS)
TEST_FILES := known_issues
OVERRIDE_TARGETS := 1
include ../lib.mk
HARNESS_DIR := $(selfdir)
HARNESS := $(selfdir)/kselftest_harness.h $(selfdir)/kselftest.h
# The tree's own uapi headers are newer than the system's.
HEADERS := $(KHDR_INCLUDES)
else
OUTPUT ?= $(CURDIR)
override OUTPUT := $(abspath $(OUTPUT))
.DEFAULT_GOAL := all
# make knows how to build an x86/NAME from an x86/NAME.c, and that wrongly.
MAKEFLAGS += --no-builtin-rules
# All cores, unless this make or the one above it was told otherwise: a -j of the command line
# wins, one that was inherited shows only in the environment.
JOBS := $(shell case " $$MAKEFLAGS" in (*' -j'* | *' --jobs'*) ;; (*) echo "-j$$(nproc)" ;; esac)
MAKEFLAGS += $(JOBS)
# For programs that are no make of this build but may start one.
ALONE := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
HARNESS_DIR := $(OUTPUT)/build/harness
HARNESS := $(HARNESS_DIR)/kselftest_harness.h
endif

OBJ := $(OUTPUT)/build
TEST_PROGS_OUT := $(addprefix $(OUTPUT)/,$(TESTS))
RUNNER_OUT := $(addprefix $(OUTPUT)/,$(RUNNER))
# known_issues are read by the runner and by a binary that stands alone.
RUNNER_OBJECTS := $(patsubst %.c,$(OBJ)/%.o,$(sort $(wildcard runner/*.c))) $(OBJ)/lib/entries.c.o
LIB_OBJECTS := $(patsubst %,$(OBJ)/%.o,$(sort $(wildcard lib/*.c lib/*.S)))

# CPPFLAGS, CFLAGS and LDFLAGS belong to the user and, in a kernel tree, to lib.mk: they come
# after what may be had otherwise, and before what the suite does not work without.
WERROR ?= 1
DEFAULT_FLAGS := -std=gnu11 -D_GNU_SOURCE= -O2 -g -Wall -Wextra $(if $(filter-out 0,$(WERROR)),-Werror) \
	-fno-omit-frame-pointer
COMMON_FLAGS = $(DEFAULT_FLAGS) $(CPPFLAGS) $(CFLAGS) -fno-pie -fno-lto -pthread $(SANITIZER)

# The guest runs the test's own functions: no vector registers, no red zone
# (exceptions use the same stack), no stack protector (it wants thread data).
GUEST_FLAGS := -mgeneral-regs-only -mno-red-zone -fno-stack-protector -fcf-protection=none

# Fixed low addresses, so that HVA = GVA = GPA.
LINK_FLAGS = -Wl,--build-id=none $(filter-out -pie -static-pie,$(LDFLAGS)) \
	$(if $(SANITIZER),-no-pie $(SANITIZER),-static) -pthread

ifdef SANITIZE
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined
endif

# The harness is not ours to lint: -isystem keeps its warnings to itself.
INCLUDES := -Ilib $(HEADERS) -isystem $(HARNESS_DIR)

# Targets appear by an atomic rename, safe against interrupted and concurrent builds:
# $(call whole,COMMAND) has COMMAND write $$new.
whole = new=$@.$$$$; ( $(1) ) && mv $$new $@ || { rm -f $$new; false; }
compile = new=$@.$$$$; $(CC) $(1) -MMD -MP -MT $@ -MF $$new.dep -c -o $$new.o $< && \
	mv $$new.dep $(@:.o=.d) && mv $$new.o $@ || { rm -f $$new.*; false; }

# Short lines, as in the kernel's builds; V=1 shows the commands.
quiet = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(patsubst $(OUTPUT)/%,%,$@);)

all: $(TEST_PROGS_OUT) $(RUNNER_OUT) $(OUTPUT)/tests.tsv $(OUTPUT)/version

# By the names that users know them by: make x86/pio_rip.
BUILT := $(TESTS) $(RUNNER) tests.tsv version
$(BUILT): %: $(OUTPUT)/%
.PHONY: $(BUILT)

# Build settings: $(OBJ)/NAME holds the variable's value and changes only with it, so its
# dependents are rebuilt for another value.
quoted = '$(subst ','\'',$(1))'

define recorded
ifneq ($$(file <$(OBJ)/$(1)),$$($(2)))
$(OBJ)/$(1): FORCE
endif
$(OBJ)/$(1):
	@mkdir -p $$(@D)
	@$$(call whole,printf '%s\n' $$(call quoted,$$($(2))) > $$$$new)
endef

FORCE:
.PHONY: FORCE

FLAGS = $(strip $(CC) $(AR) $(COMMON_FLAGS) $(GUEST_FLAGS) $(INCLUDES) $(LINK_FLAGS) $(LDLIBS))
$(eval $(call recorded,flags,FLAGS))
$(eval $(call recorded,harness-source,KSELFTEST))
$(eval $(call recorded,list-of-tests,TESTS))
$(eval $(call recorded,list-of-lib,LIB_OBJECTS))
$(eval $(call recorded,list-of-runner,RUNNER_OBJECTS))

BUILD := $(MAKEFILE_LIST) $(OBJ)/flags

ifndef IN_TREE
$(HARNESS): $(OBJ)/harness-source $(wildcard $(KSELFTEST:%=%/kselftest*.h)) lib/harness.sh
	lib/harness.sh extract $(HARNESS_DIR)
endif

$(OBJ)/lib/%.c.o: lib/%.c $(BUILD)
	@mkdir -p $(@D)
	$(call quiet,CC)$(call compile,$(COMMON_FLAGS) $(GUEST_FLAGS) $(INCLUDES))

$(OBJ)/lib/%.S.o: lib/%.S $(BUILD)
	@mkdir -p $(@D)
	$(call quiet,AS)$(call compile,$(COMMON_FLAGS) -Ilib)

$(OBJ)/libkvmconf.a: $(LIB_OBJECTS) $(OBJ)/list-of-lib
	$(call quiet,AR)$(call whole,$(AR) rcs $$new $(LIB_OBJECTS))

$(OBJ)/%.o: %.c $(BUILD) $(HARNESS)
	@mkdir -p $(@D)
	$(call quiet,CC)$(call compile,$(COMMON_FLAGS) $(GUEST_FLAGS) $(INCLUDES))

# The whole library and its part of libc before the test: so they are the same bytes in every
# binary, and the archive has them but once.
LIBRARY_FIRST := -Wl,--whole-archive $(OBJ)/libkvmconf.a -Wl,--no-whole-archive -lc

$(TEST_PROGS_OUT): $(OUTPUT)/%: $(OBJ)/%.o $(OBJ)/libkvmconf.a
	@mkdir -p $(@D)
	$(call quiet,LD)$(call whole,$(CC) $(LINK_FLAGS) -o $$new $(LIBRARY_FIRST) $< $(TEST_LIBS) $(LDLIBS))

%/x86/bus_lock_numa %/tdx/pamt_numa: TEST_LIBS := -lnuma

# A layer stands between the unmodified test objects and libc: the functions that the file
# selfcheck/LAYER/wraps names are taken over by the objects of selfcheck/LAYER/*.c, as
# __wrap_NAME(), with libc's own as __real_NAME(). So x86/NAME becomes
# build/layers/LAYER/x86/NAME; what LAYER_TESTS_LAYER lists is built with it.
LAYERS := $(patsubst selfcheck/%/wraps,%,$(wildcard selfcheck/*/wraps))

define layer_rules
LAYER_OBJECTS_$(1) := $$(patsubst %.c,$(OBJ)/%.o,$$(wildcard selfcheck/$(1)/*.c))

$(OBJ)/layers/$(1)/%: $(OBJ)/%.o $$(LAYER_OBJECTS_$(1)) $(OBJ)/libkvmconf.a selfcheck/$(1)/wraps
	@mkdir -p $$(@D)
	$$(call quiet,LD)$$(call whole,$$(CC) $$(LINK_FLAGS) \
		$$(addprefix -Wl$$(comma)--wrap=,$$(file <selfcheck/$(1)/wraps)) \
		-o $$$$new $$(filter %.o %.a,$$^) $$(TEST_LIBS) $$(LDLIBS))

layer-$(1): $$(addprefix $(OBJ)/layers/$(1)/,$$(LAYER_TESTS_$(1)))
.PHONY: layer-$(1)
.SECONDARY: $$(LAYER_OBJECTS_$(1))
endef

comma := ,
$(foreach layer,$(LAYERS),$(eval $(call layer_rules,$(layer))))

# No guest in it and no harness.
$(OBJ)/runner/%.o: runner/%.c $(BUILD)
	@mkdir -p $(@D)
	$(call quiet,CC)$(call compile,$(COMMON_FLAGS) -Ilib)

$(RUNNER_OUT): $(RUNNER_OBJECTS) $(OBJ)/list-of-runner
	@mkdir -p $(@D)
	$(call quiet,LD)$(call whole,$(CC) $(LINK_FLAGS) -o $$new $(RUNNER_OBJECTS) $(LDLIBS))

# "git describe", and the commit; in an archive of git's, what git has put there.
ARCHIVED := $(if $(findstring $$,$(file <package/version.in)),,$(file <package/version.in))
DESCRIBED := $(if $(wildcard .git),$(shell git describe --always --dirty 2>/dev/null; git rev-parse HEAD 2>/dev/null))
SUITE_VERSION := $(or $(DESCRIBED),$(strip $(firstword $(ARCHIVED)) $(lastword $(ARCHIVED))))
$(eval $(call recorded,version,SUITE_VERSION))

$(OUTPUT)/version: $(OBJ)/version
	@$(call whole,tr ' ' '\n' < $< > $$new)

$(OUTPUT)/tests.tsv: $(TEST_PROGS_OUT) lib/extract_plan.awk lib/since runner/reasons.c $(OBJ)/list-of-tests
	@$(call whole,for test in $(TESTS); do \
		cases=$$("$(OUTPUT)/$$test" --cases) && printf '%s\n' "$$cases" | \
		awk -v binary=$$test -v reasons=runner/reasons.c -v since=lib/since \
			-f lib/glob.awk -f lib/claim_id.awk -f lib/extract_plan.awk $$test.c - || exit 1; \
	done > $$new)

ifndef IN_TREE
ifneq ($(OUTPUT),$(CURDIR))
# A build elsewhere is one that runs there: with all that run_tests.sh looks for beside it.
RUNTIME := $(shell find run_tests.sh known_issues coverage config settings profiles README.md report docs \
	runner/remote.sh emulator lib/tdx_emulated.h -type f)
RUNTIME_OUT := $(addprefix $(OUTPUT)/,$(RUNTIME))

$(RUNTIME_OUT): $(OUTPUT)/%: %
	@mkdir -p $(@D)
	@$(call whole,cp -p $< $$new)

all: $(RUNTIME_OUT)

ifneq ($(filter check check-% matrix,$(MAKECMDGOALS)),)
$(error make $(MAKECMDGOALS): the suite's own tests are of the build in this checkout, not of one in OUTPUT)
endif
endif

# Without a KVM of its own, or where another machine is asked for, an emulated one. Who must not
# use the one that there is learns why, in place of results of another machine.
run: export NO_INSTALL := $(if $(filter 1,$(INSTALL)),$(NO_INSTALL),1)
run: deps-run
	@$(MAKE) --no-print-directory all
	@why=$$(echo facts | $(OUTPUT)/$(RUNNER) --agent | sed -n 's/.*	f	kvm\.unusable //p'); \
	case "$(ARGS)" in *--machine*) why= ;; esac; \
	case $$why in permission*) echo "make run: $$why" >&2; exit 1 ;; esac; \
	[ -z "$$why" ] || echo "make run: $$why; running on the emulated AMD machine instead" >&2; \
	$(ALONE) $(OUTPUT)/run_tests.sh $${why:+--machine amd} $(ARGS)

# What uses this host's KVM and kernel log, and what emulated machines do beside it.
PARTS := build lint runner report package faulty host robust -- emulators machines tdx

check: deps-check
	@$(MAKE) --no-print-directory all
	$(ALONE) selfcheck/check.sh $(PARTS)

# The tests' claims and what they kill, for people.
claims: $(OUTPUT)/tests.tsv $(RUNNER_OUT)
	@$(OUTPUT)/run_tests.sh --list --only abi | sed 's/:/\t/' | awk -F '\t' -f lib/claim_id.awk \
		-f lib/claims_md.awk part=kills selfcheck/mutants/kills.tsv part=abi - part=tests $< > $(CLAIMS)
	@$(OUTPUT)/run_tests.sh --list --by source | awk -f lib/coverage_md.awk > $(COVERAGE)

CLAIMS := CLAIMS.md
COVERAGE := COVERAGE.md

check-mutants: deps-check
	@$(MAKE) --no-print-directory all
	$(ALONE) selfcheck/mutants/score.sh $(ARGS)

# Those who read the results, with their own code: selfcheck/consumers/consumers.sh.
check-consumers: deps-consumers
	@$(MAKE) --no-print-directory all
	$(ALONE) selfcheck/check.sh consumers

check-%: deps-check
	@$(MAKE) --no-print-directory all
	$(ALONE) selfcheck/check.sh $*

matrix: deps-run
	@$(MAKE) --no-print-directory all
	$(ALONE) emulator/matrix.sh $(ARGS)

bench: deps-run all $(OUTPUT)/selfcheck/bench_vcpu_life
	$(OUTPUT)/selfcheck/bench_vcpu_life $(if $(KVM_SELFTESTS),"$(KVM_SELFTESTS)/x86/userspace_io_test")
	selfcheck/bench_runner.py

BENCH_AMD := --machine amd --kernel 7.3 x86 svm
BENCH_TDX := --machine tdx tdx

bench-machines: deps-run all
	selfcheck/bench_machines.py $(if $(BASE),-b "$(BASE)" "$(BENCH_AMD)",\
		"--machine amd --kernel 7.3 x86/vm_types") "$(BENCH_AMD)"
	selfcheck/bench_machines.py $(if $(BASE),-b "$(BASE)") "$(BENCH_TDX)" \
		$(if $(BASE),"$(BENCH_TDX)") "--machine tdx-dynamic tdx"

# $(call staged,COMMAND): COMMAND finds the suite laid out in $$stage/suite, a place of its own.
staged = stage=$$(mktemp -d "$(OBJ)/stage.XXXXXX") && trap 'rm -rf "$$stage"' EXIT && \
	trap 'exit 1' HUP INT TERM && package/stage.sh "$(OUTPUT)" "$$stage/suite" && $(1)

gen_tar: all
	@$(call staged,package/tar.sh "$$stage/suite" "$(OUTPUT)/kvm-conformance.tar")

deb: all
	@$(call staged,package/deb.sh "$$stage/suite" "$$stage/deb" "$(OUTPUT)")

rpm: $(HARNESS) $(OUTPUT)/version
	@work=$$(mktemp -d "$(OBJ)/rpm.XXXXXX") && trap 'rm -rf "$$work"' EXIT && \
	trap 'exit 1' HUP INT TERM && \
	$(ALONE) package/rpm.sh "$(OUTPUT)/version" "$(HARNESS_DIR)" "$$work/rpm" "$(OUTPUT)"

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libexecdir ?= $(prefix)/libexec
mandir ?= $(prefix)/share/man
completiondir ?= $(prefix)/share/bash-completion/completions

install: all
	@$(call staged,package/install.sh "$$stage/suite" "$(DESTDIR)" "$(bindir)" "$(libexecdir)" \
		"$(mandir)" "$(completiondir)")

deps-%:
	@lib/deps.sh $*

# Another checkout may use it, too: what is gone is fetched and built again.
clean-cache:
	@. emulator/cache.sh; dir=$$(cache_root); \
	[ ! -d "$$dir" ] || { du -sh "$$dir" && rm -rf "$$dir"; }

$(OUTPUT)/selfcheck/bench_vcpu_life: $(OBJ)/selfcheck/bench_vcpu_life.o $(OBJ)/libkvmconf.a
	@mkdir -p $(@D)
	$(call quiet,LD)$(call whole,$(CC) $(LINK_FLAGS) -o $$new $^)

clean:
	rm -rf $(OBJ) $(TEST_PROGS_OUT) $(RUNNER_OUT) $(OUTPUT)/tests.tsv $(OUTPUT)/version \
		$(OUTPUT)/selfcheck/bench_vcpu_life $(OUTPUT)/kvm-conformance.tar.xz \
		$(OUTPUT)/kvm-conformance.tar.gz $(OUTPUT)/kvm-conformance_*.deb \
		$(OUTPUT)/kvm-conformance-*.rpm

.PHONY: all run claims check check-mutants check-consumers matrix bench bench-machines gen_tar deb \
	rpm install clean clean-cache
else
EXTRA_CLEAN := $(OBJ) $(RUNNER_OUT) $(OUTPUT)/tests.tsv $(OUTPUT)/version
endif

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
