/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/print.h>

#include <string.h>
#include <time.h>

#include <weir/clock.h>
#include <weir/format.h>

#include "parts.h"

static const char *const rates_shown[] = {"packets_per_second", "l2_bits_per_second",
					  "ip_bits_per_second", "flows_per_second"};
#define RATES COUNT(rates_shown)

#define BAR 18 /* columns */

static void rates_columns(struct table_column *columns)
{
	for (size_t i = 0; i < RATES; i++)
		columns[i] = print_column(STATISTICS_RATES, rates_shown[i]);
}

static void rates_row(struct table *table, const char *label, const json_t *rates)
{
	table_cell(table, "%s", label);
	for (size_t i = 0; i < RATES; i++)
		print_cell(table, STATISTICS_RATES, rates_shown[i], rates);
}

/* The same of an average, with what it is one over. */
static void rates_over(struct table *table, const char *label, const json_t *rates)
{
	char text[64], covered[32];

	format_duration(covered, sizeof(covered),
			print_count(rates, "covered_ms") * CLOCK_MILLISECOND);
	snprintf(text, sizeof(text), "%s, %s", label, covered);
	rates_row(table, text, rates);
}

/* One row of the arrays that stand side by side in `history`. */
static json_t *history_row(const json_t *history, size_t index)
{
	json_t *row = json_object(), *values;
	const char *key;

	json_object_foreach((json_t *)history, key, values)
		json_object_set(row, key, json_array_get(values, index));
	return row;
}

/* At least 1. */
static double largest_of(const json_t *values)
{
	double largest = 1;

	for (size_t i = 0; i < json_array_size(values); i++)
		if (json_number_value(json_array_get(values, i)) > largest)
			largest = json_number_value(json_array_get(values, i));
	return largest;
}

static void bar_cell(struct table *table, const struct printer *printer, double share)
{
	char bar[PRINT_BAR(BAR)];

	table_cell(table, "%s", print_bar(printer, bar, share, BAR));
}

static void print_history(struct printer *printer, const json_t *history)
{
	struct table_column columns[1 + RATES + 2] = {{.title = "UTC"}};
	const json_t *bits = json_object_get(history, "l2_bits_per_second");
	double largest = largest_of(bits);

	rates_columns(columns + 1);
	columns[1 + RATES] = print_column(STATISTICS_PORTS, "missed");
	columns[2 + RATES] = (struct table_column){.title = ""};
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < json_array_size(bits); i++) {
		json_t *row = history_row(history, i);
		time_t seconds = (time_t)(print_count(row, "time") / 1000);
		char clock[16], missed[32];
		struct tm tm;

		strftime(clock, sizeof(clock), "%H:%M:%S", gmtime_r(&seconds, &tm));
		rates_row(table, clock, row);
		table_cell(table, "%s",
			   print_quantity(missed, sizeof(missed), print_count(row, "missed")));
		bar_cell(table, printer, print_number(row, "l2_bits_per_second") / largest);
		json_decref(row);
	}
	fputc('\n', printer->out);
	print_table(printer, table, 0);
}

void print_throughput(struct printer *printer, const json_t *throughput)
{
	struct table_column columns[1 + RATES] = {{.title = "Throughput"}};
	const json_t *history = json_object_get(throughput, "history");

	rates_columns(columns + 1);
	struct table *table = table_create(columns, COUNT(columns));

	if (table != NULL) {
		rates_over(table, "now", json_object_get(throughput, "now"));
		rates_over(table, "average", json_object_get(throughput, "average"));
	}
	print_table(printer, table, 0);
	if (json_object_size(history) > 0)
		print_history(printer, history);
}

/* ---- over the time of a capture ---- */

#define DAY_MS (24 * 3600 * 1000)

/* What the rows of a history have in common. */
struct rows {
	const json_t *history;
	uint64_t step; /* ms */
	size_t count;
	double largest; /* of what bars show */
	bool one_day;
};

static uint64_t row_end(const struct rows *rows, size_t index)
{
	return (uint64_t)json_integer_value(
		json_array_get(json_object_get(rows->history, "time"), index));
}

static struct rows rows_of(const json_t *over_time)
{
	struct rows rows = {.history = json_object_get(over_time, "history"),
			    .step = print_count(over_time, "step_ms")};

	rows.count = json_array_size(json_object_get(rows.history, "time"));
	rows.largest = largest_of(json_object_get(rows.history, "l2_bits_per_second"));
	rows.one_day = rows.count > 0 && (row_end(&rows, 0) - rows.step) / DAY_MS ==
						 (row_end(&rows, rows.count - 1) - 1) / DAY_MS;
	return rows;
}

