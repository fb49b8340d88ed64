# SPDX-License-Identifier: GPL-2.0-only
#
# The table as results.json: an object a line, one for each case in "results"
# and one for each binary in "binaries". A key whose value would be empty is
# left out.
#
# usage: STARTED=TIME MACHINE=NAME KERNEL=RELEASE awk -f table.awk -f json.awk \
#	-f results.awk

function member(key, value)
{
	return value == "" ? "" : ", \"" key "\": " json(value)
}

function measurements(text,	line, field, n, i, out)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++) {
		split(line[i], field, "\t")
		out = out (i > 1 ? ", " : "") "{\"name\": " json(field[1]) ", \"value\": " field[2] \
			", \"unit\": " json(field[3]) "}"
	}
	return out == "" ? "" : ", \"measurements\": [" out "]"
}

# How many runs ended how, if there were several.
function runs(text,	line, field, n, i, out)
{
	n = split(text, line, "\n") - 1
	for (i = 1; i <= n; i++) {
		split(line[i], field, "\t")
		out = out (i > 1 ? ", " : "") "\"" field[1] "\": " field[2]
	}
	return out == "" ? "" : ", \"runs\": {" out "}"
}

function known_issue(reference, reason)
{
	return reference == "" ? "" : ", \"known_issue\": {\"reference\": " json(reference) \
		", \"reason\": " json(reason) "}"
}

function common(i, verdict, reason, seconds, cause, observed, reference, known)
{
	return ", \"verdict\": " json(verdict) \
		(observed == verdict ? "" : member("observed", observed)) \
		member("reason", reason) ", \"seconds\": " seconds member("cause", cause) \
		known_issue(reference, known) measurements(extra[i, "M"]) runs(extra[i, "R"]) \
		(nr_extra[i, "K"] ? ", \"kernel_log\": " json_lines(extra[i, "K"]) : "")
}

function binary_done(	i)
{
	binaries = binaries (binaries == "" ? "" : ",\n") "  {\"id\": " json(B[3]) \
		common(0, B[4], B[5], B[6], B[7], B[8], B[9], B[10]) "}"
	for (i = 1; i <= nr; i++)
		results = results (results == "" ? "" : ",\n") \
			"  {\"id\": " json(B[3] ":" C[i, 2]) \
			common(i, C[i, 4], C[i, 5], C[i, 6], C[i, 7], C[i, 8], C[i, 9], C[i, 10]) \
			member("claim", C[i, 11]) member("source", C[i, 12]) "}"
}

function table_done()
{
	print "{\"suite\": \"kvm-conformance\", \"format\": 1,"
	print " \"started\": " json(ENVIRON["STARTED"]) ", \"machine\": " json(ENVIRON["MACHINE"]) \
		", \"kernel\": " json(ENVIRON["KERNEL"]) ","
	print " \"results\": [\n" results "\n ],"
	print " \"binaries\": [\n" binaries "\n ]}"
}
