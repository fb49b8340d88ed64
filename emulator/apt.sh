# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Debian packages from any suite, through private apt configurations. Sourced, after
# cache.sh; runs as any user on Debian 12 and 13.
#
#   apt_need PACKAGE..                  install what the system lacks, or say what it is
#   apt_in SUITE TOOL ARG..             apt-get or apt-cache, seeing SUITE and nothing else
#   apt_version SUITE PACKAGE           print the newest version of a package
#   apt_source_version SUITE PACKAGE    the same of a source package, without its epoch
#   apt_source SUITE PACKAGE DIR        its source in DIR, with Debian's patches applied
#   apt_unpack SUITE DIR PACKAGE..      the files of binary packages in DIR
#
# PACKAGE may be PACKAGE=VERSION in the last two. Each suite has a configuration, lists
# and a lock of its own below the cache directory, so that only what is needed is
# downloaded, no pinning is needed, and the system's apt is never touched. Mirror and key
# are the system's own. Lists are refreshed once a day; KVMCONF_REFRESH=1 asks for it now.

apt_need()
{
	_missing=$(_apt_missing "$@")
	[ -n "$_missing" ] || return 0
	if [ -n "${NO_INSTALL:-}" ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "missing packages, to be installed with:" >&2
		echo "  apt-get install --no-install-recommends" "$_missing" >&2
		return 1
	fi
	mkdir -p "$(cache_root)/apt" || return
	(
		# Not all of apt's own locks can be waited for.
		flock 9
		_missing=$(_apt_missing "$@")
		[ -n "$_missing" ] || exit 0
		export DEBIAN_FRONTEND=noninteractive
		# Some other repository may be out of order: what counts is the next step.
		apt-get -qq update >&2
		# shellcheck disable=SC2086 # a list of words
		apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends \
			$_missing >&2
	) 9>"$(cache_root)/apt/install.lock"
}

_apt_missing()
{
	for _package; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$_package" 2>/dev/null |
			grep -q '^.i' || printf '%s ' "$_package"
	done
}

apt_in()
{
	_suite=$(cache_root)/apt/$1
	_apt_lists "$1" || return
	_tool=$2
	shift 2
	flock -s "$_suite/lock" "$_tool" -c "$_suite/apt.conf" "$@"
}

apt_version()
{
	_policy=$(apt_in "$1" apt-cache policy "$2") || return
	_version=$(echo "$_policy" | sed -n 's/^  Candidate: //p')
	case $_version in
	'' | '(none)') echo "no package $2 in $1" >&2; return 1 ;;
	esac
	echo "$_version"
}

apt_source_version()
{
	_uris=$(apt_in "$1" apt-get -qq source --download-only --print-uris "$2") || return
	echo "$_uris" | sed -n "s/^'[^']*' [^_ ]*_\([^ ]*\)\.dsc .*/\1/p"
}

# As dpkg-source does it for format "3.0 (quilt)", which spares us dpkg-dev and its perl.
apt_source()
{
	mkdir -p "$3/.download" || return
	(
		cd "$3/.download" || exit
		apt_in "$1" apt-get -qq source --download-only "$2" >&2 || exit
		grep -q '^Format: 3.0 (quilt)' ./*.dsc || {
			echo "$2: not a 3.0 (quilt) source package" >&2
			exit 1
		}
		cd .. || exit
		tar -xf .download/*.orig.tar.?z* --strip-components=1 || exit
		for _part in .download/*.orig-*.tar.?z*; do
			[ -e "$_part" ] || break
			_sub=${_part##*.orig-}
			_sub=${_sub%%.tar.*}
			mkdir -p "$_sub" || exit
			tar -xf "$_part" -C "$_sub" --strip-components=1 || exit
		done
		tar -xf .download/*.debian.tar.?z* || exit
		rm -r .download
		[ -e debian/patches/series ] || exit 0
		sed 's/[ 	]*#.*//' debian/patches/series |
		while read -r _patch _; do
			[ -n "$_patch" ] || continue
			patch -p1 -N -i "debian/patches/$_patch" </dev/null >&2 || exit
		done
	)
}

