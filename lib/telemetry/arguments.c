/* SPDX-License-Identifier: BSD-3-Clause */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX  4
#define COUNT_USUAL 10
#define MINUTE      60

struct fields {
	char text[128]; /* the arguments, cut at their commas */
	char *field[FIELDS_MAX];
	unsigned int count;
};

/* Split at commas: at most `most` fields, none of them empty. */
static int split(const char *text, unsigned int most, struct fields *fields, struct error *error)
{
	char *rest = fields->text, *field;

	fields->count = 0;
	if (text == NULL || text[0] == '\0')
		return 0;
	if ((size_t)snprintf(fields->text, sizeof(fields->text), "%s", text) >=
	    sizeof(fields->text))
		return error_set(error, EINVAL, "the arguments are too long");
	while ((field = strsep(&rest, ",")) != NULL) {
		if (field[0] == '\0')
			return error_set(error, EINVAL, "an argument between commas is empty");
		if (fields->count == most)
			return error_set(error, EINVAL,
					 "too many arguments; at most %u are allowed", most);
		fields->field[fields->count++] = field;
	}
	return 0;
}

/* A decimal number and nothing else. */
static int number(const char *text, const char *what, uint64_t least, uint64_t most,
		  uint64_t *value, struct error *error)
{
	size_t digits = strspn(text, "0123456789");

	errno = 0;
	*value = strtoull(text, NULL, 10);
	if (digits == 0 || text[digits] != '\0' || errno != 0 || *value < least || *value > most)
		return error_set(error, EINVAL,
				 "%s '%.16s' is not allowed; a number from %llu to %llu", what,
				 text, (unsigned long long)least, (unsigned long long)most);
	return 0;
}

/* The index of `text` in `names`. */
static int choice(const char *text, const char *what, const char *const *names, int count,
		  struct error *error)
{
	char allowed[96] = "";
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		if (strcmp(text, names[i]) == 0)
			return i;
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
					 i > 0 ? ", " : "", names[i]);
	}
	return error_set(error, EINVAL, "%s '%.12s' is not one of %s", what, text, allowed);
}

int arguments_none(const char *text, struct error *error)
{
	if (text == NULL || text[0] == '\0')
		return 0;
	return error_set(error, EINVAL, "this command takes no arguments");
}

static int page_of(const struct fields *fields, struct page *page, struct error *error)
{
	uint64_t count;
	int result = 0;

	*page = (struct page){.offset = 0, .count = ARGUMENTS_COUNT_MAX};
	if (fields->count == 0)
		return result;
	if (fields->count == 1)
		return error_set(error, EINVAL,
				 "the count is missing; OFFSET,COUNT are both needed");
	result = number(fields->field[0], "offset", 0, INT64_MAX, &page->offset, error);
	if (result == 0)
		result = number(fields->field[1], "count", 1, ARGUMENTS_COUNT_MAX, &count, error);
	if (result == 0)
		page->count = (uint32_t)count;
	return result;
}

int arguments_page(const char *text, struct page *page, struct error *error)
{
	struct fields fields;
	int result = split(text, 2, &fields, error);

	return result == 0 ? page_of(&fields, page, error) : result;
}

int arguments_flows(const char *text, struct page *page, struct error *error)
{
	struct fields fields;
	int result = split(text, 3, &fields, error);

	if (result == 0)
		result = page_of(&fields, page, error);
	if (result == 0 && fields.count > 2)
		result = number(fields.field[2], "next", 1, INT64_MAX, &page->from, error);
	return result;
}

int arguments_history(const char *text, struct page *page, struct error *error)
{
	struct fields fields;
	uint64_t seconds = MINUTE;

	*page = (struct page){.offset = 0};
	int result = split(text, 2, &fields, error);

	if (result == 0 && fields.count > 0)
		result = number(fields.field[0], "seconds", 1, ARGUMENTS_SECONDS_MAX, &seconds,
				error);
	if (result == 0 && fields.count > 1)
		result = number(fields.field[1], "offset", 0, ARGUMENTS_SECONDS_MAX, &page->offset,
				error);
	page->count = (uint32_t)seconds;
	return result;
}

int arguments_list(const char *text, struct document_list *list, struct error *error)
{
	struct fields fields;
	uint64_t count = COUNT_USUAL;
	int result = split(text, 4, &fields, error);

	*list = (struct document_list){.metric = STATS_OCTETS, .window = STATS_TOTAL};
	if (result != 0)
		return result;
	/* "-" is no dimension: the message lists them. */
	result = choice(fields.count > 0 ? fields.field[0] : "-", "dimension",
			stats_dimension_names, STATS_DIMENSIONS, error);
	if (result >= 0) {
		list->dimension = (enum stats_dimension)result;
		result = 0;
	}
	if (result == 0 && fields.count > 1)
		result = number(fields.field[1], "count", 1, ARGUMENTS_COUNT_MAX, &count, error);
	list->count = (uint32_t)count;
	if (result == 0 && fields.count > 2) {
		result =
			choice(fields.field[2], "metric", stats_metric_names, STATS_METRICS, error);
		list->metric = (enum stats_metric)(result < 0 ? 0 : result);
	}
	if (result >= 0 && fields.count > 3) {
		result =
			choice(fields.field[3], "window", stats_window_names, STATS_WINDOWS, error);
		list->window = (enum stats_window)(result < 0 ? 0 : result);
	}
	return result < 0 ? result : 0;
}
