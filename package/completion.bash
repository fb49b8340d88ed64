# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion for run_tests.sh, which knows its own options and tests.

_kvm_conformance()
{
	local command=${1/#~/$HOME} word=$2 before=$3 IFS=$'\n' candidates test list

	# A case's id has colons, where readline begins a new word.
	if [[ $COMP_WORDBREAKS == *:* && ${COMP_LINE:0:COMP_POINT} =~ [^[:space:]]*:[^[:space:]]*$ ]]; then
		test=${BASH_REMATCH[0]}
		list=$("$command" --list 2> /dev/null)
		candidates=$(compgen -W "$list" -- "$test")
		mapfile -t COMPREPLY < <(printf '%s' "$candidates" | sed "s|^[^:]*:||")
		return
	fi
	case $before in
	-o | --tmt)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--machine)
		mapfile -t COMPREPLY < <(compgen -W $'amd\namd-bochs\nintel\ntdx\ntdx-dynamic' -- "$word")
		return
		;;
	--kernel)
		mapfile -t COMPREPLY < <(compgen -W $'newest\nnewest-cloud' -d -- "$word")
		return
		;;
	--require)
		candidates=$("$command" --help 2> /dev/null | sed -n 's/.*(profiles\/: \(.*\)).*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "${candidates// /$'\n'}" -- "$word")
		return
		;;
	--only)
		mapfile -t COMPREPLY < <(compgen -W $'abi\nimplementation' -- "$word")
		return
		;;
	--by)
		mapfile -t COMPREPLY < <(compgen -W source -- "$word")
		return
		;;
	--report | --compare | --judge | --facts | --known-issues | --skip-file | --junit | --binaries)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	-j | --remote | --repeat | --duration | --keep | --timeout | --smp | --nodes | --memory | --module-params) return ;;
	esac
	if [[ $word == -* ]]; then
		candidates=$("$command" --help 2> /dev/null | grep -oE '^  --?[a-z-]+|, --[a-z-]+' |
			sed 's/^[ ,]*//')
	else
		# Directories, binaries; cases once a binary is there.
		list=$("$command" --list 2> /dev/null)
		candidates=$(cut -d/ -f1 <<< "$list" | uniq; cut -d: -f1 <<< "$list" | uniq)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$word")
}

complete -F _kvm_conformance run_tests.sh ./run_tests.sh kvm-conformance
