// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "coverage.h"
#include "input.h"

struct section {
	struct lines keys;
	const char *text;
	const char *because;		/* it is not covered; NULL: it is */
};

struct document {
	const char *name, *title;
	struct lines keys;
	struct section *sections;
	size_t nr;
};

static struct document *documents;
static size_t nr_documents;

/* --- reading --- */

static bool split_keys(char *list, struct lines *keys)
{
	char *key;

	while ((key = strsep(&list, ";"))) {
		key = trim(key);
		if (!*key)
			return false;
		lines_add(NULL, keys, key);
	}
	return true;
}

static void document_line(char *field[MAX_FIELDS], size_t nr, const char *where)
{
	struct document document = { 0 };

	if (nr != 4 || !*field[1] || !split_keys(field[2], &document.keys) || !*field[3]) {
		complain("%s: due are: document | name | words; words | title and revision", where);
		return;
	}
	document.name = field[1];
	document.title = field[3];
	*array_add(NULL, documents, nr_documents) = document;
}

static void section_line(char *field[MAX_FIELDS], size_t nr, const char *where)
{
	bool covered = !strcmp(field[0], "section");
	struct document *document = nr_documents ? &documents[nr_documents - 1] : NULL;
	struct section section = { 0 };

	if (!document || nr != (covered ? 3 : 4) || !split_keys(field[1], &section.keys) ||
	    !*field[2] || (!covered && !*field[3])) {
		complain("%s: due are, after a document: section | words; words | what it says, or: not covered | place | what it says | because",
			 where);
		return;
	}
	section.text = field[2];
	section.because = covered ? NULL : field[3];
	*array_add(NULL, document->sections, document->nr) = section;
}

void coverage_read(const char *path)
{
	char *text = read_file(path, NULL), *line;
	unsigned int number = 0;

	if (!text) {
		complain("%s cannot be read", path);
		return;
	}
	while ((line = next_entry(&text, &number))) {
		const char *where = arena_printf(NULL, "coverage:%u", number);
		char *field[MAX_FIELDS];
		size_t nr = split_fields(line, field);

		if (!strcmp(field[0], "document"))
			document_line(field, nr, where);
		else if (!strcmp(field[0], "section") || !strcmp(field[0], "not covered"))
			section_line(field, nr, where);
		else
			complain("%s: \"%s\" is neither document, section nor not covered", where,
				 field[0]);
	}
}

/* --- what a source names --- */

static bool is_word_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A section's number is not that of a deeper one: 7.2 is not in "7.22", nor 15.14 in "15.14.5". */
static const char *find_word(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) && at + len <= end; at++) {
		const char *after = at + len;

		if (at > text && (is_word_character(at[-1]) || at[-1] == '.'))
			continue;
		if (is_word_character(*after) || (*after == '.' && isalnum((unsigned char)after[1])))
			continue;
		return at;
	}
	return NULL;
}

static const char *find_any(const char *text, const char *end, const struct lines *words)
{
	const char *first = NULL;

	for (size_t i = 0; i < words->nr; i++) {
		const char *at = find_word(text, end, words->line[i]);

		if (at && (!first || at < first))
			first = at;
	}
	return first;
}

/* The part of @source about the document: up to a semicolon or another document. */
static const char *part_about(const char *source, const struct document *document, const char **end)
{
	const char *all = source + strlen(source);
	const char *start = find_any(source, all, &document->keys);

	if (!start)
		return NULL;
	*end = strchr(start, ';') ?: all;
	for (struct document *other = documents; other < documents + nr_documents; other++) {
		const char *at = other == document ? NULL : find_any(start + 1, *end, &other->keys);

		if (at)
			*end = at;
	}
	return start;
}

static bool names_section(const char *source, const struct document *document,
			  const struct section *section)
{
	const char *end;

	for (const char *part; (part = part_about(source, document, &end)); source = end)
		if (!section->because && find_any(part, end, &section->keys))
			return true;
	return false;
}

static bool names_document(const char *source, const struct document *document)
{
	const char *end;

	return part_about(source, document, &end) != NULL;
}

static bool is_abi(const char *source)
{
	for (size_t i = 0; i < nr_documents; i++)
		if (names_document(source, &documents[i]))
			return true;
	return false;
}

/* The variants of a test have one source, and stand near each other: an earlier one, or NULL. */
static const struct test_case *same_source_before(const struct binary *b, const struct test_case *c)
{
	for (const struct test_case *other = c; other > b->cases;)
		if (!strcmp((--other)->source, c->source))
			return other;
	return NULL;
}

