/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include <arpa/inet.h>
#include <string.h>

#include "rig.h"

static void write_prefix(const struct model_prefix *prefix, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	if (prefix->version == 0)
		return;
	inet_ntop(prefix->version == 4 ? AF_INET : AF_INET6, prefix->bytes, text, sizeof(text));
	fprintf(out, " %s/%u", text, prefix->length);
}

static void write_range(const char *what, const struct model_range *range, FILE *out)
{
	if (range->set && range->first == range->last)
		fprintf(out, " %s %u", what, range->first);
	else if (range->set)
		fprintf(out, " %s %u-%u", what, range->first, range->last);
}

static void write_side(const char *side, const struct model_prefix *prefix,
		       const struct model_range *port, FILE *out)
{
	if (prefix->version == 0 && !port->set)
		return;
	fprintf(out, " %s", side);
	write_prefix(prefix, out);
	write_range("port", port, out);
}

void model_write(const struct model *model, FILE *out)
{
	for (size_t i = 0; i < model->count; i++) {
		const struct model_rule *rule = &model->rule[i];

		fputs(rule->action, out);
		if (rule->alone != NULL)
			fprintf(out, " %s", rule->alone);
		if (rule->version != 0)
			fputs(rule->version == 4 ? " ip" : " ip6", out);
		write_side("from", &rule->from, &rule->from_port, out);
		write_range("vlan", &rule->vlan, out);
		write_side("to", &rule->to, &rule->to_port, out);
		if (rule->protocol.set)
			fprintf(out, " proto %u", rule->protocol.first);
		fputc('\n', out);
	}
	fprintf(out, "default %s\n", model->otherwise);
}

/* What a rule can look at, by direction. */
struct view {
	int version;
	uint8_t from[16], to[16];
	bool has_ports;
	uint32_t from_port, to_port, protocol, vlan;
};

static void see_address(const struct packet *packet, int end, int version, uint8_t *bytes)
{
	if (version == 6) {
		memcpy(bytes, packet->prefix[end], 12);
		bytes += 12;
	}
	memcpy(bytes, &packet->key.address[end], 4);
}

static struct view see(const struct packet *packet)
{
	const int from = packet->direction, to = 1 - from;
	struct view view = {.version = packet->key.vlan & PACKET_KEY_IPV6 ? 6 : 4};
	const uint8_t protocol = packet->key.protocol;

	see_address(packet, from, view.version, view.from);
	see_address(packet, to, view.version, view.to);
	view.protocol = protocol;
	view.vlan = packet->key.vlan & 0xfff;
	view.has_ports = packet->fragment != PACKET_FRAGMENT_LATER &&
			 (protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
			  protocol == 136);
	view.from_port = ntohs(packet->key.port[from]);
	view.to_port = ntohs(packet->key.port[to]);
	return view;
}

static bool in_prefix(const struct model_prefix *prefix, int version, const uint8_t *bytes)
{
	if (prefix->version == 0)
		return true;
	if (prefix->version != version)
		return false;
	for (unsigned int bit = 0; bit < prefix->length; bit++)
		if ((bytes[bit / 8] ^ prefix->bytes[bit / 8]) & (0x80 >> bit % 8))
			return false;
	return true;
}

static bool in_range(const struct model_range *range, uint32_t value)
{
	return !range->set || (value >= range->first && value <= range->last);
}

static bool fits(const struct model_rule *rule, const struct view *view)
{
	const bool needs_ports = rule->from_port.set || rule->to_port.set;

	return rule->alone == NULL && (rule->version == 0 || rule->version == view->version) &&
	       in_prefix(&rule->from, view->version, view->from) &&
	       in_prefix(&rule->to, view->version, view->to) &&
	       in_range(&rule->protocol, view->protocol) && in_range(&rule->vlan, view->vlan) &&
	       (!needs_ports || (view->has_ports && in_range(&rule->from_port, view->from_port) &&
				 in_range(&rule->to_port, view->to_port)));
}

static bool fits_non_ip(const struct model_rule *rule, enum packet_reason reason)
{
	if (rule->alone == NULL)
		return false;
	return strcmp(rule->alone, "non-ip") == 0 || reason == PACKET_NON_IP_ARP;
}

size_t model_decide(const struct model *model, const uint8_t *frame, uint32_t length)
{
	const struct packet_frame bytes = {.data = frame, .captured = length, .wire = length};
	struct packet packet;
	const enum packet_reason reason = packet_parse(&bytes, true, &packet);
	const enum packet_bucket bucket = packet_reason_bucket(reason);
	struct view view;

	if (bucket != PACKET_BUCKET_FLOW && bucket != PACKET_BUCKET_NON_IP)
		return model->count + 1;
	if (bucket == PACKET_BUCKET_FLOW)
		view = see(&packet);
	for (size_t i = 0; i < model->count; i++)
		if (bucket == PACKET_BUCKET_FLOW ? fits(&model->rule[i], &view)
						 : fits_non_ip(&model->rule[i], reason))
			return i;
	return model->count;
}

const char *model_action(const struct model *model, size_t number)
{
	if (number > model->count)
		return "analyse";
	return number < model->count ? model->rule[number].action : model->otherwise;
}
