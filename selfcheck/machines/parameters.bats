# SPDX-License-Identifier: GPL-2.0-only
#
# The sets of module parameters of make matrix: one that no kernel has would be left out for ever.

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

@test "each set of parameters is one that the newest kernel's modules have" {
	modules=$("$top/emulator/kernel.sh" newest)/modules
	tr '\0' '\n' < "$modules/kvm-amd.ko" > "$BATS_TEST_TMPDIR/kvm_amd"
	tr '\0' '\n' < "$modules/kvm-intel.ko" > "$BATS_TEST_TMPDIR/kvm_intel"
	tr '\0' '\n' < "$modules/kvm.ko" > "$BATS_TEST_TMPDIR/kvm"
	sets=0
	while IFS=$'\t' read -r vendor set; do
		case $vendor in '#'* | '') continue ;; amd | intel | both) ;; *) echo "$vendor"; return 1 ;; esac
		for word in $set; do
			echo "$word"
			name=${word#*.} name=${name%%=*}
			case $vendor,$word in *,kvm.* | amd,kvm_amd.* | intel,kvm_intel.*) ;; *) return 1 ;; esac
			grep -aq "^parmtype=$name:" "$BATS_TEST_TMPDIR/${word%%.*}"
		done
		sets=$((sets + 1))
	done < "$top/emulator/parameter_sets"
	[ "$sets" -gt 20 ]
}
