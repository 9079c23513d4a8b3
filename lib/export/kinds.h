/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_KINDS_H
#define WEIR_EXPORT_KINDS_H

#include <weir/export_kind.h>

extern const struct export_kind ipfix_kind;      /* ipfix+udp, ipfix+tcp */
extern const struct export_kind ipfix_tls_kind;  /* ipfix+tls, which has a port of its own */
extern const struct export_kind netflow9_kind;   /* netflow9+udp */
extern const struct export_kind json_kind;       /* lines of JSON: json+tcp, json+tls */
extern const struct export_kind json_unix_kind;  /* the same to who asks for them: json+unix */
extern const struct export_kind kafka_kind;      /* the same, to a topic: kafka */
extern const struct export_kind clickhouse_kind; /* rows: clickhouse+http, clickhouse+https */

#endif
