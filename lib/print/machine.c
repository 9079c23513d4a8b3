/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>

#include <weir/format.h>

#include "parts.h"

static bool is_export(const json_t *output)
{
	return strcmp(print_text(output, "output"), "export") == 0;
}

/* What was given to each output, and what became of it. */
static void output_rows(struct table *table, const json_t *outputs)
{
	for (size_t row = 0; row < print_items(outputs); row++) {
		const json_t *output = print_item(outputs, row);
		const struct statistic *fate = statistics[STATISTICS_OUTPUTS].members;
		const char *failure = print_text(output, "failure"), *between = "";
		char text[512], number[32];
		int used = snprintf(text, sizeof(text),
				    "%s:", print_text(output, is_export(output) ? "to" : "output"));

		for (; fate->name != NULL; fate++) {
			uint64_t count = print_count(output, fate->name);

			if (fate->sum[0] == '\0' || (count == 0 && between[0] != '\0'))
				continue;
			used += snprintf(text + used, sizeof(text) - (size_t)used, "%s %s %s",
					 between, format_count(number, sizeof(number), count),
					 fate->label);
			between = ",";
		}
		table_cell(table, "%s", row == 0 ? "outputs" : "");
		table_cell(table, "%s%s%s", text, failure[0] != '\0' ? "; " : "", failure);
	}
}

/* Name and value of each member, and of a list each row beside its name. */
void print_info(struct printer *printer, const json_t *info)
{
	static const struct table_column columns[] = {{.title = NULL}, {.wraps = true}};
	struct table *table = table_create(columns, COUNT(columns));
	const json_t *settings = json_object_get(info, "settings");
	static const char *const lists[] = {"source", "remarks"};
	char text[40];
	const char *name;
	json_t *value;

	if (table == NULL) {
		printer->failed = true;
		return;
	}
	table_cell(table, "version");
	table_cell(table, "%s", print_text(info, "version"));
	table_cell(table, "started");
	table_cell(table, "%s UTC", print_instant(text, sizeof(text), print_text(info, "started")));
	for (size_t i = 0; i < COUNT(lists); i++) {
		const json_t *list = json_object_get(info, lists[i]);

		for (size_t row = 0; row < json_array_size(list); row++) {
			table_cell(table, "%s", row == 0 ? lists[i] : "");
			table_cell(table, "%s", json_string_value(json_array_get(list, row)));
		}
	}
	output_rows(table, json_object_get(info, "outputs"));
	json_object_foreach((json_t *)settings, name, value) {
		table_cell(table, "%s", name);
		table_cell(table, "%s", json_string_value(value));
	}
	print_table(printer, table, 0);
}

static void overflow_row(struct table *table, const json_t *row, const char *label,
			 const json_t *overflow)
{
	double packets = print_number(row, "packets"), sum = print_number(overflow, "packets");
	char text[32], share[16];

	table_cell(table, "%s", label);
	table_cell(table, "%s", print_quantity(text, sizeof(text), print_count(row, "packets")));
	table_cell(table, "%s", print_share(share, sizeof(share), packets, sum));
	table_cell(table, "%s", format_si(text, sizeof(text), print_number(row, "octets"), "B"));
}

void print_overflow(struct printer *printer, const json_t *overflow)
{
	static const struct table_column columns[] = {
		{.title = "Beyond the flow table"},
		{.title = "Packets", .right = true},
		{.title = "Share", .right = true},
		{.title = "Octets", .right = true},
	};
	static const char *const lists[][2] = {{"protocols", "name"},
					       {"source_networks", "network"}};
	const json_t *other = json_object_get(overflow, "other_networks");
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t l = 0; table != NULL && l < COUNT(lists); l++) {
		const json_t *rows = json_object_get(overflow, lists[l][0]);

		for (size_t i = 0; i < print_items(rows); i++)
			overflow_row(table, print_item(rows, i),
				     print_text(print_item(rows, i), lists[l][1]), overflow);
	}
	if (table != NULL && print_count(other, "packets") > 0)
		overflow_row(table, other, "other networks", overflow);
	print_table(printer, table, 0);
}

void print_workers(struct printer *printer, const json_t *workers)
{
	static const char *const counts[] = {"packets", "frame_octets", "flows_created",
					     "flows_active"};
	static const char *const loads[] = {"cycles_per_packet", "busy_percent"};
	struct table_column columns[2 + COUNT(counts) + COUNT(loads)] = {
		{.title = "Worker", .right = true}, {.title = "Lcore", .right = true}};

	for (size_t i = 0; i < COUNT(counts); i++)
		columns[2 + i] = print_column(STATISTICS_WORKERS, counts[i]);
	for (size_t i = 0; i < COUNT(loads); i++)
		columns[2 + COUNT(counts) + i] = print_column(STATISTICS_PROCESSORS, loads[i]);
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t row = 0; table != NULL && row < print_items(workers); row++) {
		const json_t *worker = print_item(workers, row);

		table_cell(table, "%.0f", print_number(worker, "worker"));
		table_cell(table, "%.0f", print_number(worker, "lcore"));
		for (size_t i = 0; i < COUNT(counts); i++)
			print_cell(table, STATISTICS_WORKERS, counts[i], worker);
		for (size_t i = 0; i < COUNT(loads); i++)
			print_cell(table, STATISTICS_PROCESSORS, loads[i],
				   json_object_get(worker, "cpu"));
	}
	print_table(printer, table, 0);
}

