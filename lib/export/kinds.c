/* SPDX-License-Identifier: BSD-3-Clause */
#include "kinds.h"

const struct export_kind *const export_kinds[] = {
	&ipfix_kind,     &ipfix_tls_kind, &netflow9_kind,   &json_kind,
	&json_unix_kind, &kafka_kind,     &clickhouse_kind, NULL,
};
