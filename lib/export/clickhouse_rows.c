/* SPDX-License-Identifier: BSD-3-Clause */
#include "clickhouse_rows.h"

#include <endian.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/flow_fields.h>

/* ---- the columns ---- */

#define COUNT "T64, ZSTD(1)"
#define PLAIN "ZSTD(1)"
#define TIME  "Delta, ZSTD(1)"

#define COLUMN_unsigned8(name)            {name, "UInt8", "UInt8", PLAIN},
#define COLUMN_unsigned16(name)           {name, "UInt16", "UInt16", PLAIN},
#define COLUMN_unsigned64(name)           {name, "UInt64", "UInt64", COUNT},
#define COLUMN_dateTimeMilliseconds(name) {name, "UInt64", "UInt64", TIME},
#define COLUMN_macAddress(name)           {name, "UInt64", "UInt64", PLAIN},
#define COLUMN_ipv6Address(name)          {name, "IPv6", "FixedString(16)", PLAIN},
#define COLUMN_ipv4Address(name)          /* in that of IPv6 */

const struct clickhouse_column clickhouse_columns[] = {
	{"exporter", "LowCardinality(String)", "String", ""},
	{"batch", "UInt64", "UInt64", TIME},
#define COLUMN(name, pen, element, type, member, side, when, join, meaning) COLUMN_##type(#name)
	FLOW_FIELDS(COLUMN)
#undef COLUMN
};
const size_t clickhouse_column_count = sizeof(clickhouse_columns) / sizeof(clickhouse_columns[0]);

/* ---- their values; each function returns the new end ---- */

static inline char *put8(char *out, uint64_t value)
{
	*out = (char)value;
	return out + 1;
}

static inline char *put16(char *out, uint64_t value)
{
	uint16_t ordered = htole16((uint16_t)value);

	memcpy(out, &ordered, sizeof(ordered));
	return out + sizeof(ordered);
}

static inline char *put32(char *out, uint32_t value)
{
	value = htole32(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static inline char *put64(char *out, uint64_t value)
{
	value = htole64(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static inline char *put_mac(char *out, const uint8_t *mac)
{
	uint64_t value = 0;

	for (int i = 0; i < 6; i++)
		value = value << 8 | mac[i];
	return put64(out, value);
}

static inline char *put_address(char *out, int version, const uint8_t *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (version == 4) {
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + sizeof(mapped), address, 4);
	} else {
		memcpy(out, address, 16);
	}
	return out + 16;
}

#define WIDTH_unsigned8            1
#define WIDTH_unsigned16           2
#define WIDTH_unsigned64           8
#define WIDTH_dateTimeMilliseconds 8
#define WIDTH_macAddress           8
#define WIDTH_ipv6Address          16
#define WIDTH_ipv4Address          0

#define PUT_unsigned8(out, view, there, value)  put8(out, (there) ? (value) : 0)
#define PUT_unsigned16(out, view, there, value) put16(out, (there) ? (value) : 0)
#define PUT_unsigned64(out, view, there, value) put64(out, (there) ? (value) : 0)
#define PUT_dateTimeMilliseconds(out, view, there, value)                                          \
	put64(out, (there) ? (value) / CLOCK_MILLISECOND : 0)
#define PUT_macAddress(out, view, there, value)  put_mac(out, value)
#define PUT_ipv6Address(out, view, there, value) put_address(out, (view)->version, value)
#define PUT_ipv4Address(out, view, there, value) (out)

enum {
	FIELDS = 0
#define WIDTH(name, pen, element, type, member, side, when, join, meaning) +WIDTH_##type
	FLOW_FIELDS(WIDTH)
#undef WIDTH
};
#define ROW_MAX (sizeof(((struct clickhouse_rows *)NULL)->begin) + FIELDS)

/* ---- rows ---- */

static size_t put_record(void *context, char *out, const struct flow_view *view)
{
	struct clickhouse_rows *rows = context;
	uint64_t end = view->last / CLOCK_MILLISECOND;
	char *to = out + rows->begin_size;

	memcpy(out, rows->begin, sizeof(rows->begin)); /* of a length that is known: no loop */
#define PUT(name, pen, element, type, member, side, when, join, meaning)                           \
	to = PUT_##type(to, view, FLOW_WHEN_##when(view), FLOW_FIELD(view, member, side));
	FLOW_FIELDS(PUT)
#undef PUT
	rows->first = end < rows->first ? end : rows->first;
	rows->last = end > rows->last ? end : rows->last;
	return (size_t)(to - out);
}

#define CHECKSUM 16 /* octets of a block's; not looked at */
#define HEAD     9  /* ... and of what follows it and counts as part of the block: method, sizes */
#define NONE     0x02 /* method: not compressed */

/* The block's head, of which end() fills in the rest; and a number, as which the message can be
 * asked for later. */
static size_t begin(void *context, char *out)
{
	struct clickhouse_rows *rows = context;
	uint64_t now = clock_wall_ns();

	memset(out, 0, CHECKSUM);
	out[CHECKSUM] = NONE;
	rows->batch = now > rows->batch ? now : rows->batch + 1;
	put64(rows->begin + rows->begin_size - sizeof(uint64_t), rows->batch);
	rows->first = UINT64_MAX;
	rows->last = 0;
	return CHECKSUM + HEAD;
}

static size_t end(void *context, char *message, size_t size, uint32_t records)
{
	char *sizes = message + CHECKSUM + 1;

	(void)context;
	(void)records;
	put32(put32(sizes, (uint32_t)(size - CHECKSUM)), (uint32_t)(size - CHECKSUM - HEAD));
	return size;
}

struct encoder clickhouse_rows_encoder(struct clickhouse_rows *rows, const char *exporter,
				       uint32_t most)
{
	size_t length = strlen(exporter); /* less than 128: one octet says so */

	*rows = (struct clickhouse_rows){.begin_size = 1 + length + sizeof(uint64_t)};
	rows->begin[0] = (char)length;
	memcpy(rows->begin + 1, exporter, length);
	return (struct encoder){
		.message = CHECKSUM + HEAD + (size_t)most * (rows->begin_size + FIELDS) +
			   sizeof(rows->begin),
		.longest = ROW_MAX,
		.begin = begin,
		.record = put_record,
		.end = end,
		.context = rows,
	};
}
