/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <string.h>

#include <weir/format.h>

void print_each_term(const json_t *object, const struct print_sum *sum,
		     void (*each)(void *context, const struct statistic *term, uint64_t value),
		     void *context)
{
	const struct statistic *term = statistics[sum->list].members;

	for (; term->name != NULL; term++) {
		uint64_t value = print_count(object, term->name);

		if (value > 0 && strcmp(term->sum, sum->name) == 0)
			each(context, term, value);
	}
}

static void add(void *context, const struct statistic *term, uint64_t value)
{
	(void)term;
	*(uint64_t *)context += value;
}

uint64_t print_sum(const json_t *object, const struct print_sum *sum)
{
	uint64_t total = 0;

	print_each_term(object, sum, add, &total);
	return total;
}

struct sentence {
	FILE *out;
	const char *separator, *between;
};

static void say(void *context, const struct statistic *term, uint64_t value)
{
	struct sentence *sentence = context;
	char text[32];

	fprintf(sentence->out, "%s%s %s", sentence->separator,
		format_count(text, sizeof(text), value), term->label);
	sentence->separator = sentence->between;
}

void print_terms(FILE *out, const json_t *object, const struct print_sum *sum, const char *between)
{
	struct sentence sentence = {out, "", between};

	print_each_term(object, sum, say, &sentence);
}

const char *print_label(enum statistics_list list, const char *name)
{
	const struct statistic *statistic = statistic_find(list, name);

	return statistic != NULL ? statistic->label : name;
}

struct table_column print_column(enum statistics_list list, const char *name)
{
	return (struct table_column){.title = print_label(list, name), .right = true};
}

void print_cell(struct table *table, enum statistics_list list, const char *name,
		const json_t *object)
{
	const struct statistic *statistic = statistic_find(list, name);
	const char *unit = statistic != NULL ? statistic->unit : "";
	char text[32];

	if (json_object_get(object, name) == NULL)
		table_cell(table, "-");
	else if (strcmp(unit, "octets") == 0)
		table_cell(table, "%s",
			   format_si(text, sizeof(text), print_number(object, name), "B"));
	else if (strstr(unit, "per_second") != NULL)
		table_cell(table, "%s",
			   format_si(text, sizeof(text), print_number(object, name), ""));
	else if (strcmp(unit, "percent") == 0)
		table_cell(table, "%.0f%%", print_number(object, name));
	else
		table_cell(table, "%s",
			   print_quantity(text, sizeof(text), print_count(object, name)));
}
