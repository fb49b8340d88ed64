# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # run_tests.sh assigns what this reads
#
# What --require asks for, for run_tests.sh to source: add_require takes one option's value,
# settle_require leaves
#
#	require		reasons with commas between, "all" among them for all
#	profiles	files with rules, one a line (see require.awk)
#	required	what was asked for, in the words that were used

require=''
profiles=''
required=''

# add_profile FILE NAME
add_profile()
{
	case $1 in
	*"$newline"*) die "--require $2: no such file" ;;
	/*) file=$1 ;;
	*) file=./$1 ;;
	esac
	if ! [ -f "$file" ] || ! [ -r "$file" ]; then
		die "--require $2: no such file"
	fi
	grep -q '^[[:space:]]*[^#[:space:]]' "$file" || die "--require $2: requires nothing"
	profiles=$profiles${profiles:+$newline}$file
}

add_require()
{
	required=$required${required:+,}$1
	case $1 in
	'') die "--require needs a reason, a profile or @FILE" ;;
	@*) add_profile "${1#@}" "$1" ;;
	*) require=$require${require:+,}$1 ;;
	esac
}

is_skip_reason()
{
	[ "$1" != deselected ] && grep -q "^$1$tab" "$run/skip_reasons"
}

profile_names()
{
	(set +f && cd "$root/profiles" 2> /dev/null && echo *)
}

# Of the words that are no reasons, profiles.
settle_require()
{
	rest=${require:+$require,}
	require=''
	unknown=''
	while [ -n "$rest" ]; do
		word=${rest%%,*}
		rest=${rest#*,}
		case $word in
		'' | *[!a-z0-9-]*) unknown="$unknown \"$word\"" ;;
		*)
			if [ "$word" = all ] || is_skip_reason "$word"; then
				require=$require${require:+,}$word
			elif [ -f "$root/profiles/$word" ]; then
				add_profile "$root/profiles/$word" "$word"
			else
				unknown="$unknown \"$word\""
			fi
			;;
		esac
	done
	[ -z "$unknown" ] || die "--require: no such reason or profile:$unknown" \
		"(lib/run/skip_reasons and profiles/ have them all)"
}
