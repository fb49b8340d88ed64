#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs a directory of stage.sh: the kselftest layout below LIBEXECDIR, and as a command
# "kvm-conformance", whose manual is that of run_tests.sh.
#
# usage: install.sh STAGE DESTDIR BINDIR LIBEXECDIR MANDIR COMPLETIONDIR
set -eu

here=$(cd "$(dirname "$0")" && pwd)
stage=$1
dest=$2
bin=$dest$3
home=$4/kvm-conformance
man=$dest$5/man1
completion=$dest$6

# Quoted for the shell, wherever it is.
quoted() { printf '%s\n' "$1" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/"; }

install -d -m 755 "$bin" "$dest$home" "$man" "$completion"
# Results stay; what an earlier version left behind is in no plan.
cp -Rf "$stage/." "$dest$home"
# So the runner keeps no results here.
: > "$dest$home/kvm-conformance/installed"

cat > "$bin/kvm-conformance" <<END
#!/bin/sh
KVMCONF_COMMAND=kvm-conformance exec $(quoted "$home/kvm-conformance/run_tests.sh") "\$@"
END
chmod 755 "$bin/kvm-conformance"

"$stage/kvm-conformance/run_tests.sh" --help |
	awk -f "$here/man.awk" > "$man/run_tests.sh.1"
echo '.so man1/run_tests.sh.1' > "$man/kvm-conformance.1"
cp "$here/completion.bash" "$completion/kvm-conformance"
ln -sf kvm-conformance "$completion/run_tests.sh"
chmod 644 "$man/run_tests.sh.1" "$man/kvm-conformance.1" "$completion/kvm-conformance"
