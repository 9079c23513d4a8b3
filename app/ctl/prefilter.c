/* SPDX-License-Identifier: BSD-3-Clause */
#include "prefilter.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A path is weir's to open, and weir may run in another directory. */
static int whole_path(char **words, int count, char *out, size_t size, struct error *error)
{
	char path[PATH_MAX];

	if (count != 1)
		return error_set(error, EINVAL, "prefilter replace: takes one rules file");
	if (realpath(words[0], path) == NULL)
		return error_set(error, EINVAL, "%s: %s; give a rules file", words[0],
				 strerror(errno));
	if ((size_t)snprintf(out, size, "%s", path) >= size)
		return error_set(error, EINVAL, "%s: the path is too long", words[0]);
	return 0;
}

/* A rule may come as one argument or as many. */
static int sentence(char **words, int count, char *out, size_t size, struct error *error)
{
	size_t used = 0;

	if (count == 0)
		return error_set(error, EINVAL,
				 "prefilter: the rule is missing; see weirctl --help");
	for (int i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "",
					 words[i]);
	if (used >= size)
		return error_set(error, EINVAL, "prefilter: the rule is too long");
	return 0;
}

/* "before 3 drop from ..." -> "before=3,drop from ...". */
static int placed_sentence(char **words, int count, char *out, size_t size, struct error *error)
{
	int used = 0;

	if (count > 2 && strcmp(words[0], "before") == 0) {
		used = snprintf(out, size, "before=%.20s,", words[1]);
		words += 2;
		count -= 2;
	}
	return sentence(words, count, out + used, size - (size_t)used, error);
}

/* Nothing, or OFFSET and COUNT. */
static int page(char **words, int count, char *out, size_t size, struct error *error)
{
	if (count != 0 && count != 2)
		return error_set(error, EINVAL, "prefilter: OFFSET and COUNT go together");
	snprintf(out, size, "%s,%s", count > 0 ? words[0] : "0", count > 0 ? words[1] : "250");
	return 0;
}

static const struct {
	const char *name, *telemetry;
	int (*arguments)(char **words, int count, char *out, size_t size, struct error *error);
	struct show show;
} verbs[] = {
	{"show", "/weir/prefilter", page, {.table = show_prefilter_rules}},
	{"counters", "/weir/prefilter", page, {.table = show_prefilter_counters}},
	{"add", "/weir/prefilter/add", placed_sentence, {.table = show_prefilter_change}},
	{"del", "/weir/prefilter/del", sentence, {.table = show_prefilter_change}},
	{"replace", "/weir/prefilter/replace", whole_path, {.table = show_prefilter_change}},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int prefilter_command(struct options *options, char **words, int count, struct error *error)
{
	char arguments[1000];
	size_t i = 0;
	int result;

	while (count > 0 && i < VERBS && strcmp(verbs[i].name, words[0]) != 0)
		i++;
	if (count == 0 || i == VERBS)
		return error_set(error, EINVAL,
				 "prefilter %s: show, counters, add, del or replace; see weirctl "
				 "--help",
				 count > 0 ? words[0] : "");
	result = verbs[i].arguments(words + 1, count - 1, arguments, sizeof(arguments), error);
	if (result != 0)
		return result;
	options->show = &verbs[i].show;
	if ((size_t)snprintf(options->command, sizeof(options->command), "%s,%s",
			     verbs[i].telemetry, arguments) >= sizeof(options->command))
		return error_set(error, EINVAL, "prefilter %s: too long", words[0]);
	return 0;
}
