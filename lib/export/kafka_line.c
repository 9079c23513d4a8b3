/* SPDX-License-Identifier: BSD-3-Clause */
#include "kafka_line.h"

#include <stdio.h>
#include <string.h>

#include <weir/hash.h>

/* ---- the key ---- */

/* One end of the flow. */
struct end {
	uint64_t address[2];
	uint64_t port;
};

static struct end end_of(const uint8_t address[16], uint16_t port)
{
	struct end end = {.port = port};

	memcpy(end.address, address, sizeof(end.address));
	return end;
}

static uint64_t hash_end(const struct hash_secret *words, const struct end *end)
{
	return hash_2words(words, end->address[0] + end->port, end->address[1]);
}

/*
 * Of the flow's key, and the same whichever end was first: the sum of both. All weirs have to have
 * the same, so there is no secret in it; who makes flows that share a key fills one partition.
 */
static uint64_t hash_flow(const struct flow_view *view)
{
	static const struct hash_secret words = {
		{0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93}};
	const struct end source = end_of(view->source, view->source_port);
	const struct end destination = end_of(view->destination, view->destination_port);

	return hash_2words(&words, hash_end(&words, &source) + hash_end(&words, &destination),
			   (uint64_t)view->vlan << 16 | (uint64_t)view->protocol << 8 |
				   (uint64_t)view->version);
}

static void put_key(char key[KAFKA_KEY], uint64_t hash)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < KAFKA_KEY; i++)
		key[i] = digits[hash >> (60 - 4 * i) & 15];
}

/* ---- records ---- */

static size_t put_record(void *context, char *out, const struct flow_view *view)
{
	const struct kafka_lines *lines = context;
	char *line = out + sizeof(struct kafka_head);
	struct kafka_head head;
	/* Its brace makes room for the last octet of the beginning, its newline is left out. */
	size_t size = flow_line(line + lines->begin_size - 1, view) + lines->begin_size - 2;

	memcpy(line, lines->begin, lines->begin_size);
	head.size = (uint32_t)size;
	put_key(head.key, hash_flow(view));
	memcpy(out, &head, sizeof(head));
	return sizeof(head) + size;
}

struct encoder kafka_lines_encoder(struct kafka_lines *lines, const char *exporter)
{
	lines->begin_size = (size_t)snprintf(lines->begin, sizeof(lines->begin),
					     "{\"exporter\":\"%s\",", exporter);
	return (struct encoder){
		.message = KAFKA_MESSAGE,
		.longest = KAFKA_LINE_MAX,
		.record = put_record,
		.context = lines,
	};
}
