/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_RULES_H
#define WEIR_PREFILTER_RULES_H

#include <weir/prefilter.h>

#include "contract.h" /* bpf/: actions and limits */

/* Inside of lib/prefilter: a rule as it was written, checked. */

struct prefix {
	uint8_t version; /* 0: no condition; 4, 6 */
	uint8_t length;
	uint64_t high, low; /* IPv4: in the low 32 bits */
};

struct range {
	bool set; /* false: no condition */
	uint32_t first, last;
};

enum rule_kind { RULE_IP, RULE_ARP, RULE_NON_IP, RULE_DEFAULT };

struct rule {
	enum prefilter_action action;
	enum prefilter_action then; /* of LIMIT */
	bool bits;      /* LIMIT: the rate is in bits and the burst in octets, not in packets */
	uint64_t rate;  /* LIMIT: a second */
	uint64_t burst; /* LIMIT: packets or octets */
	uint32_t every; /* SAMPLE: 1 in so many */
	enum rule_kind kind;
	uint8_t version; /* 0: IPv4 and IPv6; 4, 6. Addresses fit to it */
	struct prefix from, to;
	struct range protocol, vlan, from_port, to_port;
	unsigned int line; /* where it was written */
	char *text;        /* canonical; owned */
};

struct prefilter_rules {
	char *name;
	size_t count, room;
	struct rule *rule;     /* `count` of them, in order of priority */
	struct rule otherwise; /* the default */
};

/* Does it look at nothing but one prefix? (`ip` alone counts as 0.0.0.0/0.) */
bool rule_is_lone(const struct rule *rule);

/* Limits and samples: needs a meter. */
bool rule_is_metered(const struct rule *rule);

/*
 * One line of rules: 1 and *rule (its text is owned by the caller), 0 if there is none on it, or
 * -EINVAL with a line that starts with `name:line:column`. (line.c)
 */
int rule_parse(const char *name, unsigned int line, const char *text, size_t length,
	       struct rule *rule, struct error *error);

/* The canonical text; NULL: no memory. (text.c) */
char *rule_text(const struct rule *rule);
/* By enum prefilter_action; behind them NULL. */
extern const char *const action_words[PREFILTER_ACTIONS + 1];
uint64_t default_burst(const struct rule *rule);

/* Protocols with a name. Protocol of a name, or -1; NULL for a number without. (protocols.c) */
int protocol_number(const char *name, size_t length);
const char *protocol_name(uint32_t number);

/* A copy of `rules` with room for one more; NULL: no memory. */
struct prefilter_rules *rules_copy(const struct prefilter_rules *rules);

/* Put a rule (whose text becomes theirs) before number `at` (0..count); take one out. */
int rules_insert(struct prefilter_rules *rules, size_t at, const struct rule *rule);
void rules_remove(struct prefilter_rules *rules, size_t at);

/* The whole set: no rule twice, within the limits. */
int rules_check(const struct prefilter_rules *rules, struct error *error);

/* The first rule that passes frames to the kernel; NULL: none does. */
const struct rule *rules_passing(const struct prefilter_rules *rules);

/* Indices of the rules in order of their texts; NULL: no memory. Owned by the caller. */
uint32_t *rules_sorted(const struct prefilter_rules *rules);

#endif
