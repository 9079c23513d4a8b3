/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/statistics.h>

#include <stdio.h>
#include <string.h>

#define IS_COUNTER true
#define IS_GAUGE   false
#define MEMBER(name, kind, unit, sum, label, value, meaning)                                       \
	{#name, #unit, sum, label, meaning, IS_##kind},
#define NOT_HERE(name, document)
#define LIST(id, path, each, list)                                                                 \
	[STATISTICS_##id] = {path, each, (const struct statistic[]){list(MEMBER, NOT_HERE){NULL}}},

const struct statistics statistics[STATISTICS_COUNT] = {STATISTICS_LISTS(LIST)};

const struct statistic *statistic_find(enum statistics_list list, const char *name)
{
	const struct statistic *statistic = statistics[list].members;

	while (statistic->name != NULL && strcmp(statistic->name, name) != 0)
		statistic++;
	return statistic->name != NULL ? statistic : NULL;
}

/* Prometheus has base units: what others become there. */
static const struct conversion {
	const char *unit;           /* of the statistic */
	const char *part, *becomes; /* what stands in its name, and what stands for it */
	unsigned int divisor;
} conversions[] = {
	{"bits_per_second", "bits_", "octets_", 8},
	{"microseconds", "microseconds", "seconds", 1000000},
};

static const struct conversion *conversion_of(const struct statistic *statistic)
{
	for (size_t c = 0; c < sizeof(conversions) / sizeof(conversions[0]); c++)
		if (strcmp(statistic->unit, conversions[c].unit) == 0)
			return &conversions[c];
	return NULL;
}

unsigned int statistic_metric_divisor(const struct statistic *statistic)
{
	const struct conversion *conversion = conversion_of(statistic);

	return conversion != NULL ? conversion->divisor : 1;
}

/* "l2_bits_per_second" becomes "l2_octets_per_second". */
static void convert(char *out, size_t size, const struct conversion *conversion)
{
	char *at = strstr(out, conversion->part);
	char rest[32];

	if (at == NULL)
		return;
	snprintf(rest, sizeof(rest), "%s", at + strlen(conversion->part));
	snprintf(at, size - (size_t)(at - out), "%s%s", conversion->becomes, rest);
}

const char *statistic_metric(char *out, size_t size, enum statistics_list list,
			     const struct statistic *statistic)
{
	int used = snprintf(out, size, "weir_%s_%s", statistics[list].path, statistic->name);
	bool said = strstr(out, statistic->unit) != NULL || strcmp(statistic->unit, "boolean") == 0;

	for (char *c = out; *c != '\0'; c++)
		*c = *c == '.' ? '_' : *c;
	if ((size_t)used < size)
		snprintf(out + used, size - (size_t)used, "%s%s%s", said ? "" : "_",
			 said ? "" : statistic->unit, statistic->counter ? "_total" : "");
	if (conversion_of(statistic) != NULL)
		convert(out, size, conversion_of(statistic));
	return out;
}
