# SPDX-License-Identifier: GPL-2.0-only
#
# What a binary's log says of a case: the lines that its test printed, and among them the
# last exits of each vCPU (lib/exits.c writes them), as a picture. For use with html.awk
# and runs.awk.

# Reads a log, once: log_text[r, name, case id] has the lines of each case, and
# log_failed[...] says that it was not ok. @name is dir/binary or, of a run of several,
# dir/binary.N.
function read_log(r, name,	binary, file, line, got, current)
{
	if ((r, name) in log_state)
		return
	binary = name
	sub(/\..*/, "", binary)
	file = run_dir[r] "/" (run_set[r] == "" ? "" : run_set[r] "/") name ".log"
	while ((got = (getline line < file)) > 0) {
		gsub(/[^ -~\t]/, "?", line)
		if (line !~ /^[0-9.]+\t[oh]\t/)
			continue
		sub(/^[0-9.]+\t[oh]\t/, "", line)
		if (line ~ /^#  RUN           [^ ]+ \.\.\.$/) {
			current = substr(line, 18, length(line) - 21)
		} else if (line ~ /^(not )?ok [0-9]+ /) {
			if (line ~ /^not /)
				log_failed[r, name, binary ":" current]
			current = ""
		} else if (current != "" && line !~ /^#  +(OK|FAIL|SKIP) / && line !~ /^# measure: /) {
			sub(/^# /, "", line)
			log_text[r, name, binary ":" current] = log_text[r, name, binary ":" current] line "\n"
		}
	}
	close(file)
	log_state[r, name] = got < 0 ? "missing" : "read"
}

# How often a case ran.
function times_run(r, id,	i, n)
{
	for (i in symbol)
		n += get(r, id, "runs." i)
	return n
}

# The log that has this case's failure: of several runs the first one's that failed, or
# else that of the last run.
function log_with(r, id,	binary, n, i)
{
	binary = substr(id, 1, index(id, ":") - 1)
	n = times_run(r, id)
	for (i = 1; i <= n && i < 10000; i++) {
		read_log(r, binary "." i)
		if ((r, binary "." i, id) in log_failed)
			return binary "." i
	}
	read_log(r, binary)
	return binary
}

# "    3  IO out port 0x3f8  flags 0  L1  rip 0x401f40 (name+0x2)" as exit[n, ...].
function take_exit(n, line,	at)
{
	sub(/^ +/, "", line)
	exit_nr[n] = line + 0
	sub(/^[0-9]+ +/, "", line)
	exit_rip[n] = exit_level[n] = exit_flags[n] = ""
	if ((at = match(line, /  rip 0x[0-9a-f]+/))) {
		exit_rip[n] = substr(line, at + 6)
		line = substr(line, 1, at - 1)
	}
	if (match(line, /  L[12]$/)) {
		exit_level[n] = substr(line, RSTART + 2)
		line = substr(line, 1, RSTART - 1)
	}
	if (match(line, /  flags [^ ]+$/)) {
		exit_flags[n] = substr(line, RSTART + 8)
		line = substr(line, 1, RSTART - 1)
	}
	exit_what[n] = line
}

function exit_address(n,	address)
{
	address = exit_rip[n]
	sub(/ .*/, "", address)
	return address
}

# Pictures of all vCPUs' exits in these lines; "" if there are none.
function timelines(text,	line, n, i, out, title, nr_exits)
{
	n = split(text, line, "\n")
	for (i = 1; i <= n; i++) {
		if (line[i] ~ /^vCPU [0-9]+: [0-9]+ exits, the last of them:$/) {
			out = out (nr_exits ? timeline(title, nr_exits) : "")
			title = line[i]
			sub(/,.*/, "", title)
			nr_exits = 0
		} else if (title != "" && line[i] ~ /^ +[0-9]+  [^ ]/) {
			take_exit(++nr_exits, line[i])
		} else {
			out = out (nr_exits ? timeline(title, nr_exits) : "")
			nr_exits = 0
			title = ""
		}
	}
	return out (nr_exits ? timeline(title, nr_exits) : "")
}

# Whether hexadecimal address @a is below @b.
function is_below(a, b)
{
	return length(a) != length(b) ? length(a) < length(b) : a < b
}

# lane[address] = 1.., of those known, in the order of the addresses; returns how many.
function lay_lanes(n,	i, j, nr, address, sorted)
{
	split("", lane)
	for (i = 1; i <= n; i++) {
		address = exit_address(i)
		if (address == "" || address in lane)
			continue
		lane[address]
		for (j = ++nr; j > 1 && is_below(address, sorted[j - 1]); j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = address
	}
	for (j = 1; j <= nr; j++)
		lane[sorted[j]] = j
	return nr
}

# A mark says the kind of exit by its shape, and the level by its filling.
function mark(what, level, x, y,	class)
{
	class = "class=\"mark " (level == "L2" ? "l2" : "l1") "\""
	if (what ~ /KVM_RUN: /)
		return "<path class=\"mark broken\" d=\"M" x - 5 " " y - 5 "l10 10m0 -10l-10 10\"/>"
	if (what ~ /^X86_BUS_LOCK/)
		return "<path " class " d=\"M" x " " y - 7 "l7 7l-7 7l-7 -7z\"/>"
	if (what ~ /^(IO|MMIO)/)
		return "<rect " class " x=\"" x - 5 "\" y=\"" y - 5 "\" width=\"10\" height=\"10\"/>"
	return "<circle " class " cx=\"" x "\" cy=\"" y "\" r=\"5.5\"/>"
}

# In lines of up to 36 letters, as a phone has them, broken before a parenthesis or a word or
# behind a bar; what has no such place is longer.
function wrapped(text,	out, at, rest)
{
	while (length(text) > 36) {
		for (at = 36; at > 1 && substr(text, at + 1, 1) != " " && substr(text, at, 1) != "|"; at--)
			;
		if (at == 1) {
			if (!match(substr(text, 2), /[ |]/))
				break
			at = substr(text, RSTART + 1, 1) == "|" ? RSTART + 1 : RSTART
		}
		rest = substr(text, at + 1)
		sub(/^ +/, "", rest)
		out = out substr(text, 1, at) "\n"
		text = rest
	}
	return out text
}

# Lines of text from @y down; text_height and text_width become what they take.
function lines_of_text(class, text, x, y,	line, n, i, out)
{
	n = split(text, line, "\n")
	for (i = 1; i <= n; i++) {
		out = out "<text class=\"" class "\" x=\"" x "\" y=\"" y + 15 * (i - 1) "\">" html(line[i]) "</text>"
		text_width = length(line[i]) > text_width ? length(line[i]) : text_width
	}
	text_height = 15 * n
	return out
}

# Time goes down, an exit a row; an address has its own lane, so that a RIP that stays is
# a line straight down. An exit whose RIP is not known is beside the lanes: nothing leads
# to it, for nobody knows from where and to where.
function timeline(title, n,	nr_lanes, gap, left, i, x, y, top, out, marks, trail, number, flags, what, where, width, told)
{
	nr_lanes = lay_lanes(n)
	gap = nr_lanes > 7 ? 96 / (nr_lanes - 1) : 16
	left = 12 + gap * (nr_lanes > 0 ? nr_lanes : 1)
	text_width = top = 0
	for (i = 1; i <= n; i++) {
		x = exit_rip[i] == "" ? 12 : 12 + gap * (lane[exit_address(i)] - 1)
		y = top + 14
		if (exit_rip[i] != "")
			trail = trail (i > 1 && exit_rip[i - 1] != "" ? "L" : "M") x " " y
		marks = marks mark(exit_what[i], exit_level[i], x, y)
		number = exit_nr[i] (exit_level[i] == "" ? "" : " " exit_level[i]) " "
		flags = exit_flags[i] ~ /^0?$/ ? "" : " flags " exit_flags[i]
		what = number exit_what[i]
		where = exit_rip[i] == "" ? "RIP not known" : "RIP " exit_rip[i] \
			(i > 1 && exit_address(i) == exit_address(i - 1) ? ": unchanged" : "")
		marks = marks lines_of_text("what", wrapped(what), left, y + 4)
		top = y + 4 + text_height
		marks = marks lines_of_text("where", \
			(flags == "" ? "" : wrapped(substr(flags, 2)) "\n") wrapped(where), left, top) "\n"
		top += text_height - 4
		told = told (i > 1 ? "; " : "") what flags ", " where
	}
	for (i = 1; i <= nr_lanes; i++) {
		x = 12 + gap * (i - 1)
		out = out "<path class=\"lane\" d=\"M" x " 4V" top - 4 "\"/>"
	}
	width = int(left + 7.5 * text_width + 8)
	return "<figure><figcaption>" html(title) (exit_nr[1] > 1 ? ", the last " n : "") "</figcaption>" \
		"<div class=\"scroll\"><svg role=\"img\" width=\"" width "\" height=\"" top \
		"\" viewBox=\"0 0 " width " " top "\" aria-label=\"" html(title ": " told) "\">" out \
		(trail == "" ? "" : "<path class=\"trail\" d=\"" trail "\"/>") marks "</svg></div></figure>\n"
}
