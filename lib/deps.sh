#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what "make run", "make check" or "make check-consumers" needs and this machine lacks, or
# says what it is. Each need is found by trying it, not by package name, so
# that it does not matter how it came to the machine.
#
# usage: deps.sh run|check|consumers
# Exit status: 0 all there, 1 something is missing and was not installed.
#
# NO_INSTALL=1  install nothing; "make run" says so unless INSTALL=1
# CC            the compiler to look for (default: cc or gcc)
# KSELFTEST     a kernel tree's tools/testing/selftests, in place of a package
set -u

case ${1:-} in
run | check | consumers) level=$1 ;;
*)
	echo "usage: deps.sh run|check|consumers" >&2
	exit 1
	;;
esac

compiler=${CC:-$(command -v gcc || command -v cc || echo gcc)}

# builds TEXT OPTION...: whether a program that begins with TEXT can be built so.
builds()
{
	dir=$(mktemp -d) || return 1
	printf '%s\nint main(void) { return 0; }\n' "$1" > "$dir/probe.c"
	shift
	# The compiler may be several words.
	$compiler -o "$dir/probe" "$dir/probe.c" "$@" 2> /dev/null
	status=$?
	rm -rf "$dir"
	return $status
}

has() { command -v "$1" > /dev/null 2>&1; }

has_libnuma() { builds '#include <numa.h>' -static -lnuma; }
has_libc() { builds '#include <stdio.h>' -static; }
has_asan() { builds '' -fsanitize=address,undefined; }
has_harness() { "$(dirname "$0")/harness.sh" find > /dev/null 2>&1; }
has_locales() { [ -r /usr/share/i18n/locales/tr_TR ]; }
has_python_tap() { has /usr/bin/python3 && /usr/bin/python3 -c 'import tap' 2> /dev/null; }
has_sshd() { [ -x /usr/sbin/sshd ] && has ssh; }
has_jinja2() { has /usr/bin/python3 && /usr/bin/python3 -c 'import jinja2' 2> /dev/null; }

has_junitparser() { has /usr/bin/python3 && /usr/bin/python3 -c 'import junitparser' 2> /dev/null; }
has_yaml() { has /usr/bin/python3 && /usr/bin/python3 -c 'import yaml' 2> /dev/null; }
# What openQA's parsers load, and KernelCI's.
has_openqa_needs()
{
	perl -MMojo::Base -MFilesys::Df -MIPC::Run -MRegexp::Common -MFeature::Compat::Try -e 1 2> /dev/null
}
has_kernelci_needs() { /usr/bin/python3 -c 'import elftools, jinja2, pydantic, requests' 2> /dev/null; }

# The kernel-source package with a harness of 6.12 or later that this machine
# can have: the oldest, because it is the smallest download that will do.
source_package()
{
	apt-cache search --names-only '^linux-source-[0-9]+\.[0-9]+$' 2> /dev/null |
		sed -n 's/^linux-source-\([0-9]*\)\.\([0-9]*\) .*/\1 \2/p' |
		awk '$1 > 6 || ($1 == 6 && $2 >= 12)' | sort -k1,1n -k2,2n |
		sed -n '1s/\(.*\) \(.*\)/linux-source-\1.\2/p'
}

# probe | apt | dnf | zypper | pacman; "-": the distribution has no such package
needs_run()
{
	cat <<-EOF
	has make|make|make|make|make
	has $compiler|gcc|gcc|gcc|gcc
	has_libc|libc6-dev|glibc-static|glibc-devel-static|glibc
	has_libnuma|libnuma-dev|numactl-devel|libnuma-devel|numactl
	has xz|xz-utils|xz|xz|xz
	has_harness|SOURCE|-|kernel-source|-
	EOF
}

