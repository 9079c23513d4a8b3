/* SPDX-License-Identifier: BSD-3-Clause */
#include "export_test.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weir/bus.h>
#include <weir/clock.h>
#include <weir/export_kind.h>
#include <weir/format.h>
#include <weir/log.h>
#include <weir/outlet.h>
#include <weir/print.h>
#include <weir/signals.h>
#include <weir/standard.h>
#include <weir/table.h>

#include "collectors.h"
#include "export_records.h"

#define LOOK (CLOCK_SECOND / 10)

/* ---- sending: as weir does ---- */

static int send_through(struct outlet *outlet, const struct export_record *records,
			struct error *error)
{
	struct bus *bus;

	if (bus_create(&outlet, 1, 0, &bus) != 0)
		return error_set(error, ENOMEM, "no memory for the records; free some");
	for (int i = 0; i < EXPORT_RECORDS; i++)
		bus_record(bus, &records[i].view);
	bus_flush(bus);
	outlet_end(outlet);
	while (!outlet_ended(outlet, LOOK))
		;
	bus_destroy(bus);
	return 0;
}

static int send_all(const char *url, const struct export_record *records,
		    struct outlet_ledger *ledger, char name[EXPORT_NAME_MAX], struct error *error)
{
	const struct export_environment environment = {.capture = false};
	struct export_parts parts;
	struct outlet *outlet;
	int result = export_open(url, &environment, &parts, error);

	if (result != 0)
		return result;
	memcpy(name, parts.name, EXPORT_NAME_MAX);
	const struct outlet_settings settings = {
		.option = "export",
		.name = name,
		.what = "flow records",
		.queue = 1,
		.encoder = &parts.encoder,
		.linger = parts.linger,
		.patience = OUTLET_BRIEFLY,
		.hurry = signals_stop,
	};

	result = outlet_open(&settings, &parts.sender, &outlet, error);
	if (result != 0)
		return result;
	result = send_through(outlet, records, error);
	if (result == 0)
		result = outlet_finish(outlet, error);
	outlet_ledger(outlet, ledger);
	outlet_free(outlet);
	return result;
}

/* ---- what to look for ---- */

static void cell_count(struct table *table, uint64_t count)
{
	char text[32];

	table_cell(table, "%s", format_count(text, sizeof(text), count));
}

static int print_rows(struct table *table)
{
	int result = table != NULL ? table_print(table, stdout, PRINT_WIDTH, 0) : -ENOMEM;

	table_destroy(table);
	return result;
}

static int print_records(const struct export_record *records)
{
	static const struct table_column columns[] = {
		{.title = "N", .right = true},       {.title = "Record"},
		{.title = "Packets", .right = true}, {.title = "Octets", .right = true},
		{.title = "Back", .right = true},    {.title = "Octets", .right = true}};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));

	for (int i = 0; table != NULL && i < EXPORT_RECORDS; i++) {
		const struct flow_view *view = &records[i].view;

		table_cell(table, "%d", i + 1);
		table_cell(table, "%s", records[i].shows);
		for (int way = 0; way < 2; way++) {
			cell_count(table, view->packets[way]);
			cell_count(table, view->octets[way]);
		}
	}
	return print_rows(table);
}

static int print_sums(const struct export_record *records)
{
	static const struct table_column columns[] = {{.title = "Look for"},
						      {.title = "Records", .right = true},
						      {.title = "Packets", .right = true},
						      {.title = "Octets", .right = true}};
	static const char *const names[] = {"forward", "back", "both, each way a record"};
	struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));
	struct export_sums sums[3];

	export_records_sum(records, sums);
	sums[2] = (struct export_sums){sums[0].records + sums[1].records,
				       sums[0].packets + sums[1].packets,
				       sums[0].octets + sums[1].octets};
	for (int i = 0; table != NULL && i < 3; i++) {
		table_cell(table, "%s", names[i]);
		cell_count(table, sums[i].records);
		cell_count(table, sums[i].packets);
		cell_count(table, sums[i].octets);
	}
	return print_rows(table);
}

static int print_all(const char *url, const char *name, const struct outlet_ledger *ledger,
		     const struct export_record *records, struct error *error)
{
	const bool datagrams = strstr(name, "+udp:") != NULL;
	int result;

	printf("%" PRIu64 " records sent to %s%s.\n\n", ledger->sent, name,
	       datagrams ? ": the kernel took them; nobody says more of UDP" : "");
	printf("Record N is from 192.0.2.N to 198.51.100.N, or 2001:db8::N to 2001:db8:1::N:\n\n");
	result = print_records(records);
	fputc('\n', stdout);
	if (result == 0)
		result = print_sums(records);
	if (result == 0)
		result = collectors_print(stdout, url);
	return result != 0 ? error_set(error, -result, "no memory to print it")
			   : standard_flush(error);
}

int export_test_run(const char *url, struct error *error)
{
	struct export_record records[EXPORT_RECORDS];
	struct outlet_ledger ledger = {0};
	char name[EXPORT_NAME_MAX];
	int result;

	signals_catch_stop();
	log_set_level(LOG_LEVEL_ERROR); /* what fails is told at the end */
	export_records_make(records, clock_wall_ns());
	/* TLS libraries write to a collector that has gone, too: that is an error, not an end. */
	signal(SIGPIPE, SIG_IGN);
	result = send_all(url, records, &ledger, name, error);
	signal(SIGPIPE, SIG_DFL);
	return result != 0 ? result : print_all(url, name, &ledger, records, error);
}
