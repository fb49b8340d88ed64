# SPDX-License-Identifier: GPL-2.0-only
#
# Pieces of HTML, for use beside another program, with replace() of json.awk. The page is
# ASCII: symbols are character references.

BEGIN {
	split("fail error timeout signal xpass xfail skip pass", verdicts, " ")
	symbol["pass"] = "&#x2713;"
	symbol["fail"] = "&#x2717;"
	symbol["error"] = "!"
	symbol["timeout"] = "&#x29d6;"
	symbol["signal"] = "&#x2020;"
	symbol["xfail"] = "&#x2248;"
	symbol["xpass"] = "+"
	symbol["skip"] = "&#x2013;"
}

# Text as text, and as a quoted attribute's value.
function html(text)
{
	gsub(/[^ -~]/, "?", text)
	text = replace(replace(text, "&", "&amp;"), "<", "&lt;")
	return replace(replace(replace(text, ">", "&gt;"), "\"", "&quot;"), "'", "&#39;")
}

# A name with places where a line may break.
function html_name(text,	out, at)
{
	text = html(text)
	while ((at = match(text, /[_.\/:|]/))) {
		out = out substr(text, 1, at) "<wbr>"
		text = substr(text, at + 1)
	}
	return out text
}

function anchor(text)
{
	gsub(/[^A-Za-z0-9_-]/, "_", text)
	return text
}

function plural(n, one, many)
{
	return n " " (n == 1 ? one : many == "" ? one "s" : many)
}

# A verdict as a reader meets it everywhere: coloured, with its symbol and its word.
function badge(verdict, text)
{
	return "<span class=\"v " verdict "\"><span class=\"symbol\">" symbol[verdict] "</span> " \
		(text == "" ? verdict : text) "</span>"
}

# What a reference says, as a link if it is an address.
function html_reference(text)
{
	if (text ~ /^https?:\/\/[^ "'<>]+$/)
		return "<a href=\"" html(text) "\">" html_name(text) "</a>"
	return html(text)
}

function section(id, title)
{
	print "<section id=\"" id "\">\n<h2><a href=\"#" id "\">" title "</a></h2>"
}

function lines_as_pre(text)
{
	sub(/\n$/, "", text)
	return "<pre tabindex=\"0\">" html_lines(text) "</pre>"
}

function html_lines(text,	line, n, i, out)
{
	n = split(text, line, "\n")
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? "\n" : "") html(line[i])
	return out
}
