/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TELEMETRY_ANSWER_H
#define WEIR_TELEMETRY_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * Answers as rte_telemetry can carry them, still as JSON, so that they can be measured: what
 * does not fit into its 16 KiB it drops without a word.
 */

/* Bytes of JSON that an answer may have: 16 KiB less the command's name and what is around. */
#define ANSWER_BYTES 15800
#define ANSWER_TEXT  127 /* longest string */
#define ANSWER_ARRAY 512 /* longest array of numbers or strings */

/*
 * Make of a document (a reference that this takes; NULL gives NULL) what rte_telemetry has
 * types for: an array of objects becomes an object keyed by rank ("1", "2", ...), a real is
 * rounded, true is 1, null is left out, a character that is not printable ASCII becomes '?'
 * (in a key: '_'), and a text that is too long ends in "...". New reference or NULL.
 */
json_t *answer_plain(json_t *document);

/* {"error": text}. What is longer than a string goes on in "error_more". */
json_t *answer_error(const char *text);

/*
 * In `object` put what of the text `key` is longer than a string of rte_telemetry under `more`, to
 * be read behind it. (What is too long for both is cut.)
 */
void answer_split_text(json_t *object, const char *key, const char *more);

/* Bytes of the answer on the socket, as far as it goes. */
size_t answer_bytes(const json_t *answer);

/* A list to put into an answer, and the names of what is said about it. */
struct answer_list {
	const char *name, *total_name, *shown_name;
	uint64_t total;
	size_t most; /* bytes that the whole answer may have with it */
};

/* The list that an answer is about: "total" and "shown", and all the room there is. */
static inline struct answer_list answer_list_named(const char *name, uint64_t total)
{
	return (struct answer_list){.name = name,
				    .total_name = "total",
				    .shown_name = "shown",
				    .total = total,
				    .most = ANSWER_BYTES};
}

/*
 * Add as many of `entries` (a reference that this takes; NULL: no memory) as fit. On failure
 * *answer becomes NULL.
 */
void answer_put_list(json_t **answer, const struct answer_list *list, json_t *entries);

#endif