/* Of a port, and as far as they are told of its queues. */
static const char *const port_counts[] = {"received", "missed", "no_mbuf", "errors"};

static void counter_cells(struct table *table, const json_t *counters)
{
	for (size_t i = 0; i < COUNT(port_counts); i++)
		print_cell(table, STATISTICS_PORTS, port_counts[i], counters);
}

static void port_rows(struct table *table, const json_t *port)
{
	const json_t *queues = json_object_get(port, "queues");

	table_cell(table, "%s", print_text(port, "name"));
	table_cell(table, "%s", print_text(port, "driver"));
	if (print_count(port, "link_up") == 0)
		table_cell(table, "down");
	else if (print_count(port, "link_mbps") == 0)
		table_cell(table, "up");
	else {
		char text[32];

		table_cell(table, "%s",
			   format_si(text, sizeof(text), print_number(port, "link_mbps") * 1e6,
				     "b/s"));
	}
	counter_cells(table, port);
	for (size_t i = 0; print_items(queues) > 1 && i < print_items(queues); i++) {
		const json_t *queue = print_item(queues, i);

		table_cell(table, "  queue %.0f", print_number(queue, "queue"));
		table_cell(table, "%s", "");
		table_cell(table, "%s", "");
		counter_cells(table, queue);
	}
}

/* When a port or one of its queues lost frames. */
static void loss_line(struct printer *printer, const char *what, const json_t *row)
{
	const json_t *loss = json_object_get(row, "loss");
	char first[40], last[40];

	if (!json_is_object(loss))
		return;
	fprintf(printer->out, "%.14s: lost %.19s to %.19s UTC, %.3g s\n", what,
		print_instant(first, sizeof(first), print_text(loss, "first")),
		print_instant(last, sizeof(last), print_text(loss, "last")),
		print_number(loss, "seconds"));
}

static void loss_lines(struct printer *printer, const json_t *port)
{
	const json_t *queues = json_object_get(port, "queues");

	loss_line(printer, print_text(port, "name"), port);
	for (size_t i = 0; print_items(queues) > 1 && i < print_items(queues); i++) {
		char name[32];

		snprintf(name, sizeof(name), "  queue %.0f",
			 print_number(print_item(queues, i), "queue"));
		loss_line(printer, name, print_item(queues, i));
	}
}

void print_ports(struct printer *printer, const json_t *ports)
{
	struct table_column columns[3 + COUNT(port_counts)] = {
		{.title = "Port", .wraps = true}, {.title = "Driver"}, {.title = "Link"}};

	for (size_t i = 0; i < COUNT(port_counts); i++)
		columns[3 + i] = print_column(STATISTICS_PORTS, port_counts[i]);
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < print_items(ports); i++)
		port_rows(table, print_item(ports, i));
	print_table(printer, table, 0);
	for (size_t i = 0; i < print_items(ports); i++) {
		const json_t *port = print_item(ports, i);

		if (strcmp(print_text(port, "symmetry"), "not_symmetric") == 0)
			fprintf(printer->out,
				"%.24s: not symmetric, a flow's two ways may meet two workers\n",
				print_text(port, "name"));
		loss_lines(printer, port);
	}
}

/* A URL is too long for a table. */
static void print_exports(struct printer *printer, const json_t *outputs)
{
	unsigned int exports = 0;

	for (size_t row = 0; row < print_items(outputs); row++)
		if (is_export(print_item(outputs, row)))
			fprintf(printer->out, "export %u: %s\n", ++exports,
				print_text(print_item(outputs, row), "to"));
}

/* Of each output what it was given, and what became of that. */
void print_outputs(struct printer *printer, const json_t *outputs)
{
	const struct statistic *counts = statistics[STATISTICS_OUTPUTS].members, *one;
	struct table_column columns[TABLE_COLUMNS_MAX] = {{.title = "Output"}};
	unsigned int count = 1, exports = 0;

	for (one = counts; one->name != NULL; one++)
		columns[count++] = print_column(STATISTICS_OUTPUTS, one->name);
	columns[count++] = (struct table_column){.title = "failure", .wraps = true};
	struct table *table = table_create(columns, count);

	for (size_t row = 0; table != NULL && row < print_items(outputs); row++) {
		const json_t *output = print_item(outputs, row);

		if (is_export(output))
			table_cell(table, "export %u", ++exports);
		else
			table_cell(table, "%s", print_text(output, "output"));
		for (one = counts; one->name != NULL; one++)
			print_cell(table, STATISTICS_OUTPUTS, one->name, output);
		table_cell(table, "%s", print_text(output, "failure"));
	}
	print_table(printer, table, 0);
	print_exports(printer, outputs);
}
