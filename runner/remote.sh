#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The agent on another machine (--remote): copies it and the binaries there, and becomes the
# connection to it. What was copied is removed when the agent ends, or the connection does.
#
# usage: remote.sh COMMAND ROOT BINARY..
#	COMMAND	words to which a shell command is added: "ssh root@board". There must be a
#		POSIX shell, mktemp, tar and gzip on the other side.
# Standard input and output are those of the agent: docs/events.md.
set -fu

command=$1
root=$2
shift 2

copy=$(mktemp -d) || exit
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM
for file in runner/kvm-conformance "$@"; do
	[ -f "$root/$file" ] || continue
	mkdir -p "$copy/${file%/*}"
	strip --strip-debug -o "$copy/$file" "$root/$file" 2>/dev/null ||
		cp -p "$root/$file" "$copy/$file" || exit
done
# shellcheck disable=SC2086,SC2016 # several words, for the other side
dir=$(tar -C "$copy" -czf - . | $command \
	'd=$(mktemp -d /tmp/kvm-conformance.XXXXXX) && tar -C "$d" -xzf - && echo "$d"') || exit
case $dir in
/tmp/kvm-conformance.?*) ;;
*)
	echo "run_tests.sh: --remote: the tests could not be copied by: $command" >&2
	exit 1
	;;
esac
rm -rf "$copy"
trap - EXIT HUP INT TERM
# shellcheck disable=SC2086 # several words
exec $command "cd $dir && { runner/kvm-conformance --agent; rm -rf $dir; }"
