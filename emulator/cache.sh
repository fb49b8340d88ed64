# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The cache of built emulators, sourced by the scripts that build them.
#
#   cache_root                    print the cache directory
#   cache_hash                    print a short hash of standard input
#   cache_find NAME HASH          print NAME's newest entry built from HASH, or fail
#   cache_make NAME ID BUILDER..  print NAME's entry ID; if it is not there, have
#                                 "BUILDER.. DIRECTORY" fill an empty directory first
#                                 (a program: in a function, set -e would not hold)
#
# An ID is VERSION-HASH: what came from outside, then a hash of what is local (our
# sources, the build script, the compiler). cache_find looks at the hash alone, so a warm
# start asks no mirror which version is the newest; KVMCONF_REFRESH=1 makes it ask.
#
# An entry appears by one rename, complete or not at all. Whoever holds NAME's lock is the
# only builder of NAME alive (a killed builder's children hold it until they end), so all
# temporaries that he finds are left-overs.

cache_root()
{
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/kvm-conformance"
}

cache_hash()
{
	sha256sum | cut -c 1-16
}

cache_find()
{
	[ -z "${KVMCONF_REFRESH:-}" ] || return 1
	# shellcheck disable=SC2012 # ids hold no odd characters, and -t is the point
	_entry=$(ls -td "$(cache_root)/$1"/*-"$2" 2>/dev/null | head -n 1)
	[ -n "$_entry" ] || return 1
	touch -c "$_entry" 2>/dev/null || :
	echo "$_entry"
}

cache_make()
{
	_dir=$(cache_root)/$1
	_entry=$_dir/$2
	_name=$1
	shift 2
	mkdir -p "$_dir" || return
	(
		flock -n 9 || {
			echo "$_name: waiting for another build to end" >&2
			flock 9
		}
		rm -rf "$_dir"/.tmp.*
		[ ! -d "$_entry" ] || exit 0

		_tmp=$(mktemp -d "$_dir/.tmp.XXXXXX") || exit
		trap 'rm -rf "$_tmp"' EXIT
		trap 'exit 130' INT
		trap 'exit 143' HUP TERM
		chmod 755 "$_tmp"
		"$@" "$_tmp" >&2 && mv "$_tmp" "$_entry" && _cache_prune "$_dir"
	) 9>"$_dir/.lock" || return
	touch -c "$_entry"
	echo "$_entry"
}

# Another checkout may still use an older entry: an entry goes that nobody has asked for in two
# weeks, or of kernels of one's own, of which a bisection makes one a step, in a day. It is renamed
# first, so that no half-removed entry keeps a valid name.
_cache_prune()
{
	_days=14
	[ "${1##*/}" != kernel-path ] || _days=1
	find "$1" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -mmin +$((_days * 1440)) |
	while read -r _old; do
		_gone=$(mktemp -d "$1/.tmp.XXXXXX") && mv "$_old" "$_gone/" && rm -rf "$_gone"
	done
}
