# SPDX-License-Identifier: GPL-2.0-only
#
# The page's part about measurements: a small plot for each, a bar a run. For use with
# html.awk and runs.awk.

function collect_measures(	i, r, m, key)
{
	for (i = 1; i <= nr_ids; i++)
		for (r = 1; r <= nr_runs; r++)
			for (m = 0; get(r, ids[i], "measure." m ".name") != ""; m++) {
				key = ids[i] SUBSEP get(r, ids[i], "measure." m ".name") \
					SUBSEP get(r, ids[i], "measure." m ".unit")
				if (!(key in measure_index)) {
					measure_index[key] = ++nr_measures
					measure_key[nr_measures] = key
				}
				measured[r, measure_index[key]] = get(r, ids[i], "measure." m ".value")
			}
}

# A number that can be drawn.
function drawable(value)
{
	value += 0
	return value > 1e300 ? 1e300 : value < -1e300 ? -1e300 : value == value ? value : 0
}

# Bars grow from zero, to either side.
function plot(m, name, unit,	r, v, low, high, scale, y, x, width, out, told)
{
	for (r = 1; r <= nr_runs; r++) {
		if (!((r, m) in measured))
			continue
		v = drawable(measured[r, m])
		low = v < low ? v : low
		high = v > high ? v : high
	}
	scale = high > -low ? high : -low
	scale = scale > 0 ? 160 / scale : 0
	for (r = 1; r <= nr_runs; r++) {
		if (!((r, m) in measured))
			continue
		v = drawable(measured[r, m])
		width = (v < 0 ? -v : v) * scale
		x = 28 + (low < 0 ? 160 : 0) - (v < 0 ? width : 0)
		out = out sprintf("<text x=\"0\" y=\"%d\">%s</text>" \
			"<rect class=\"bar\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"14\"/>" \
			"<text x=\"%.1f\" y=\"%d\">%s</text>\n", y + 15, letters(r), x, y + 4, \
			width > 1 ? width : 1, x + width + 6, y + 15, html(measured[r, m] " " unit))
		told = told (told == "" ? "" : "; ") letters(r) " " measured[r, m] " " unit
		y += 22
	}
	width = 28 + (low < 0 ? 320 : 160) + 120
	return "<svg role=\"img\" width=\"" width "\" height=\"" y "\" viewBox=\"0 0 " width " " y \
		"\" aria-label=\"" html(name ": " told) "\">" out "</svg>"
}

function measurements(	m, key)
{
	section("measurements", "Measurements")
	if (!nr_measures)
		print "<p>None.</p>"
	else
		print "<p class=\"note\">Of a run in a virtual or emulated machine, times say nothing about silicon.</p>\n<div class=\"plots\">"
	for (m = 1; m <= nr_measures; m++) {
		split(measure_key[m], key, SUBSEP)
		print "<figure><figcaption><b>" html_name(key[2]) "</b><br><span class=\"note\">" \
			html_name(key[1]) "</span></figcaption>\n<div class=\"scroll\">" plot(m, key[2], key[3]) "</div></figure>"
	}
	print (nr_measures ? "</div>\n" : "") "</section>"
}
