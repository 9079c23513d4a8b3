/* SPDX-License-Identifier: BSD-3-Clause */
/* NetFlow v9 over UDP: RFC 3954. */
#include "kinds.h"

#include <weir/socket_sender.h>

#include "netflow9.h"
#include "template_rows.h"

struct netflow9_settings {
	struct export_common common;
	struct template_settings template;
	struct socket_options socket;
};

static int open_netflow9(const struct export_url *url, const void *given,
			 const struct export_environment *environment, struct export_parts *parts,
			 struct error *error)
{
	const struct netflow9_settings *netflow = given;
	struct template_settings settings = netflow->template;
	int result;

	settings.datagrams = true;
	settings.capture = environment->capture;
	settings.facts = environment->facts;
	settings.facts_context = environment->facts_context;
	if (environment->capture)
		parts->period = NETFLOW9_PERIOD;
	result = template_encoder_open(&netflow9, &settings, &parts->encoder, error);
	if (result != 0)
		return result;
	result = socket_sender_open(url, &netflow->socket, false, &parts->sender, error);
	if (result != 0)
		parts->encoder.close(parts->encoder.context);
	return result;
}

static const struct option_row rows[] = {
	EXPORT_BUFFER_ROW,
	TEMPLATE_ROWS(struct netflow9_settings, template),
	SOCKET_ROWS(struct netflow9_settings, socket),
};

static const char *const schemes[] = {"netflow9+udp", NULL};

const struct export_kind netflow9_kind = {
	.schemes = schemes,
	.what = "NetFlow v9 (RFC 3954), each direction a record of its own",
	.port = 2055,
	.hosts = 1,
	.settings = {.rows = rows,
		     .count = sizeof(rows) / sizeof(rows[0]),
		     .size = sizeof(struct netflow9_settings)},
	.open = open_netflow9,
};
