/* SPDX-License-Identifier: BSD-3-Clause */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct vectors *vectors, const struct prefilter_vector *vector)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < PREFILTER_COMBINATIONS / 64; i++) {
		hash = (hash ^ vector->word[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash & (vectors->places - 1);
}

/* The place that `vector` is in, or that it would be put in. */
static uint32_t *find(const struct vectors *vectors, const struct prefilter_vector *vector)
{
	size_t place = place_of(vectors, vector);

	while (vectors->place[place] != 0 &&
	       memcmp(&vectors->vector[vectors->place[place] - 1], vector, sizeof(*vector)) != 0)
		place = (place + 1) & (vectors->places - 1);
	return &vectors->place[place];
}

/* Twice the room; the table stays at most half full. */
static int grow(struct vectors *vectors)
{
	const size_t room = vectors->room != 0 ? 2 * vectors->room : 64;
	struct prefilter_vector *vector = realloc(vectors->vector, room * sizeof(*vector));
	uint32_t *place = calloc(2 * room, sizeof(*place));

	if (vector != NULL)
		vectors->vector = vector;
	if (vector == NULL || place == NULL) {
		free(place);
		return -ENOMEM;
	}
	free(vectors->place);
	vectors->place = place;
	vectors->places = 2 * room;
	vectors->room = room;
	for (size_t i = 0; i < vectors->count; i++)
		*find(vectors, &vectors->vector[i]) = (uint32_t)i + 1;
	return 0;
}

int vectors_number(struct vectors *vectors, const struct prefilter_vector *vector)
{
	uint32_t *place;

	if (vectors->count == vectors->room && grow(vectors) < 0)
		return -ENOMEM;
	place = find(vectors, vector);
	if (*place == 0) {
		vectors->vector[vectors->count++] = *vector;
		*place = (uint32_t)vectors->count;
	}
	return (int)*place - 1;
}

void vectors_free(struct vectors *vectors)
{
	free(vectors->vector);
	free(vectors->place);
}
