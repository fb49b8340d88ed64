# SPDX-License-Identifier: GPL-2.0-only
#
# The steps of LAVA's test definition, as lava-test-shell strings them together, with stand-ins for
# LAVA's commands and for the network. The whole way through LAVA is make check-lava.

# shellcheck disable=SC2034,SC2154 # shared with consumers.sh and fixture.sh
load consumers.sh
BATS_TEST_DIRNAME=$top/selfcheck/runner
load ../runner/fixture.sh

setup()
{
	setup_suite_dir
	binary x86/first a.one a.two <<-'EOT'
		a_one() { :; }
		a_two() { :; }
	EOT
	archive=$BATS_TEST_TMPDIR/archive
	mkdir "$archive"
	mv "$suite" "$archive/kvm-conformance"
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	printf '#!/bin/sh\necho "CASE $*"\n' > "$bin/lava-test-case"
	printf '#!/bin/sh\necho "RAISE $*"\nexit 1\n' > "$bin/lava-test-raise"
	printf '#!/bin/sh\nexit 0\n' > "$bin/dmesg"
	# wget -q -O FILE ADDRESS: of a file below the test's directory, with its bytes.
	cat > "$bin/wget" <<-'EOT'
		#!/bin/sh
		exec cp "${WEB:?}/${4##*/}" "$3"
	EOT
	chmod +x "$bin"/*
	export WEB=$BATS_TEST_TMPDIR/web
	mkdir "$WEB"
}

# steps NAME=VALUE...: the definition with these parameters, and its own for the others
steps()
{
	/usr/bin/python3 - "$top/lava/kvm-conformance.yaml" "$@" > "$BATS_TEST_TMPDIR/run.sh" <<-'EOF'
		import shlex, sys, yaml
		definition = yaml.safe_load(open(sys.argv[1]))
		given = dict(word.split("=", 1) for word in sys.argv[2:])
		assert set(given) <= set(definition["params"]), given
		print("set -e")
		for name, value in {**definition["params"], **given}.items():
		    print(f"{name}={shlex.quote(value)}")
		for step in definition["run"]["steps"]:
		    print(step)
	EOF
	status=0
	PATH=$bin:$PATH sh "$BATS_TEST_TMPDIR/run.sh" > "$out.log" 2>&1 || status=$?
	cat "$out.log"
}

facts_option="--facts $BATS_TEST_TMPDIR/archive/kvm-conformance/facts"

@test "the suite on the device is run, with its arguments" {
	steps SUITE="$archive" ARGUMENTS="$facts_option first:a.one"
	[ "$status" -eq 0 ]
	grep -q 'CASE x86.first.a.one --result pass' "$out.log"
	[ -z "$(grep 'CASE x86.first.a.two' "$out.log")" ]
	[ -z "$(grep RAISE "$out.log")" ]
}

@test "an archive is unpacked, be it xz or gz" {
	for z in J z; do
		tar -C "$archive" -c -$z -f "$WEB/suite.tar" .
		rm -rf "$BATS_TEST_TMPDIR/there"
		steps SUITE="$BATS_TEST_TMPDIR/there" TARBALL=http://example.org/suite.tar \
			ARGUMENTS="$facts_option"
		[ "$status" -eq 0 ]
		grep -q 'CASE x86.first.a.two --result pass' "$out.log"
		[ "$(ls "$BATS_TEST_TMPDIR/there")" = kvm-conformance ]
	done
}

@test "what cannot be had, or is no archive, ends the definition" {
	echo "no archive" > "$WEB/broken.tar"
	for file in none.tar broken.tar; do
		steps SUITE="$archive" TARBALL=http://example.org/$file
		[ "$status" -ne 0 ]
		grep -qx "RAISE no suite from http://example.org/$file" "$out.log"
		[ -z "$(grep CASE "$out.log")" ]
	done
	steps SUITE="$archive" SKIPFILE=http://example.org/none
	[ "$status" -ne 0 ]
	grep -qx "RAISE no list of tests to skip from http://example.org/none" "$out.log"
}

@test "SKIPFILE: an address or a file, of what is skipped" {
	printf '# slow\nx86/first:a.one\n' > "$WEB/list"
	for where in http://example.org/list "$WEB/list"; do
		steps SUITE="$archive" SKIPFILE="$where" ARGUMENTS="$facts_option"
		[ "$status" -eq 0 ]
		grep -q 'CASE x86.first.a.one --result skip' "$out.log"
		grep -q 'CASE x86.first.a.two --result pass' "$out.log"
	done
}

@test "a run that did not come to its results is raised" {
	steps SUITE="$archive" ARGUMENTS=--no-such-option
	grep -qx 'RAISE run_tests.sh ended with status 2' "$out.log"
	/usr/bin/python3 - "$top/lava/kvm-conformance.yaml" <<-'EOF'
		import sys, yaml
		metadata = yaml.safe_load(open(sys.argv[1]))["metadata"]
		for key in ("name", "format", "description", "maintainer", "os", "scope", "devices"):
		    assert metadata[key], key
	EOF
}
