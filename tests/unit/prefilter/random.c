/* SPDX-License-Identifier: BSD-3-Clause */
/* Random rules on random frames: the program against the plain model, frame by frame. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "rig.h"

static int xdp_action(const char *action)
{
	/* No queue has a socket here, so what is to be analysed goes to the kernel. */
	return strcmp(action, "drop") == 0 ? XDP_DROP : XDP_PASS;
}

static char *text_of(const struct model *model)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	model_write(model, out);
	fclose(out);
	return text;
}

struct tally {
	uint64_t analysed, passed, dropped;
};

static void add(struct tally *tally, const char *action)
{
	*(strcmp(action, "drop") == 0   ? &tally->dropped
	  : strcmp(action, "pass") == 0 ? &tally->passed
					: &tally->analysed) += 1;
}

static void run_frame(struct prefilter *prefilter, const struct model *model, const char *text,
		      struct tally *tally, struct prng *random)
{
	uint8_t frame[512];
	const uint32_t length = model_frame(frame, random);
	const size_t number = model_decide(model, frame, length);
	const char *action = model_action(model, number);
	const struct prefilter_rule_sum before = rig_rule(prefilter, number);
	const int result = rig_run(prefilter, frame, length);
	const struct prefilter_rule_sum after = rig_rule(prefilter, number);

	cr_assert_eq(after.matched.packets, before.matched.packets + 1,
		     "a frame of %u octets does not go by rule %zu of\n%s", length, number + 1,
		     text);
	cr_assert_eq(after.matched.octets, before.matched.octets + length);
	cr_assert_eq(result, xdp_action(action));
	add(tally, action);
}

static void run_set(struct prefilter *prefilter, const struct model *model, unsigned int frames,
		    struct prng *random)
{
	const struct prefilter_totals before = rig_totals(prefilter);
	struct prefilter_totals after;
	struct tally tally = {0};
	char *text = text_of(model);

	rig_replace(prefilter, text);
	for (unsigned int i = 0; i < frames; i++)
		run_frame(prefilter, model, text, &tally, random);
	after = rig_totals(prefilter);
	cr_assert_eq(after.seen.packets - before.seen.packets, frames);
	cr_assert_eq(after.no_socket.packets - before.no_socket.packets, tally.analysed);
	cr_assert_eq(after.passed.packets - before.passed.packets, tally.passed);
	cr_assert_eq(after.dropped.packets - before.dropped.packets, tally.dropped);
	free(text);
}

/* `sets` rule sets of up to `most` rules. */
static void run(uint64_t seed, unsigned int sets, size_t most, unsigned int lone,
		unsigned int frames)
{
	struct prefilter *prefilter = rig_load("");
	struct model *model = malloc(sizeof(*model));
	struct prng random = {seed};

	for (unsigned int i = 0; i < sets; i++) {
		model_draw(model, prng_below(&random, (uint32_t)most + 1), lone, &random);
		run_set(prefilter, model, frames, &random);
	}
	rig_expect_balance(prefilter);
	free(model);
	prefilter_destroy(prefilter);
}

Test(random, few_rules)
{
	run(1, 150, 6, 4, 60);
}

Test(random, many_rules)
{
	run(2, 40, 100, 4, 200);
}

Test(random, prefixes)
{
	run(3, 40, 600, 8, 200);
}

Test(random, combinations)
{
	run(4, 20, 500, 0, 300);
}
