#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tappy, the runner of tap.py, fails a TAP 13 stream that has a comment between
# its version line and its plan, or behind a plan at the end.
#
# Seen with: python3-tap 3.1-1 (with python3-more-itertools 8.10.0-2 and
# python3-yaml 6.0-3+b2, which it wants for TAP 13), libtest-harness-perl 3.44-1.
#
# The specification of TAP 13 counts lines without the comments: the plan has to
# be the first or the last line that is no diagnostic. tap/rules.py counts every
# line: the plan may stand on line 1, on the last line, or on line 2 behind a
# version line. In all three streams below every test passes.
#
#   stream                          tappy                       prove    Parser class
#   version, comment, plan, result  1 failure more, status 1    PASS, 0  reads all four
#   version, result, plan, comment  1 failure more, status 1    PASS, 0  reads all four
#   version, plan, comment, result  OK, status 0                PASS, 0  reads all four
#
# The failure is "A plan must appear at the beginning or end of the file."
#
# So: whoever wants to be read by everything prints the plan directly behind the
# version line, and what it has to say about the machine after that. And a
# stream that a program with the Parser class reads may still fail in tappy.
#
# Needs apt-get with package lists, dpkg-deb, perl, python3.
# Status: 0 it is still so, 1 it changed, 2 the packages are not to be had.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cd "$tmp"

for package in python3-tap=3.1-1 python3-more-itertools=8.10.0-2 python3-yaml=6.0-3+b2 \
	libtest-harness-perl=3.44-1; do
	if ! apt-get -q download "$package" > log 2>&1; then
		cat log >&2
		exit 2
	fi
	echo "package $package"
done
for deb in *.deb; do
	dpkg-deb -x "$deb" root
done
PYTHONPATH=$tmp/root/usr/lib/python3/dist-packages
PERL5LIB=$tmp/root/usr/share/perl5
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PERL5LIB PYTHONDONTWRITEBYTECODE
unset HARNESS_OPTIONS HARNESS_PERL_SWITCHES

printf '%s\n' 'TAP version 13' '# host: a' '1..1' 'ok 1 - boots' > before_plan.tap
printf '%s\n' 'TAP version 13' 'ok 1 - boots' '1..1' '# took 1 s' > after_last_plan.tap
printf '%s\n' 'TAP version 13' '1..1' '# host: a' 'ok 1 - boots' > after_first_plan.tap

for name in before_plan after_last_plan after_first_plan; do
	echo "$name"
	status=0
	python3 -c 'import sys; from tap.main import main; sys.exit(main())' "$name.tap" \
		> log 2>&1 || status=$?
	sed -n -e 's/^\(A plan must .*\)/tappy: \1/p' -e 's/^\(OK\|FAILED.*\)$/tappy: \1/p' log
	echo "tappy: status $status"
	python3 -c 'import sys; from tap.parser import Parser
print("Parser:", *[line.category for line in Parser().parse_file(sys.argv[1])])' "$name.tap"
	status=0
	perl root/usr/bin/prove --norc --exec cat "$name.tap" > log 2>&1 || status=$?
	sed -n 's/^Result: /prove: /p' log
	echo "prove: status $status"
done > seen

cat > expected << 'EOF'
before_plan
tappy: A plan must appear at the beginning or end of the file.
tappy: FAILED (failures=1)
tappy: status 1
Parser: version diagnostic plan test
prove: PASS
prove: status 0
after_last_plan
tappy: A plan must appear at the beginning or end of the file.
tappy: FAILED (failures=1)
tappy: status 1
Parser: version test plan diagnostic
prove: PASS
prove: status 0
after_first_plan
tappy: OK
tappy: status 0
Parser: version plan diagnostic test
prove: PASS
prove: status 0
EOF

cat seen
if ! diff -u expected seen > log; then
	echo "changed: a comment next to the plan is no longer what makes tappy fail" >&2
	cat log >&2
	exit 1
fi
echo "still so: tappy fails valid TAP 13 with a comment before its plan or behind the last one"
