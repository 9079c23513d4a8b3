/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <weir/document.h>

static json_t *plain(const json_t *value);

/* rte_telemetry's own escaping reads beyond its table for bytes from 0x80 on. */
static json_t *plain_text(const char *text)
{
	char copy[ANSWER_TEXT + 1];
	size_t length = 0;

	for (; text[length] != '\0' && length < ANSWER_TEXT; length++)
		copy[length] =
			(char)(text[length] >= 0x20 && text[length] < 0x7f ? text[length] : '?');
	if (text[length] != '\0')
		memcpy(copy + length - 3, "...", 3);
	copy[length] = '\0';
	return json_string(copy);
}

static void plain_key(char *out, size_t size, const char *key)
{
	snprintf(out, size, "%s", key);
	for (char *c = out; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '/')
			*c = '_';
}

static json_t *plain_object(const json_t *object)
{
	json_t *copy = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value) {
		char name[ANSWER_TEXT + 1];

		if (json_is_null(value))
			continue;
		plain_key(name, sizeof(name), key);
		if (json_object_set_new(copy, name, plain(value)) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

/* Add entry `index` to a list: by rank if the entries are objects, else to an array. */
static int add_entry(json_t *list, size_t index, json_t *entry)
{
	char rank[24];

	if (json_is_array(list))
		return json_array_append_new(list, entry);
	snprintf(rank, sizeof(rank), "%zu", index + 1);
	return json_object_set_new(list, rank, entry);
}

/* An empty array does not tell what its entries would be: it stays one. */
static json_t *list_for(const json_t *entries)
{
	return json_is_object(json_array_get(entries, 0)) ? json_object() : json_array();
}

static json_t *plain_array(const json_t *array)
{
	json_t *copy = list_for(array), *value;
	size_t i;

	json_array_foreach(array, i, value) {
		if (add_entry(copy, i, plain(value)) != 0) {
			json_decref(copy);
			return NULL;
		}
	}
	return copy;
}

static json_t *plain(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return plain_object(value);
	case JSON_ARRAY:
		return plain_array(value);
	case JSON_STRING:
		return plain_text(json_string_value(value));
	case JSON_REAL:
		return json_integer((json_int_t)llround(json_real_value(value)));
	case JSON_TRUE:
		return json_integer(1);
	case JSON_FALSE:
		return json_integer(0);
	default:
		return json_copy((json_t *)value);
	}
}

void answer_split_text(json_t *object, const char *key, const char *more)
{
	json_t *text = json_incref(json_object_get(object, key));
	const char *whole = json_string_value(text);

	if (whole != NULL && strlen(whole) > ANSWER_TEXT) {
		json_object_set_new(object, key, json_stringn_nocheck(whole, ANSWER_TEXT));
		json_object_set_new(object, more, json_string_nocheck(whole + ANSWER_TEXT));
	}
	json_decref(text);
}

json_t *answer_error(const char *text)
{
	json_t *object = json_pack("{s:o}", "error", document_text(text));

	answer_split_text(object, "error", "error_more");
	return object;
}

json_t *answer_plain(json_t *document)
{
	json_t *answer = document == NULL ? NULL : plain(document);

	json_decref(document);
	return answer;
}

size_t answer_bytes(const json_t *answer)
{
	return json_dumpb(answer, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* As many entries, made plain, as take no more than `room` bytes. NULL: no memory. */
static json_t *fitting_entries(const json_t *entries, size_t room)
{
	json_t *fitting = list_for(entries);
	size_t i, bytes = 0, between = strlen(json_is_object(fitting) ? "\"123\":," : ",");
	json_t *value;

	json_array_foreach(entries, i, value) {
		json_t *entry = plain(value);

		bytes += answer_bytes(entry) + between;
		if (entry != NULL && bytes > room) {
			json_decref(entry);
			break;
		}
		if (add_entry(fitting, i, entry) != 0) {
			json_decref(fitting);
			return NULL;
		}
	}
	return fitting;
}

static size_t list_size(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : json_object_size(list);
}

void answer_put_list(json_t **answer, const struct answer_list *list, json_t *entries)
{
	enum { AROUND = 128 }; /* three names, two numbers and what is between */
	size_t used = answer_bytes(*answer) + AROUND;
	size_t room = list->most > used ? list->most - used : 0;
	json_t *fitting = entries == NULL ? NULL : fitting_entries(entries, room);

	if (json_object_set_new(*answer, list->total_name, json_integer((json_int_t)list->total)) !=
		    0 ||
	    json_object_set_new(*answer, list->shown_name,
				json_integer((json_int_t)list_size(fitting))) != 0 ||
	    json_object_set(*answer, list->name, fitting) != 0) {
		json_decref(*answer);
		*answer = NULL;
	}
	json_decref(fitting);
	json_decref(entries);
}
