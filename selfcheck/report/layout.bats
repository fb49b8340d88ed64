# SPDX-License-Identifier: GPL-2.0-only
#
# --report: where a browser puts things. Needs chromium, and is skipped without it.

# shellcheck disable=SC2034,SC2154 # shared with pages.sh
load pages.sh

# lies WIDTH ROW: what layout.js says of the page in a window so wide, led to that row
lies()
{
	sed '/^<\/body>/,$d' "$out.html" > "$out.probe.html"
	{ echo "<script>" && cat "$BATS_TEST_DIRNAME/layout.js" && echo "</script></body></html>"; } \
		>> "$out.probe.html"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-sync \
		--disable-background-networking --disable-component-update --user-data-dir="$out.profile" \
		--virtual-time-budget=5000 --window-size="$1,900" --dump-dom \
		"file://$out.probe.html#$2" 2> /dev/null | sed -n 's/.*<title>layout: \([^<]*\)<.*/\1/p'
}

# field NAME: of $layout
field() { echo "$layout" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

@test "with many runs the matrix scrolls by itself, claims are readable, and links lead below the head" {
	command -v chromium > /dev/null || skip "no chromium"
	rows=$(printf 'x86/rows:r.%s pass\n' a b c d e f g h i j k l m n o p q r)
	mapfile -t rows <<< "$rows"
	first one "${rows[@]}"
	set -- "$out/one"
	for n in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		cp -R "$out/one" "$out/$n"
		set -- "$@" "$out/$n"
	done
	for runs in 3 16; do
		page "${@:1:runs}"
		for width in 500 768 1920; do
			layout=$(lies "$width" x86_rows_r_j)
			echo "# $runs runs at $width: $layout"
			[ "$(field document)" -le "$width" ]
			[ "$(field claim)" -ge 300 ]
			[ "$(field row)" -ge "$(field head)" ]
			[ "$(field row)" -le 500 ]
			[ "$(field focusable)" = 0 ]
			[ "$width" -lt 768 ] || same "$(field matrix)" "$(field sticky)"
		done
	done
}
