/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"
#include "words.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/protocols.h>

#define RATE_MAX     UINT64_C(1000000000000) /* 10^12 a second */
#define RATE_MIN_BIT 1000 /* bit/s; below it 2^-20 ns overflow for large frames */
#define DEPTH_MAX    4000 /* s of the rate that a burst may hold: prefilter.h */
#define EVERY_MAX    1000000000

#define ACTIONS_ALLOWED "analyse, pass, drop, limit or sample is needed"

/* k, M, G; 1 if there is none of them at *at. */
static uint64_t multiplier(const char **at, const char *end)
{
	if (*at == end)
		return 1;
	switch (*(*at)++) {
	case 'k':
		return 1000;
	case 'M':
		return 1000000;
	case 'G':
		return 1000000000;
	default:
		(*at)--;
		return 1;
	}
}

static bool is_rest(const char *at, const char *end, const char *text)
{
	return (size_t)(end - at) == strlen(text) && memcmp(at, text, strlen(text)) == 0;
}

#define RATE_ALLOWED "a rate like 100000 packets/s, 100k packets/s or 500 kbit/s is needed"

/* A number, maybe with k, M, G; words go on to the next if nothing is behind it. */
static int parse_amount(struct words *words, const char *allowed, const char **rest,
			uint64_t *amount)
{
	const char *end = words->word + words->length;
	uint64_t times;

	*rest = words->word;
	if (!digits(rest, end, RATE_MAX, amount))
		return words_wrong(words, "%s", allowed);
	times = multiplier(rest, end);
	if (*amount > RATE_MAX / times)
		return words_wrong(words, "at most 10^12 is possible");
	*amount *= times;
	if (*rest == end) {
		words_next(words);
		*rest = words->word;
	}
	return 0;
}

static int parse_rate(struct words *words, struct rule *rule)
{
	const struct words number = *words;
	const char *rest, *end;
	uint64_t times;
	int code = parse_amount(words, RATE_ALLOWED, &rest, &rule->rate);

	if (code < 0)
		return code;
	end = words->word + words->length;
	times = multiplier(&rest, end);
	rule->bits = is_rest(rest, end, "bit/s");
	if (!rule->bits && !is_rest(rest, end, "packets/s"))
		return words_wrong(words, RATE_ALLOWED);
	if (rule->rate > RATE_MAX / times)
		return words_wrong(&number, "at most 10^12 a second is possible");
	rule->rate *= times;
	if (rule->rate < (rule->bits ? RATE_MIN_BIT : 1))
		return words_wrong(&number, "at least 1 packets/s or 1000 bit/s is needed");
	words_next(words);
	return 0;
}

static int parse_burst(struct words *words, struct rule *rule)
{
	const char *unit = rule->bits ? "octets" : "packets";
	const struct words number = *words;
	const char *rest;
	char allowed[80];
	int code;

	snprintf(allowed, sizeof(allowed), "a number of %s is needed, like burst 64k %s", unit,
		 unit);
	code = parse_amount(words, allowed, &rest, &rule->burst);
	if (code < 0)
		return code;
	if (rest != words->word || !words_take(words, unit))
		return words_wrong(words, "%s", allowed);
	if (rule->burst == 0)
		return words_wrong(&number, "a burst of 0 would let nothing through; leave it out");
	if (rule->burst * (rule->bits ? 8 : 1) / rule->rate >= DEPTH_MAX)
		return words_wrong(&number, "at most %u seconds of the rate are possible",
				   DEPTH_MAX);
	return 0;
}

static int parse_limit(struct words *words, struct rule *rule)
{
	int code = parse_rate(words, rule);

	if (code < 0)
		return code;
	if (words_take(words, "burst")) {
		code = parse_burst(words, rule);
		if (code < 0)
			return code;
	} else {
		rule->burst = default_burst(rule);
	}
	rule->then = PREFILTER_ACTION_ANALYSE;
	if (words_take(words, "then")) {
		const struct words at = *words;
		const int then = words_take_of(words, action_words);

		if (then < 0 || then >= PREFILTER_ACTION_LIMIT)
			return words_wrong(&at, "analyse, pass or drop is needed");
		rule->then = (enum prefilter_action)then;
	}
	return 0;
}

