/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_KAFKA_LINE_H
#define WEIR_EXPORT_KAFKA_LINE_H

#include <stddef.h>
#include <stdint.h>

#include <weir/encoder.h>
#include <weir/flow_line.h>

#include "exporter.h"

/*
 * Records as Kafka's messages, one behind the other: the line of --flows, which begins with the
 * exporter's name, and a key that all records of a flow have, whoever sent first and whichever weir
 * saw it. So a flow's pieces are in one partition, in their order.
 */
#define KAFKA_KEY 16 /* hexadecimal digits */

/* In front of each, at any alignment. */
struct kafka_head {
	uint32_t size; /* octets of JSON that follow */
	char key[KAFKA_KEY];
};

struct kafka_lines {
	char begin[EXPORTER_MAX + 32]; /* {"exporter":"NAME", */
	size_t begin_size;
};

/* The longest of them, and how many octets of them are sent before they are waited for. */
#define KAFKA_LINE_MAX (sizeof(struct kafka_lines) + sizeof(struct kafka_head) + FLOW_LINE_MAX)
#define KAFKA_MESSAGE  ((size_t)8 << 20)

/* An encoder on `lines`, which stay the caller's and stay there. */
struct encoder kafka_lines_encoder(struct kafka_lines *lines, const char *exporter);

#endif
