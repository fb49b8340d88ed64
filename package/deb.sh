#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a Debian package of a directory of stage.sh.
#
# usage: deb.sh STAGE WORK OUT    WORK is made anew; the package goes to the directory OUT
#
# DEBFULLNAME, DEBEMAIL  who maintains it; by default who made the commit
set -eu

here=$(cd "$(dirname "$0")" && pwd)
stage=$(cd "$1" && pwd)
work=$2
out=$3
date=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct || echo 0)}

commit_name() { git -C "$here" log -1 --format=%an 2> /dev/null || echo kvm-conformance; }
commit_email() { git -C "$here" log -1 --format=%ae 2> /dev/null || echo root@localhost; }
maintainer="${DEBFULLNAME:-$(commit_name)} <${DEBEMAIL:-$(commit_email)}>"

described=$(sed -n 1p "$stage/kvm-conformance/version")
version=$("$here/version.sh" "$described" "$date")

rm -rf "$work"
mkdir -p "$work/source"
cp -R "$here/debian" "$work/source/debian"
sed -i "s/@MAINTAINER@/$(printf '%s' "$maintainer" | sed 's/[&/\\]/\\&/g')/" "$work/source/debian/control"
cat > "$work/source/debian/changelog" <<END
kvm-conformance ($version) unstable; urgency=medium

  * As of ${described:-an unknown version}.

 -- $maintainer  $(date -R -u -d "@$date")
END
(
	cd "$work/source"
	KVMCONF_BUILT=${here%/*} KVMCONF_STAGE=$stage SOURCE_DATE_EPOCH=$date \
		dpkg-buildpackage --build=binary --no-sign
) > "$work/log" 2>&1 || {
	tail -n 20 "$work/log" >&2
	exit 1
}
mv "$work"/kvm-conformance_*.deb "$out"
echo "$out/kvm-conformance_${version}_amd64.deb"
