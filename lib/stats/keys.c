/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys.h"

#include <endian.h>
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

static void make_address(const struct flow_record *record, unsigned int endpoint,
			 struct address_key *made)
{
	const struct packet_key *key = &record->hot.key;
	size_t prefix = 0;

	*made = (struct address_key){.version = 4};
	if (key->vlan & PACKET_KEY_IPV6) {
		made->version = 6;
		prefix = sizeof(record->cold.prefix[endpoint]);
		memcpy(made->address, record->cold.prefix[endpoint], prefix);
	}
	memcpy(made->address + prefix, &key->address[endpoint], sizeof(key->address[endpoint]));
}

static void set_order(struct key_ends *ends)
{
	ends->order = memcmp(ends->addresses[0].address, ends->addresses[1].address,
			     sizeof(ends->addresses[0].address));
}

void key_ends_make(const struct flow_record *record, struct key_ends *ends)
{
	unsigned int source = flow_source(record);

	for (unsigned int end = 0; end < 2; end++) {
		make_address(record, source ^ end, &ends->addresses[end]);
		ends->ports[end] = be16toh(record->hot.key.port[source ^ end]);
	}
	ends->vlan = record->hot.key.vlan & 0x0fff;
	ends->protocol = record->hot.key.protocol;
	ends->first = record->cold.first;
	set_order(ends);
}

void key_ends_of_view(const struct flow_view *view, struct key_ends *ends)
{
	*ends = (struct key_ends){
		.addresses = {{.version = (uint8_t)view->version},
			      {.version = (uint8_t)view->version}},
		.ports = {view->source_port, view->destination_port},
		.vlan = view->vlan,
		.protocol = view->protocol,
		.first = view->first - (uint64_t)view->shift,
	};
	memcpy(ends->addresses[0].address, view->source, sizeof(view->source));
	memcpy(ends->addresses[1].address, view->destination, sizeof(view->destination));
	set_order(ends);
}

bool pair_key_make(const struct key_ends *ends, struct pair_key *pair)
{
	bool descends = ends->order > 0;

	*pair = (struct pair_key){.version = ends->addresses[0].version};
	memcpy(pair->lower, ends->addresses[descends].address, sizeof(pair->lower));
	memcpy(pair->higher, ends->addresses[!descends].address, sizeof(pair->higher));
	return !descends;
}

void flow_key_make(const struct key_ends *ends, struct flow_key *flow)
{
	const bool descends =
		ends->order > 0 || (ends->order == 0 && ends->ports[0] > ends->ports[1]);
	struct stats_key *key = &flow->key;

	key->version = ends->addresses[0].version;
	key->protocol = ends->protocol;
	key->vlan = ends->vlan;
	key->source_port = ends->ports[descends];
	key->destination_port = ends->ports[!descends];
	memcpy(key->source, ends->addresses[descends].address, sizeof(key->source));
	memcpy(key->destination, ends->addresses[!descends].address, sizeof(key->destination));
	flow->note = ends->first << 1 | descends;
}

uint64_t address_hash(const struct hash_secret *secret, const struct address_key *key)
{
	uint64_t words[2];

	memcpy(words, key->address, sizeof(words));
	if (key->version == 4)
		words[0] |= UINT64_C(4) << 32;
	return address_words_hash(secret, words[0], words[1]);
}

uint64_t number_hash(const struct hash_secret *secret, const struct number_key *key)
{
	uint64_t word;

	memcpy(&word, key, sizeof(word));
	return hash_2words(secret, word, 0);
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
