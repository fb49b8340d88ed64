# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034
#
# An emulated machine in place of this one. Sourced by run_tests.sh, whose variables and
# functions it uses.
#
#	machine_settle	what is known before it runs: machine, facts (the kernel's release)
#	machine_boot	boots it and has it run the plan; facts are its own from then on
#	machine_end	waits for its end, with exit status 3 if that was not a good one, 1 if a
#			TDX module still owned something then
#
# In the machine init runs the binaries; here attend.sh takes each one's log out of what the
# machine sends, in the place of the supervise that runs it on any other machine. All else
# is the same.

emulators=$root/emulator
# shellcheck source=emulator/machine_options.sh
. "$emulators/machine_options.sh"
# shellcheck source=emulator/watch.sh
. "$emulators/watch.sh"

# From power on to the first word.
boot_limit=300

# An emulated CPU is slow, and its clock is its own: what compares clocks or asks for progress
# within seconds says nothing about KVM. A panic is the end.
command_line="console=ttyS0,115200 quiet panic=-1 nokaslr mitigations=off audit=0 \
hugepages=4 tsc=reliable no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1"

machine_lost()
{
	warn "$@"
	exit 3
}

for_each_set()
{
	while IFS= read -r set; do
		"$@" "$set" || return
	done <<-END
	$machine_sets
	END
}

machine_settle()
{
	machine=
	machine_read_options
	machine_kernel_dir=$("$emulators/kernel.sh" "$machine_kernel")
	case $? in
	0) ;;
	2) die "--kernel: no such kernel: $machine_kernel" ;;
	*) machine_lost "the kernel $machine_kernel cannot be had" ;;
	esac
	[ -e "$machine_kernel_dir/modules/$(echo "$machine_module" | tr _ -).ko" ] ||
		die "--kernel: $machine_kernel has no module $machine_module"
	facts="kernel.release$tab$(cat "$machine_kernel_dir/release")
modules.$machine_module.state${tab}to be loaded"
	kernel=$(cat "$machine_kernel_dir/release")
	for_each_set machine_check_set
	[ -z "$(for_each_set machine_prefix | sort | uniq -d)" ] ||
		die "--module-params: two sets are alike"
	machine_scaled=
	[ -n "${KVMCONF_TIMEOUT_SCALE:-}" ] ||
		machine_scaled=yes KVMCONF_TIMEOUT_SCALE=$machine_scale
}

# The plan once for each set, under names of its own; paragraphs are counted on.
machine_plan()
{
	for_each_set machine_plan_of_set | awk -F "$tab" -v OFS="$tab" '
		NR == 1 || first { $2 = ++nr }
		{ first = /^$/; print }'
}

machine_plan_of_set()
{
	printf '%s\n\n' "$plan" | awk -v prefix="$(machine_prefix "$1")" '
		NR == 1 || first { printf "%s", prefix }
		{ first = /^$/; print }'
}

# What --list and --print-expected say, in the names that each set's results will have.
machine_list()
{
	for_each_set machine_list_of_set | awk '$0 != "expected:" || !nr++'
}

machine_list_of_set()
{
	prefix=$(machine_prefix "$1")
	[ "$list" != expected ] || prefix=$(echo "$prefix" | tr / .)
	printf '%s\n' "$plan" | sed -e "s|^- |&$prefix|" -e t -e "s|^[^ :]*:.|$prefix&|"
}

# What init has to do.
machine_jobs()
{
	echo "modules$(machine_modules "$1")"
	echo "facts $(machine_prefix "$1")facts"
	printf '%s\n' "$plan" | awk -F "$tab" -v prefix="$(machine_prefix "$1")" \
		-v limit=$(((timeout + machine_slow - 1) / machine_slow)) -v repeat="$repeat" '
		(NR == 1 || first) && $3 != "none" {
			for (n = 1; n <= repeat; n++)
				print "run", prefix $1 (n > 1 ? "." n : ""), limit, $1, \
					$3 == "all" ? "" : $3
		}
		{ first = /^$/ }'
}

# The scale is for limits in our time. Guest time on Bochs needs none, see machine_options.sh.
machine_scales()
{
	[ -z "$machine_scaled" ] || why="emulated by $machine_emulator"
	[ "$timeout_why" = --timeout ] || timeout_why="$base_timeout s x $scale: $why"
	[ "$machine_slow" -eq 1 ] || scale=1 why="guest time"
}

machine_settings()
{
	echo "export KVMCONF_MACHINE=$machine KVMCONF_TIMEOUT_SCALE=$scale"
	[ -z "$reload" ] || echo "export KVMCONF_RELOAD_MODULES=1"
	[ -z "${KVMCONF_HIDE_MODULE:-}" ] || echo "export KVMCONF_HIDE_MODULE=1"
	[ -z "${KVMCONF_PROVOKE_WARN:-}" ] || echo "export KVMCONF_PROVOKE_WARN=1"
	[ -z "${KVMCONF_ANSWERS:-}" ] || echo "export KVMCONF_ANSWERS=1"
}

