/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk that is full, for a while or for good, and items of any length. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "rig.h"

TestSuite(outlet, .init = rig_begin, .fini = rig_end, .timeout = 60);

#define ALL 20000 /* lines, about 10 MB: more than the buffers of an outlet */

Test(outlet, a_disk_that_stays_full_is_told_once)
{
	struct rig_settings settings = rig_settings("/dev/full");
	struct outlet *outlet = rig_open(&settings);
	unsigned int taken = rig_give_many(outlet, 0, ALL); /* does not wait for it */
	struct outlet_ledger ledger = rig_lost(
		outlet, ENOSPC,
		"/dev/full: No space left on device; 0 things were written, 20,000 were not");

	cr_expect_eq(ledger.sent, 0);
	cr_expect_eq(ledger.given, ALL);
	cr_expect_leq(ledger.lost_remote, taken);
	cr_expect_geq(ledger.lost_full, ALL - taken);
}

/* A limit stands for a disk that is full after so many bytes, and then has room again. */
static void set_room(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void wait_for_failure(struct outlet *outlet)
{
	struct outlet_ledger ledger = {0};

	while (ledger.failure == 0)
		outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.failure, EFBIG);
}

Test(outlet, what_was_written_before_the_disk_was_full_stays)
{
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);

	set_room(100000);
	rig_give_many(outlet, 0, 5000);
	struct outlet_ledger ledger = rig_lost(outlet, EFBIG, "file: File too large; ");

	cr_expect_eq(rig_read("file", 0), ledger.sent); /* whole lines, too */
	cr_expect_gt(ledger.sent, 0);
	cr_expect_lt(ledger.sent, 250);
}

Test(outlet, room_again_and_nothing_is_lost)
{
	struct rig_settings settings = rig_settings("file");
	struct outlet *outlet = rig_open(&settings);

	settings.outlet.patience = OUTLET_NEVER;
	set_room(100000);
	cr_expect_eq(rig_give_many(outlet, 0, 5000), 5000); /* the buffers take them */
	wait_for_failure(outlet);
	unsigned int before = rig_read("file", 0);

	set_room(RLIM_INFINITY);
	rig_wait_sent(outlet, 4000); /* by itself, after a while */
	rig_finish(outlet);
	cr_expect_lt(before, 250);
	cr_expect_eq(rig_read("file", 0), 5000);
}

/* Live: more than the buffers take is lost, and what came before and after is not. */
Test(outlet, room_again_after_losses)
{
	struct rig_settings settings = rig_settings("file");

	settings.outlet.patience = OUTLET_NEVER;
	struct outlet *outlet = rig_open(&settings);

	set_room(100000);
	unsigned int taken = rig_give_many(outlet, 0, ALL);

	cr_expect_gt(taken, 5000);
	cr_expect_lt(taken, ALL);
	wait_for_failure(outlet);
	set_room(RLIM_INFINITY);
	rig_wait_sent(outlet, taken);
	outlet_set_patience(outlet, OUTLET_BRIEFLY);
	cr_expect_eq(rig_give_many(outlet, taken, taken + 100), 100);
	struct outlet_ledger ledger = rig_lost(outlet, EIO, "were not");

	cr_expect_eq(ledger.lost_full, ALL - taken);
	cr_expect_eq(ledger.sent, taken + 100);
	cr_expect_eq(rig_read("file", 0), taken + 100);
}

/* Reports: counted as one, however long. */
Test(outlet, items_of_any_length)
{
	const size_t size = 1000000;
	struct rig_settings settings = rig_settings("file");
	struct outlet_ledger ledger;
	struct stat status;

	settings.file.lines = false;
	settings.outlet.encoder = NULL;
	struct outlet *outlet = rig_open(&settings);

	for (int i = 0; i < 3; i++)
		cr_expect(outlet_text(outlet, memset(malloc(size), 'x', size), size));
	rig_wait_sent(outlet, 3);
	outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.given, 3);
	rig_finish(outlet);
	cr_assert_eq(stat("file", &status), 0);
	cr_expect_eq(status.st_size, 3 * size);
}
