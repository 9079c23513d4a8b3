/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_PREFILTER_RIG_H
#define WEIR_TESTS_UNIT_PREFILTER_RIG_H

#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>
#include <weir/prefilter.h>

#include "../packet/frame.h"

/* The real program with rules, run on frames by BPF_PROG_TEST_RUN. What goes wrong fails the test.
 */

/* The shortest frame that the kernel runs a program on, and the longest that the tests run one on.
 */
#define RIG_SHORTEST 14
#define RIG_LONGEST  3000

struct prefilter *rig_load(const char *rules);
struct prefilter *rig_load_for(enum prefilter_target target, const char *rules);
struct prefilter_rules *rig_rules(const char *text);
void rig_replace(struct prefilter *prefilter, const char *rules);

/* The XDP action for a frame; the second runs it `times` times and gives that of the last. */
int rig_run(const struct prefilter *prefilter, const void *frame, uint32_t length);
int rig_repeat(const struct prefilter *prefilter, const void *frame, uint32_t length,
	       uint32_t times);

/* The same with a frame in hexadecimal (tests/unit/packet/frame.h). */
int rig_run_hex(const struct prefilter *prefilter, const char *hex);

struct prefilter_totals rig_totals(const struct prefilter *prefilter);

/* Counters of rule `number` (from 0); its text is NULL. */
struct prefilter_rule_sum rig_rule(struct prefilter *prefilter, size_t number);

/* That what rules counted, with the rules that are gone, is what was seen. */
void rig_expect_balance(struct prefilter *prefilter);

#endif
