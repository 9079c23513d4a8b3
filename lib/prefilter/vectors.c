/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct rows *rows, const struct prefilter_row *row)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < PREFILTER_COMBINATIONS / 64; i++) {
		hash = (hash ^ row->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash & (rows->slots - 1);
}

/* The slot that `row` is in, or that it would be put in. */
static uint32_t *find(const struct rows *rows, const struct prefilter_row *row)
{
	size_t slot = slot_of(rows, row);

	while (rows->slot[slot] != 0 &&
	       memcmp(&rows->row[rows->slot[slot] - 1], row, sizeof(*row)) != 0)
		slot = (slot + 1) & (rows->slots - 1);
	return &rows->slot[slot];
}

/* Twice the room; the table stays at most half full. */
static int grow(struct rows *rows)
{
	const size_t room = rows->room != 0 ? 2 * rows->room : 64;
	struct prefilter_row *row = realloc(rows->row, room * sizeof(*row));
	uint32_t *slot = calloc(2 * room, sizeof(*slot));

	if (row != NULL)
		rows->row = row;
	if (row == NULL || slot == NULL) {
		free(slot);
		return -ENOMEM;
	}
	free(rows->slot);
	rows->slot = slot;
	rows->slots = 2 * room;
	rows->room = room;
	for (size_t i = 0; i < rows->count; i++)
		*find(rows, &rows->row[i]) = (uint32_t)i + 1;
	return 0;
}

int rows_number(struct rows *rows, const struct prefilter_row *row)
{
	uint32_t *slot;

	if (rows->count == rows->room && grow(rows) < 0)
		return -ENOMEM;
	slot = find(rows, row);
	if (*slot == 0) {
		rows->row[rows->count++] = *row;
		*slot = (uint32_t)rows->count;
	}
	return (int)*slot - 1;
}

void rows_free(struct rows *rows)
{
	free(rows->row);
	free(rows->slot);
}
