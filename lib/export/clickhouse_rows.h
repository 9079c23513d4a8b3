/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_CLICKHOUSE_ROWS_H
#define WEIR_EXPORT_CLICKHOUSE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include <weir/encoder.h>

#include "exporter.h"

/*
 * Records as rows of ClickHouse's RowBinary: the columns below, in their order. A field that a
 * record does not have is 0. There is one column for the addresses of both versions, and IPv4 in it
 * is ::ffff:192.0.2.1.
 *
 * A message is a block as ClickHouse compresses them, but not compressed: its head says how long it
 * is, so that the server does not take a message that broke off, perhaps between two rows, for a
 * whole one. CLICKHOUSE_ROWS_SETTINGS of the request say so.
 */
#define CLICKHOUSE_ROWS_SETTINGS                                                                   \
	"decompress=1&http_native_compression_disable_checksumming_on_decompress=1"

struct clickhouse_column {
	const char *name;
	const char *type;  /* what servers of our days are told */
	const char *older; /* ... and what those before 20.1 are; both have the same octets */
	const char *codec; /* "": the server's own choice */
};

extern const struct clickhouse_column clickhouse_columns[];
extern const size_t clickhouse_column_count;

/* Which weir, and which message: together they say whether a message is there already. */
struct clickhouse_rows {
	char begin[1 + EXPORTER_MAX + sizeof(uint64_t)]; /* of each row: both */
	size_t begin_size;
	uint64_t batch;       /* of the message that was begun last: ns since 1970, ever larger */
	uint64_t first, last; /* the least and greatest flowEndMilliseconds in it */
};

/* `rows` stays the caller's and stays there; `most` rows in a message. */
struct encoder clickhouse_rows_encoder(struct clickhouse_rows *rows, const char *exporter,
				       uint32_t most);

#endif
