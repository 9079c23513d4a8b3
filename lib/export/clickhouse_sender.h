/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_CLICKHOUSE_SENDER_H
#define WEIR_EXPORT_CLICKHOUSE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/encoder.h>
#include <weir/error.h>
#include <weir/sender.h>

#include "clickhouse_http.h"
#include "clickhouse_table.h"
#include "exporter.h"

/*
 * Rows of clickhouse_rows.h into a table, one INSERT a message. It is sent when the server says so.
 * When the server says nothing, or something else, it may have the rows all the same: so before
 * they are sent again it is asked whether they are there, which the batch's number tells, and
 * waited for if it is still at it. If some of them are there (an INSERT is not always stored as a
 * whole: it may be of two days, and the server end in between) those count as sent, the others as
 * lost.
 */
struct clickhouse_settings {
	struct clickhouse_http_settings http;
	struct clickhouse_place place;
	char exporter[EXPORTER_MAX];
	uint32_t rows; /* of a message, at most */
	bool create;   /* the table, if it is not there */
	uint32_t ttl;  /* days, of a table that is made; 0: for ever */
};

/* All is copied. Connects to nobody. 0, or negative errno with the line. Main thread. */
int clickhouse_sender_open(const struct clickhouse_settings *settings, struct encoder *encoder,
			   struct sender *sender, struct error *error);

#endif
