/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The program writes it on some CPU at this moment. */
static uint64_t load(const __u64 *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

void add_count(struct prefilter_count *sum, const struct prefilter_count *more)
{
	sum->packets += more->packets;
	sum->octets += more->octets;
	sum->over_packets += more->over_packets;
	sum->over_octets += more->over_octets;
}

struct prefilter_count live_count(const struct prefilter *prefilter, size_t number)
{
	const struct live *live = &prefilter->live;
	struct prefilter_count sum = {0};

	for (unsigned int cpu = 0; cpu < prefilter->cpus; cpu++) {
		const size_t line = live->counters + cpu * live->counters_per_cpu;
		const struct prefilter_count *count =
			(const void *)(live->lines + line * PREFILTER_LINE);
		/* Over before all: never more over than matched. */
		const uint64_t over_packets = load(&count[number].over_packets);
		const uint64_t over_octets = load(&count[number].over_octets);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		sum.packets += load(&count[number].packets);
		sum.octets += load(&count[number].octets);
		sum.over_packets += over_packets;
		sum.over_octets += over_octets;
	}
	return sum;
}

static void sum_fate(const struct prefilter *prefilter, enum prefilter_fate fate,
		     struct prefilter_sum *sum, struct prefilter_sum *seen)
{
	*sum = (struct prefilter_sum){0};
	for (unsigned int cpu = 0; cpu < prefilter->cpus; cpu++) {
		const struct prefilter_total *total = &prefilter->totals[cpu];

		sum->packets += load(&total->packets[fate]);
		sum->octets += load(&total->octets[fate]);
	}
	seen->packets += sum->packets;
	seen->octets += sum->octets;
}

void prefilter_totals(const struct prefilter *prefilter, struct prefilter_totals *totals)
{
	struct prefilter_sum seen = {0};

	sum_fate(prefilter, PREFILTER_FATE_ANALYSED, &totals->analysed, &seen);
	sum_fate(prefilter, PREFILTER_FATE_PASSED, &totals->passed, &seen);
	sum_fate(prefilter, PREFILTER_FATE_DROPPED, &totals->dropped, &seen);
	sum_fate(prefilter, PREFILTER_FATE_LIMITED, &totals->limited, &seen);
	sum_fate(prefilter, PREFILTER_FATE_SAMPLED_OUT, &totals->sampled_out, &seen);
	sum_fate(prefilter, PREFILTER_FATE_NO_SOCKET, &totals->no_socket, &seen);
	sum_fate(prefilter, PREFILTER_FATE_HOST, &totals->host, &seen);
	totals->seen = seen;
}

static bool fill_sum(const struct prefilter *prefilter, size_t number,
		     struct prefilter_rule_sum *sum)
{
	const struct prefilter_rules *rules = prefilter->rules;
	struct prefilter_count count = live_count(prefilter, number);
	const char *text = "unreadable";

	add_count(&count, &prefilter->state[number].before);
	*sum = (struct prefilter_rule_sum){
		.action = action_words[PREFILTER_ACTION_ANALYSE],
		.matched = {count.packets, count.octets},
		.over = {count.over_packets, count.over_octets},
	};
	if (number <= rules->count) {
		const struct rule *rule =
			number < rules->count ? &rules->rule[number] : &rules->otherwise;

		text = rule->text;
		sum->action = action_words[rule->action];
	}
	sum->rule = strdup(text);
	return sum->rule != NULL;
}

int prefilter_sums(struct prefilter *prefilter, size_t first, size_t max,
		   struct prefilter_sums *sums, struct error *error)
{
	bool good;

	*sums = (struct prefilter_sums){0};
	pthread_mutex_lock(&prefilter->lock);
	sums->total = prefilter->rules->count + ARENA_EXTRA_RULES;
	sums->gone = prefilter->gone;
	if (first > sums->total)
		first = sums->total;
	if (max > sums->total - first)
		max = sums->total - first;
	sums->rules = calloc(max + 1, sizeof(*sums->rules));
	good = sums->rules != NULL;
	while (good && sums->count < max) {
		good = fill_sum(prefilter, first + sums->count, &sums->rules[sums->count]);
		sums->count += good;
	}
	pthread_mutex_unlock(&prefilter->lock);
	if (good)
		return 0;
	prefilter_sums_free(sums);
	return error_set(error, ENOMEM, "prefilter: no memory for the counters of %zu rules", max);
}

void prefilter_sums_free(struct prefilter_sums *sums)
{
	for (size_t i = 0; i < sums->count; i++)
		free((char *)(uintptr_t)sums->rules[i].rule);
	free(sums->rules);
	*sums = (struct prefilter_sums){0};
}
