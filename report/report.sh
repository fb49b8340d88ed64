#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What run_tests.sh --report and --compare do: finds a Python that can, for report.py.
#
# usage: report.sh --report FILE.html [DIR...] | --compare A B
here=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 2

# What was closed would be the descriptor of the next file that is opened.
(: 3>&2) || exec 2> /dev/null
(: 3>&1) 2> /dev/null || exec 1< /dev/null

# start MODULES COMMAND ARG...: report.py, which needs these modules of others.
start()
{
	modules=$1
	shift
	for python in python3 /usr/bin/python3; do
		"$python" -I -c "import sys$modules; sys.exit(sys.version_info < (3, 11))" \
			2> /dev/null && exec "$python" -EsB "$here/report.py" "$@"
	done
	echo "run_tests.sh: --$1 needs Python 3.11 or later${modules:+ with jinja2}:" \
		"apt-get install python3${modules:+ python3-jinja2}" >&2
	exit 2
}

case ${1:-} in
--report) shift && start ", jinja2" report "$@" ;;
--report=*) file=${1#*=} && shift && start ", jinja2" report "$file" "$@" ;;
--compare) shift && start '' compare "$@" ;;
*) exit 2 ;;
esac