static int parse_sample(struct words *words, struct rule *rule)
{
	const char *at = words->word, *end = words->word + words->length;
	uint64_t one, every;

	if (!digits(&at, end, 1, &one) || one != 1 || at == end || *at++ != '/' ||
	    !digits(&at, end, EVERY_MAX, &every) || at != end || every < 2)
		return words_wrong(words, "1/N with N from 2 to %u is needed", EVERY_MAX);
	rule->every = (uint32_t)every;
	words_next(words);
	return 0;
}

static int parse_action(struct words *words, const char *allowed, struct rule *rule)
{
	const struct words at = *words;
	const int action = words_take_of(words, action_words);

	if (action < 0)
		return words_wrong(&at, "%s", allowed);
	rule->action = (enum prefilter_action)action;
	if (rule->action == PREFILTER_ACTION_LIMIT)
		return parse_limit(words, rule);
	if (rule->action == PREFILTER_ACTION_SAMPLE)
		return parse_sample(words, rule);
	return 0;
}

/* `first[-last]` of 0..max. */
static int parse_range(struct words *words, const char *what, uint32_t max, struct range *range)
{
	const char *at = words->word, *end = words->word + words->length;
	uint64_t first, last;
	bool good = digits(&at, end, max, &first);

	last = first;
	if (good && at < end && *at == '-') {
		at++;
		good = digits(&at, end, max, &last);
	}
	if (!good || at != end || last < first)
		return words_wrong(words, "a %s 0..%u or a range like 7-9 is needed", what, max);
	*range = (struct range){true, (uint32_t)first, (uint32_t)last};
	words_next(words);
	return 0;
}

static bool parse_address(const char *text, struct prefix *prefix)
{
	uint8_t bytes[16];
	uint64_t half[2];
	uint32_t word;

	if (inet_pton(AF_INET, text, bytes) == 1) {
		memcpy(&word, bytes, sizeof(word));
		*prefix = (struct prefix){4, 32, 0, be32toh(word)};
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		memcpy(half, bytes, sizeof(half));
		*prefix = (struct prefix){6, 128, be64toh(half[0]), be64toh(half[1])};
		return true;
	}
	return false;
}

/* Are bits set behind the first `length`? */
static bool has_host_bits(const struct prefix *prefix)
{
	const unsigned int host = (prefix->version == 4 ? 32 : 128) - prefix->length;

	if (host >= 64)
		return prefix->low != 0 ||
		       (host > 64 && (prefix->high & (UINT64_MAX >> (128 - host))) != 0);
	return (prefix->low & ((UINT64_C(1) << host) - 1)) != 0;
}

static int parse_prefix(struct words *words, struct prefix *prefix)
{
	const char *slash = memchr(words->word, '/', words->length);
	const char *end = words->word + words->length;
	const size_t length = slash != NULL ? (size_t)(slash - words->word) : words->length;
	char text[INET6_ADDRSTRLEN];
	uint64_t bits;

	if (length >= sizeof(text))
		return words_wrong(words, "an address or prefix is needed, or port");
	memcpy(text, words->word, length);
	text[length] = '\0';
	if (!parse_address(text, prefix))
		return words_wrong(words, "an address or prefix is needed, like 192.0.2.0/24 or "
					  "2001:db8::/32, or port");
	if (slash != NULL) {
		slash++;
		if (!digits(&slash, end, prefix->length, &bits) || slash != end)
			return words_wrong(words, "a prefix length 0..%u is needed behind the /",
					   prefix->length);
		prefix->length = (uint8_t)bits;
	}
	if (has_host_bits(prefix))
		return words_wrong(words, "bits behind the prefix length are set: give the first "
					  "address of the network or leave out the /");
	words_next(words);
	return 0;
}

/* All prefixes of a rule and `ip` or `ip6` are of one version. */
static int settle_version(const struct words *at, uint8_t version, struct rule *rule)
{
	if (rule->version != 0 && rule->version != version)
		return words_wrong(at, "the rule is for %s already: no packet is both",
				   rule->version == 4 ? "IPv4" : "IPv6");
	rule->version = version;
	return 0;
}

/* Behind `from` or `to`: PREFIX, port RANGE or both. */
static int parse_side(struct words *words, struct rule *rule, struct prefix *prefix,
		      struct range *port)
{
	const struct words at = *words;
	int code = 0;

