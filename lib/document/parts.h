/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_DOCUMENT_PARTS_H
#define WEIR_DOCUMENT_PARTS_H

#include <stdint.h>

#include <jansson.h>

/*
 * Building JSON without a test after every line: `value` is a new reference or NULL (no
 * memory). What cannot be added turns the whole *object into NULL, and further additions
 * to NULL do nothing, so the builder returns it in the end as it is.
 */
static inline void put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) != 0) {
		json_decref(*object);
		*object = NULL;
	}
}

static inline void put_count(json_t **object, const char *key, uint64_t value)
{
	put(object, key, json_integer((json_int_t)value));
}

static inline void append(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) != 0) {
		json_decref(*array);
		*array = NULL;
	}
}

#endif
