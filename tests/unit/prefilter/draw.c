/* SPDX-License-Identifier: BSD-3-Clause */
/* The small world that random rules and random frames are of, so that they meet often. */
#include <arpa/inet.h>
#include <string.h>

#include <kit/frame.h>

#include "model.h"
#include "rig.h"

static const uint8_t protocols[] = {6, 17, 1, 58, 132, 33, 136, 47, 50, 200};

/* Addresses differ in few bits, at both ends and in the middle, and the first and last one are
 * drawn. */
static void draw_address(int version, uint8_t *bytes, struct prng *random)
{
	const unsigned int size = version == 4 ? 4 : 16;

	memset(bytes, prng_one_in(random, 8) ? (int)prng_below(random, 2) * 0xff : 0x0a, size);
	if (prng_one_in(random, 2))
		bytes[0] ^= (uint8_t)(prng_below(random, 2) << 7);
	bytes[1] ^= (uint8_t)prng_below(random, 3);
	bytes[size / 2] ^= (uint8_t)prng_below(random, 3);
	bytes[size / 2 - 1] ^= (uint8_t)(prng_below(random, 2) * 0x80);
	bytes[size - 1] ^= (uint8_t)prng_below(random, 4);
}

static uint32_t draw_port(struct prng *random)
{
	static const uint32_t ports[] = {0, 1, 22, 53, 80, 1023, 1024, 65535};

	return ports[prng_below(random, 8)];
}

static uint32_t draw_vlan(struct prng *random)
{
	static const uint32_t vlans[] = {0, 1, 7, 4095};

	return vlans[prng_below(random, 4)];
}

static struct model_prefix draw_prefix(int version, struct prng *random)
{
	struct model_prefix prefix = {.version = version};
	const unsigned int bits = version == 4 ? 32 : 128;

	prefix.length = prng_one_in(random, 3) ? bits : prng_below(random, bits + 1);
	draw_address(version, prefix.bytes, random);
	for (unsigned int bit = prefix.length; bit < bits; bit++)
		prefix.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return prefix;
}

static struct model_range draw_range(uint32_t (*draw)(struct prng *), struct prng *random)
{
	struct model_range range = {.set = true};

	range.first = draw(random);
	range.last = prng_one_in(random, 2) ? range.first : draw(random);
	if (range.first > range.last) {
		const uint32_t first = range.first;

		range.first = range.last;
		range.last = first;
	}
	return range;
}

static void draw_rule(struct model_rule *rule, bool lone, struct prng *random)
{
	static const char *const actions[] = {"analyse", "pass", "drop"};
	const int version = prng_one_in(random, 3) ? 6 : 4;

	*rule = (struct model_rule){.action = actions[prng_below(random, 3)]};
	if (lone) {
		*(prng_one_in(random, 2) ? &rule->from : &rule->to) = draw_prefix(version, random);
		return;
	}
	if (prng_one_in(random, 20)) {
		rule->alone = prng_one_in(random, 2) ? "arp" : "non-ip";
		return;
	}
	if (prng_one_in(random, 2))
		rule->from = draw_prefix(version, random);
	if (prng_one_in(random, 2))
		rule->to = draw_prefix(version, random);
	if (prng_one_in(random, 6))
		rule->version = version;
	if (prng_one_in(random, 3))
		rule->from_port = draw_range(draw_port, random);
	if (prng_one_in(random, 3))
		rule->to_port = draw_range(draw_port, random);
	if (prng_one_in(random, 4))
		rule->vlan = draw_range(draw_vlan, random);
	if (prng_one_in(random, 2)) {
		rule->protocol.set = true;
		rule->protocol.first = rule->protocol.last =
			protocols[prng_below(random, sizeof(protocols))];
	}
	/* With a protocol that has none, ports are refused. */
	if ((rule->from_port.set || rule->to_port.set) && rule->protocol.first != IPPROTO_TCP &&
	    rule->protocol.first != IPPROTO_UDP && rule->protocol.first != IPPROTO_SCTP)
		rule->protocol = (struct model_range){0};
}

static bool is_empty(const struct model_rule *rule)
{
	return rule->alone == NULL && rule->version == 0 && rule->from.version == 0 &&
	       rule->to.version == 0 && !rule->protocol.set && !rule->vlan.set &&
	       !rule->from_port.set && !rule->to_port.set;
}

/* Written twice it would be refused. (Two ways to write one thing are not drawn but for ip.) */
static bool is_there(const struct model *model, const struct model_rule *rule)
{
	struct model_rule a = *rule;

	for (size_t i = 0; i < model->count; i++) {
		struct model_rule b = model->rule[i];

		if (a.from.version != 0 || a.to.version != 0)
			a.version = 0;
		if (b.from.version != 0 || b.to.version != 0)
			b.version = 0;
		if (memcmp(&a, &b, sizeof(a)) == 0)
			return true;
	}
	return false;
}