	if (!words_at(words, "port")) {
		if (prefix->version != 0)
			return words_wrong(words,
					   "this side has a prefix already: one is possible");
		code = parse_prefix(words, prefix);
		if (code == 0)
			code = settle_version(&at, prefix->version, rule);
		if (code < 0 || !words_at(words, "port"))
			return code;
	}
	if (port->set)
		return words_wrong(words, "this side has a port already: one range is possible");
	words_next(words);
	return parse_range(words, "port", 65535, port);
}

static int parse_protocol(struct words *words, struct range *protocol)
{
	const int number = protocol_number(words->word, words->length);
	const char *at = words->word, *end = words->word + words->length;
	uint64_t value = 0;

	if (number < 0 && (!digits(&at, end, 255, &value) || at != end))
		return words_wrong(words, "a protocol 0..255 is needed, or tcp, udp, icmp, icmp6, "
					  "sctp, dccp, udplite, gre, esp, ah, igmp, ospf");
	if (number >= 0)
		value = (uint64_t)number;
	*protocol = (struct range){true, (uint32_t)value, (uint32_t)value};
	words_next(words);
	return 0;
}

static int parse_condition(struct words *words, struct rule *rule)
{
	const struct words at = *words;

	if (words_take(words, "from"))
		return parse_side(words, rule, &rule->from, &rule->from_port);
	if (words_take(words, "to"))
		return parse_side(words, rule, &rule->to, &rule->to_port);
	if (words_take(words, "proto")) {
		if (rule->protocol.set)
			return words_wrong(&at, "the rule has a protocol already");
		return parse_protocol(words, &rule->protocol);
	}
	if (words_take(words, "vlan")) {
		if (rule->vlan.set)
			return words_wrong(&at, "the rule has a VLAN already");
		return parse_range(words, "VLAN id", 4095, &rule->vlan);
	}
	if (words_take(words, "ip"))
		return settle_version(&at, 4, rule);
	if (words_take(words, "ip6"))
		return settle_version(&at, 6, rule);
	return words_wrong(&at, "from, to, proto, vlan, ip or ip6 is possible here, and, alone, "
				"arp or non-ip");
}

/* A port of a protocol that has none would match nothing, silently. */
static bool has_ports(uint32_t protocol)
{
#define IS(name, shortest) || protocol == PROTOCOL_##name
	return false PROTOCOL_PORTS_LIST(IS);
#undef IS
}

static int parse_conditions(struct words *words, struct rule *rule)
{
	int code = 0;

	if (words_over(words))
		return words_wrong(words, "a condition is needed: from, to, proto, vlan, ip, ip6, "
					  "arp or non-ip; for all other frames: default ACTION");
	if (words_take(words, "arp"))
		rule->kind = RULE_ARP;
	else if (words_take(words, "non-ip"))
		rule->kind = RULE_NON_IP;
	if (rule->kind != RULE_IP)
		return words_over(words) ? 0
					 : words_wrong(words, "arp and non-ip stand alone: nothing "
							      "is possible behind them");
	while (code == 0 && !words_over(words))
		code = parse_condition(words, rule);
	if (code == 0 && (rule->from_port.set || rule->to_port.set) && rule->protocol.set &&
	    !has_ports(rule->protocol.first))
		return words_wrong(words, "the protocol of the rule has no ports: only tcp, udp, "
					  "sctp, dccp and udplite have some");
	return code;
}

int rule_parse(const char *name, unsigned int line, const char *text, size_t length,
	       struct rule *rule, struct error *error)
{
	struct words words = {.name = name, .line = line, .error = error};
	int code;

	*rule = (struct rule){.line = line};
	words_start(&words, text, length);
	if (memchr(text, '\0', length) != NULL) {
		words.word = memchr(text, '\0', length);
		words.length = 1;
		return words_wrong(&words, "a NUL octet; rules are text");
	}
	if (words_over(&words))
		return 0;
	if (words_take(&words, "default")) {
		rule->kind = RULE_DEFAULT;
		code = parse_action(&words, ACTIONS_ALLOWED, rule);
		if (code == 0 && !words_over(&words))
			return words_wrong(&words, "the default has no conditions: nothing is "
						   "possible behind its action");
	} else {
		code = parse_action(&words, ACTIONS_ALLOWED ", or default", rule);
		if (code == 0)
			code = parse_conditions(&words, rule);
	}
	if (code < 0)
		return code;
	rule->text = rule_text(rule);
	return rule->text != NULL ? 1 : error_set(error, ENOMEM, "%s: no memory for rules", name);
}