needs_check()
{
	cat <<-EOF
	has git|git|git|git|git
	has objdump|binutils|binutils|binutils|binutils
	has bats|bats|bats|bats|bash-bats
	has clang|clang|clang|clang|clang
	has_asan|gcc|libasan libubsan|libasan8 libubsan1|gcc-libs
	has cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
	has strace|strace|strace|strace|strace
	has shellcheck|shellcheck|ShellCheck|ShellCheck|shellcheck
	has dash|dash|dash|dash|dash
	has bash|bash|bash|bash|bash
	has busybox|busybox|busybox|busybox|busybox
	has gawk|gawk|gawk|gawk|gawk
	has mawk|mawk|mawk|mawk|mawk
	has perl|perl|perl|perl|perl
	has prove|perl|perl-Test-Harness|perl|perl
	has_locales|locales|glibc-locale-source|glibc-i18ndata|glibc
	has_python_tap|python3-tap|python3-tap|python3-tappy|python-tappy
	has_sshd|openssh-server openssh-client|openssh-server openssh-clients|openssh|openssh
	has_jinja2|python3-jinja2|python3-jinja2|python3-Jinja2|python-jinja
	has patch|patch|patch|patch|patch
	has mandoc|mandoc|mandoc|mandoc|mandoc
	has rsync|rsync|rsync|rsync|rsync
	has col|bsdextrautils|util-linux|util-linux|util-linux
	EOF
}

needs_consumers()
{
	cat <<-EOF
	has_junitparser|python3-junitparser|python3-junitparser|python3-junitparser|python-junitparser
	has_yaml|python3-yaml|python3-pyyaml|python3-PyYAML|python-yaml
	has xmllint|libxml2-utils|libxml2|libxml2-tools|libxml2
	has wget|wget|wget|wget|wget
	has_openqa_needs|libmojolicious-perl libfilesys-df-perl libipc-run-perl libregexp-common-perl libfeature-compat-try-perl|perl-Mojolicious perl-Filesys-Df perl-IPC-Run perl-Regexp-Common perl-Feature-Compat-Try|perl-Mojolicious perl-Filesys-Df perl-IPC-Run perl-Regexp-Common perl-Feature-Compat-Try|perl-mojolicious perl-ipc-run perl-regexp-common
	has_kernelci_needs|python3-pyelftools python3-jinja2 python3-pydantic python3-requests|python3-pyelftools python3-jinja2 python3-pydantic python3-requests|python3-pyelftools python3-Jinja2 python3-pydantic python3-requests|python-pyelftools python-jinja python-pydantic python-requests
	has dh|debhelper dpkg-dev fakeroot|-|-|-
	has lintian|lintian|-|-|-
	has rpmbuild|rpm|rpm-build|rpm-build|rpm-tools
	has cpio|cpio|cpio|cpio|cpio
	has mmdebstrap|mmdebstrap|mmdebstrap|-|-
	EOF
}

# The package column $1 (2 apt ... 5 pacman) of each need that is not met.
missing()
{
	{
		needs_run
		[ "$level" = run ] || needs_check
		[ "$level" != consumers ] || needs_consumers
	} | while IFS='|' read -r probe packages; do
		$probe > /dev/null 2>&1 && continue
		echo "$probe|$packages" | cut -d '|' -f "$1" | tr ' ' '\n'
	done | grep -vx -e - | sort -u | tr '\n' ' '
}

apt_packages() { missing 2 | sed "s/SOURCE/$(source_package | grep . || echo linux-source-6.12)/"; }

any_missing() { [ -n "$(missing 2)" ]; }

say_missing()
{
	make=$(echo "$level" | sed 's/^consumers$/check-consumers/')
	echo "kvm-conformance: this machine lacks packages that \"make $make\" needs. Install one of:"
	[ "$level" != run ] || echo "  make run INSTALL=1   (on Debian, as root)"
	echo "  apt-get install $(apt_packages)"
	echo "  dnf install $(missing 3)"
	echo "  zypper install $(missing 4)"
	echo "  pacman -S $(missing 5)"
	has_harness || echo "The kselftest harness can also come from a kernel tree of 6.12 or later:" \
		"KSELFTEST=/path/to/linux/tools/testing/selftests"
} >&2

any_missing || exit 0

if [ "${NO_INSTALL:-0}" = 1 ] || [ "$(id -u)" != 0 ] || ! has apt-get; then
	say_missing
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update >&2 || echo "kvm-conformance: apt-get update failed, going on with what apt knows" >&2
# shellcheck disable=SC2046 # several packages
apt-get install -y --no-install-recommends $(apt_packages) >&2 || {
	say_missing
	exit 1
}
if any_missing; then
	say_missing
	exit 1
fi
