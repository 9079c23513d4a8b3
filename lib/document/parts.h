/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_DOCUMENT_PARTS_H
#define WEIR_DOCUMENT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <weir/statistics.h>

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

static inline void put_flag(json_t **object, const char *key, bool value)
{
	put(object, key, json_boolean(value));
}

static inline void put_real(json_t **object, const char *key, double value)
{
	put(object, key, json_real(value));
}

static inline void append(json_t **array, json_t *value)
{
	if (json_array_append_new(*array, value) != 0) {
		json_decref(*array);
		*array = NULL;
	}
}

/*
 * For the lists of weir/statistics.h: add their members to `object`, with `of` as what the list is
 * about. What is no number has a function of its own.
 */
/* clang-format off */
#define PUT_STATISTIC(name, kind, unit, sum, label, value, meaning) \
	_Generic((value), bool: put_flag, double: put_real, default: put_count)(&object, #name, value);
/* clang-format on */
#define PUT_OBJECT(name, document) put(&object, #name, document);

#endif
