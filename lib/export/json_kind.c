/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of JSON: json+tcp, json+tls. */
#include "kinds.h"

#include <weir/flow_line.h>
#include <weir/socket_sender.h>

struct json_settings {
	struct export_common common;
	struct socket_options socket;
};

static int open_json(const struct export_url *url, const void *settings,
		     const struct export_environment *environment, struct export_parts *parts,
		     struct error *error)
{
	const struct json_settings *json = settings;

	(void)environment;
	parts->encoder = flow_line_encoder;
	return socket_sender_open(url, &json->socket, true, &parts->sender, error);
}

static const struct option_row rows[] = {
	EXPORT_BUFFER_ROW,
	SOCKET_ROWS(struct json_settings, socket),
};

static const char *const schemes[] = {"json+tcp", "json+tls", NULL};

const struct export_kind json_kind = {
	.schemes = schemes,
	.what = "a line of JSON for each record, as --flows has it",
	.hosts = 1,
	.settings = {.rows = rows,
		     .count = sizeof(rows) / sizeof(rows[0]),
		     .size = sizeof(struct json_settings)},
	.open = open_json,
};
