/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>

static void *member(const struct option_row *row, void *into)
{
	return (char *)into + row->offset;
}

bool option_takes_word(const struct option_row *row)
{
	return row->type != OPTION_FLAG && row->type != OPTION_HELP && row->type != OPTION_VERSION;
}

const struct option_row *option_find(const struct option_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	return NULL;
}

static void store(const struct option_row *row, void *into, uint64_t value)
{
	void *to = member(row, into);

	switch (row->size) {
	case sizeof(bool):
		*(bool *)to = value != 0;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)to = (uint16_t)value;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)to = (uint32_t)value;
		break;
	default:
		*(uint64_t *)to = value;
	}
}

static int set_number(const struct option_row *row, const char *text, void *into,
		      struct error *error)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < row->low ||
	    value > row->high)
		return error_set(error, EINVAL,
				 "--%s %s: not a whole number from %llu to %llu; give one",
				 row->name, text, (unsigned long long)row->low,
				 (unsigned long long)row->high);
	store(row, into, value);
	return 0;
}

static int set_seconds(const struct option_row *row, const char *text, void *into,
		       struct error *error)
{
	const double low = (double)row->low / CLOCK_SECOND, high = (double)row->high / CLOCK_SECOND;
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(seconds) || seconds < low || seconds > high)
		return error_set(error, EINVAL,
				 "--%s %s: not a time from %.15g to %.15g seconds; give one",
				 row->name, text, low, high);
	store(row, into, (uint64_t)llround(seconds * CLOCK_SECOND));
	return 0;
}

/* "a, b or c" */
static const char *choices_of(const struct option_row *row, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (const struct option_choice *choice = row->choices; choice->name != NULL; choice++) {
		const char *between = choice == row->choices   ? ""
				      : choice[1].name != NULL ? ", "
							       : " or ";

		if (used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", between,
						 choice->name);
	}
	return out;
}

static int set_choice(const struct option_row *row, const char *text, void *into,
		      struct error *error)
{
	char all[200];

	for (const struct option_choice *choice = row->choices; choice->name != NULL; choice++)
		if (strcmp(choice->name, text) == 0) {
			store(row, into, (uint64_t)choice->value);
			return 0;
		}
	return error_set(error, EINVAL, "--%s %s: there is no such %s; use %s", row->name, text,
			 row->name, choices_of(row, all, sizeof(all)));
}

static int add_word(const struct option_row *row, const char *text, void *into, struct error *error)
{
	struct option_list *list = member(row, into);
	const char **words;

	if (list->count >= row->high)
		return error_set(error, EINVAL,
				 "--%s %s: given more than %llu times; leave some out", row->name,
				 text, (unsigned long long)row->high);
	words = realloc(list->words, (list->count + 1) * sizeof(*words));
	if (words == NULL)
		return error_set(error, ENOMEM, "--%s %s: no memory for it", row->name, text);
	list->words = words;
	list->words[list->count++] = text;
	return 0;
}

int option_set(const struct option_row *row, const char *text, void *into, struct error *error)
{
	if (text != NULL && *text == '\0' && !row->empty)
		return error_set(error, EINVAL, "--%s: its value is empty; give one", row->name);
	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)member(row, into) = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)member(row, into) = text;
		return row->take != NULL ? row->take(row->name, text, into, error) : 0;
	case OPTION_CONF:
		((struct option_conf *)member(row, into))->path = text;
		return 0;
	case OPTION_NUMBER:
		return set_number(row, text, into, error);
	case OPTION_SECONDS:
		return set_seconds(row, text, into, error);
	case OPTION_CHOICE:
		return set_choice(row, text, into, error);
	case OPTION_LIST:
		return add_word(row, text, into, error);
	case OPTION_OWN:
		return row->take(row->name, text, into, error);
	default: /* done where it is read */
		return 0;
	}
}

void options_release(const struct option_table *table, void *into)
{
	for (size_t i = 0; i < table->count; i++) {
		void *value = member(&table->rows[i], into);

		if (table->rows[i].type == OPTION_LIST) {
			free(((struct option_list *)value)->words);
			*(struct option_list *)value = (struct option_list){0};
		} else if (table->rows[i].type == OPTION_CONF) {
			free(((struct option_conf *)value)->text);
			*(struct option_conf *)value = (struct option_conf){0};
		}
	}
}

static uint64_t load(const struct option_row *row, const void *from)
{
	switch (row->size) {
	case sizeof(bool):
		return *(const bool *)from;
	case sizeof(uint16_t):
		return *(const uint16_t *)from;
	case sizeof(uint32_t):
		return *(const uint32_t *)from;
	default:
		return *(const uint64_t *)from;
	}
}

/* NULL: it has none. */
static const char *value_of(const struct option_row *row, const void *from, char *out, size_t size)
{
	switch (row->type) {
	case OPTION_FLAG:
		return *(const bool *)from ? "yes" : NULL;
	case OPTION_TEXT:
	case OPTION_CONF: /* begins with its path */
		return *(const char *const *)from;
	case OPTION_NUMBER:
		if (row->usual == NULL && load(row, from) == 0)
			return NULL;
		snprintf(out, size, "%llu", (unsigned long long)load(row, from));
		return out;
	case OPTION_SECONDS:
		if (row->usual == NULL && load(row, from) == 0)
			return NULL;
		snprintf(out, size, "%.15g", (double)load(row, from) / CLOCK_SECOND);
		return out;
	case OPTION_CHOICE:
		for (const struct option_choice *choice = row->choices; choice->name != NULL;
		     choice++)
			if (choice->value == (int)load(row, from))
				return choice->name;
		return NULL;
	default:
		return NULL;
	}
}

void options_each(const struct option_table *table, const void *into,
		  void (*tell)(void *context, const char *name, const char *value), void *context)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		const void *from = (const char *)into + row->offset;
		const struct option_list *list = from;
		char text[32];
		const char *value = value_of(row, from, text, sizeof(text));

		if (value != NULL)
			tell(context, row->name, value);
		if (row->type == OPTION_LIST)
			for (uint32_t w = 0; w < list->count; w++)
				tell(context, row->name, list->words[w]);
	}
}
