/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys.h"

#include <string.h>

const struct subject_shape subject_shapes[SUBJECTS] = {
	[SUBJECT_ADDRESS] = {.key_size = sizeof(struct address_key), .sides = 2},
	[SUBJECT_PAIR] = {.key_size = sizeof(struct pair_key), .sides = 2},
	[SUBJECT_PORT] = {.key_size = sizeof(struct number_key), .sides = 2},
	[SUBJECT_PROTOCOL] = {.key_size = sizeof(struct number_key), .sides = 1},
	[SUBJECT_FLOW] = {.key_size = sizeof(struct stats_key), .sides = 1, .noted = true},
};

const struct dimension_source dimension_sources[STATS_DIMENSIONS] = {
	[STATS_SOURCE] = {SUBJECT_ADDRESS, {true, false}},
	[STATS_DESTINATION] = {SUBJECT_ADDRESS, {false, true}},
	[STATS_PAIR] = {SUBJECT_PAIR, {true, true}},
	[STATS_SOURCE_PORT] = {SUBJECT_PORT, {true, false}},
	[STATS_DESTINATION_PORT] = {SUBJECT_PORT, {false, true}},
	[STATS_PROTOCOL] = {SUBJECT_PROTOCOL, {true, false}},
	[STATS_FLOW] = {SUBJECT_FLOW, {true, false}},
};

static void show_address(unsigned int side, const struct address_key *key, struct stats_key *shown)
{
	shown->version = key->version;
	memcpy(side == 0 ? shown->source : shown->destination, key->address, sizeof(key->address));
}

static void show_pair(unsigned int side, const struct pair_key *key, struct stats_key *shown)
{
	shown->version = key->version;
	memcpy(side == 0 ? shown->source : shown->destination, key->lower, sizeof(key->lower));
	memcpy(side == 0 ? shown->destination : shown->source, key->higher, sizeof(key->higher));
}

static void show_number(unsigned int side, const struct number_key *key, struct stats_key *shown)
{
	shown->protocol = key->protocol;
	if (side == 0)
		shown->source_port = key->port;
	else
		shown->destination_port = key->port;
}

static void show_flow(const struct flow_key *flow, struct stats_key *shown)
{
	const struct stats_key *key = &flow->key;

	*shown = *key;
	if ((flow->note & 1) == 0)
		return;
	shown->source_port = key->destination_port;
	shown->destination_port = key->source_port;
	memcpy(shown->source, key->destination, sizeof(shown->source));
	memcpy(shown->destination, key->source, sizeof(shown->destination));
}

void flow_key_make(const struct flow_view *view, int order, struct flow_key *flow)
{
	bool descends = order > 0 || (order == 0 && view->source_port > view->destination_port);

	struct stats_key *key = &flow->key;

	key->version = (uint8_t)view->version;
	key->protocol = view->protocol;
	key->vlan = view->vlan;
	key->source_port = descends ? view->destination_port : view->source_port;
	key->destination_port = descends ? view->source_port : view->destination_port;
	memcpy(key->source, descends ? view->destination : view->source, sizeof(key->source));
	memcpy(key->destination, descends ? view->source : view->destination,
	       sizeof(key->destination));
	flow->note = (view->first - (uint64_t)view->shift) << 1 | descends;
}

void key_show(enum stats_dimension dimension, unsigned int side, const void *key,
	      struct stats_key *shown)
{
	memset(shown, 0, sizeof(*shown));
	switch (dimension_sources[dimension].subject) {
	case SUBJECT_ADDRESS:
		show_address(side, key, shown);
		break;
	case SUBJECT_PAIR:
		show_pair(side, key, shown);
		break;
	case SUBJECT_FLOW:
		show_flow(key, shown);
		break;
	default:
		show_number(side, key, shown);
	}
}
