/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX over UDP, TCP and TLS: RFC 7011, 5103 and 5610. */
#include "kinds.h"

#include <string.h>

#include <weir/socket_sender.h>

#include "ipfix.h"
#include "template_rows.h"

/* A stream has no MTU: what is worth a call of the kernel, and its readers have room for. */
#define STREAM_MESSAGE 16384

struct ipfix_settings {
	struct export_common common;
	struct template_settings template;
	bool biflow;
	struct socket_options socket;
};

static int open_ipfix(const struct export_url *url, const void *given,
		      const struct export_environment *environment, struct export_parts *parts,
		      struct error *error)
{
	const struct ipfix_settings *ipfix = given;
	struct template_settings settings = ipfix->template;
	int result;

	settings.datagrams = strcmp(url->transport, "udp") == 0;
	settings.facts = environment->facts;
	settings.facts_context = environment->facts_context;
	if (!settings.datagrams)
		settings.message = STREAM_MESSAGE;
	result = template_encoder_open(ipfix->biflow ? &ipfix_biflow : &ipfix_uniflow, &settings,
				       &parts->encoder, error);
	if (result != 0)
		return result;
	result = socket_sender_open(url, &ipfix->socket, false, &parts->sender, error);
	if (result != 0)
		parts->encoder.close(parts->encoder.context);
	return result;
}

/* clang-format off */
static const struct option_choice biflow_choices[] = {{"yes", true}, {"no", false}, {0}};
static const struct option_row rows[] = {
	EXPORT_BUFFER_ROW,
	{"biflow", NULL, "both directions in one record (RFC 5103), or each in its own",
		.type = OPTION_CHOICE, OPTION_INTO(struct ipfix_settings, biflow),
		.choices = biflow_choices, .usual = "yes"},
	TEMPLATE_ROWS(struct ipfix_settings, template),
	SOCKET_ROWS(struct ipfix_settings, socket),
};
/* clang-format on */

#define IPFIX_KIND(names, number)                                                                  \
	{                                                                                          \
		.schemes = (names), .port = (number), .hosts = 1, .open = open_ipfix,              \
		.what = "IPFIX (RFC 7011), both directions in one record (RFC 5103)",              \
		.settings = {.rows = rows,                                                         \
			     .count = sizeof(rows) / sizeof(rows[0]),                              \
			     .size = sizeof(struct ipfix_settings)},                               \
	}

static const char *const schemes[] = {"ipfix+udp", "ipfix+tcp", NULL};
static const char *const tls_schemes[] = {"ipfix+tls", NULL};

const struct export_kind ipfix_kind = IPFIX_KIND(schemes, 4739);
const struct export_kind ipfix_tls_kind = IPFIX_KIND(tls_schemes, 4740);
