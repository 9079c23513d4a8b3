/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/document.h>

#include <netinet/in.h>
#include <stdio.h>

#include <weir/format.h>

#include "parts.h"

static void put_sum(json_t **object, const struct flow_overflow_sum *sum)
{
	put_count(object, "packets", sum->packets);
	put_count(object, "octets", sum->octets);
}

static json_t *protocols(const struct snapshot_overflow *overflow)
{
	json_t *array = json_array();

	for (unsigned int p = 0; p < FLOW_OVERFLOW_PROTOCOLS; p++) {
		json_t *object;
		char text[16];

		if (overflow->protocols[p].packets == 0)
			continue;
		object = json_object();
		put_count(&object, "protocol", p);
		put(&object, "name", json_string(format_protocol(text, sizeof(text), (uint8_t)p)));
		put_sum(&object, &overflow->protocols[p]);
		append(&array, object);
	}
	return array;
}

static json_t *network_object(const struct flow_overflow_network *network)
{
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];
	json_t *object = json_object();
	uint8_t bytes[16];
	int version;

	flow_overflow_address(network->network, &version, bytes);
	format_address(address, sizeof(address), version, bytes);
	snprintf(text, sizeof(text), "%s/%d", address, version == 6 ? 48 : 24);
	put(&object, "network", json_string(text));
	put_sum(&object, &network->sum);
	return object;
}

json_t *document_overflow_networks(const struct snapshot *snapshot, uint32_t count)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < snapshot->overflow.network_count && i < count; i++)
		append(&array, network_object(&snapshot->overflow.networks[i]));
	return array;
}

/* What the networks beyond the first `count` and those without a place come to. */
static struct flow_overflow_sum rest(const struct snapshot_overflow *overflow, uint32_t count)
{
	struct flow_overflow_sum sum = overflow->other;

	for (uint32_t i = count; i < overflow->network_count; i++) {
		sum.packets += overflow->networks[i].sum.packets;
		sum.octets += overflow->networks[i].sum.octets;
	}
	return sum;
}

json_t *document_overflow(const struct snapshot *of, uint32_t count)
{
	struct flow_overflow_sum sum = rest(&of->overflow, count);
	json_t *object = json_object(), *other = json_object();

	OVERFLOW_STATISTICS(PUT_STATISTIC, PUT_OBJECT)
	put(&object, "protocols", protocols(&of->overflow));
	put(&object, "source_networks", document_overflow_networks(of, count));
	put_sum(&other, &sum);
	put(&object, "other_networks", other);
	return object;
}
