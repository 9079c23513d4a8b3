/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of JSON: json+tcp, json+tls, json+unix. */
#include "kinds.h"

#include <errno.h>

#include <weir/flow_line.h>
#include <weir/socket_sender.h>

#include "clients_sender.h"

struct json_settings {
	struct export_common common;
	struct socket_options socket;
};

/* Beside the telemetry socket, for `weirctl flows --follow`. */
static int open_json_unix(const struct export_url *url, const void *settings,
			  const struct export_environment *environment, struct export_parts *parts,
			  struct error *error)
{
	(void)url, (void)settings;
	parts->encoder = flow_line_encoder;
	if (environment->directory == NULL)
		return error_set(error, ENOENT,
				 "there is no runtime directory where it could be; give "
				 "--file-prefix NAME");
	return clients_sender_open(environment->directory, FLOW_LINE_MAX, environment->capture,
				   &parts->sender, parts->socket, sizeof(parts->socket), error);
}

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

static const struct option_row unix_rows[] = {EXPORT_BUFFER_ROW};

static const char *const unix_schemes[] = {"json+unix", NULL};

const struct export_kind json_unix_kind = {
	.schemes = unix_schemes,
	.what = "the same to whoever connects to a UNIX socket beside telemetry's",
	.settings = {.rows = unix_rows, .count = 1, .size = sizeof(struct export_common)},
	.open = open_json_unix,
};