void model_draw(struct model *model, size_t count, unsigned int lone, struct prng *random)
{
	static const char *const actions[] = {"analyse", "pass", "drop"};

	memset(model, 0, sizeof(*model));
	model->otherwise = actions[prng_below(random, 3)];
	while (count-- > 0) {
		struct model_rule *rule = &model->rule[model->count];

		memset(rule, 0, sizeof(*rule));
		draw_rule(rule, prng_below(random, 8) < lone, random);
		if (!is_empty(rule) && !is_there(model, rule))
			model->count++;
	}
}

static uint8_t *draw_link(uint8_t *at, uint32_t ethertype, struct prng *random)
{
	unsigned int tags = prng_one_in(random, 3) ? 1 + prng_below(random, 4) : 0;

	memset(at, 2, 12);
	at += 12;
	if (prng_one_in(random, 60))
		tags = 5;
	for (; tags > 0; tags--) {
		static const uint32_t types[] = {0x8100, 0x88a8, 0x9100};

		at = put16(at, types[prng_below(random, 3)]);
		at = put16(at, draw_vlan(random) | prng_below(random, 2) << 13);
	}
	if (prng_one_in(random, 15)) {
		at = put16(put16(put16(at, 0x8864), 0x1100), 1);
		return put16(put16(at, 60), ethertype == 0x0800 ? 0x0021 : 0x0057);
	}
	if (prng_one_in(random, 15)) {
		at = put16(at, prng_one_in(random, 2) ? 0x8847 : 0x8848);
		for (unsigned int labels = prng_below(random, 18); labels > 0; labels--)
			at = put16(put16(at, 0x0001), 0x0040);
		return put16(put16(at, 0x0002), 0x0140);
	}
	return put16(at, ethertype);
}

static uint8_t *draw_transport(uint8_t *at, struct prng *random)
{
	const uint32_t from = draw_port(random);

	at = put16(put16(at, from), draw_port(random));
	memset(at, 0x50, 20);
	return at + (prng_one_in(random, 8) ? prng_below(random, 16) : 16 + prng_below(random, 5));
}

static uint8_t *draw_ipv4(uint8_t *ip, struct prng *random)
{
	const unsigned int words = prng_one_in(random, 10) ? 5 + prng_below(random, 11) : 5;
	uint8_t *end;

	memset(ip, 0, 4 * words);
	ip[0] = (uint8_t)(0x40 | words);
	ip[9] = protocols[prng_below(random, sizeof(protocols))];
	if (prng_one_in(random, 10))
		put16(ip + 6, prng_one_in(random, 2) ? 0x2000 : 0x00b9);
	draw_address(4, ip + 12, random);
	draw_address(4, ip + 16, random);
	end = draw_transport(ip + 4 * words, random);
	put16(ip + 2, (uint32_t)(end - ip));
	return end;
}

static uint8_t *draw_ipv6(uint8_t *ip, struct prng *random)
{
	static const uint8_t types[] = {0, 43, 44, 51, 60, 135, 139, 140};
	unsigned int extensions = prng_one_in(random, 4) ? prng_below(random, 10) : 0;
	uint8_t *next = ip + 6, *at = ip + 40, *end;

	memset(ip, 0, 40);
	ip[0] = 0x60;
	draw_address(6, ip + 8, random);
	draw_address(6, ip + 24, random);
	for (; extensions > 0; extensions--) {
		const uint8_t more = (uint8_t)prng_below(random, 3),
			      type = types[prng_below(random, 8)];

		*next = type;
		next = at;
		memset(at, 0, 24);
		at[1] = more;
		if (type == 44)
			put16(at + 2, prng_one_in(random, 2) ? prng_below(random, 3) << 3 : 1);
		at += type == 44 ? 8 : type == 51 ? 8 + 4 * more : 8 + 8 * more;
	}
	*next = protocols[prng_below(random, sizeof(protocols))];
	end = draw_transport(at, random);
	put16(ip + 4, (uint32_t)(end - ip) - 40);
	return end;
}

uint32_t model_frame(uint8_t *frame, struct prng *random)
{
	uint8_t *end;
	uint32_t length;

	if (prng_one_in(random, 20)) {
		static const uint32_t types[] = {0x0806, 0x88cc, 0x8809, 38, 0x8863, 0x9999};

		end = draw_link(frame, types[prng_below(random, 6)], random) + 46;
		memset(end - 46, 0, 46);
	} else if (prng_one_in(random, 3)) {
		end = draw_ipv6(draw_link(frame, 0x86dd, random), random);
	} else {
		end = draw_ipv4(draw_link(frame, 0x0800, random), random);
	}
	length = (uint32_t)(end - frame);
	if (prng_one_in(random, 20))
		frame[prng_below(random, length)] ^= (uint8_t)(1 << prng_below(random, 8));
	if (prng_one_in(random, 20))
		length = prng_below(random, length + 1);
	if (prng_one_in(random, 20)) { /* padding */
		memset(frame + length, 0, 20);
		length += 20;
	}
	return length < RIG_SHORTEST ? RIG_SHORTEST : length;
}
