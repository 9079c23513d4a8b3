/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From the old rule set to the new one. Numbers go up to the rule for unreadable frames. */
struct change {
	struct prefilter *prefilter;
	const struct prefilter_rules *old; /* NULL: these are the first */
	const struct prefilter_rules *rules;
	uint32_t *goes_to;        /* number of the new rule that an old one is, or PREFILTER_NONE */
	uint32_t *meter;          /* of the new rules */
	struct rule_state *state; /* of the new rules */
	size_t taken;             /* off the free meters */
};

static size_t numbers(const struct prefilter_rules *rules)
{
	return rules != NULL ? rules->count + ARENA_EXTRA_RULES : 0;
}

static const struct rule *rule_of(const struct prefilter_rules *rules, size_t number)
{
	return number < rules->count ? &rules->rule[number] : &rules->otherwise;
}

static bool has_meter(const struct prefilter_rules *rules, size_t number)
{
	return number <= rules->count && rule_is_metered(rule_of(rules, number));
}

/* Old rules by their text in the new ones: two sorted lists are walked side by side. */
static int match_texts(struct change *change)
{
	const struct prefilter_rules *old = change->old, *rules = change->rules;
	uint32_t *a = rules_sorted(old), *b = rules_sorted(rules);

	for (size_t i = 0, j = 0; a != NULL && b != NULL && i < old->count && j < rules->count;) {
		const int order = strcmp(old->rule[a[i]].text, rules->rule[b[j]].text);

		if (order == 0)
			change->goes_to[a[i]] = b[j];
		i += order <= 0;
		j += order >= 0;
	}
	free(b);
	free(a);
	return a != NULL && b != NULL ? 0 : -ENOMEM;
}

static int match(struct change *change)
{
	const struct prefilter_rules *old = change->old, *rules = change->rules;

	if (old == NULL)
		return 0;
	for (size_t i = 0; i < numbers(old); i++)
		change->goes_to[i] = PREFILTER_NONE;
	if (strcmp(old->otherwise.text, rules->otherwise.text) == 0)
		change->goes_to[old->count] = (uint32_t)rules->count;
	change->goes_to[old->count + 1] = (uint32_t)rules->count + 1;
	return match_texts(change);
}

/* Rules that were there keep their meters, others get one. There are enough: for two rule sets. */
static int assign_meters(struct change *change)
{
	struct prefilter *prefilter = change->prefilter;

	for (size_t i = 0; i < numbers(change->rules); i++)
		change->meter[i] = PREFILTER_NONE;
	for (size_t i = 0; i < numbers(change->old); i++)
		if (change->goes_to[i] != PREFILTER_NONE)
			change->meter[change->goes_to[i]] = prefilter->state[i].meter;
	for (size_t i = 0; i < numbers(change->rules); i++) {
		if (has_meter(change->rules, i) && change->meter[i] == PREFILTER_NONE) {
			int code;

			change->taken++;
			change->meter[i] =
				prefilter->free_meter[prefilter->free_meters - change->taken];
			code = kernel_reset_meter(prefilter, change->meter[i]);
			if (code < 0)
				return code;
		}
		change->state[i].meter = change->meter[i];
	}
	return 0;
}

/* Nobody uses the old arena any more: what it counted goes to the rules that are still there. */
static void settle(struct change *change)
{
	struct prefilter *prefilter = change->prefilter;

	prefilter->free_meters -= change->taken;
	for (size_t i = 0; i < numbers(change->old); i++) {
		struct prefilter_count count = live_count(prefilter, i);

		add_count(&count, &prefilter->state[i].before);
		if (change->goes_to[i] != PREFILTER_NONE) {
			change->state[change->goes_to[i]].before = count;
			continue;
		}
		prefilter->gone.packets += count.packets;
		prefilter->gone.octets += count.octets;
		if (has_meter(change->old, i))
			prefilter->free_meter[prefilter->free_meters++] = prefilter->state[i].meter;
	}
}

static int put_in_force(struct change *change)
{
	struct prefilter *prefilter = change->prefilter;
	struct arena arena;
	struct live live;
	int code = arena_make(change->rules, change->meter, prefilter->cpus, &arena);

	if (code < 0)
		return code;
	code = kernel_arena(&arena, &live);
	arena_free(&arena);
	if (code < 0)
		return code;
	code = kernel_switch(prefilter, &live);
	if (code < 0) {
		kernel_drop(&live);
		return code;
	}
	settle(change);
	kernel_drop(&prefilter->live);
	prefilter->live = live;
	return 0;
}

/* What AF_PACKET reads is a copy of what the kernel gets: nothing can be kept from it. */
static int check_target(const struct prefilter *prefilter, const struct prefilter_rules *rules,
			struct error *error)
{
	if (prefilter->target != PREFILTER_TO_KERNEL)
		return 0;
	for (size_t i = 0; i <= rules->count; i++) {
		const struct rule *rule = rule_of(rules, i);

		if (rule->action == PREFILTER_ACTION_PASS || rule->then == PREFILTER_ACTION_PASS)
			return error_set(
				error, EINVAL,
				"%s:%u:1: pass is not possible in front of AF_PACKET, which "
				"sees all that the kernel gets; use --driver af_xdp, or analyse",
				rules->name, rule->line);
	}
	return 0;
}

/* What holds for the rules in force, and held for those before. */
static void note_sampling(struct prefilter *prefilter, const struct prefilter_rules *rules)
{
	struct prefilter_sampling before = atomic_load(&prefilter->sampling);
	struct prefilter_sampling now = prefilter_rules_sampling(rules);

	if (!prefilter->sampling_restarts) {
		now.any |= before.any;
		now.every = now.every == before.every ? now.every : 0;
	}
	prefilter->sampling_restarts = false;
	atomic_store(&prefilter->sampling, now);
}

int change_rules(struct prefilter *prefilter, struct prefilter_rules *rules, struct error *error)
{
	struct change change = {.prefilter = prefilter, .old = prefilter->rules, .rules = rules};
	int code = check_target(prefilter, rules, error);

	if (code < 0)
		return code;
	change.goes_to = calloc(numbers(change.old) + 1, sizeof(*change.goes_to));
	change.meter = calloc(numbers(rules), sizeof(*change.meter));
	change.state = calloc(numbers(rules), sizeof(*change.state));
	code = -ENOMEM;
	if (change.goes_to != NULL && change.meter != NULL && change.state != NULL)
		code = match(&change);
	if (code == 0)
		code = assign_meters(&change);
	if (code == 0)
		code = put_in_force(&change);
	free(change.meter);
	free(change.goes_to);
	if (code < 0) {
		free(change.state);
		return error_set(error, code == -ENOMEM ? ENOMEM : EIO,
				 "%s: the rules do not get into the kernel: %s%s",
				 rules->name, strerror(-code),
				 change.old != NULL ? "; the ones before stay in force" : "");
	}
	note_sampling(prefilter, rules);
	free(prefilter->state);
	prefilter->state = change.state;
	prefilter_rules_free(prefilter->rules);
	prefilter->rules = rules;
	return 0;
}
