/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From the old rule set to the new one. Numbers go up to the rule for unreadable frames. */
struct prefilter_change {
	struct prefilter *prefilter;
	const struct prefilter_rules *old; /* NULL: these are the first */
	struct prefilter_rules *rules;
	uint32_t *goes_to;        /* number of the new rule that an old one is, or PREFILTER_NONE */
	uint32_t *meter;          /* of the new rules */
	struct rule_state *state; /* of the new rules */
	size_t taken;             /* off the free meters */
	struct live live;         /* with the new rules */
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
static int match_texts(struct prefilter_change *change)
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

static int match(struct prefilter_change *change)
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

/* Rules that were there keep their meters, others get one. There are enough for two rule sets. */
static int assign_meters(struct prefilter_change *change)
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

			if (change->taken == prefilter->free_meters)
				return -ENOSPC;
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
static void settle(struct prefilter_change *change)
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

/* What AF_PACKET reads is a copy of what the kernel gets: nothing can be kept from it. */
static int check_target(const struct prefilter *prefilter, const struct prefilter_rules *rules,
			struct error *error)
{
	const struct rule *passing = rules_passing(rules);

	if (prefilter->target != PREFILTER_TO_KERNEL || passing == NULL)
		return 0;
	return error_set(error, EINVAL,
			 "%s:%u:1: pass is not possible in front of AF_PACKET, which sees all that "
			 "the kernel gets; use --driver af_xdp, or analyse",
			 rules->name, passing->line);
}

/* What holds for the rules in force, and held for those before. */
static void note_sampling(struct prefilter *prefilter, const struct prefilter_rules *rules)
{
	struct prefilter_sampling before = atomic_load(&prefilter->sampling);
	struct prefilter_sampling now = prefilter_rules_sampling(rules);

	if (prefilter->rules != NULL) {
		now.any |= before.any;
		now.every = now.every == before.every ? now.every : 0;
	}
	atomic_store(&prefilter->sampling, now);
}

/* All of a change that takes its time. */
static int build(struct prefilter_change *change)
{
	const size_t count = numbers(change->rules);
	struct arena arena;
	int code = -ENOMEM;

	change->goes_to = calloc(numbers(change->old) + 1, sizeof(*change->goes_to));
	change->meter = calloc(count, sizeof(*change->meter));
	change->state = calloc(count, sizeof(*change->state));
	if (change->goes_to != NULL && change->meter != NULL && change->state != NULL)
		code = match(change);
	if (code == 0)
		code = assign_meters(change);
	if (code == 0)
		code = arena_make(change->rules, change->meter, change->prefilter->cpus, &arena);
	if (code < 0)
		return code;
	code = kernel_arena(&arena, &change->live);
	arena_free(&arena);
	return code;
}

static int put_in_force(struct prefilter_change *change)
{
	struct prefilter *prefilter = change->prefilter;
	int code = kernel_switch(prefilter, &change->live);

	if (code < 0)
		return code;
	settle(change);
	note_sampling(prefilter, change->rules);
	kernel_drop(&prefilter->live);
	prefilter->live = change->live;
	free(prefilter->state);
	prefilter->state = change->state;
	prefilter_rules_free(prefilter->rules);
	prefilter->rules = change->rules;
	change->live.lines = NULL;
	change->state = NULL;
	change->rules = NULL;
	return 0;
}

static void clean_up(struct prefilter_change *change)
{
	kernel_drop(&change->live);
	free(change->state);
	free(change->meter);
	free(change->goes_to);
}

static int failed(const struct prefilter *prefilter, const struct prefilter_rules *rules, int code,
		  struct error *error)
{
	return error_set(error, code == -ENOMEM ? ENOMEM : EIO,
			 "%s: the rules do not get into the kernel: %s%s", rules->name,
			 strerror(-code),
			 prefilter->rules != NULL ? "; the ones before stay in force" : "");
}

int change_rules(struct prefilter *prefilter, struct prefilter_rules *rules, struct error *error)
{
	struct prefilter_change change = {
		.prefilter = prefilter, .old = prefilter->rules, .rules = rules};
	int code = check_target(prefilter, rules, error);

	if (code < 0)
		return code;
	code = build(&change);
	if (code == 0)
		code = put_in_force(&change);
	clean_up(&change);
	return code < 0 ? failed(prefilter, rules, code, error) : 0;
}
