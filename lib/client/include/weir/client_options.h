/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLIENT_OPTIONS_H
#define WEIR_CLIENT_OPTIONS_H

#include <weir/options.h>

/*
 * Rows of a client's options: which weir it means, as client_connect() takes it. `type_` is the
 * struct that they fill, with members `file_prefix` and `socket` (const char *; NULL: any).
 */
/* clang-format off */
#define CLIENT_ROWS(type_)                                                                         \
	{"file-prefix", "P", "the weir that was started with this DPDK file prefix",               \
		.type = OPTION_TEXT, OPTION_INTO(type_, file_prefix)},                             \
	{"socket", "PATH", "the weir behind this telemetry socket",                                \
		.type = OPTION_TEXT, OPTION_INTO(type_, socket)}
/* clang-format on */

#endif
