# SPDX-License-Identifier: GPL-2.0-only
#
# Reads a JSON file, for use beside another program: read_json(file) calls
#
#	json_value(depth, key, text)
#
# for each string, number, true, false and null; key[1..depth] says where it stands: names
# of members, indices (from 0) of elements. Returns "" or what is wrong with the file. Text
# comes as printable ASCII, each other character as "?": what the runner writes is no more.
#
# A line at a time, for a string cannot go over its end and a whole file would be
# copied for each of its tokens.

function json_unescape(text,	out, at, c, hex)
{
	while ((at = index(text, "\\"))) {
		out = out substr(text, 1, at - 1)
		c = substr(text, at + 1, 1)
		text = substr(text, at + 2)
		if (c == "u") {
			hex = tolower(substr(text, 1, 4))
			text = substr(text, 5)
			c = hex ~ /^00[2-7]/ && hex != "007f" ? json_ascii[hex] : "?"
		} else if (c ~ /[bfnrt]/) {
			c = " "
		}
		out = out c
	}
	return out text
}

# The token at the start of json_rest, taken off it; "" if there is none.
function json_token(	token)
{
	if (!match(json_rest, /^("[^"\\]*(\\.[^"\\]*)*"|[][{}:,]|-?[0-9][0-9.eE+-]*|true|false|null)/))
		return ""
	token = substr(json_rest, 1, RLENGTH)
	json_rest = substr(json_rest, RLENGTH + 1)
	sub(/^[ \t]+/, "", json_rest)
	return token
}

# What may come next: a "value" (or the end of an empty array), a "name" (or the end of an
# empty object), a "colon", "more" (a comma or the end of what is open), or the "end".
function json_opened(token)
{
	json_open[++json_depth] = token
	json_key[json_depth] = 0
	json_due = token == "{" ? "name" : "value"
	json_fresh = 1
}

function json_closed()
{
	json_depth--
	json_due = json_depth ? "more" : "end"
	json_fresh = 0
}

function json_is_number(token)
{
	return token ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/
}

# Whether the token may stand where it does.
function json_take(token,	closes)
{
	closes = json_open[json_depth] == "{" ? "}" : "]"
	if (json_depth && token == closes && (json_due == "more" || json_fresh)) {
		json_closed()
	} else if (json_due == "more" && token == ",") {
		if (closes == "]")
			json_key[json_depth]++
		json_due = closes == "}" ? "name" : "value"
		json_fresh = 0
	} else if (json_due == "name" && token ~ /^"/) {
		json_key[json_depth] = json_unescape(substr(token, 2, length(token) - 2))
		json_due = "colon"
		json_fresh = 0
	} else if (json_due == "colon" && token == ":") {
		json_due = "value"
	} else if (json_due == "value" && token ~ /^[[{]$/) {
		json_opened(token)
	} else if (json_due == "value" && (token ~ /^["tfn]/ || json_is_number(token))) {
		json_due = json_depth ? "more" : "end"
		json_fresh = 0
		json_value(json_depth, json_key, token !~ /^"/ ? token : \
			json_unescape(substr(token, 2, length(token) - 2)))
	} else {
		return 0
	}
	return 1
}

function read_json(file,	nr, i, got, token, problem)
{
	for (i = 32; i < 127; i++)
		json_ascii[sprintf("%04x", i)] = sprintf("%c", i)
	json_depth = json_fresh = 0
	json_due = "value"
	while (problem == "" && (got = (getline json_rest < file)) > 0) {
		nr++
		sub(/\r$/, "", json_rest)
		gsub(/[^ -~\t]/, "?", json_rest)
		sub(/^[ \t]+/, "", json_rest)
		while (problem == "" && json_rest != "") {
			token = json_token()
			if (token == "" || !json_take(token))
				problem = "line " nr ": not JSON"
		}
	}
	close(file)
	if (problem == "" && got < 0)
		problem = "cannot be read"
	if (problem == "" && json_due != "end")
		problem = nr ? "ends in the middle, after line " nr : "is empty"
	return problem
}
