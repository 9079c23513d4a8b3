/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints docs/statistics.md from the lists of statistics. The test `docs-statistics` holds the file
 * to it; after a change: ninja -C build tests/docs/statistics.md && cp
 * build/tests/docs/statistics.md docs/
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weir/statistics.h>

/* "received = flow + non_ip + ...": all terms from the first on. */
static void print_sum(const struct statistic *first)
{
	const struct statistic *term = first;

	printf("\n    %s = ", first->sum);
	for (; term->name != NULL; term++)
		if (strcmp(term->sum, first->sum) == 0)
			printf("%s%s", term != first ? " + " : "", term->name);
	putchar('\n');
}

static bool begins_sum(const struct statistics *all, const struct statistic *term)
{
	for (const struct statistic *earlier = all->members; earlier < term; earlier++)
		if (strcmp(earlier->sum, term->sum) == 0)
			return false;
	return term->sum[0] != '\0';
}

static void print_list(enum statistics_list list)
{
	const struct statistics *all = &statistics[list];
	char metric[128];

	printf("\n## %s\n\n", all->path);
	if (all->each[0] != '\0')
		printf("One object for each `%s`.\n\n", all->each);
	printf("| statistic | kind | unit | meaning | metric |\n|---|---|---|---|---|\n");
	for (const struct statistic *one = all->members; one->name != NULL; one++)
		printf("| `%s` | %s | %s | %s | `%s` |\n", one->name,
		       one->counter ? "counter" : "gauge", one->unit, one->meaning,
		       statistic_metric(metric, sizeof(metric), list, one));
	for (const struct statistic *one = all->members; one->name != NULL; one++)
		if (begins_sum(all, one))
			print_sum(one);
}

int main(void)
{
	printf("# Statistics\n\n"
	       "Made from `lib/base/include/weir/statistics.h`, the one list of them. Each heading "
	       "is the place of an object in the JSON report;\n"
	       "what else stands there, and under which command of the socket, is in "
	       "[interface.md](interface.md). A *counter* counts since the start and\n"
	       "never falls while weir runs, a *gauge* may fall. The last column is what metrics "
	       "call it. Octets are those of IP unless it says otherwise.\n");
	for (int list = 0; list < STATISTICS_COUNT; list++)
		print_list(list);
	return 0;
}