/* A length that is a whole number of one unit: "500 ms", "30 s", "5 min". */
static const char *step_text(char *out, size_t size, uint64_t ms)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = {{DAY_MS, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
	size_t u = 0;

	while (ms % units[u].ms != 0)
		u++;
	snprintf(out, size, "%llu %s", (unsigned long long)(ms / units[u].ms), units[u].name);
	return out;
}

/* No more of it than tells one row from the other. */
static const char *row_label(char *out, size_t size, const struct rows *rows, size_t index)
{
	uint64_t begin = row_end(rows, index) - rows->step;
	const char *form = rows->one_day          ? "%H:%M:%S"
			   : rows->step >= DAY_MS ? "%Y-%m-%d"
			   : rows->step >= 60000  ? "%Y-%m-%d %H:%M"
						  : "%m-%d %H:%M:%S";
	time_t seconds = (time_t)(begin / 1000);
	struct tm tm;
	size_t used = strftime(out, size, form, gmtime_r(&seconds, &tm));

	if (rows->step < 1000)
		snprintf(out + used, size - used, ".%03u", (unsigned int)(begin % 1000));
	return out;
}

static void gap_row(struct table *table, uint64_t ms)
{
	char length[32];

	if (ms >= 2 * DAY_MS)
		snprintf(length, sizeof(length), "%llu days", (unsigned long long)(ms / DAY_MS));
	else
		format_duration(length, sizeof(length), ms * CLOCK_MILLISECOND);
	table_cell(table, "...");
	for (size_t i = 0; i < RATES; i++)
		table_cell(table, " ");
	table_cell(table, "idle for %s", length);
}

static void print_rows(struct printer *printer, const struct rows *rows)
{
	struct table_column columns[1 + RATES + 1] = {0};
	char title[32], step[24], label[32];

	snprintf(title, sizeof(title), "UTC, by %s", step_text(step, sizeof(step), rows->step));
	columns[0].title = title;
	rates_columns(columns + 1);
	columns[1 + RATES].title = "";
	struct table *table = table_create(columns, COUNT(columns));

	for (size_t i = 0; table != NULL && i < rows->count; i++) {
		json_t *row = history_row(rows->history, i);
		uint64_t begin = row_end(rows, i) - rows->step;

		if (i > 0 && begin > row_end(rows, i - 1))
			gap_row(table, begin - row_end(rows, i - 1));
		rates_row(table, row_label(label, sizeof(label), rows, i), row);
		bar_cell(table, printer, print_number(row, "l2_bits_per_second") / rows->largest);
		json_decref(row);
	}
	print_table(printer, table, 0);
}

/* When the highest of each rate began: `from` and `length` are of an RFC 3339 date. */
static void peak_begins(struct table *table, const char *label, const json_t *begins,
			unsigned int from, int length)
{
	table_cell(table, "%s", label);
	for (size_t i = 0; i < RATES; i++) {
		const char *begin = print_text(begins, rates_shown[i]);

		if (strlen(begin) < from)
			table_cell(table, "-");
		else
			table_cell(table, "%.*s", length, begin + from);
	}
}

/* A second says nothing of a capture that hardly has one. */
static void seconds_rows(struct table *table, const json_t *over_time, bool one_day)
{
	const json_t *begins = json_object_get(over_time, "peak_begin");
	char label[64], length[32];

	step_text(length, sizeof(length), print_count(over_time, "second_ms"));
	snprintf(label, sizeof(label), "95th percentile, %s", length);
	rates_row(table, label, json_object_get(over_time, "p95"));
	snprintf(label, sizeof(label), "highest, %s", length);
	rates_row(table, label, json_object_get(over_time, "peak"));
	if (!one_day)
		peak_begins(table, "  began on", begins, 0, 10);
	peak_begins(table, one_day ? "  began at" : "  at", begins, 11, 8);
}

void print_over_time(struct printer *printer, const json_t *over_time, const json_t *average,
		     double seconds)
{
	struct table_column columns[1 + RATES] = {{.title = "Throughput over time"}};
	const struct rows rows = rows_of(over_time);
	char label[64], length[32];

	if (rows.count < 2)
		return;
	rates_columns(columns + 1);
	struct table *table = table_create(columns, COUNT(columns));

	if (table != NULL) {
		format_duration(length, sizeof(length), (uint64_t)(seconds * CLOCK_SECOND));
		snprintf(label, sizeof(label), "average, %s", length);
		rates_row(table, label, average);
		if (seconds >= 2)
			seconds_rows(table, over_time, rows.one_day);
	}
	fputc('\n', printer->out);
	print_table(printer, table, 0);
	fputc('\n', printer->out);
	print_rows(printer, &rows);
}
