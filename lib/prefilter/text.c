/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BURST_LEAST_OCTETS 4096

#define WORD(action, word) word,
const char *const action_words[PREFILTER_ACTIONS + 1] = {PREFILTER_ACTION_LIST(WORD)};

uint64_t default_burst(const struct rule *rule)
{
	const uint64_t burst = rule->rate / (rule->bits ? 80 : 10);
	const uint64_t least = rule->bits ? BURST_LEAST_OCTETS : 1;

	return burst < least ? least : burst;
}

/* A number with the largest of G, M, k that leaves it whole, which goes behind `gap`. */
static void print_amount(FILE *out, uint64_t number, const char *gap, const char *unit)
{
	static const char *const prefixes[] = {"", "k", "M", "G"};
	unsigned int i = 0;

	for (; i < 3 && number != 0 && number % 1000 == 0; i++)
		number /= 1000;
	fprintf(out, " %" PRIu64, number);
	/* "500 kbit/s", but "100k packets/s" */
	if (*gap != '\0')
		fprintf(out, "%s%s%s", gap, prefixes[i], unit);
	else
		fprintf(out, "%s %s", prefixes[i], unit);
}

static void print_action(FILE *out, const struct rule *rule)
{
	fputs(action_words[rule->action], out);
	if (rule->action == PREFILTER_ACTION_SAMPLE)
		fprintf(out, " 1/%" PRIu32, rule->every);
	if (rule->action != PREFILTER_ACTION_LIMIT)
		return;
	print_amount(out, rule->rate, rule->bits ? " " : "", rule->bits ? "bit/s" : "packets/s");
	if (rule->burst != default_burst(rule)) {
		fputs(" burst", out);
		print_amount(out, rule->burst, "", rule->bits ? "octets" : "packets");
	}
	if (rule->then != PREFILTER_ACTION_ANALYSE)
		fprintf(out, " then %s", action_words[rule->then]);
}

static void print_prefix(FILE *out, const struct prefix *prefix)
{
	const bool ipv4 = prefix->version == 4;
	const uint32_t word = htobe32((uint32_t)prefix->low);
	const uint64_t halves[2] = {htobe64(prefix->high), htobe64(prefix->low)};
	char text[INET6_ADDRSTRLEN];

	inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? (const void *)&word : halves, text,
		  sizeof(text));
	fprintf(out, " %s", text);
	if (prefix->length != (ipv4 ? 32 : 128))
		fprintf(out, "/%u", prefix->length);
}

static void print_range(FILE *out, const char *what, const struct range *range)
{
	if (!range->set)
		return;
	fprintf(out, " %s %" PRIu32, what, range->first);
	if (range->last != range->first)
		fprintf(out, "-%" PRIu32, range->last);
}

static void print_side(FILE *out, const char *what, const struct prefix *prefix,
		       const struct range *port)
{
	if (prefix->version == 0 && !port->set)
		return;
	fprintf(out, " %s", what);
	if (prefix->version != 0)
		print_prefix(out, prefix);
	print_range(out, "port", port);
}

static void print_conditions(FILE *out, const struct rule *rule)
{
	/* A prefix says the version as well. */
	if (rule->version != 0 && rule->from.version == 0 && rule->to.version == 0)
		fputs(rule->version == 4 ? " ip" : " ip6", out);
	if (rule->protocol.set) {
		const char *name = protocol_name(rule->protocol.first);

		if (name != NULL)
			fprintf(out, " proto %s", name);
		else
			fprintf(out, " proto %" PRIu32, rule->protocol.first);
	}
	print_range(out, "vlan", &rule->vlan);
	print_side(out, "from", &rule->from, &rule->from_port);
	print_side(out, "to", &rule->to, &rule->to_port);
}

char *rule_text(const struct rule *rule)
{
	static const char *const kinds[] = {[RULE_ARP] = " arp", [RULE_NON_IP] = " non-ip"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	if (rule->kind == RULE_DEFAULT)
		fputs("default ", out);
	print_action(out, rule);
	if (rule->kind == RULE_IP)
		print_conditions(out, rule);
	else if (rule->kind != RULE_DEFAULT)
		fputs(kinds[rule->kind], out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
