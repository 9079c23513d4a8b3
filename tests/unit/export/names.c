/* SPDX-License-Identifier: BSD-3-Clause */
/* Names with a time in them, and files that change by it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/clock.h>
#include <weir/output_name.h>

#include "rig.h"

TestSuite(names, .init = rig_begin, .fini = rig_end);

/* 2026-01-02T03:04:05Z by date -u -d @1767323045. */
#define INSTANT (UINT64_C(1767323045) * CLOCK_SECOND)

Test(names, conversions)
{
	char name[64];

	cr_expect(output_name_changes("flows-%Y"));
	cr_expect_not(output_name_changes("flows.jsonl"));
	cr_expect_not(output_name_changes("100%%"));
	cr_expect(output_name(name, sizeof(name), "f-%Y%m%d-%H%M%S.%%", INSTANT + 999999999));
	cr_expect_str_eq(name, "f-20260102-030405.%");
	cr_expect_not(output_name(name, 5, "f-%Y", INSTANT));
}

Test(names, what_is_none_is_refused)
{
	static const char *const wrong[] = {"50%", "%Q", "%x", "%s", "a%%%c"};
	struct error error;

	cr_expect_eq(output_name_check("%Y%m%d-%H%M%S%%", &error), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(output_name_check(wrong[i], &error), -EINVAL, "%s", wrong[i]);
	cr_expect_not_null(strstr(error.text, "\"%c\" in a name stands for nothing; "), "%s",
			   error.text);
}

/* An item is in the file of its own date, whatever the order. */
Test(names, by_the_dates_of_items)
{
	struct rig_settings settings = rig_settings("%H%M%S");

	settings.file.dated = true;
	settings.file.rotate = settings.outlet.period = 5 * CLOCK_SECOND;
	rig_put_file("030405", "{\"old\":1}\n");
	usleep(20000); /* so that it is older than the outlet by the clock of files, too */
	struct outlet *outlet = rig_open(&settings);

	rig_give(0, INSTANT);
	rig_give(1, INSTANT + 5 * CLOCK_SECOND - 1);
	rig_give(10, INSTANT + 5 * CLOCK_SECOND);
	rig_give(2, INSTANT);
	rig_give(11, INSTANT + 6 * CLOCK_SECOND);
	rig_flush();
	rig_finish(outlet);
	cr_expect_eq(rig_read("030405", 0), 3); /* the old one was replaced, once */
	cr_expect_eq(rig_read("030410", 10), 2);
}

/* The wall clock ends a file on time, also when nothing comes. */
Test(names, by_the_wall_clock, .timeout = 30)
{
	struct rig_settings settings = rig_settings("%H%M%S");
	char first[16], second[16];
	uint64_t now;

	settings.file.append = true;
	settings.outlet.patience = OUTLET_NEVER;
	settings.file.rotate = 2 * CLOCK_SECOND;
	while ((now = clock_wall_ns()) % settings.file.rotate > CLOCK_SECOND)
		; /* not at the end of a file */
	now -= now % settings.file.rotate;
	cr_assert(output_name(first, sizeof(first), settings.file.path, now));
	cr_assert(output_name(second, sizeof(second), settings.file.path,
			      now + settings.file.rotate));
	struct outlet *outlet = rig_open(&settings);
	struct stat status;

	rig_give(0, 0);
	rig_flush();
	rig_wait_sent(outlet, 1);
	while (clock_wall_ns() < now + settings.file.rotate)
		;
	rig_give(1, 0);
	rig_flush();
	rig_wait_sent(outlet, 2);
	cr_expect_eq(rig_read(first, 0), 1);
	cr_expect_eq(rig_read(second, 1), 1);
	cr_expect_eq(stat("%H%M%S", &status), -1);
	rig_finish(outlet);
}
