/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the longest common subsequence of lines and the layout of hunks. */
#include "kubectl/text/lines.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define AROUND 3

struct line {
	const char *at;
	size_t len;
};

struct side {
	struct line *lines;
	size_t n;
};

/* One line of the result: ' ', '-' or '+'. */
struct edit {
	char kind;
	struct line line;
};

struct edits {
	struct edit *items;
	size_t n;
};

static int split(const char *text, struct side *ret)
{
	size_t n = 0;

	for (const char *s = text; *s; s++)
		n += *s == '\n' || !s[1];
	ret->lines = calloc(n + 1, sizeof(*ret->lines));
	if (!ret->lines)
		return -ENOMEM;
	while (*text) {
		size_t len = strcspn(text, "\n");

		ret->lines[ret->n++] = (struct line){text, len};
		text += len + (text[len] == '\n');
	}
	return 0;
}

static bool is_same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static void add(struct edits *e, char kind, const struct line *line)
{
	e->items[e->n++] = (struct edit){kind, *line};
}

static void add_all(struct edits *e, char kind, const struct side *side)
{
	for (size_t i = 0; i < side->n; i++)
		add(e, kind, &side->lines[i]);
}

/* cells[i][j]: how many lines the rests from i and j have in common. */
static void fill(const struct side *a, const struct side *b, uint32_t *cells)
{
	size_t width = b->n + 1;

	for (size_t i = a->n; i-- > 0;) {
		for (size_t j = b->n; j-- > 0;) {
			uint32_t down = cells[(i + 1) * width + j];
			uint32_t right = cells[i * width + j + 1];

			cells[i * width + j] = is_same(&a->lines[i], &b->lines[j])
						       ? cells[(i + 1) * width + j + 1] + 1
					       : down > right ? down
							      : right;
		}
	}
}

static void walk(const struct side *a, const struct side *b, const uint32_t *cells, struct edits *e)
{
	size_t width = b->n + 1, i = 0, j = 0;

	while (i < a->n && j < b->n) {
		if (is_same(&a->lines[i], &b->lines[j])) {
			add(e, ' ', &a->lines[i++]);
			j++;
		} else if (cells[(i + 1) * width + j] >= cells[i * width + j + 1]) {
			add(e, '-', &a->lines[i++]);
		} else {
			add(e, '+', &b->lines[j++]);
		}
	}
	add_all(e, '-', &(struct side){a->lines + i, a->n - i});
	add_all(e, '+', &(struct side){b->lines + j, b->n - j});
}

/* What is left between the same beginning and the same end. */
static int compare_middle(const struct side *a, const struct side *b, struct edits *e)
{
	bool is_large = a->n && b->n && a->n > LINES_CELLS_MAX / b->n;
	uint32_t *cells = is_large ? NULL : calloc((a->n + 1) * (b->n + 1), sizeof(*cells));

	if (is_large) {
		add_all(e, '-', a);
		add_all(e, '+', b);
		return 0;
	}
	if (!cells)
		return -ENOMEM;
	fill(a, b, cells);
	walk(a, b, cells, e);
	free(cells);
	return 0;
}

static int compare(const struct side *a, const struct side *b, struct edits *e)
{
	size_t head = 0, tail = 0;
	int r;

	while (head < a->n && head < b->n && is_same(&a->lines[head], &b->lines[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
	       is_same(&a->lines[a->n - 1 - tail], &b->lines[b->n - 1 - tail]))
		tail++;
	add_all(e, ' ', &(struct side){a->lines, head});
	r = compare_middle(&(struct side){a->lines + head, a->n - head - tail},
			   &(struct side){b->lines + head, b->n - head - tail}, e);
	add_all(e, ' ', &(struct side){a->lines + a->n - tail, tail});
	return r;
}

/* Where in each text the hunk [@from, @to) of the edits begins, and how long it is there. */
static void add_head(const struct edits *e, size_t from, size_t to, struct text *t)
{
	size_t at[2] = {0}, n[2] = {0};

	for (size_t i = 0; i < to; i++) {
		size_t *count = i < from ? at : n;

		count[0] += e->items[i].kind != '+';
		count[1] += e->items[i].kind != '-';
	}
	text_add(t, "@@ -%zu,%zu +%zu,%zu @@\n", at[0] + (n[0] > 0), n[0], at[1] + (n[1] > 0),
		 n[1]);
}

/* The end of the hunk that begins at @from: behind three unchanged lines that six or more follow.
 */
static size_t end_of(const struct edits *e, size_t first)
{
	size_t last = first;

	for (size_t i = first; i < e->n && i - last <= 2 * AROUND + 1; i++)
		if (e->items[i].kind != ' ')
			last = i;
	return last + 1 + AROUND < e->n ? last + 1 + AROUND : e->n;
}

static int format(const struct edits *e, struct text *t)
{
	size_t done = 0;

	for (size_t i = 0; i < e->n; i++) {
		size_t from = i > done + AROUND ? i - AROUND : done;

		if (e->items[i].kind == ' ')
			continue;
		done = end_of(e, i);
		add_head(e, from, done, t);
		for (size_t k = from; k < done; k++)
			text_add(t, "%c%.*s\n", e->items[k].kind, (int)e->items[k].line.len,
				 e->items[k].line.at);
		i = done - 1;
	}
	if (t->r < 0)
		return t->r;
	return done > 0;
}

int lines_compare(const char *a, const char *b, struct text *t)
{
	struct side left = {0}, right = {0};
	struct edits e = {0};
	int r = split(a, &left);

	if (r == 0)
		r = split(b, &right);
	if (r == 0)
		e.items = calloc(left.n + right.n + 1, sizeof(*e.items));
	if (r == 0)
		r = e.items ? compare(&left, &right, &e) : -ENOMEM;
	if (r == 0)
		r = format(&e, t);
	free(e.items);
	free(left.lines);
	free(right.lines);
	return r;
}
