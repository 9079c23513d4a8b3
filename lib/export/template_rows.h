/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_TEMPLATE_ROWS_H
#define WEIR_EXPORT_TEMPLATE_ROWS_H

#include <weir/options.h>

#include "template_encoder.h"

/* Settings of URLs that IPFIX and NetFlow v9 have in common; `type` is the struct they fill. */
/* clang-format off */
#define TEMPLATE_ROWS(type_, member)                                                               \
	{"domain", "N", "number of the observation domain (NetFlow: source id)",                   \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.domain),                          \
		.low = 0, .high = UINT32_MAX, .usual = "1"},                                       \
	{"interface", "N", "ingressInterface of all records",                                      \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.interface),                       \
		.low = 0, .high = UINT32_MAX, .usual = "1"},                                       \
	{"sampling", "N", "say that one packet in N is counted, whatever weir knows",              \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.sampling),                        \
		.low = 1, .high = UINT32_MAX},                                                     \
	{"template-refresh", "S", "templates and options are said again every so many seconds",    \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.refresh),                         \
		.low = 1, .high = 86400, .usual = "60"},                                           \
	{"template-packets", "N", "templates also every so many messages; 0: by time alone",       \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.refresh_packets),                 \
		.low = 0, .high = UINT32_MAX, .usual = "4096"},                                    \
	{"statistics", "S", "an option record of statistics every so many seconds",                \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.statistics),                      \
		.low = 1, .high = 86400, .usual = "60"},                                           \
	{"mtu", "OCTETS", "of a datagram without the headers of IP and UDP, at most",              \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.message),                         \
		.low = TEMPLATE_MESSAGE_LEAST, .high = 65507, .usual = "1400"}
/* clang-format on */

#endif
