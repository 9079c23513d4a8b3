/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program does with frames while it does not count. */
#include <criterion/criterion.h>

#include "rig.h"

#define ARP ETHERNET("0806") "00010800060400010200000000010a0000010000000000000a000002"

static void expect_uncounted(struct prefilter *prefilter, enum prefilter_state state, int action)
{
	const uint64_t before = rig_totals(prefilter).seen.packets;

	prefilter_set_state(prefilter, state);
	cr_expect_eq(rig_run_hex(prefilter, ARP), action);
	cr_expect_eq(rig_totals(prefilter).seen.packets, before);
	prefilter_set_state(prefilter, PREFILTER_COUNTING);
}

static void expect_counted(struct prefilter *prefilter, int action)
{
	const uint64_t before = rig_totals(prefilter).seen.packets;

	cr_expect_eq(rig_run_hex(prefilter, ARP), action);
	cr_expect_eq(rig_totals(prefilter).seen.packets, before + 1);
}

/* A socket gets what the program hands it: nothing, if the kernel gets all. */
Test(states, quiet_in_front_of_sockets_leaves_all_to_the_kernel)
{
	struct prefilter *prefilter = rig_load_for(PREFILTER_TO_SOCKETS, "drop arp\n");

	expect_counted(prefilter, XDP_DROP);
	expect_uncounted(prefilter, PREFILTER_IDLE, XDP_PASS);
	expect_uncounted(prefilter, PREFILTER_QUIET, XDP_PASS);
	expect_counted(prefilter, XDP_DROP);
	prefilter_destroy(prefilter);
}

/* AF_PACKET gets what the kernel gets: nothing may pass. */
Test(states, quiet_in_front_of_the_kernel_drops_all)
{
	struct prefilter *prefilter = rig_load_for(PREFILTER_TO_KERNEL, "analyse arp\n");

	expect_counted(prefilter, XDP_PASS);
	expect_uncounted(prefilter, PREFILTER_IDLE, XDP_PASS);
	expect_uncounted(prefilter, PREFILTER_QUIET, XDP_DROP);
	expect_counted(prefilter, XDP_PASS);
	prefilter_destroy(prefilter);
}
