/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_CLICKHOUSE_TABLE_H
#define WEIR_EXPORT_CLICKHOUSE_TABLE_H

#include <stdint.h>

#include <weir/error.h>

/*
 * The table that rows go to: how it is made, and whether one that is there will do. Texts that are
 * returned are the caller's to free; NULL: no memory.
 */

/* YEAR * 1000 + NUMBER, of "18.16.1": 18016; 0: that is no version. */
uint32_t clickhouse_version(const char *text);
#define CLICKHOUSE_TODAY 20001 /* from then on there are codecs, TTL, LowCardinality and IPv6 */

/* DATABASE.TABLE, or TABLE of the database "default"; quoted where they stand in SQL. */
struct clickhouse_place {
	char database[64], table[192];
};

/* 0, or -EINVAL with the line. */
int clickhouse_place(const char *path, struct clickhouse_place *place, struct error *error);

/* `ttl`: days, after which the server may forget a row; 0: never. */
char *clickhouse_create(const struct clickhouse_place *place, uint32_t version, uint32_t ttl);

char *clickhouse_insert(const struct clickhouse_place *place);

/*
 * "NAME<tab>TYPE" lines of the table that is there. 0; -ENOENT: there is none; -EINVAL with the
 * line: it lacks a column, or has another type for it.
 */
int clickhouse_check(const struct clickhouse_place *place, const char *columns,
		     struct error *error);

#endif
