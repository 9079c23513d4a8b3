/* SPDX-License-Identifier: BSD-3-Clause */
#include "collectors.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <weir/export_url.h>
#include <weir/print.h>
#include <weir/table.h>

/* Found with the versions of Debian 12 (tests.smoke.export_test), or said by those who make them.
 */
const struct collector_remark collector_remarks[] = {
	{"nfdump", "ipfix", "biflow", "no",
	 "of the way back packets and octets alone: its TOS is shown as that of the other way, its "
	 "flags and ICMP type are not"},
	{"nfdump", "ipfix", NULL, NULL,
	 "that nothing is missing: each record of statistics is a sequence error to it; "
	 "?statistics=86400 makes them rare"},
	{"pmacct", "ipfix", "biflow", "no", "the way back"},
	{"GoFlow2", "ipfix", "biflow", "no", "the way back"},
	{"Akvorado", "ipfix", "biflow", "no", "before 2.0.1: the way back"},
	{"all", "ipfix", NULL, NULL,
	 "weir's own elements, unless they are told of them: TTLs, sizes of frames, flowContinues"},
	{"all", "netflow9", NULL, NULL, "TTLs, sizes of frames, flowContinues: they are not in it"},
	{"pmacct", "netflow9", NULL, NULL, "parts of a second in dates"},
	{0},
};

/* "ipfix" of "ipfix+udp". */
static bool is_of_kind(const struct export_url *url, const char *kind)
{
	size_t length = strlen(kind);

	return strncmp(url->scheme, kind, length) == 0 &&
	       (url->scheme[length] == '\0' || url->scheme[length] == '+');
}

static bool is_cured(const struct export_url *url, const struct collector_remark *remark)
{
	for (uint32_t i = 0; remark->setting != NULL && i < url->setting_count; i++)
		if (strcmp(url->settings[i].name, remark->setting) == 0 &&
		    strcmp(url->settings[i].value, remark->cures_it) == 0)
			return true;
	return false;
}

/* "..., ?biflow=no helps" */
static void add_row(struct table *table, const struct collector_remark *remark)
{
	table_cell(table, "%s", remark->collector);
	if (remark->setting != NULL)
		table_cell(table, "%s; ?%s=%s helps", remark->text, remark->setting,
			   remark->cures_it);
	else
		table_cell(table, "%s", remark->text);
}

int collectors_print(FILE *out, const char *text)
{
	static const struct table_column columns[] = {
		{.title = "Collector"}, {.title = "What it does not show of this", .wraps = true}};
	const struct collector_remark *remark = collector_remarks;
	struct export_url url;
	struct table *table = NULL;
	int result;

	if (export_url_parse(text, &url, NULL) != 0)
		return 0;
	for (; remark->collector != NULL; remark++) {
		if (!is_of_kind(&url, remark->kind) || is_cured(&url, remark))
			continue;
		if (table == NULL)
			table = table_create(columns, 2);
		if (table == NULL)
			return -ENOMEM;
		add_row(table, remark);
	}
	if (table == NULL)
		return 0;
	fputc('\n', out);
	result = table_print(table, out, PRINT_WIDTH, 0);
	table_destroy(table);
	return result;
}
