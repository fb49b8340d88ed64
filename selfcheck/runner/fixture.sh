# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # bats files use what is set here
#
# For bats files to load: a suite of made-up binaries with a copy of the runner,
# in a directory whose name has in it what shells stumble over, and the systems
# to run it on.
#
# Packages that these tests need: bats busybox bash dash gawk mawk perl python3
# python3-tap, and gcc for the helpers.

project=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# Not a manager's shim; and without what it would import for nothing.
python="/usr/bin/python3 -I -S"

# Shell and awk: each shell once, each awk once. The last one has nothing but
# busybox, as an initramfs would.
systems="dash-mawk bash-gawk busybox-busybox"

setup_suite_dir()
{
	suite="$BATS_TEST_TMPDIR/a suite, 'it' costs \$0 *"
	out=$BATS_TEST_TMPDIR/out
	within=''
	mkdir -p "$suite/x86" "$suite/svm"
	cp "$project/run_tests.sh" "$suite"
	: > "$suite/known_issues"
	mkdir -p "$suite/lib"
	cp -R "$project/lib/run" "$suite/lib"
	: > "$suite/tests.tsv"
	make_host
	unset KVMCONF_MACHINE KVMCONF_TIMEOUT_SCALE KVMCONF_RELOAD_MODULES
	system=dash-mawk
	make_toolboxes
}

# A made-up host, so that results depend on no machine, nor on its having KVM.
make_host()
{
	mv "$suite/lib/run/hostfacts" "$suite/lib/run/real_hostfacts"
	cat > "$suite/lib/run/hostfacts" <<-'EOF'
		#!/bin/sh
		cat "${0%/*}/facts"
	EOF
	chmod +x "$suite/lib/run/hostfacts"
	tr ' ' '\t' > "$suite/lib/run/facts" <<-'EOF'
		cpu.hypervisor none
		cpu.name TestCPU
		kernel.release 7.3.4-made-up
		kvm.api_version 12
		modules.kvm.state live
		readable.kernel_log yes
		readable.taint yes
	EOF
}

# fact KEY VALUE: one more of the host, in place of what it said of KEY before.
fact()
{
	sed -i "/^$1	/d" "$suite/lib/run/facts"
	printf '%s\t%s\n' "$1" "$2" >> "$suite/lib/run/facts"
}

# A directory for PATH in which "sh" and "awk" are those of a system.
make_toolboxes()
{
	tools=$BATS_FILE_TMPDIR/tools
	[ ! -d "$tools" ] || return 0
	for system in $systems; do
		mkdir -p "$tools/$system"
		if [ "$system" = busybox-busybox ]; then
			busybox --install -s "$tools/$system"
			ln -sf "$(command -v busybox)" "$tools/$system/busybox"
		else
			ln -s "$(command -v "${system%-*}")" "$tools/$system/sh"
			ln -s "$(command -v "${system#*-}")" "$tools/$system/awk"
		fi
	done
	system=dash-mawk
}

system_path()
{
	case $system in
	busybox-*) echo "$tools/$system" ;;
	*) echo "$tools/$system:$PATH" ;;
	esac
}

# The runner, behind the command $within, if set.
runner() { (exec_runner "$@"); }

# In place of this shell, so that "exec_runner & pid=$!" has the runner's own
# number; bash not as sh, so that it does not mind its manners.
exec_runner()
{
	case $system in
	busybox-*) set -- "$tools/$system/sh" "$suite/run_tests.sh" "$@" ;;
	*) set -- "$(command -v "${system%-*}")" "$suite/run_tests.sh" "$@" ;;
	esac
	PATH=$(system_path)
	export PATH
	# bats waits for whoever has its descriptor 3.
	exec ${within:-} "$@" 3>&-
}

# on_each_system FUNCTION [ARG...]: with an $out of its own each time. Not
# "... || return": that would make the function go on after what fails in it.
on_each_system()
{
	for system in $systems; do
		echo "# system: $system"
		out=$BATS_TEST_TMPDIR/out-${system%-*}
		"$@"
	done
}

# binary NAME CASE...: a made-up binary with these cases; the functions, or what
# else it does, from standard input.
binary()
{
	name=$1
	shift
	{
		echo '#!/bin/sh'
		echo ". '$BATS_TEST_DIRNAME/harness.sh'"
		cat
		[ $# -eq 0 ] || echo "harness $* -- \"\$@\""
	} > "$suite/$name"
	chmod +x "$suite/$name"
	plan "$name" "$@"
}

# plan NAME CASE...: lines of the plan, and $needs as the reasons for which these cases skip:
# "needs=no-cap plan ...", "needs=no-cap binary ...".
plan()
{
	name=$1
	shift
	for case in "$@"; do
		printf '%s\t%s\tclaim of %s\tsource of %s\t%s\n' "$name" "$case" "$case" "$case" "${needs:-}"
	done >> "$suite/tests.tsv"
}

# What results.json says: "id verdict", in order.
verdicts()
{
	$python "$BATS_TEST_DIRNAME/results.py" verdicts "$out/results.json"
}

# member ID KEY: one member of one result, or of one binary's.
member()
{
	$python "$BATS_TEST_DIRNAME/results.py" member "$out/results.json" "$1" "$2"
}

# For tests that mount: a mount namespace is as good as root.
need_mounts()
{
	unshare -m true 2> /dev/null || skip "needs root, to mount over files"
}

# Processes that inherited the mark, wherever they are.
marked() { grep -lsz "^MARK=$BATS_TEST_TMPDIR\$" /proc/[0-9]*/environ || true; }

# eventually COMMAND...: once it succeeds; it has a minute.
eventually()
{
	for _ in $(seq 1200); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# Nobody is left, or will be in a moment: some die by another's death.
nobody_left()
{
	# shellcheck disable=SC2046 # several
	eventually nobody || ls -l $(marked)
	nobody
}

nobody() { [ -z "$(marked)" ]; }

# same WANT GOT
same()
{
	[ "$1" = "$2" ] || {
		printf 'want: %s\ngot:  %s\n' "$1" "$2"
		return 1
	}
}
