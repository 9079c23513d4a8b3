/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <netinet/in.h>

#include <weir/format.h>

#include "parts.h"

static void put_address(json_t **row, const char *name, int version, const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	put(row, name, json_string(format_address(text, sizeof(text), version, address)));
}

static void put_protocol(json_t **row, uint8_t protocol)
{
	char text[16];

	put_count(row, "protocol", protocol);
	put(row, "name", json_string(format_protocol(text, sizeof(text), protocol)));
}

/* The members that name the row, by dimension. */
static void put_key(json_t **row, enum stats_dimension dimension, const struct stats_key *key)
{
	switch (dimension) {
	case STATS_SOURCE:
		put_address(row, "address", key->version, key->source);
		break;
	case STATS_DESTINATION:
		put_address(row, "address", key->version, key->destination);
		break;
	case STATS_PAIR:
		put_address(row, "source", key->version, key->source);
		put_address(row, "destination", key->version, key->destination);
		break;
	case STATS_SOURCE_PORT:
		put_count(row, "port", key->source_port);
		put_protocol(row, key->protocol);
		break;
	case STATS_DESTINATION_PORT:
		put_count(row, "port", key->destination_port);
		put_protocol(row, key->protocol);
		break;
	case STATS_PROTOCOL:
		put_protocol(row, key->protocol);
		break;
	case STATS_FLOW:
		put_address(row, "source", key->version, key->source);
		put_address(row, "destination", key->version, key->destination);
		put_count(row, "source_port", key->source_port);
		put_count(row, "destination_port", key->destination_port);
		put_protocol(row, key->protocol);
		put_count(row, "vlan", key->vlan);
		break;
	default:
		break;
	}
}

json_t *document_top_rows(const struct stats_top *top, enum stats_dimension dimension,
			  uint32_t count)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < top->shown && i < count; i++) {
		const struct stats_row *from = &top->rows[i];
		json_t *row = json_object();

		put_key(&row, dimension, &from->key);
		put_count(&row, "packets", from->metrics[STATS_PACKETS]);
		put_count(&row, "octets", from->metrics[STATS_OCTETS]);
		put_count(&row, "flows", from->metrics[STATS_FLOWS]);
		append(&rows, row);
	}
	return rows;
}

json_t *document_top_error(const struct stats_top *top)
{
	json_t *object = json_object();

	for (int metric = 0; metric < STATS_METRICS; metric++)
		put_count(&object, stats_metric_names[metric], top->error[metric]);
	return object;
}

/*
 * What the rows are shares of: all that was counted when they were, and what has no record. Known
 * for all time only: a window's sum is in no snapshot.
 */
json_t *document_top_sum(const struct snapshot *snapshot)
{
	const uint64_t *counted = snapshot->top_counted;
	json_t *object = json_object();

	put_count(&object, "octets", counted[STATS_OCTETS] + snapshot->flows.overflow_octets);
	put_count(&object, "packets",
		  counted[STATS_PACKETS] + snapshot->buckets[PACKET_BUCKET_OVERFLOW]);
	put_count(&object, "flows", counted[STATS_FLOWS]);
	return object;
}

json_t *document_top(const struct snapshot *snapshot, const struct document_list *list)
{
	const struct stats_top *top = &snapshot->top[list->dimension][list->metric][list->window];
	const struct snapshot_window *window = &snapshot->windows[list->window];
	json_t *object = json_object();
	json_t *rows = document_top_rows(top, list->dimension, list->count);

	put(&object, "dimension", json_string(stats_dimension_names[list->dimension]));
	put(&object, "metric", json_string(stats_metric_names[list->metric]));
	put(&object, "window", json_string(stats_window_names[list->window]));
	put_count(&object, "covered_ms", document_ms(window->time));
	put_count(&object, "total", top->keys);
	put_count(&object, "shown", json_array_size(rows));
	put(&object, "exact", json_boolean(top->exact));
	put(&object, "error_bound", document_top_error(top));
	put_count(&object, "missed_share_ppm", window->missed_share_ppm);
	if (snapshot_one_in(snapshot) != 1)
		put_count(&object, "sampling_one_in", snapshot_one_in(snapshot));
	if (list->window == STATS_TOTAL)
		put(&object, "sum", document_top_sum(snapshot));
	put(&object, "rows", rows);
	return object;
}