apt_unpack()
{
	_suite_name=$1
	_into=$2
	shift 2
	mkdir -p "$_into" && _debs=$(mktemp -d "$_into/.apt.XXXXXX") || return
	(
		cd "$_debs" || exit
		apt_in "$_suite_name" apt-get -qq download "$@" >&2 || exit
		for _deb in ./*.deb; do
			dpkg-deb -x "$_deb" .. || exit
		done
	)
	_status=$?
	rm -rf "$_debs"
	return "$_status"
}

# Configuration and lists of a suite, no older than a day. Without network the old lists
# must do: that they are old is said, and whether they are too old shows at the download.
_apt_lists()
{
	mkdir -p "$_suite/sources.d" "$_suite/lists/partial" "$_suite/cache/archives/partial" || return
	(
		flock 9
		_sources=$(_apt_sources "$1") || exit
		_age=1440
		[ -z "${KVMCONF_REFRESH:-}" ] || _age=5
		[ "$_sources" = "$(cat "$_suite/sources.d/suite.sources" 2>/dev/null)" ] &&
			[ -n "$(find "$_suite/stamp" -mmin "-$_age" 2>/dev/null)" ] && exit 0

		echo "refreshing the package lists of $1" >&2
		_apt_conf >"$_suite/apt.conf" && : >"$_suite/status" || exit
		echo "$_sources" >"$_suite/sources.d/suite.sources" || exit
		if apt-get -qq -c "$_suite/apt.conf" update >&2; then
			touch "$_suite/stamp"
		elif [ -e "$_suite/stamp" ]; then
			echo "cannot refresh the package lists of $1: using old ones" >&2
		else
			exit 1
		fi
	) 9>"$_suite/lock"
}

# -c is read after the system's configuration, whose proxies and passwords stay in force;
# its hooks and its choices of directories do not.
_apt_conf()
{
	cat <<-END
	#clear APT::Update;
	APT::Update::Error-Mode "any";
	APT::Sandbox::User "";
	Acquire::GzipIndexes "false";
	Acquire::Languages { "none"; };
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$_suite/sources.d";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State "$_suite";
	Dir::State::lists "$_suite/lists";
	Dir::State::status "$_suite/status";
	Dir::Cache "$_suite/cache";
	Dir::Cache::pkgcache "pkgcache.bin";
	Dir::Cache::srcpkgcache "srcpkgcache.bin";
	END
}

# Where the system gets Debian from, as apt itself understands its configuration:
# "FILE:ENTRY URI SUITE" for each suite of Debian's main component.
_apt_system()
{
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --no-release-info \
		--format '$(SOURCESENTRY) $(REPO_URI) $(RELEASE) $(COMPONENT) $(IDENTIFIER)' |
	awk '$4 == "main" && $5 == "Packages" {
		suite = $3
		security = sub(/(-security|\/updates)$/, "", suite)
		sub(/-(updates|backports)$/, "", suite)
		kind = security ? "security" : "debian"
		if (suite ~ /^(bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)$/ &&
		    !seen[kind]++)
			print kind, $1, $2
	}'
}

# The private source list, with the key that the system's entry names.
_apt_sources()
{
	_suites=$1
	case $1 in
	*-* | sid) ;;
	*) _suites="$1 $1-updates" ;;
	esac
	_apt_system | {
		_found=
		while read -r _kind _where _uri; do
			if [ "$_kind" = security ]; then
				case $1 in *-* | sid) continue ;; esac
				_suites=$1-security
			fi
			_found=yes
			printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\n' "$_uri" "$_suites"
			printf 'Components: main\nArchitectures: amd64\n'
			_apt_signed_by "${_where%:*}" "${_where##*:}"
			echo
		done
		[ -n "$_found" ] || {
			echo "this system's apt configuration names no Debian mirror" >&2
			exit 1
		}
	}
}

# Entry N is a line of a .list file, a paragraph of a .sources file, where the key may
# stand in the field itself, on lines of its own. No key named: the system's keyring.
_apt_signed_by()
{
	case $1 in
	*.sources)
		sed '/^#/d' "$1" | awk -v RS= -v entry="$2" 'NR == entry' |
			awk 'tolower($0) ~ /^signed-by:/ { print; on = 1; next }
			     on && /^[ \t]/ { print; next } { on = 0 }' ;;
	*)
		sed -n "$2"'s/.*[[ ]signed-by=\([^] ]*\).*/Signed-By: \1/p' "$1" ;;
	esac
}
