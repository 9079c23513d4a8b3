/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <weir/format.h>

#include "parts.h"

void print_events(struct printer *printer, const json_t *events)
{
	static const struct table_column columns[] = {
		{.title = "Time (UTC)"},
		{.title = "Port"},
		{.title = "Event"},
		{.title = "What", .wraps = true},
	};
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < print_items(events); i++) {
		const json_t *event = print_item(events, i);
		char time[40];

		table_cell(table, "%.19s",
			   print_instant(time, sizeof(time), print_text(event, "time")));
		table_cell(table, "%.16s", print_text(event, "port"));
		table_cell(table, "%s", print_text(event, "kind"));
		table_cell(table, "%s", print_text(event, "text"));
	}
	print_table(printer, table, 0);
}