# Becomes the emulator, whose temporary files are to go with the machine. Emulators have
# ideas of their own about odd characters in names of files: hence these plain ones.
machine_emulate()
{
	cd "$machine_dir" || exit
	export TMPDIR="$machine_dir" KVMCONF_TDX_LEDGER="$machine_dir/ledger"
	# In a session of its own: ^C is for us alone.
	# shellcheck disable=SC2086 # an option and its argument
	exec setsid "$run/supervise" -w $$ -t "$limit" -l emulator.log -- \
		"$emulators/$machine_emulator/boot.sh" $machine_vendor -m "$machine_memory" \
		-s "$machine_smp" -n "$machine_nodes" -t "$limit" console results \
		-kernel vmlinuz -initrd initramfs \
		-append "$command_line ${KVMCONF_CMDLINE:-}" >/dev/null
}

# All that the machine needs, in its directory.
machine_furnish()
{
	rm -rf "$machine_dir"
	mkdir "$machine_dir" && for_each_set machine_jobs >"$machine_dir/jobs" &&
		machine_settings >"$machine_dir/settings" &&
		"$emulators/initramfs.sh" "$machine_kernel_dir" "$root" "$machine_dir" &&
		ln -s "$machine_kernel_dir/vmlinuz" "$machine_dir/vmlinuz" &&
		cd "$machine_dir" && echo 0 >taken && echo $$ >runner && : >results && : >console && : >emulator.log
}

machine_boot()
{
	"$emulators/$machine_emulator/build.sh" >/dev/null ||
		machine_lost "the emulator cannot be had: $machine_emulator"
	machine_scales
	machine_dir=$out/machine
	if ! (machine_furnish); then
		rm -rf "$machine_dir"
		machine_lost "cannot write what the machine needs below $out"
	fi
	plan=$(machine_plan)
	at_once=1

	warn "booting $kernel on the emulated machine $machine"
	trap machine_off EXIT
	limit=$((boot_limit + $(grep -c ^run "$machine_dir/jobs") * (timeout + boot_limit)))
	machine_emulate &
	echo $! >"$machine_dir/pid"

	export KVMCONF_ATTEND="$machine_dir" KVMCONF_SUPERVISE="$emulators/attend.sh"
	first=$(sed -n 's/^facts //p' "$machine_dir/jobs" | head -n 1)
	if told=$("$emulators/attend.sh" -w $$ -t $boot_limit -- "$first"); then
		facts=$told
	else
		warn "the machine did not come up"
	fi
	prepare "$out" || machine_lost "cannot write to $out"
}

# For a trap: the run is to end, by a signal with that number plus 128.
machine_stop()
{
	echo "SIG$(kill -l "$1")" >"$machine_dir/stop"
}

# Also on our way out for any other reason.
machine_off()
{
	machine_kill "the runner ended"
	wait "$(cat "$machine_dir/pid")" 2>/dev/null
	rm -rf "$machine_dir/initramfs" "$machine_dir/root" "$machine_dir/vmlinuz"
}

machine_environment()
{
	where=$(machine_prefix "$1")
	[ -z "$where" ] || { log_lines "${where}facts" && run_facts; } |
		LC_ALL=C awk -f "$run/json.awk" -f "$run/environment.awk" >"$out/$where/environment.json"
}

# A TDX module tells when it is switched off what it still owns.
machine_ledger()
{
	case $machine in tdx*) ;; *) return 0 ;; esac
	for _ in $(seq 300); do
		! machine_is_over || break
		sleep 0.2
	done
	cp "$machine_dir/ledger" "$out/tdx-ledger" 2>/dev/null || {
		warn "the TDX module has told nothing of what it owns"
		return 3
	}
	left=$(awk -F '\t' '$1 > 0 { print "  " $1 " " $2 } $1 == "#" { print "    " $2 }' \
		"$out/tdx-ledger")
	[ -z "$left" ] || {
		warn "at the end the TDX module still had:$newline$left"
		return 1
	}
}

machine_end()
{
	cp "$machine_dir/console" "$out/console.log"
	[ -z "$stopped" ] || return 0
	"$emulators/attend.sh" -w $$ -t $boot_limit -l "$out/kernel.log" -- kernel.log >/dev/null &
	pid=$!
	wait "$pid"
	[ -z "$stopped" ] || return 0
	echo 0 >"$machine_dir/taken"
	for_each_set machine_environment
	until grep -aqx '= done' "$machine_dir/results"; do
		if machine_is_over; then
			warn "the emulated machine: $(machine_why)"
			return 3
		fi
		sleep 0.2
	done
	machine_ledger
	ended=$?
	machine_off
	rm -rf "$machine_dir"
	trap - EXIT
	return $ended
}