void coverage_classify(struct plan *plan)
{
	for (struct binary *b = plan->binaries; b < plan->binaries + plan->nr; b++)
		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			const struct test_case *other = same_source_before(b, c);

			c->abi = other ? other->abi : is_abi(c->source);
		}
}

const char *class_name(const struct test_case *c)
{
	return c->abi ? "ABI" : "implementation";
}

/* --- the list --- */

/* The claim that a case is an instance of: without its variant. */
static const char *claim_id(const struct binary *b, const struct test_case *c)
{
	const char *dot = strchr(c->name, '.'), *last = strrchr(c->name, '.');

	return arena_printf(NULL, "%s:%.*s%s", b->id, (int)(dot - c->name), c->name, last);
}

struct listing {
	const struct plan *plan;
	struct lines printed;	/* of a section */
	unsigned int nr;
};

typedef bool (*matches_fn)(const struct test_case *c, const struct document *document,
			   const struct section *section);

/* Of a claim only one of its cases is listed. */
static bool is_printed(const struct listing *listing, const char *id)
{
	for (size_t i = listing->printed.nr; i; i--)
		if (!strcmp(listing->printed.line[i - 1], id))
			return true;
	return false;
}

/* Under a heading, if it has one, that no list without claims needs. */
static void list_matching(struct listing *listing, matches_fn matches, const char *heading,
			  const struct document *document, const struct section *section)
{
	for (size_t i = 0; i < listing->plan->nr; i++) {
		const struct binary *b = &listing->plan->binaries[i];

		for (struct test_case *c = b->cases; c < b->cases + b->nr_cases; c++) {
			const char *id;

			if (!c->selected || !matches(c, document, section))
				continue;
			id = claim_id(b, c);
			if (is_printed(listing, id))
				continue;
			lines_add(NULL, &listing->printed, id);
			listing->nr++;
			if (heading)
				printf("  %s:\n", heading);
			heading = NULL;
			printf("    %s\n", id);
		}
	}
	listing->printed.nr = 0;
}

static bool is_in_section(const struct test_case *c, const struct document *document,
			  const struct section *section)
{
	return names_section(c->source, document, section);
}

/* Whether the source names the document alone, perhaps with a quotation behind a colon. */
static bool is_whole(const struct test_case *c, const struct document *document,
		     const struct section *unused)
{
	const char *source = c->source, *end;

	(void)unused;
	for (const char *part; (part = part_about(source, document, &end)); source = end) {
		for (size_t i = 0; i < document->keys.nr; i++) {
			size_t len = strlen(document->keys.line[i]);

			if (!strncmp(part, document->keys.line[i], len) &&
			    (!part[len] || strchr(":;", part[len])))
				return true;
		}
	}
	return false;
}

/* Of the document, but of no section that the file has. */
static bool is_elsewhere(const struct test_case *c, const struct document *document,
			 const struct section *unused)
{
	if (!names_document(c->source, document) || is_whole(c, document, unused))
		return false;
	for (struct section *s = document->sections; s < document->sections + document->nr; s++)
		if (names_section(c->source, document, s))
			return false;
	return true;
}

static bool is_implementation(const struct test_case *c, const struct document *document,
			      const struct section *section)
{
	(void)document;
	(void)section;
	return !c->abi;
}

static void list_document(struct listing *listing, const struct document *document)
{
	unsigned int before;

	printf("%s: %s\n", document->name, document->title);
	for (struct section *s = document->sections; s < document->sections + document->nr; s++) {
		printf("  %s: %s\n", s->keys.line[0], s->text);
		if (s->because) {
			printf("    not covered, %s\n", s->because);
			continue;
		}
		before = listing->nr;
		list_matching(listing, is_in_section, NULL, document, s);
		if (listing->nr == before)
			printf("    none of these claims\n");
	}
	list_matching(listing, is_whole, "the document as a whole", document, NULL);
	list_matching(listing, is_elsewhere, "in no section of the file coverage", document, NULL);
}

bool coverage_list(const struct plan *plan)
{
	struct listing listing = { .plan = plan };

	for (struct document *d = documents; d < documents + nr_documents; d++)
		list_document(&listing, d);
	printf("implementation: only a function or a comment of the kernel says so\n");
	list_matching(&listing, is_implementation, NULL, NULL, NULL);
	return !fflush(stdout) && !ferror(stdout);
}
