/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <bpf/bpf.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without the right to load programs nothing here can be tested: meson reports 77 as skipped. */
__attribute__((constructor)) static void need_bpf(void)
{
	const int fd = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "weir_probe", 4, 4, 1, NULL);

	if (fd == -EPERM) {
		fputs("SKIP: loading BPF programs needs root\n", stderr);
		_exit(77);
	}
	close(fd);
}

struct prefilter_rules *rig_rules(const char *text)
{
	struct prefilter_rules *rules = NULL;
	struct error error;
	int code = prefilter_rules_parse("rules", text, strlen(text), &rules, &error);

	cr_assert_eq(code, 0, "%s", error.text);
	return rules;
}

struct prefilter *rig_load_for(enum prefilter_target target, const char *text)
{
	const struct prefilter_options options = {.target = target};
	struct prefilter_rules *rules = rig_rules(text);
	struct prefilter *prefilter = NULL;
	struct error error;
	int code = prefilter_create(&options, rules, &prefilter, &error);

	cr_assert_eq(code, 0, "%s", error.text);
	prefilter_rules_free(rules);
	return prefilter;
}

/* Without sockets, frames to be analysed could be told from passed ones by counters only. */
struct prefilter *rig_load(const char *text)
{
	return rig_load_for(PREFILTER_TO_SOCKETS, text);
}

void rig_replace(struct prefilter *prefilter, const char *text)
{
	struct prefilter_rules *rules = rig_rules(text);
	struct error error;

	cr_assert_eq(prefilter_replace(prefilter, rules, &error), 0, "%s", error.text);
	prefilter_rules_free(rules);
}

int rig_repeat(const struct prefilter *prefilter, const void *frame, uint32_t length,
	       uint32_t times)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length,
		    .repeat = (int)times);

	cr_assert_eq(bpf_prog_test_run_opts(prefilter_program_fd(prefilter), &options), 0,
		     "%u bytes: %s", length, strerror(errno));
	return (int)options.retval;
}

int rig_run(const struct prefilter *prefilter, const void *frame, uint32_t length)
{
	return rig_repeat(prefilter, frame, length, 1);
}

int rig_run_hex(const struct prefilter *prefilter, const char *hex)
{
	const struct frame frame = frame_of(hex);

	return rig_run(prefilter, frame.bytes, frame.wire);
}

struct prefilter_totals rig_totals(const struct prefilter *prefilter)
{
	struct prefilter_totals totals;

	prefilter_totals(prefilter, &totals);
	return totals;
}

struct prefilter_rule_sum rig_rule(struct prefilter *prefilter, size_t number)
{
	struct prefilter_rule_sum rule;
	struct prefilter_sums sums;
	struct error error;

	cr_assert_eq(prefilter_sums(prefilter, number, 1, &sums, &error), 0);
	cr_assert_eq(sums.count, 1);
	rule = sums.rules[0];
	rule.rule = NULL;
	prefilter_sums_free(&sums);
	return rule;
}

void rig_expect_balance(struct prefilter *prefilter)
{
	const struct prefilter_totals totals = rig_totals(prefilter);
	struct prefilter_sum sum, over = {0};
	struct prefilter_sums sums;
	struct error error;

	cr_assert_eq(prefilter_sums(prefilter, 0, SIZE_MAX, &sums, &error), 0);
	cr_assert_eq(sums.count, sums.total);
	sum = sums.gone;
	for (size_t i = 0; i < sums.count; i++) {
		sum.packets += sums.rules[i].matched.packets;
		sum.octets += sums.rules[i].matched.octets;
		over.packets += sums.rules[i].over.packets;
		over.octets += sums.rules[i].over.octets;
	}
	cr_expect_eq(sum.packets, totals.seen.packets);
	cr_expect_eq(sum.octets, totals.seen.octets);
	if (sums.gone.packets == 0) {
		cr_expect_eq(over.packets, totals.limited.packets + totals.sampled_out.packets);
		cr_expect_eq(over.octets, totals.limited.octets + totals.sampled_out.octets);
	}
	prefilter_sums_free(&sums);
}
