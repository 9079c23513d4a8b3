/* SPDX-License-Identifier: BSD-3-Clause */
#include "overflow.h"

#include <string.h>

#include <weir/hash.h>

#define PROBES 8

/* The only writer: a reader sees the old sum or the new one. */
static void add(struct flow_overflow_sum *sum, const struct packet *packet)
{
	__atomic_store_n(&sum->packets, sum->packets + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&sum->octets, sum->octets + packet->octets, __ATOMIC_RELAXED);
}

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

void overflow_count(struct flow_overflow_sums *sums, const struct hash_secret *secret,
		    const struct packet *packet)
{
	uint64_t network = network_of(packet);
	uint64_t place = hash_2words(secret, network, 0);

	add(&sums->protocols[packet->key.protocol], packet);
	for (unsigned int probe = 0; probe < PROBES; probe++) {
		struct flow_overflow_network *row =
			&sums->networks[(place + probe) % FLOW_OVERFLOW_NETWORKS];

		if (row->network == 0)
			__atomic_store_n(&row->network, network, __ATOMIC_RELEASE);
		if (row->network == network) {
			add(&row->sum, packet);
			return;
		}
	}
	add(&sums->other, packet);
}

static void copy_sum(struct flow_overflow_sum *to, const struct flow_overflow_sum *from)
{
	to->packets = __atomic_load_n(&from->packets, __ATOMIC_RELAXED);
	to->octets = __atomic_load_n(&from->octets, __ATOMIC_RELAXED);
}

void overflow_copy(struct flow_overflow_sums *to, const struct flow_overflow_sums *from)
{
	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++)
		copy_sum(&to->protocols[p], &from->protocols[p]);
	for (unsigned int n = 0; n < FLOW_OVERFLOW_NETWORKS; n++) {
		to->networks[n].network =
			__atomic_load_n(&from->networks[n].network, __ATOMIC_ACQUIRE);
		copy_sum(&to->networks[n].sum, &from->networks[n].sum);
	}
	copy_sum(&to->other, &from->other);
}

void flow_overflow_address(uint64_t network, int *version, uint8_t address[16])
{
	uint8_t bytes[8];

	memcpy(bytes, &network, sizeof(bytes));
	*version = bytes[0];
	memset(address, 0, 16);
	memcpy(address, bytes + 2, 6);
}
