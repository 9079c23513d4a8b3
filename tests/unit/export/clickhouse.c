/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes to ClickHouse, octet by octet; what the server makes of it:
 * tests/smoke/export_clickhouse.py. */
#include "clickhouse_rows.h"
#include "clickhouse_table.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define HEAD 25 /* checksum, method, two sizes */

static struct clickhouse_rows rows;

static uint64_t number_at(const char *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

static size_t width_of(const struct clickhouse_column *column, const char *at)
{
	return strcmp(column->older, "String") == 0 ? 1 + (size_t)*at
	       : strcmp(column->older, "FixedString(16)") == 0
		       ? 16
		       : (size_t)atoi(column->older + 4) / 8;
}

/* Where in the row the column is; NULL: the row's end. */
static const char *at_column(const char *row, const char *name)
{
	for (size_t i = 0; i < clickhouse_column_count; i++) {
		if (name != NULL && strcmp(clickhouse_columns[i].name, name) == 0)
			return row;
		row += width_of(&clickhouse_columns[i], row);
	}
	cr_assert_null(name, "no column %s", name);
	return row;
}

Test(clickhouse, a_row_has_its_columns)
{
	char row[1024];
	struct encoder encoder = clickhouse_rows_encoder(&rows, "edge-1", 10);
	struct flow_view view = fixture_flow;
	size_t size;

	view.version = 4;
	view.protocol = 17;
	view.packets[1] = 0x0102030405060708;
	memcpy(view.source, (uint8_t[16]){192, 0, 2, 1}, 16);
	memcpy(view.mac_source, (uint8_t[6]){1, 2, 3, 4, 5, 6}, 6);
	encoder.begin(encoder.context, row);
	size = encoder.record(encoder.context, row, &view);
	cr_assert_leq(size, encoder.longest);
	cr_expect_eq(at_column(row, NULL), row + size);
	cr_expect_eq(memcmp(row, "\6edge-1", 7), 0);
	cr_expect_eq(number_at(at_column(row, "batch"), 8), rows.batch);
	cr_expect_eq(number_at(at_column(row, "flowEndMilliseconds"), 8), view.last / 1000000);
	cr_expect_eq(number_at(at_column(row, "reversePacketDeltaCount"), 8), view.packets[1]);
	cr_expect_eq(number_at(at_column(row, "tcpControlBits"), 2), 0, "it is no TCP");
	cr_expect_eq(number_at(at_column(row, "sourceMacAddress"), 8), 0x010203040506);
	cr_expect_eq(memcmp(at_column(row, "sourceIPv6Address"),
			    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16),
		     0);
}

Test(clickhouse, a_message_says_how_long_it_is)
{
	struct encoder encoder = clickhouse_rows_encoder(&rows, "edge-1", 10);
	char *message = malloc(encoder.message);
	uint64_t before;
	uint32_t count = 0;
	size_t size = encoder.begin(encoder.context, message);

	before = rows.batch;
	for (; size + encoder.longest <= encoder.message; count++)
		size += encoder.record(encoder.context, message + size, &fixture_flow);
	encoder.end(encoder.context, message, size, count);
	cr_expect_eq(count, 10);
	cr_expect_eq(message[16], 0x02);
	cr_expect_eq(number_at(message + 17, 4), size - 16);
	cr_expect_eq(number_at(message + 21, 4), size - HEAD);
	cr_expect_eq(rows.first, fixture_flow.last / 1000000);
	cr_expect_eq(rows.last, fixture_flow.last / 1000000);
	encoder.begin(encoder.context, message);
	cr_expect_gt(rows.batch, before);
	free(message);
}

Test(clickhouse, versions)
{
	cr_expect_eq(clickhouse_version("18.16.1\n"), 18016);
	cr_expect_eq(clickhouse_version("26.7.2.1"), 26007);
	cr_expect_eq(clickhouse_version("hello"), 0);
	cr_expect_eq(clickhouse_version("18 monkeys"), 0);
	cr_expect_eq(clickhouse_version(""), 0);
}

Test(clickhouse, places)
{
	struct clickhouse_place place;
	struct error error;
	static const char *const wrong[] = {"", ".", "a.", ".b", "a.b.c", "a`b.c", "a b", "a.b;c"};

	cr_assert_eq(clickhouse_place("net.flows-1", &place, &error), 0);
	cr_expect_str_eq(place.database, "net");
	cr_expect_str_eq(place.table, "flows-1");
	cr_assert_eq(clickhouse_place("flows", &place, &error), 0);
	cr_expect_str_eq(place.database, "default");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(clickhouse_place(wrong[i], &place, &error), -EINVAL, "%s", wrong[i]);
}

/* Old servers know neither codecs nor types of our days. */
Test(clickhouse, tables)
{
	const struct clickhouse_place place = {"net", "flows"};
	char *older = clickhouse_create(&place, 18016, 0),
	     *newer = clickhouse_create(&place, 26007, 9);

	cr_expect_null(strstr(older, "CODEC"));
	cr_expect_null(strstr(older, "LowCardinality"));
	cr_expect_null(strstr(older, "TTL time"));
	cr_expect_not_null(strstr(older, "sourceIPv6Address FixedString(16)"));
	cr_expect_not_null(strstr(newer, "sourceIPv6Address IPv6 CODEC"));
	cr_expect_not_null(strstr(newer, "exporter LowCardinality(String),"));
	cr_expect_not_null(strstr(newer, "TTL time + INTERVAL 9 DAY"));
	free(older);
	free(newer);
}

/* NAME<tab>TYPE of all columns, but one may be called or be of a type otherwise. */
static int check_with(const char *name, const char *as, const char *type, struct error *error)
{
	const struct clickhouse_place place = {"net", "flows"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int result;

	for (size_t i = 0; i < clickhouse_column_count; i++) {
		const struct clickhouse_column *column = &clickhouse_columns[i];
		bool this = strcmp(column->name, name) == 0;

		fprintf(out, "%s\t%s\n", this ? as : column->name, this ? type : column->type);
	}
	fputs("time\tDateTime(\\'UTC\\')\n", out);
	fclose(out);
	result = clickhouse_check(&place, text, error);
	free(text);
	return result;
}

Test(clickhouse, a_table_is_checked)
{
	const struct clickhouse_place place = {"net", "flows"};
	struct error error = {""};

	cr_expect_eq(clickhouse_check(&place, "", &error), -ENOENT);
	cr_expect_eq(check_with("", "", "", &error), 0, "%s", error.text);
	cr_expect_eq(check_with("exporter", "exporter", "String", &error), 0);
	cr_expect_eq(check_with("vlanId", "vlanId", "LowCardinality(UInt16)", &error), 0);
	cr_expect_eq(
		check_with("sourceIPv6Address", "sourceIPv6Address", "FixedString(16)", &error), 0);
	cr_expect_eq(check_with("vlanId", "vlanId", "UInt32", &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "column vlanId is of type UInt32, not UInt16"), "%s",
			   error.text);
	cr_expect_eq(check_with("vlanId", "vlanId2", "UInt16", &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "ADD COLUMN vlanId UInt16"), "%s", error.text);
}
