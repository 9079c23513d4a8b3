/* SPDX-License-Identifier: BSD-3-Clause */
#include "overflow.h"

#include <string.h>

#include <weir/hash.h>

#define PROBES 8

/* The sender's /24 or /48; never 0. */
static uint64_t network_of(const struct packet *packet)
{
	unsigned int sender = packet->direction;
	bool ipv6 = (packet->key.vlan & PACKET_KEY_IPV6) != 0;
	uint8_t network[8] = {ipv6 ? 6 : 4};

	if (ipv6)
		memcpy(network + 2, packet->prefix[sender], 6);
	else
		memcpy(network + 2, &packet->key.address[sender], 3);

	uint64_t word;

	memcpy(&word, network, sizeof(word));
	return word;
}

static void add(struct flow_overflow_sum *sum, const struct overflow_note *note)
{
	sum->packets++;
	sum->octets += note->octets;
}

/* The sum of the note's network, a new one if there is room nearby, else of the others. */
static struct flow_overflow_sum *sum_of(struct flow_overflow_sums *sums,
					const struct hash_secret *secret, uint64_t network)
{
	uint64_t place = hash_2words(secret, network, 0);

	for (unsigned int probe = 0; probe < PROBES; probe++) {
		struct flow_overflow_network *row =
			&sums->networks[(place + probe) % FLOW_OVERFLOW_NETWORKS];

		if (row->network == 0)
			row->network = network;
		if (row->network == network)
			return &row->sum;
	}
	return &sums->other;
}

void overflow_settle(struct overflow *overflow, const struct hash_secret *secret)
{
	for (uint32_t i = 0; i < overflow->count; i++) {
		const struct overflow_note *note = &overflow->notes[i];

		add(&overflow->sums.protocols[note->protocol], note);
		add(sum_of(&overflow->sums, secret, note->network), note);
	}
	overflow->count = 0;
}

void overflow_note(struct overflow *overflow, const struct hash_secret *secret,
		   const struct packet *packet)
{
	if (overflow->count == FLOW_OVERFLOW_NOTES)
		overflow_settle(overflow, secret);
	overflow->notes[overflow->count++] = (struct overflow_note){
		.network = network_of(packet),
		.octets = packet->octets,
		.protocol = packet->key.protocol,
	};
}

void flow_overflow_address(uint64_t network, int *version, uint8_t address[16])
{
	uint8_t bytes[8];

	memcpy(bytes, &network, sizeof(bytes));
	*version = bytes[0];
	memset(address, 0, 16);
	memcpy(address, bytes + 2, 6);
}
